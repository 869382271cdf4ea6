"""
A gateway that is killed and whose requests go astray, while shops report orders: what reached TikTok, and when.

Every moment has a number: what was recorded under a lower number was known when a batch under a higher one was taken.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from adversary import HOUR_MS, SECOND_MS
from engines.kit.harness import BUSY, OK
from order_histories import Copy, History, Order
from twinbeam.core.delivery import Lease
from twinbeam.core.outcomes import Finding
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.pipeline.record.conversion import FOUND
from world import World

DAY_MS = 24 * HOUR_MS
_FOUND_OF = "SELECT found FROM conversion WHERE event_id IN (SELECT value FROM json_each(?))"


class Seen(Struct):
    """A copy as the gateway took it."""

    copy: Copy
    event_id: str  #: its own, or the one it was given
    at_ms: int
    known_from: int = 0  #: the moment it was recorded
    fired_ms: int = 0  #: when it happened, as the page tells
    visits: list[int] = []  #: those that it names, as far as the oracle knows by then

    @property
    def first_visit(self) -> int:
        """Whose it is; 0: nobody's that it names."""
        return self.visits[0] if self.visits else 0


class Reached(NamedTuple):
    """An event that reached TikTok."""

    moment: int
    at_ms: int
    event_id: str
    body: dict[str, Any]
    by_script: bool = False
    first_tried: int = 0  #: the moment of its first attempt


class Flight(Struct):
    """A request under way."""

    lease: Lease
    arrived: bool


class Kill(Exception):  # noqa: N818 -- what is raised is no error
    """The writer dies."""


