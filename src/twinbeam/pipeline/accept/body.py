"""
Read a request's body, never more than the limit: on the wire, or while it is inflated.

A body is small and usually arrives in one message, so the common case is one `receive` and no timer.
"""

import asyncio
import zlib

from msgspec import Struct

from twinbeam.pipeline.accept.asgi import Headers, Receive
from twinbeam.pipeline.accept.problems import MOST_BYTES, Problem, ProblemCode, problem

PATIENCE_SECONDS = 30.0  # a phone on a bad network needs seconds; a trickled body may not hold memory for longer
_BOM = b"\xef\xbb\xbf"  # Windows tools put it in front of UTF-8
_GZIP = 31  # zlib's window bits for "a gzip header, largest window"


class Gone(Struct, frozen=True, gc=False):
    """The client hung up before its body was complete: there is nobody to answer."""


GONE = Gone()


async def read_body(
    receive: Receive, headers: Headers, *, patience_seconds: float = PATIENCE_SECONDS
) -> bytes | Problem | Gone:
    """Give the decoded body; what follows its first part must arrive within `patience_seconds`."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return GONE

    wire = message.get("body", b"")
    if message.get("more_body"):
        rest = await _read_rest(receive, wire, patience_seconds)
        if not isinstance(rest, bytes):
            return rest
        wire = rest
    if len(wire) > MOST_BYTES:
        return problem(ProblemCode.TOO_LARGE)

    encoding = headers.get(b"content-encoding")
    body = wire if encoding is None else _decode(wire, encoding)
    return body.removeprefix(_BOM) if isinstance(body, bytes) else body


async def _read_rest(receive: Receive, first: bytes, patience_seconds: float) -> bytes | Problem | Gone:
    try:
        async with asyncio.timeout(patience_seconds):
            return await _collect(receive, bytearray(first))
    except TimeoutError:
        return problem(ProblemCode.TOO_SLOW)


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
