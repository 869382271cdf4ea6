"""The few words of ASGI that this room speaks, so that its hot path needs no framework."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from msgspec import Struct

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]
Headers = Mapping[bytes, bytes]
"""Request headers by lower-cased name; of a repeated header the last value, as `dict` gives it."""

NO_CONTENT = 204


class Reply(Struct, frozen=True, gc=False):
    """A finished response."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""


async def write(send: Send, reply: Reply, *, head: bool = False) -> None:
    """Send a reply, or for HEAD only its headers; a client that has gone meanwhile is no trouble of ours."""
    headers = [*reply.headers]
    if reply.status != NO_CONTENT:  # RFC 9110 8.6: it has no length, not even 0
        headers.append((b"content-length", str(len(reply.body)).encode()))
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head else reply.body})
    except OSError:
        return