class Troubled(World):
    """Plays histories side by side on one clock."""

    def __init__(self, folder: Path, chance: Random, *, trouble: bool) -> None:
        super().__init__(folder)
        self._chance = chance
        self._trouble = trouble
        self._numbers = count(1)
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._posted: list[Seen] = []
        self._flights: list[Flight] = []
        self._tried: dict[tuple[str, str, str], int] = {}
        self._sends_at: int | None = None
        self._lives = 1
        self.seen: dict[str, list[Seen]] = {}
        self.reached: dict[str, list[Reached]] = {}

    def play(self, histories: Iterable[History]) -> None:
        """Play them to their end, and until nothing of them can leave any more."""
        begins_ms = self.now_ms
        for history in histories:
            for order in history.orders:
                self._enter(order, begins_ms + history.starts_ms)
        if self._trouble:
            for _ in range(20):
                self._at(begins_ms + self._chance.randrange(40 * HOUR_MS), self._die)
        self._run()
        for _ in range(9):
            self._at(self.now_ms + DAY_MS, self.record)
            self._run()

    def _enter(self, order: Order, begins_ms: int) -> None:
        self.seen[order.name], self.reached[order.name] = [], []
        for copy in order.copies:
            at_ms = begins_ms + copy.after_ms
            body = copy.body if copy.is_page else {**copy.body, "event_time": begins_ms // 1_000}
            self._at(at_ms, lambda copy=copy, body=body: self._report(order, copy, body))  # type: ignore[misc]
            if copy.fired:
                self._at(at_ms - copy.fired.before_ms, lambda copy=copy: self._fire(order, copy))  # type: ignore[misc]

    def _at(self, at_ms: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at_ms, next(self._numbers), act))

    def _run(self) -> None:
        while self._agenda:
            due_ms = self._next_send()
            if due_ms is not None and due_ms < self._agenda[0][0]:
                self._advance(due_ms)
                self._sends_at = None
                self._send()
                continue
            at_ms, _, act = heapq.heappop(self._agenda)
            self._advance(at_ms)
            act()

    def _next_send(self) -> int | None:
        """Choose when the sender looks next: a little after the earliest conversion is due."""
        due_ms = self.store.next_due_ms()
        if due_ms is None:
            self._sends_at = None
        else:
            lagging = max(due_ms, self.now_ms) + self._chance.choice([0, 200, 1_500])
            self._sends_at = lagging if self._sends_at is None else min(self._sends_at, lagging)
        return self._sends_at

    def _advance(self, at_ms: int) -> None:
        if at_ms > self.now_ms:
            self._house.clock.advance(ms=at_ms - self.now_ms)
            while self.store.end_overdue(self.now_ms, limit=1_000):
                pass

    def _report(self, order: Order, copy: Copy, body: dict[str, Any]) -> None:
        (event_id,) = self.post(body, address=copy.address)["event_ids"]
        seen = Seen(copy, event_id, self.now_ms, fired_ms=self.now_ms - body.get("age_ms", 0))
        self.seen[order.name].append(seen)
        self._posted.append(seen)
        if self._chance.random() < 0.7:
            self.record()
        else:
            self._at(self.now_ms + 400, self.record)

    def record(self) -> None:
        """Record what was accepted; a writer that dies over it has recorded nothing, and its heir begins again."""
        if self._trouble and self._journal and self._chance.random() < 0.01:
            self._die_while_recording()
        super().record()
        moment = next(self._numbers)
        for seen in self._posted:
            seen.known_from = moment
        self._posted = []

    def _fire(self, order: Order, copy: Copy) -> None:
        assert copy.fired is not None
        moment = next(self._numbers)
        body = {"properties": copy.body["properties"]}
        self.reached[order.name].append(Reached(moment, self.now_ms, copy.fired.event_id, body, True, moment))

    def _send(self) -> None:
        for lane in self.store.due_lanes(self.now_ms):
            lease = self.store.lease(lane, limit=50, owner=self._owner, now_ms=self.now_ms, compose=compose)
            if lease:
                self._fly(lease)

    @property
    def _owner(self) -> str:
        return f"writer {self._lives}"

    def _fly(self, lease: Lease) -> None:
        chance = self._chance
        arrived = not self._trouble or chance.random() < 0.85
        answered = arrived and (not self._trouble or chance.random() < 0.9)
        flight = Flight(lease, arrived)
        self._flights.append(flight)
        self._arrive(lease, arrived=arrived)
        self._at(self.now_ms + chance.choice([80, 300, 3_000]), lambda: self._land(flight, answered=answered))

    def _arrive(self, lease: Lease, *, arrived: bool) -> None:
        moment = next(self._numbers)
        for event in msgspec.json.decode(lease.body)["data"]:
            place = (lease.lane.source_id, event["event"], event["event_id"])
            first_tried = self._tried.setdefault(place, moment)
            if arrived:
                name = event["properties"]["content_name"]
                reached = Reached(moment, self.now_ms, event["event_id"], event, first_tried=first_tried)
                self.reached[name].append(reached)

    def _land(self, flight: Flight, *, answered: bool) -> None:
        if flight not in self._flights:
            return  # nobody is there any more to hear it
        self._flights.remove(flight)
        batch, now_ms = flight.lease.batch, self.now_ms
        if answered:
            assert self.store.settle_delivered(batch, OK, owner=self._owner, now_ms=now_ms)
            return
        due_ms = now_ms + self._chance.choice([2, 30, 300]) * SECOND_MS
        self.store.settle_waiting(batch, BUSY, owner=self._owner, now_ms=now_ms, due_ms=due_ms, arrived=flight.arrived)

    def _die_while_recording(self) -> None:
        def fail(*_: object) -> None:
            raise Kill

        self.store._writing._write_visits = fail  # type: ignore[method-assign]
        try:
            super().record()
        except Kill:
            self._die()

    def _die(self) -> None:
        """Let the writer die with its requests on their way, and its heir take over."""
        self._flights = []
        self.store.close()
        self._lives += 1
        self.open()
        for lease in self.store.reclaim(owner=self._owner, now_ms=self.now_ms, compose=compose):
            self._fly(lease)

    def found(self, reached: Sequence[Reached]) -> set[Finding]:
        """Give what was found to be wrong with conversions that went out under these ids."""
        ids = [event.event_id for event in reached]
        rows = self.store._db.execute(_FOUND_OF, [json.dumps(ids)]).fetchall()
        return {finding for finding, bit in FOUND.items() if any(found & bit for (found,) in rows)}
