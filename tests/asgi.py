"""A client of ASGI apps without a socket: whole answers, or a stream read until enough has come."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct


class Answer(Struct):
    """What an app answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def ask(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    survive: type[Exception] | tuple[()] = (),
) -> Answer:
    """Send one request and give the whole answer; an app that answers and then raises `survive` has answered."""
    return _answer(await _converse(app, _scope(path, method, headers or {}), body, lambda _: False, survive))


async def listen(app: Any, path: str, *, enough, headers: dict[str, str] | None = None) -> str:
    """Read a stream until `enough(text so far)`, then hang up."""
    return _answer(await _converse(app, _scope(path, "GET", headers or {}), b"", enough)).text


def _scope(path: str, method: str, headers: dict[str, str]) -> dict[str, Any]:
    path, _, query = path.partition("?")
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    place = {"path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "root_path": ""}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 50_000),
        "method": method,
        "headers": [(b"host", b"dashboard.test"), *encoded],
        **place,
    }


async def _converse(app: Any, scope: dict[str, Any], body: bytes, enough, survive=()) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    gone = asyncio.Event()
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not parts:
            await gone.wait()
            return {"type": "http.disconnect"}
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)
        if enough(b"".join(part.get("body", b"") for part in sent).decode()):
            gone.set()

    async with asyncio.timeout(20):
        with contextlib.suppress(survive):
            await app(scope, receive, send)
    return sent


def _answer(sent: list[dict[str, Any]]) -> Answer:
    start = sent[0]
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(part["body"] for part in sent[1:]))
