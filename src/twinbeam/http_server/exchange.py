"""One request and its answer, as an ASGI app sees them: spec version 2.3, where a send to nobody does nothing."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Protocol

from twinbeam.http_server.registry import Registry
from twinbeam.http_server.wording import CHUNKED, CLOSE, CONTINUE, LAST_CHUNK, chunk, has_no_body, head
from twinbeam.pipeline.accept.asgi import Header, Message, Scope

_GONE = {"type": "http.disconnect"}


class Wire(Protocol):
    """The connection that an exchange belongs to."""

    registry: Registry

    def keeps(self, exchange: "Exchange") -> bool:
        """Return whether the connection may stay open behind this answer."""
        ...

    def write(self, data: bytes) -> None:
        """Write."""
        ...

    async def drained(self) -> None:
        """Wait until the peer has read most of what was written."""
        ...

    def wanted(self) -> None:
        """Hear that the app has taken what there was of a body."""
        ...

    def answered(self, exchange: "Exchange") -> None:
        """Hear that an answer is complete."""
        ...

    def failed(self, exchange: "Exchange", error: BaseException | None) -> None:
        """Hear that the app ended without a complete answer."""
        ...


class Exchange:
    """What has come of a request, and how far its answer is."""

    __slots__ = (
        "_chunked",
        "_handed",
        "_parts",
        "_start",
        "_task",
        "_unsent",
        "_waiter",
        "begun",
        "buffered",
        "done",
        "expects_continue",
        "gone",
        "keep_alive",
        "scope",
        "whole",
        "wire",
    )

    def __init__(self, wire: Wire, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> None:
        self.wire = wire
        self.scope = scope
        self.keep_alive = keep_alive
        self.expects_continue = expects_continue  #: and has not been told yet
        self.whole = False  #: the request has come to its end
        self.begun = False  #: something of the answer was written
        self.done = False  #: all of it
        self.gone = False  #: nobody is there to hear it
        self.buffered = 0
        self._parts: list[bytes] = []
        self._handed = False  #: the end of the request, to the app
        self._start: MutableMapping[str, Any] | None = None
        self._chunked = False
        self._unsent = -1  #: bytes of the body that the head has promised; -1 for no promise
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Let the app begin."""
        registry = self.wire.registry
        registry.running.add(self)
        self._task = asyncio.get_running_loop().create_task(self._run(registry))

    def cancel(self) -> None:
        """End the app's work."""
        if self._task is not None:
            self._task.cancel()

    def feed(self, part: bytes) -> None:
        """Take a part of the body in."""
        self._parts.append(part)
        self.buffered += len(part)
        self.wake()

    def end(self) -> None:
        """Take in that the request is complete."""
        self.whole = True
        self.wake()

    def hang_up(self) -> None:
        """Take in that nobody is there any more; a request that came whole is handed over all the same."""
        self.gone = True
        self.wake()

    def wake(self) -> None:
        """Let a waiting app look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> Message:
        """Be ASGI's receive."""
        while not (self._parts or self.whole) or self._handed or (self.gone and not self.whole):
            if self.gone or self.done:
                return _GONE
            if self.expects_continue:
                self.expects_continue = False
                self.wire.write(CONTINUE)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
            self._waiter = None
        parts, self._parts = self._parts, []
        self.buffered = 0
        self._handed = self.whole
        if not self.whole:
            self.wire.wanted()
        return {
            "type": "http.request",
            "body": parts[0] if len(parts) == 1 else b"".join(parts),
            "more_body": not self.whole,
        }

    async def send(self, message: Message) -> None:
        """Be ASGI's send; raises RuntimeError for what is no answer."""
        if message["type"] == "http.response.start":
            if self._start is not None:
                raise RuntimeError("the answer has begun already")
            self._start = message
            return
        if self._start is None or self.done:
            raise RuntimeError("a body without a head, or behind its end")
        body, more = message.get("body", b""), message.get("more_body", False)
        if self.gone:
            self.done = not more
            return
        self._write(body, self._start, more=more)
        if more:
            await self.wire.drained()
        else:
            self.done = True
            if self._waiter is not None:
                self.wake()
            self.wire.answered(self)

    async def _run(self, registry: Registry) -> None:
        try:
            await registry.app(self.scope, self.receive, self.send)
        except Exception as error:  # noqa: BLE001 -- reported with its place, and answered honestly
            self.wire.failed(self, error)
        else:
            if not self.done:
                self.wire.failed(self, None)
        finally:
            registry.running.discard(self)

    def _write(self, body: bytes, start: MutableMapping[str, Any], *, more: bool) -> None:
        """Write what there is: a head never travels alone where its body is at hand."""
        written = b"" if self.begun else self._head(start["status"], list(start.get("headers", ())), body, more=more)
        self.begun = True
        if self.scope["method"] == "HEAD" or has_no_body(start["status"]):
            body = b""
        elif self._chunked:
            body = chunk(body) if more else chunk(body) + LAST_CHUNK
        elif self._unsent >= 0:
            self._unsent -= len(body)
            if self._unsent < 0 or (self._unsent and not more):
                raise RuntimeError("the body is not as long as its head says")
        if written or body:
            self.wire.write(written + body)

    def _head(self, status: int, headers: list[Header], body: bytes, *, more: bool) -> bytes:
        said = False
        for name, value in headers:
            if name == b"content-length":
                self._unsent = int(value)
            elif name == b"connection" and b"close" in value.lower():
                said, self.keep_alive = True, False
        if self._unsent < 0 and not has_no_body(status):
            self._frame(headers, body, more=more)
        self.keep_alive = self.wire.keeps(self)
        if not self.keep_alive and not said:
            headers.append(CLOSE)
        return head(status, headers)

    def _frame(self, headers: list[Header], body: bytes, *, more: bool) -> None:
        """Choose how the end of an answer is found whose length the app did not say."""
        if not more and self.scope["method"] != "HEAD":
            self._unsent = len(body)
            headers.append((b"content-length", str(len(body)).encode()))
        elif self.scope["http_version"] == "1.1":
            self._chunked = True
            headers.append(CHUNKED)
        else:
            self.keep_alive = False  # the end of the connection is the end of the body
