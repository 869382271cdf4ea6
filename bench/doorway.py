"""Room 1 as a whole, without a server: the ASGI app of the intake, in front of a taker that keeps nothing."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from processes import SOURCE, WORKSPACE
from result import Row
from scale import Bench
from workload import PIXEL, body

from twinbeam.core.clock import SystemClock
from twinbeam.core.rules import Route
from twinbeam.core.values import Arrival, KeyKind
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.pipeline.accept.contract import Noted, Taken
from twinbeam.pipeline.accept.directory import AccessKey, Directory, PixelEntry, fingerprint, mint, place
from twinbeam.pipeline.accept.intake_app import IntakeApp
from twinbeam.sources import events_v1

STAGE = "rooms"
KEYS = {kind: mint(kind) for kind in (KeyKind.SERVER, KeyKind.BROWSER)}
HEADERS = [
    (b"host", b"gateway.shop.example"),
    (b"x-forwarded-for", b"198.51.100.7"),
    (b"user-agent", b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"),
    (b"content-type", b"application/json"),
    (b"accept", b"*/*"),
]


def door_rows(bench: Bench) -> Iterator[Row]:
    """Measure whole requests, from their head to their answer."""
    count = bench.scale.room_events
    single = [body(n) for n in range(count)]
    misspelt = [said.replace(b'"locale"', b'"language"') for said in single]
    fifty = [body(n, 50) for n in range(0, count, 50)]
    server, browser = KEYS[KeyKind.SERVER], KEYS[KeyKind.BROWSER]
    name = "1 accept: whole door"
    yield _row(bench, f"{name}, one event", single, server)
    yield _row(bench, f"{name}, one event, browser key", single, browser)
    yield _row(bench, f"{name}, one event with an unknown field", misspelt, server)
    yield _row(bench, f"{name}, 50 events", fifty, server, events=50)
    yield _row(bench, f"{name}, unknown key", single, "tbs_unknown")


def _row(bench: Bench, name: str, bodies: Sequence[bytes], key: str, *, events: int = 1) -> Row:
    requests = [_request(said, key) for said in bodies]
    passes = [asyncio.run(_pass(requests)) / events for _ in range(bench.scale.room_passes)]
    return Row.of(STAGE, name, passes, "us/event")


async def _pass(requests: Sequence[tuple[dict[str, Any], Callable[[], Any]]]) -> float:
    gc.collect()
    door = _door()
    began = time.perf_counter()
    for scope, receive in requests:
        await door(scope, receive, _unheard)
    return (time.perf_counter() - began) / len(requests) * 1e6


def _door() -> IntakeApp:
    directory = Directory(
        {
            fingerprint(text): AccessKey(kind.value, kind, WORKSPACE, SOURCE, (Route(PIXEL),))
            for kind, text in KEYS.items()
        },
        {place(WORKSPACE, PIXEL): PixelEntry(PIXEL, WORKSPACE)},
    )
    return IntakeApp(
        directory=lambda: directory,
        dialects=(events_v1.EVENTS_V1,),
        take=_take,
        note=_note,
        clock=SystemClock(),
        proxies=Proxies(["127.0.0.0/8"]),
    )


def _request(said: bytes, key: str) -> tuple[dict[str, Any], Callable[[], Any]]:
    scope = {
        "type": "http",
        "method": "POST",
        "path": events_v1.PATH,
        "query_string": b"",
        "headers": [*HEADERS, (b"authorization", f"Bearer {key}".encode())],
        "client": ("127.0.0.1", 50_000),
    }
    message = {"type": "http.request", "body": said, "more_body": False}

    async def receive() -> dict[str, Any]:
        return message

    return scope, receive


async def _take(arrivals: Sequence[Arrival]) -> Taken:
    return Taken([arrival.item.event_id or "" for arrival in arrivals])


async def _note(statements: Sequence[Arrival]) -> Noted:
    return Noted([""] * len(statements))


async def _unheard(_message: object) -> None:
    """Be the server's side of an answer."""
