"""
`twinbeam serve`: one small process that holds the listening sockets and keeps the others running.

A killed child is started again while its socket stays open, so callers wait instead of being refused. A killed
supervisor takes its children along: each watches its lifeline, whose other end only the supervisor holds. An ingest
process whose event loop stands still, and which would leave its callers without an answer, is killed and replaced.
"""

import errno
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from typing import Any

from twinbeam.app.child import Child
from twinbeam.app.journal_folders import alone_in
from twinbeam.core.errors import ConfigError
from twinbeam.observe.tallies import FOLDER as METRICS
from twinbeam.observe.tallies import empty, forget_gauges
from twinbeam.settings import Address, Settings

STOP_SECONDS = 20.0  #: how long children may take to finish what is under way
LONGEST_RESTART_SECONDS = 10.0
STEADY_SECONDS = 30.0  #: a child that lived this long starts again at once
_BACKLOG = 2_048
_LONGEST_STEP_SECONDS = 1.0


class Supervisor:
    """Starts the children, restarts them when they die, ends them when told."""

    def __init__(self, settings: Settings, log: Any) -> None:
        self._log = log
        self._metrics = settings.data / METRICS
        self._locks = [alone_in(settings.data, "The data folder", "TWINBEAM_DATA")]
        inherited = self._locks[0].inherited
        try:
            self._lock_journals(settings)
            patience_seconds = STOP_SECONDS if inherited else 0  # a killed one's children let go of them soon
            intake, pages = (listen(address, patience_seconds) for address in (settings.listen, settings.dashboard))
        except BaseException:
            self._release()
            raise
        self._children = [Child("writer", ["twinbeam.app.writer"], pages)]
        for slot in range(settings.ingest_processes):
            arguments = ["twinbeam.app.ingest", str(slot)]
            self._children.append(Child(f"ingest-{slot}", arguments, intake, sends_heartbeats=True))
        self._stopping = False
        self._now = 0.0  #: seconds in which this process itself ran: what stood still with the machine is not hung

    def run(self) -> int:
        """Keep the children running until SIGTERM or SIGINT; gives the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        empty(self._metrics)
        before = time.monotonic()
        while not self._stopping:
            before, passed = time.monotonic(), time.monotonic() - before
            self._now += min(passed, _LONGEST_STEP_SECONDS)
            for child in self._children:
                self._tend(child, self._now)
            for lock in self._locks:
                lock.name_holder()
            time.sleep(0.05)
        return self._end_all()

    def _lock_journals(self, settings: Settings) -> None:
        if settings.journal_folder != settings.data:
            settings.journal_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            what, variable = "The folder of journals", "TWINBEAM_JOURNAL_FOLDER"
            self._locks.append(alone_in(settings.journal_folder, what, variable))

    def _release(self) -> None:
        for lock in self._locks:
            lock.release()

    def _tend(self, child: Child, now: float) -> None:
        if child.process is not None and child.process.poll() is not None:
            self._reap(child, now)
        elif child.process is not None and child.is_hung(now):
            self._log.error("child.hung", child=child.name, pid=child.process.pid)
            child.process.kill()
        if child.process is None and now >= child.restart_at:
            self._start(child, now)

    def _start(self, child: Child, now: float) -> None:
        try:
            pid = child.start(now)
        except OSError as error:  # no room for a process or for descriptors: that passes
            self._put_off(child, now, steady=False)
            self._log.error("start.crashed", child=child.name, detail=str(error), again_in=child.delay)
            return
        self._log.info("child.started", child=child.name, pid=pid)

    def _put_off(self, child: Child, now: float, *, steady: bool) -> None:
        """Let a child that ends again and again wait longer each time."""
        child.delay = 0.0 if steady else min(max(child.delay * 2, 0.1), LONGEST_RESTART_SECONDS)
        child.restart_at = now + child.delay

    def _reap(self, child: Child, now: float) -> None:
        if child.process is None:
            return
        self._put_off(child, now, steady=now - child.started >= STEADY_SECONDS)
        self._log.error(
            "child.crashed",
            child=child.name,
            pid=child.process.pid,
            status=child.process.returncode,
            again_in=child.delay,
        )
        forget_gauges(self._metrics, child.process.pid)
        child.forget()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _end_all(self) -> int:
        """Stop the intake first, so that the writer sees everything that was accepted."""
        ingest = [child for child in self._children if child.name != "writer"]
        rest = [child for child in self._children if child.name == "writer"]
        clean = [self._end(ingest), self._end(rest)]
        self._release()
        self._log.info("supervisor.stopped")
        return 0 if all(clean) else 1

    def _end(self, children: Iterable[Child]) -> bool:
        running = [child.process for child in children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return all(process.returncode == 0 for process in running)


def listen(address: Address, patience_seconds: float = 0) -> socket.socket:
    """Open a listening socket, waiting a while for a taken port to be free; raises ConfigError with the fix."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + patience_seconds
    while (problem := _bind(sock, address)) is not None:
        if problem.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
            sock.close()
            raise ConfigError(
                f"Cannot listen on {address.host}:{address.port} ({problem.strerror}). "
                "Stop what uses the port, or choose another with TWINBEAM_LISTEN or TWINBEAM_DASHBOARD."
            )
        time.sleep(0.05)
    sock.listen(_BACKLOG)
    return sock


def _bind(sock: socket.socket, address: Address) -> OSError | None:
    try:
        sock.bind((address.host, address.port))
    except OSError as error:
        return error
    return None
