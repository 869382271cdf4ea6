"""A process that the supervisor keeps running, and the lifeline between the two."""

import socket
import subprocess
import sys
from contextlib import suppress
from math import inf

from msgspec import Struct

from twinbeam.settings import child_environment

HUNG_SECONDS = 30.0  #: without a heartbeat; an append that waits for the slowest of disks takes less
START_SECONDS = 120.0  #: until the first heartbeat: a journal may have to be recovered first


class Child(Struct):
    """
    A process to keep running.

    The lifeline is a pair of sockets: the child learns from its end that the supervisor is gone, and sends a byte a
    second through it while its event loop turns.
    """

    name: str
    arguments: list[str]
    listener: socket.socket
    sends_heartbeats: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    delay: float = 0.0
    _lifeline: socket.socket | None = None
    _due: float = 0.0

    def start(self, now: float) -> int:
        """Start it and give its pid; raises OSError where the machine has no room for a process."""
        lifeline, theirs = socket.socketpair()
        with theirs:
            handles = [self.listener.fileno(), theirs.fileno()]
            try:
                self.process = subprocess.Popen(  # noqa: S603 -- our own modules
                    [sys.executable, "-m", *self.arguments, *map(str, handles)],
                    pass_fds=handles,
                    env=child_environment(),
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
                )
            except OSError:
                lifeline.close()
                raise
        lifeline.setblocking(False)
        self._lifeline = lifeline
        self.started, self._due = now, now + START_SECONDS
        return self.process.pid

    def is_hung(self, now: float) -> bool:
        """Return, once, whether its event loop has stood still for too long."""
        if self._lifeline is None or not self.sends_heartbeats:
            return False
        with suppress(OSError):  # nothing has come, or the child is about to end
            if self._lifeline.recv(4_096):
                self._due = now + HUNG_SECONDS
        if now < self._due:
            return False
        self._due = inf  # said once; it may take a while to die
        return True

    def forget(self) -> None:
        """Take in that it has ended."""
        self.process = None
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None
