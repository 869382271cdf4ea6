"""
The load generator: HTTP/1.1 over kept connections, requests rendered before the clock starts.

Closed loop: each connection sends its next request when it has its answer. That finds the peak, and its latencies
are those of a saturated server. Open loop: requests are due at random moments of a fixed rate, whatever the server
does, and each latency counts from the moment its request was due, so that a stall is charged to every request it
held up (no coordinated omission).

Of an answer only the status and the length are looked at, so that this side does not become the limit.
"""

import asyncio
import gc
from array import array
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from itertools import islice
from random import Random
from time import perf_counter
from typing import Any

import uvloop
from msgspec import Struct

HOST = "127.0.0.1"
TICK_SECONDS = 0.001  #: how exactly due requests go out; the rest of the wait counts as latency
BESIDE_SECONDS = 0.05
PATIENCE_SECONDS = 20.0  #: for answers that are still due when an open loop has sent everything
_LENGTH = b"content-length: "


class Outcome(Struct, frozen=True):
    """What came of one round."""

    answered: int  #: inside the window that counts
    sent: int  #: in all, warm-up included
    unexpected: dict[int, int]  #: answers of another status than expected, 0 for lost connections
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    most_ms: float

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.answered / self.seconds


class Load(Struct, frozen=True, kw_only=True):
    """Whom to send what, and what else this side does meanwhile."""

    port: int
    requests: Iterator[bytes]
    expect: int = 202
    connections: int = 64
    beside: Callable[[], None] = lambda: None  #: called every 50 ms while the load runs


def closed(load: Load, *, seconds: float, warm_seconds: float, expect_rate: float) -> Outcome:
    """Load a server as much as the connections allow; `expect_rate` says how many requests to render before."""
    deck = Deck(load.requests, round(expect_rate * (seconds + warm_seconds)))
    return _run(load, _closed(load, deck, seconds, warm_seconds))


def opened(load: Load, *, rate: float, count: int, seed: int = 1) -> Outcome:
    """Send `count` requests at random moments, `rate` per second on average."""
    deck = Deck(load.requests, count)
    return _run(load, _opened(load, deck, _moments(rate, count, Random(seed))))


class Deck:
    """Requests, rendered before they are needed."""

    def __init__(self, requests: Iterator[bytes], count: int) -> None:
        self._requests = requests
        self._ready = deque(islice(requests, count))
        self._more = 1 + count // 100  #: rendered at once, under load, when the others are used up

    def draw(self) -> bytes:
        """Give the next request."""
        if not self._ready:
            self._ready.extend(islice(self._requests, self._more))
        return self._ready.popleft()


class Wire(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self, answered: Callable[["Wire", int], None]) -> None:
        self._answered = answered
        self._rest = b""
        self.transport: asyncio.WriteTransport
        self.since = 0.0
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def send(self, request: bytes, since: float) -> None:
        """Send a request whose latency counts from `since`."""
        self.since, self.busy = since, True
        self.transport.write(request)

    def hang_up(self) -> None:
        """Close the connection; an answer still due is not waited for."""
        self.busy = False
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Hand a whole answer's status on."""
        data = self._rest + data if self._rest else data
        head = data.find(b"\r\n\r\n")
        if head < 0 or len(data) < head + 4 + _length(data, head):
            self._rest = data
            return
        self._rest, self.busy = b"", False
        self._answered(self, int(data[9:12]))

    def connection_lost(self, _error: Exception | None) -> None:
        """Count a connection that ends with a request under way."""
        if self.busy:
            self.busy = False
            self._answered(self, 0)


class Window:
    """The answers of one round, and when they count."""

    def __init__(self, expect: int, opens: float, closes: float) -> None:
        self._expect = expect
        self._opens = opens
        self._closes = closes
        self.sent = 0
        self.unexpected: dict[int, int] = {}
        self.latencies = array("d")

    def note(self, status: int, since: float, now: float) -> None:
        """Take an answer in."""
        if status != self._expect:
            self.unexpected[status] = self.unexpected.get(status, 0) + 1
        if self._opens <= now <= self._closes:
            self.latencies.append(now - since)

    @property
    def lost(self) -> int:
        """How many connections broke with a request under way."""
        return self.unexpected.get(0, 0)

    def outcome(self, seconds: float) -> Outcome:
        """Sum up."""
        ranked = sorted(self.latencies)
        p50, p99, p999 = (1_000 * _percentile(ranked, share) for share in (0.5, 0.99, 0.999))
        most = 1_000 * (ranked[-1] if ranked else 0.0)
        return Outcome(len(ranked), self.sent, self.unexpected, seconds, p50, p99, p999, most)


