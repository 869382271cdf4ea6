"""Emulator: events a second that TikTok's side takes on one core, singly and in full batches, rules and dedup on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from load import HOST, Load, closed
from processes import program, wait_for
from result import Row
from scale import Bench

from twinbeam.core.delivery import Lane
from twinbeam.demo.processes import free_port
from twinbeam.destinations.tiktok.wire import TRACK_PATH, compose

STAGE = "emulator"
PIXEL, TOKEN = "C0TWINBEAMDEMO000001", "emulator-token"
FULL_BATCH = 1_000
_HASH = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
_EVENT = (
    b'{"event_time":1790000000,"event_id":"%d","user":{"email":"' + _HASH.encode() + b'","ip":"203.0.113.9",'
    b'"user_agent":"Mozilla/5.0","ttclid":"E.C.P.CrYBaGVsbG8"},"page":{"url":"https://shop.example/thanks"},'
    b'"properties":{"value":20.5,"currency":"EUR","contents":[{"content_id":"1","price":20.5,"quantity":1}]}}'
)


def measure(bench: Bench) -> Iterator[Row]:
    """Measure single events over 64 connections, then full batches over 4."""
    with _emulator(bench) as port:
        yield _row(bench, port, "single events", size=1, connections=64, target=2_000.0, rate=20_000)
    with _emulator(bench) as port:
        yield _row(bench, port, "batches of 1,000", size=FULL_BATCH, connections=4, target=20_000.0, rate=60)


@contextmanager
def _emulator(bench: Bench) -> Iterator[int]:
    port = free_port()
    arguments = ["-m", "tiktok_emulator", "--host", HOST, "--port", str(port), "--switch", "max_queries_per_second=0"]
    with program(arguments, bench.folder / f"emulator-{port}.log", {}) as process:
        os.sched_setaffinity(process.pid, {bench.core})
        wait_for(port, "/_control")
        yield port


def _row(bench: Bench, port: int, name: str, *, size: int, connections: int, target: float, rate: int) -> Row:
    scale = bench.scale
    load = Load(port=port, requests=_requests(size), expect=200, connections=connections)
    outcomes = [
        closed(load, seconds=scale.seconds, warm_seconds=scale.warm_seconds, expect_rate=rate)
        for _ in range(scale.rounds)
    ]
    rates = [outcome.per_second * size for outcome in outcomes]
    return Row.of(STAGE, f"the emulator, {name}", rates, "events/s", target=target)


def _requests(size: int) -> Iterator[bytes]:
    lane = Lane(1, "main", "web", PIXEL)
    numbers = count()
    while True:
        body = compose(lane, [("Purchase", _EVENT % next(numbers)) for _ in range(size)])
        head = f"POST {TRACK_PATH} HTTP/1.1\r\nHost: {HOST}\r\nAccess-Token: {TOKEN}\r\n"
        yield f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
