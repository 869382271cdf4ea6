"""A door without a server: requests go in as ASGI messages, answers come out decoded."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from builders import PIXEL, WORKSPACE
from twinbeam.core.clock import HandClock
from twinbeam.core.rules import Route
from twinbeam.core.values import Arrival, KeyKind
from twinbeam.pipeline.accept.contract import Full, Noted, Served, Taken
from twinbeam.pipeline.accept.directory import AccessKey, Directory, PixelEntry, fingerprint, place
from twinbeam.pipeline.accept.intake_app import IntakeApp
from twinbeam.sources import consent_v1, events_v1, orders_v1

SERVER_KEY = "tbs_" + "s" * 32
BROWSER_KEY = "tbb_" + "b" * 32
READ_KEY = "tbr_" + "r" * 32
OPERATE_KEY = "tbo_" + "o" * 32


class Answered(Struct):
    """What the door sent."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class Corridor:
    """Takes arrivals as the rest of the corridor would, and remembers them."""

    def __init__(self, answer: Taken | Full | Exception | None = None) -> None:
        self.arrivals: list[Arrival] = []
        self.answer = answer

    async def take(self, arrivals: Sequence[Arrival]) -> Taken | Full:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        self.arrivals += arrivals
        return Taken([arrival.item.event_id or "derived" for arrival in arrivals if arrival.event])

    async def note(self, statements: Sequence[Arrival]) -> Noted | Full:
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, Full):
            return self.answer
        self.arrivals += statements
        return Noted(["tbc1_receipt" if statement.item.visitor_id else "" for statement in statements])


def a_directory(*pixels: PixelEntry, codes: Sequence[str] | None = None) -> Directory:
    """One key of each kind for these pixels, or for one web pixel."""
    entries = pixels or (PixelEntry(PIXEL, WORKSPACE),)
    allowed = tuple(Route(code) for code in (codes if codes is not None else [entry.code for entry in entries]))
    keys = {
        SERVER_KEY: AccessKey("k1", KeyKind.SERVER, WORKSPACE, "checkout", allowed),
        BROWSER_KEY: AccessKey("k2", KeyKind.BROWSER, WORKSPACE, "tag", allowed),
        READ_KEY: AccessKey("k3", KeyKind.READ, WORKSPACE, "support"),
        OPERATE_KEY: AccessKey("k4", KeyKind.OPERATE, WORKSPACE, "on-call"),
    }
    by_print = {fingerprint(text): key for text, key in keys.items()}
    return Directory(by_print, {place(entry.workspace, entry.code): entry for entry in entries})


class House:
    """A door, the corridor behind it, and what it reported."""

    def __init__(self, *, directory: Directory | None = None, corridor: Corridor | None = None, **parts: Any) -> None:
        self.corridor = corridor or Corridor()
        self.served: list[Served] = []
        self.clock = HandClock()
        snapshot = directory or a_directory()
        usual = {
            "directory": lambda: snapshot,
            "dialects": (events_v1.EVENTS_V1, consent_v1.CONSENT_V1, orders_v1.ORDERS_V1),
            "take": self.corridor.take,
            "note": self.corridor.note,
            "clock": self.clock,
            "report": self.served.append,
        }
        self.door = IntakeApp(**usual | parts)

    def post(self, body: bytes | list[bytes], headers: dict[str, str] | None = None, **scope: Any) -> Answered | None:
        """Send a request with a server key, or with other headers; a list of parts arrives part by part."""
        given = {"authorization": f"Bearer {SERVER_KEY}"} if headers is None else headers
        parts = body if isinstance(body, list) else [body]
        encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()]
        return self.ask(a_scope(headers=encoded, **scope), parts)

    def ask(self, scope: dict[str, Any], parts: list[bytes], *, cut: bool = False) -> Answered | None:
        """Run one request; with `cut` the client hangs up after the last part."""
        return asyncio.run(converse(self.door, scope, parts, cut=cut))


def a_scope(**changes: Any) -> dict[str, Any]:
    """Give the scope of a POST to /v1/events from a visitor's own address."""
    usual = {"type": "http", "method": "POST", "path": events_v1.PATH, "query_string": b"", "headers": []}
    return usual | {"client": ("198.51.100.7", 50_000)} | changes


async def converse(app: Any, scope: dict[str, Any], parts: list[bytes], *, cut: bool = False) -> Answered | None:
    """Play the server's side of one HTTP request."""
    sent: list[dict[str, Any]] = []
    queue = [
        {"type": "http.request", "body": part, "more_body": cut or position < len(parts)}
        for position, part in enumerate(parts, start=1)
    ]

    async def receive() -> dict[str, Any]:
        return queue.pop(0) if queue else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return _answered(sent, scope["method"]) if sent else None


def _answered(sent: list[dict[str, Any]], method: str) -> Answered:
    start, body = sent
    assert start["type"] == "http.response.start"
    assert body["type"] == "http.response.body"
    headers = dict(start["headers"])
    assert len(headers) == len(start["headers"]), "a header was sent twice"
    if start["status"] == 204 or method == "HEAD":
        assert body["body"] == b""
    else:
        assert int(headers[b"content-length"]) == len(body["body"])
    return Answered(start["status"], headers, body["body"])
