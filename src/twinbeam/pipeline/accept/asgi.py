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


class Reply(Struct, frozen=True, gc=False):
    """A finished response."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""


async def write(send: Send, reply: Reply) -> None:
    """Send a reply; a client that has gone meanwhile is no trouble of ours."""
    length = (b"content-length", str(len(reply.body)).encode())
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": [*reply.headers, length]})
        await send({"type": "http.response.body", "body": reply.body})
    except OSError:
        return
