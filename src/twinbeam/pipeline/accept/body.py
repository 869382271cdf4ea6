"""
Read a request's body, never more than the limit: on the wire, or while it is inflated.

A body is small and usually there as soon as its request is, so the common case is one `receive`.
"""

import asyncio
import zlib

from msgspec import Struct

from twinbeam.pipeline.accept.asgi import Headers, Receive
from twinbeam.pipeline.accept.problems import MOST_BYTES, Problem, ProblemCode, problem, too_large

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


async def read_wire(
    receive: Receive, *, patience_seconds: float = PATIENCE_SECONDS, most_bytes: int = MOST_BYTES
) -> bytes | Problem | Gone:
    """
    Return the body as it comes over the wire, or a problem at the first byte beyond `most_bytes`.

    Most come with their head, in one part, and set no timer: the server bounds how long the first part may take.
    From then on the rest must arrive within `patience_seconds`.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        return GONE
    first: bytes = message.get("body", b"")
    if message.get("more_body"):
        return await _with_rest(receive, first, patience_seconds, most_bytes)
    return too_large(most_bytes) if len(first) > most_bytes else first


async def _with_rest(
    receive: Receive, first: bytes, patience_seconds: float, most_bytes: int
) -> bytes | Problem | Gone:
    try:
        async with asyncio.timeout(patience_seconds):
            return await _collect(receive, bytearray(first), most_bytes)
    except TimeoutError:
        return problem(ProblemCode.TOO_SLOW)


def decoded(wire: bytes, headers: Headers, most_bytes: int = MOST_BYTES) -> bytes | Problem:
    """Return a body without its compression, and without the mark that some tools put in front of UTF-8."""
    encoding = headers.get(b"content-encoding")
    body = wire if encoding is None else _decode(wire, encoding, most_bytes)
    return body.removeprefix(_BOM) if isinstance(body, bytes) else body


async def _collect(receive: Receive, wire: bytearray, most_bytes: int) -> bytes | Problem | Gone:
    while len(wire) <= most_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            return GONE
        wire += message.get("body", b"")
        if not message.get("more_body"):
            return too_large(most_bytes) if len(wire) > most_bytes else bytes(wire)
    return too_large(most_bytes)


def _decode(wire: bytes, encoding: bytes, most_bytes: int) -> bytes | Problem:
    match encoding.strip().lower():
        case b"gzip" | b"x-gzip":
            return _inflate(wire, most_bytes)
        case b"identity" | b"":
            return wire
        case _:
            return problem(ProblemCode.UNKNOWN_CONTENT_ENCODING)


def _inflate(wire: bytes, most_bytes: int) -> bytes | Problem:
    """Inflate one gzip stream, giving up at the first byte beyond the limit."""
    stream = zlib.decompressobj(wbits=_GZIP)
    try:
        body = stream.decompress(wire, most_bytes + 1)
    except zlib.error:
        return problem(ProblemCode.BAD_GZIP)

    if len(body) > most_bytes:
        return too_large(most_bytes)
    whole = stream.eof and not stream.unused_data
    return body if whole else problem(ProblemCode.BAD_GZIP)
