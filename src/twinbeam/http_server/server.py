"""Take connections in, sweep over their deadlines, and end in order."""

import asyncio
import socket
from typing import Any

from twinbeam.http_server.connection import Connection
from twinbeam.http_server.descriptors import most_connections
from twinbeam.http_server.limits import DEFAULTS, Limits
from twinbeam.http_server.registry import SWEEP_SECONDS, Registry, Report
from twinbeam.http_server.wording import Refusing, as_problem
from twinbeam.pipeline.accept.asgi import App

_AT_ONCE = 64  #: connections taken in before anybody else has a turn
#: Where all places are taken an eighth is freed at a time.
_SHARE = 8
_PAUSE_SECONDS = 0.02


def _unheard(_event: str, **_fields: object) -> None:
    """Report to nobody."""


class Server:
    """Serves one app on one listening socket."""

    def __init__(
        self, app: App, *, limits: Limits = DEFAULTS, report: Report = _unheard, refusing: Refusing = as_problem
    ) -> None:
        self.registry = Registry(app, limits, most_connections(limits.connections), report, refusing)
        self._opening: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket, stop: asyncio.Event) -> None:
        """Serve until told to stop; requests under way are answered first."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        loop.add_reader(listener, self._take, listener)
        sweeping = loop.create_task(self._sweep())
        try:
            await stop.wait()
        finally:
            loop.remove_reader(listener)
            await self._end()
            sweeping.cancel()

    def _take(self, listener: socket.socket) -> None:
        """Take in whoever waits; where all places are taken, whoever keeps us waiting longest gives way."""
        for _ in range(_AT_ONCE):
            if self.registry.is_full():
                self._make_room(listener)
                return
            try:
                sock, _ = listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:
                continue
            except OSError as error:
                self.registry.report("connections.crashed", error=type(error).__name__, detail=str(error))
                self._make_room(listener)
                return
            self.registry.opening += 1
            task = asyncio.get_running_loop().create_task(self._open(sock))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def _make_room(self, listener: socket.socket) -> None:
        """Free some places, and leave those who knock in the kernel's queue for a moment."""
        loop = asyncio.get_running_loop()
        loop.call_soon(self.registry.evict, self.registry.most // _SHARE + 1)  # what has come meanwhile is read first
        loop.remove_reader(listener)
        loop.call_later(_PAUSE_SECONDS, self._take_again, listener)

    def _take_again(self, listener: socket.socket) -> None:
        if not self.registry.ending:
            asyncio.get_running_loop().add_reader(listener, self._take, listener)

    async def _open(self, sock: socket.socket) -> None:
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: Connection(self.registry), sock)
        except OSError:
            sock.close()
        finally:
            self.registry.opening -= 1

    async def _sweep(self) -> None:
        clock = asyncio.get_running_loop().time
        before = clock()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            before, passed = clock(), clock() - before
            self.registry.sweep(passed)

    async def _end(self) -> None:
        """Close who is idle, wait for the others, and break off what takes too long."""
        registry = self.registry
        registry.ending = True
        await asyncio.sleep(0.01)  # what has reached us is read, so that it counts as under way
        deadline = asyncio.get_running_loop().time() + registry.limits.farewell_seconds
        while registry.open or self._opening or registry.running:
            self._finish()
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(0.01)
        await self._break_off()

    def _finish(self) -> None:
        members: list[Any] = list(self.registry.open)
        for member in members:
            member.finish()

    async def _break_off(self) -> None:
        for running in list(self.registry.running):
            running.cancel()
        for member in list(self.registry.open):
            member.evict()
        for _ in range(100):
            if not (self.registry.open or self.registry.running):
                return
            await asyncio.sleep(0.01)
