"""One HTTP call as the endpoints see it: method, path, headers and the whole body."""

from collections.abc import Awaitable, Callable, MutableMapping
from enum import Enum, auto
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: TikTok publishes no limit (tiktok.md 2.8); this one only protects the emulator.
MAX_BODY_BYTES = 64 * 1024 * 1024


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call, numbered as the request log numbers it."""

    method: str
    path: str
    query_string: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    request: int = 0
    at_ms: int = 0
    client: str = ""  #: The address the call came from.

    def header(self, name: bytes) -> str:
        """Return a header's value, empty if it is missing; the name is in lower case."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return ""

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last one of a name counts."""
        return dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))

    def cookie(self, name: str) -> str:
        """Return a cookie's value, empty if it is missing or the header is unreadable."""
        try:
            morsel = SimpleCookie(self.header(b"cookie")).get(name)
        except CookieError:
            return ""
        return morsel.value if morsel else ""


class Unread(Enum):
    """Why a call could not be read."""

    GONE = auto()
    TOO_LARGE = auto()


async def read_call(scope: Scope, receive: Receive) -> Call | Unread:
    """Read a call to its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Unread.GONE
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            return Unread.TOO_LARGE
        if not message.get("more_body", False):
            break
    return Call(
        method=scope["method"],
        path=scope["path"],
        query_string=scope["query_string"],
        headers=tuple((key, value) for key, value in scope["headers"]),
        body=bytes(body),
        client=(scope.get("client") or ("",))[0],
    )