class Session:
    """The connections of one round."""

    def __init__(self, load: Load, deck: Deck, window: Window) -> None:
        self.load = load
        self.deck = deck
        self.window = window
        self.wires: list[Wire] = []

    async def connect(self, answered: Callable[[Wire, int], None]) -> None:
        """Open every connection."""
        loop, port = asyncio.get_running_loop(), self.load.port
        for _ in range(self.load.connections):
            _, wire = await loop.create_connection(lambda: Wire(answered), HOST, port)
            self.wires.append(wire)

    def send(self, wire: Wire, since: float) -> None:
        """Send the next request on one of them."""
        self.window.sent += 1
        wire.send(self.deck.draw(), since)

    async def finish(self) -> None:
        """Wait for what is under way, then hang up."""
        last = perf_counter() + PATIENCE_SECONDS
        while any(wire.busy for wire in self.wires) and perf_counter() < last:
            await _tick()
        for wire in self.wires:
            wire.hang_up()


async def _closed(load: Load, deck: Deck, seconds: float, warm_seconds: float) -> Outcome:
    opens = perf_counter() + warm_seconds
    closes = opens + seconds
    session = Session(load, deck, Window(load.expect, opens, closes))

    def answered(wire: Wire, status: int) -> None:
        now = perf_counter()
        session.window.note(status, wire.since, now)
        if status and now < closes:
            session.send(wire, now)

    await session.connect(answered)
    for wire in session.wires:
        session.send(wire, perf_counter())
    await asyncio.sleep(closes - perf_counter())
    await session.finish()
    return session.window.outcome(seconds)


class Queue:
    """
    Requests that are due, and connections that are free; at most one of the two holds anything.

    Connections take turns: one that rests for as long as the server keeps it open would be closed under a request.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._due: deque[float] = deque()
        self._free: deque[Wire] = deque()

    @property
    def waits(self) -> bool:
        """Whether a request is due that some connection may still take."""
        return bool(self._due) and self._session.window.lost < len(self._session.wires)

    def fall_due(self, moment: float) -> None:
        """Send a request at once, or when a connection is free; its latency counts from now on."""
        if self._free:
            self._session.send(self._free.popleft(), moment)
        else:
            self._due.append(moment)

    def set_free(self, wire: Wire) -> None:
        """Give a connection the request that waits longest."""
        if self._due:
            self._session.send(wire, self._due.popleft())
        else:
            self._free.append(wire)


async def _opened(load: Load, deck: Deck, moments: Iterator[float]) -> Outcome:
    session = Session(load, deck, Window(load.expect, 0.0, float("inf")))
    queue = Queue(session)

    def answered(wire: Wire, status: int) -> None:
        session.window.note(status, wire.since, perf_counter())
        if status:
            queue.set_free(wire)

    await session.connect(answered)
    for wire in session.wires:
        queue.set_free(wire)
    begun = perf_counter()
    for moment in moments:
        while begun + moment > perf_counter():
            await _tick()
        queue.fall_due(begun + moment)
    while queue.waits:
        await _tick()
    await session.finish()
    return session.window.outcome(perf_counter() - begun)


async def _tick() -> None:
    """Let answers in for a moment."""
    await asyncio.sleep(TICK_SECONDS)


def _moments(rate: float, count: int, rng: Random) -> Iterator[float]:
    at = 0.0
    for _ in range(count):
        at += rng.expovariate(rate)
        yield at


def _run(load: Load, round_of_load: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run one round with the collector asleep: a pause of this side would be charged to the server."""
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(_with_company(load, round_of_load))
    finally:
        gc.enable()


async def _with_company(load: Load, round_of_load: Coroutine[Any, Any, Outcome]) -> Outcome:
    company = asyncio.create_task(_beside(load.beside))
    try:
        return await round_of_load
    finally:
        company.cancel()


async def _beside(act: Callable[[], None]) -> None:
    while True:
        act()
        await asyncio.sleep(BESIDE_SECONDS)


def _length(data: bytes, head: int) -> int:
    at = data.find(_LENGTH, 0, head)
    return 0 if at < 0 else int(data[at + len(_LENGTH) : data.find(b"\r", at)])


def _percentile(ranked: list[float], share: float) -> float:
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0
