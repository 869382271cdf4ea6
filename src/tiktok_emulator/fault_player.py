"""Injects the faults of a trouble script into one call: answers that are wrong, late, broken, or never come."""

import asyncio
import struct
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import msgspec

from tiktok_emulator.answers import Answer
from tiktok_emulator.body_preview import first_share, preview
from tiktok_emulator.call import Call, Receive, Send
from tiktok_emulator.dispatcher import Dispatcher, Reply
from tiktok_emulator.trouble import Kind, Script, answer_of

HTML_502 = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
SLICES = 10


async def play(script: Script, dispatcher: Dispatcher, call: Call, receive: Receive, send: Send) -> None:
    """Make one call go wrong as its script says."""
    match script.kind:
        case Kind.DELAY:
            await _delayed(script, dispatcher, call, send)
        case Kind.HANG:
            _answered(script, dispatcher, call, lost=True)
            await _until_gone(receive, script.duration_seconds)
            await _reset(receive, send)
        case Kind.RESET:
            _answered(script, dispatcher, call, lost=True)
            await _reset(receive, send)
        case Kind.TRUNCATED:
            await _truncated(_answered(script, dispatcher, call), receive, send)
        case Kind.SLOW_BODY:
            await _slowly(_answered(script, dispatcher, call), script.duration_seconds, send)
        case _:
            await send_reply(_answered(script, dispatcher, call), send)


async def send_reply(reply: Reply, send: Send) -> None:
    """Put an answer on the wire."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body})


def _answered(script: Script, dispatcher: Dispatcher, call: Call, *, lost: bool = False) -> Reply:
    """Handle a call as far as its script lets it, and give the scripted answer."""
    seen = preview(call.body)
    call = dispatcher.received(call)
    answer = Answer(data={})
    if script.takes_events:
        shortened = first_share(call, script.take_share) if script.take_share < 1 else call
        answer = dispatcher.handle(shortened) if shortened else answer
    instead = answer if script.kind in _TRUE_ANSWERS else _scripted(script)
    noted = msgspec.structs.replace(
        instead, source_id=seen.source_id, event_ids=seen.event_ids, events=len(seen.event_ids)
    )
    return dispatcher.finish(call, noted, trouble=script.kind.value, status=0 if lost else None)


#: Kinds which change how the answer travels, not what it says.
_TRUE_ANSWERS = frozenset({Kind.DELAY, Kind.SLOW_BODY, Kind.TRUNCATED, Kind.HANG, Kind.RESET})


def _scripted(script: Script) -> Answer:
    if script.kind is Kind.HTML_502:
        return Answer(code=-1, status=script.status or 502, body=HTML_502, content_type="text/html")
    if script.kind is Kind.STATUS:
        return Answer(code=-1, status=script.status or 500, body=b"", content_type="text/plain")
    code, message, status = answer_of(script)
    seconds = script.retry_after_seconds
    headers = (("Retry-After", str(seconds)),) if seconds is not None else ()
    return Answer(code=code, message=message, status=status, headers=headers)


async def _delayed(script: Script, dispatcher: Dispatcher, call: Call, send: Send) -> None:
    """Wait after the events are taken by default, so that a sender that gave up has sent them all the same."""
    if script.takes_events:
        reply = _answered(script, dispatcher, call)
        await asyncio.sleep(script.duration_seconds)
    else:
        await asyncio.sleep(script.duration_seconds)
        reply = dispatcher.answer(call, trouble=script.kind.value)
    await send_reply(reply, send)


async def _slowly(reply: Reply, seconds: float, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    step = max(1, len(reply.body) // SLICES)
    for start in range(0, len(reply.body), step):
        await asyncio.sleep(seconds / SLICES)
        await send({"type": "http.response.body", "body": reply.body[start : start + step], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _truncated(reply: Reply, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    _transport(send).close()
    await receive()


async def _until_gone(receive: Receive, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await receive()
    except TimeoutError:
        return


async def _reset(receive: Receive, send: Send) -> None:
    """Reset the connection: with a linger time of zero the kernel sends RST instead of FIN."""
    transport = _transport(send)
    if not transport.is_closing():
        sock = transport.get_extra_info("socket")
        sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    await receive()


def _transport(send: Send) -> Any:
    """ASGI has no way to break a connection, so this reaches for the server's own; only uvicorn is supported."""
    return send.__self__.transport  # type: ignore[attr-defined]
