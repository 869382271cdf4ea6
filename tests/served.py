"""An HTTP server of ours in a thread, raw sockets to it, and a hand on its deadlines' clock."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, NamedTuple, Self

import uvloop

from twinbeam.http_server.limits import DEFAULTS, Limits
from twinbeam.http_server.server import Server

PATIENCE_SECONDS = 5.0


class Got(NamedTuple):
    """An answer off the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Peer:
    """A client that says just what it is told to, byte by byte."""

    def __init__(self, port: int, *sent: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = self.socket.makefile("rb")
        for part in sent:
            self.send(part)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> "Peer":
        self.socket.sendall(data)
        return self

    def send_until_closed(self, data: bytes, most_bytes: int) -> int:
        """Send the same again and again; gives how much was taken until the other side had enough."""
        sent = 0
        try:
            while sent < most_bytes:
                sent += self.socket.send(data)
        except (ConnectionError, TimeoutError):
            pass
        return sent

    def answer(self, method: str = "POST") -> Got:
        """Read one answer to its end."""
        response = HTTPResponse(_Kept(self._read), method=method)  # type: ignore[arg-type]
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Got(response.status, headers, response.read())

    def rest(self) -> bytes:
        """Read until the other side closes; a reset ends it too."""
        found = b""
        try:
            while part := self._read.read1(65_536):
                found += part
        except ConnectionError:
            pass
        return found

    def is_open(self) -> bool:
        """Tell whether the other side has neither closed nor said anything."""
        self.socket.settimeout(0.05)
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            return True
        except ConnectionError:
            return False
        finally:
            self.socket.settimeout(PATIENCE_SECONDS)

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def half_close_if_open(self) -> None:
        with suppress(OSError):
            self.half_close()

    def close(self) -> None:
        self._read.close()
        self.socket.close()


class _Kept:
    """Keeps HTTPResponse from closing what other answers will be read from."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def makefile(self, *_: object, **__: object) -> Any:
        return _Unclosed(self._file)


class _Unclosed:
    def __init__(self, file: Any) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def close(self) -> None:
        pass


class Served:
    """A running server."""

    def __init__(self, app: Any, limits: Limits, **how: Any) -> None:
        self._how = how
        self.reports: list[tuple[str, dict[str, Any]]] = []
        self._peers: list[Peer] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4_096)
        self.port = self._listener.getsockname()[1]
        self._up: Future[None] = Future()
        self._app, self._limits = app, limits
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._up.result(PATIENCE_SECONDS)

    def peer(self, *sent: bytes) -> Peer:
        self._peers.append(Peer(self.port, *sent))
        return self._peers[-1]

    def ask(self, *sent: bytes, method: str = "POST") -> Got:
        """Send bytes on a connection of their own and read one answer."""
        with self.peer(*sent) as peer:
            return peer.answer(method)

    def on_loop(self, act: Callable[[], Any]) -> Any:
        """Do something where the server runs."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(act())
            except Exception as error:  # noqa: BLE001 -- handed to whoever asked
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result(PATIENCE_SECONDS)

    def passes(self, seconds: float) -> None:
        """Let time go by, in steps that the clock does not take for a pause."""
        self.settle()
        for _ in range(int(seconds / 0.5)):
            self.on_loop(lambda: self.server.registry.sweep(0.5))

    def settle(self) -> None:
        """Let the server read what was sent."""
        time.sleep(0.05)

    def opened(self, count: int) -> None:
        """Wait until so many connections are open."""
        self.wait_for(lambda: len(self.server.registry.open) == count)

    def wait_for(self, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.on_loop(seen):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self) -> None:
        """Begin to stop."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def join(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait for the end; tells whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def close(self) -> None:
        if self._thread.is_alive():
            self.stop()
        ended = self.join()
        for peer in self._peers:
            peer.close()
        self._listener.close()
        assert ended

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        report = lambda event, **fields: self.reports.append((event, fields))  # noqa: E731
        self.server = Server(self._app, limits=self._limits, report=report, **self._how)
        self._loop.call_soon(self._up.set_result, None)
        await self.server.serve(self._listener, self._stop)


@contextmanager
def served(app: Any, limits: Limits = DEFAULTS, **how: Any) -> Iterator[Served]:
    """Run an app for the length of the block."""
    running = Served(app, limits, **how)
    try:
        yield running
    finally:
        running.close()


async def whole_body(receive: Any) -> bytes | None:
    """Read a request's body; None where the client went away first."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if not message["more_body"]:
            return body


async def respond(send: Any, body: bytes = b"", status: int = 200, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


def told(scope: Any, body: bytes | None) -> bytes:
    """Say what an app has heard, in an order of its own."""
    parts = [scope["method"], scope["path"], scope["raw_path"], scope["query_string"], scope["http_version"]]
    return repr([*parts, sorted(scope["headers"]), body]).encode()


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what was heard."""
    body = await whole_body(receive)
    if body is not None:
        await respond(send, told(scope, body) if scope["method"] != "HEAD" else b"")


async def deaf(scope: Any, receive: Any, send: Any) -> None:
    """Answer 401 without reading."""
    await respond(send, b"no", 401)


def post(body: bytes = b"abc", *lines: bytes, path: bytes = b"/") -> bytes:
    """Write a POST."""
    own = [b"Host: shop.example", b"Content-Length: %d" % len(body), *lines]
    return b"POST %b HTTP/1.1\r\n%b\r\n\r\n%b" % (path, b"\r\n".join(own), body)


def chunked(*chunks: bytes, trailers: bytes = b"") -> bytes:
    """Write a POST in chunks."""
    frames = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks)
    return b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n%b\r\n" % (frames, trailers)


def answers_in(raw: bytes) -> list[Got]:
    """Take apart what came over a connection that is closed now."""
    stream, found = BytesIO(raw), []
    while stream.tell() < len(raw):
        response = HTTPResponse(_Kept(stream))  # type: ignore[arg-type]
        response.begin()
        found.append(Got(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()))
    return found
