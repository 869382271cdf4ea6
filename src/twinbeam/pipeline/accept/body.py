"""
Read a request's body, never more than the limit: on the wire, or while it is inflated.

A body is small and usually there as soon as its request is, so the common case is one `receive` and no timer.
"""

import asyncio
import zlib
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

from msgspec import Struct

from twinbeam.pipeline.accept.asgi import Headers, Receive
from twinbeam.pipeline.accept.problems import MOST_BYTES, Problem, ProblemCode, problem

T = TypeVar("T")

PATIENCE_SECONDS = 30.0  # a phone on a bad network needs seconds; a trickled body may not hold memory for longer
_BOM = b"\xef\xbb\xbf"  # Windows tools put it in front of UTF-8
_GZIP = 31  # zlib's window bits for "a gzip header, largest window"


class Gone(Struct, frozen=True, gc=False):
    """The client hung up before its body was complete: there is nobody to answer."""


GONE = Gone()


async def read_body(
    receive: Receive, headers: Headers, *, patience_seconds: float = PATIENCE_SECONDS
) -> bytes | Problem | Gone:
    """Return the decoded body; all of it must arrive within `patience_seconds`."""
    wire = await read_wire(receive, patience_seconds=patience_seconds)
    return decoded(wire, headers) if isinstance(wire, bytes) else wire


async def read_wire(receive: Receive, *, patience_seconds: float = PATIENCE_SECONDS) -> bytes | Problem | Gone:
    """Return the body as it comes over the wire; all of it must arrive within `patience_seconds`."""
    try:
        wire = await _within(patience_seconds, _read_wire(receive))
    except TimeoutError:
        return problem(ProblemCode.TOO_SLOW)
    return problem(ProblemCode.TOO_LARGE) if isinstance(wire, bytes) and len(wire) > MOST_BYTES else wire


def decoded(wire: bytes, headers: Headers) -> bytes | Problem:
    """Return a body without its compression, and without the mark that some tools put in front of UTF-8."""
    encoding = headers.get(b"content-encoding")
    body = wire if encoding is None else _decode(wire, encoding)
    return body.removeprefix(_BOM) if isinstance(body, bytes) else body


async def _within(seconds: float, reading: Coroutine[Any, Any, T]) -> T:
    """Await a coroutine for so long; the timer, 10 us, is set only if it does not come to its end without waiting."""
    steps = reading.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as done:
        found: T = done.value
        return found
    async with asyncio.timeout(seconds):
        return await _Begun(waits_for, steps)


class _Begun(Generic[T]):
    """A coroutine that waits for the first time already, to be awaited to its end."""

    def __init__(self, waits_for: Any, steps: Generator[Any, Any, T]) -> None:
        self._waits_for = waits_for
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, T]:
        try:
            yield self._waits_for
        except BaseException as error:
            self._steps.throw(error)  # it clears up behind itself
            raise
        return (yield from self._steps)


async def _read_wire(receive: Receive) -> bytes | Problem | Gone:
    """Give the body as it is on the wire."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return GONE
    first: bytes = message.get("body", b"")
    return await _collect(receive, bytearray(first)) if message.get("more_body") else first


async def _collect(receive: Receive, wire: bytearray) -> bytes | Problem | Gone:
    while len(wire) <= MOST_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return GONE
        wire += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(wire)
    return problem(ProblemCode.TOO_LARGE)


def _decode(wire: bytes, encoding: bytes) -> bytes | Problem:
    match encoding.strip().lower():
        case b"gzip" | b"x-gzip":
            return _inflate(wire)
        case b"identity" | b"":
            return wire
        case _:
            return problem(ProblemCode.UNKNOWN_CONTENT_ENCODING)


def _inflate(wire: bytes) -> bytes | Problem:
    """Inflate one gzip stream, giving up at the first byte beyond the limit."""
    stream = zlib.decompressobj(wbits=_GZIP)
    try:
        body = stream.decompress(wire, MOST_BYTES + 1)
    except zlib.error:
        return problem(ProblemCode.BAD_GZIP)

    if len(body) > MOST_BYTES:
        return problem(ProblemCode.TOO_LARGE)
    whole = stream.eof and not stream.unused_data
    return body if whole else problem(ProblemCode.BAD_GZIP)
