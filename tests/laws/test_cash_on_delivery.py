"""
Cash on delivery: 10,000 orders, of which 30 % are refused at the door and the others paid on day 0 to 9.

Each order is placed in the browser on day 0, where TikTok's own script stays silent, because a purchase means paid
here. Pages are loaded again under the same or a freshly drawn id, browsers name wrong values and the event's old name,
the shop's webhook tells of the order when it is placed and when it is paid, and repeats itself for days. Answers are
lost on the way, and the writer dies with batches on the wire. What TikTok counts is left to the emulator, in both
positions of the switches that change what it takes for one event.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import count, groupby, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import Struct

from engines.kit.harness import BUSY, OK
from engines.kit.laws import assert_counters_add_up, assert_counters_equal_rows, recorded_by
from signals import BROWSER, DAY, HOUR, MINUTE, NOW, SECOND, a_signal, an_email
from tiktok_emulator.accounts import DEFAULT_PIXEL, DEFAULT_TOKEN
from tiktok_emulator.call import Call
from tiktok_emulator.clock import Clock
from tiktok_emulator.dedup import Fate
from tiktok_emulator.switches import Switches
from tiktok_emulator.track import track
from tiktok_emulator.world import World
from twinbeam.core.delivery import Lane, Lease
from twinbeam.core.lifecycle import COUNTED, State
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Channel, Signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.counters import FINDING
from twinbeam.pipeline.record.policy import RecordPolicy, Terms
from twinbeam.pipeline.send.limits import Ages

pytestmark = pytest.mark.slow

JOURNAL = "0c" * 16
TERMS = Terms(PixelRules(purchase_means="paid", purchase_expires_days=14, confirm_purchases="on"))
POLICY = RecordPolicy(terms_of=lambda _workspace, _pixel: TERMS, judge=judge)
STEP_MS = HOUR
END_MS = NOW + 17 * DAY
POSITIONS = [
    {"merge_scope": scope, "canonical_names": canonical}
    for scope, canonical in product(("cross_channel", "all"), (True, False))
]


class Order(Struct, frozen=True):
    """What the shop knows of one order."""

    number: str
    value: float
    placed_ms: int
    paid_ms: int | None


class Shop:
    """Makes orders up, and the copies that a gateway is told of them, in the order in which they arrive."""

    def __init__(self, seed: int, orders: int) -> None:
        self._chance = Random(seed)
        self._drawn = count(1)
        self.orders = [self._order(n) for n in range(orders)]
        copies = [copy for order in self.orders for copy in self._copies(order)]
        self.copies = sorted(copies, key=lambda signal: signal.received_ms)

    def _order(self, n: int) -> Order:
        chance = self._chance
        placed_ms = NOW + chance.randrange(DAY)
        paid = n % 10 >= 3
        paid_ms = placed_ms + chance.randrange(10) * DAY + chance.randrange(SECOND, DAY) if paid else None
        return Order(f"{n}", chance.randrange(500, 50_000) / 100, placed_ms, paid_ms)

    def _copies(self, order: Order) -> Iterator[Signal]:
        yield self._seen(order, order.placed_ms, self._an_id(order))
        for _ in range(self._sometimes(0.15, 3)):  # reloads of the thank-you page
            yield self._seen(order, order.placed_ms + self._chance.randrange(SECOND, 3 * DAY), self._an_id(order))
        if self._chance.random() < 0.5:
            yield self._told(order, order.placed_ms + self._chance.randrange(-5 * SECOND, MINUTE), "placed")
        if order.paid_ms is None:
            return
        yield self._told(order, order.paid_ms, "paid")
        for _ in range(self._sometimes(0.15, 4)):  # repeated webhooks, and the parcel's
            later = order.paid_ms + self._chance.randrange(SECOND, 3 * DAY)
            yield self._told(order, later, self._chance.choice(["paid", "shipped"]))
        if self._chance.random() < 0.1:  # a look at the order afterwards
            yield self._seen(order, order.paid_ms + self._chance.randrange(SECOND, 2 * DAY), self._an_id(order))

    def _sometimes(self, share: float, most: int) -> int:
        return self._chance.randint(1, most) if self._chance.random() < share else 0

    def _an_id(self, order: Order) -> str:
        return f"order-{order.number}" if self._chance.random() < 0.7 else f"random-{next(self._drawn)}"

    def _seen(self, order: Order, at_ms: int, event_id: str) -> Signal:
        wrong = self._chance.random() < 0.1
        return self._a_copy(
            order,
            at_ms,
            event_id,
            channel=BROWSER,
            event="CompletePayment" if self._chance.random() < 0.3 else "Purchase",
            value=round(order.value * 0.8, 2) if wrong else order.value,
            user={"ttclid": f"click-{order.number}", "ip": "198.51.100.7", "user_agent": "agent"},
        )

    def _told(self, order: Order, at_ms: int, stage: str) -> Signal:
        return self._a_copy(
            order,
            at_ms,
            f"order-{order.number}",
            channel=Channel.WEBHOOK,
            stage=stage,
            value=order.value,
            user={"email": an_email(order.number)},
        )

    @staticmethod
    def _a_copy(order: Order, at_ms: int, event_id: str, **said: Any) -> Signal:
        return a_signal(
            event_id,
            pixel=DEFAULT_PIXEL,
            received_ms=at_ms,
            event_time=at_ms // SECOND,
            order_id=order.number,
            currency="EUR",
            properties={"order_id": order.number},
            also=[f"order-{order.number}"],
            visitor=f"visitor-{order.number}",
            **said,
        )


class Tiktok:
    """One emulator for each position of the switches; all get the same requests."""

    def __init__(self) -> None:
        self.worlds = [World(Clock(), Switches(**positions)) for positions in POSITIONS]

    def take(self, lease: Lease, at_ms: int) -> None:
        """Hand a request over."""
        headers = ((b"access-token", DEFAULT_TOKEN.encode()), (b"content-type", b"application/json"))
        call = Call(method="POST", path="/event/track/", headers=headers, body=lease.body, at_ms=at_ms)
        for world in self.worlds:
            world.clock.set(at_ms)
            assert track(world, call).code == 0


class Gateway:
    """The record room and a store in a file, sending to TikTok; it may die at any time."""

    def __init__(self, folder: Path, tiktok: Tiktok, chance: Random) -> None:
        self._folder = folder
        self._ring = KeyRing.open_or_create(folder / "keyring.json")
        self._tiktok = tiktok
        self._chance = chance
        self._groups = count(1)
        self._lives = count(1)
        self._later: list[tuple[int, int]] = []
        self._open()

    def _open(self) -> None:
        self.owner = f"writer-{next(self._lives)}"
        self.store = SqliteStore.open_as_writer(self._folder / "data", self._ring, policy=POLICY, ages=Ages())
        self.store._db.execute("PRAGMA synchronous=OFF")

    def step(self, signals: list[Signal], now_ms: int) -> None:
        """Record what came, end what was held for too long, and send what is due."""
        self.store.record(JOURNAL, [Numbered(next(self._groups), signals)], now_ms)
        while self.store.end_overdue(now_ms, limit=500):
            pass
        for lane in self.store.due_lanes(now_ms):
            while (lease := self._lease(lane, now_ms)) is not None:
                self._send(lease, now_ms)

    def die(self, now_ms: int) -> None:
        """Stop with a batch on the wire, of which nobody knows whether TikTok got it; the heir sends it again."""
        for lane in self.store.due_lanes(now_ms + STEP_MS):
            lease = self._lease(lane, now_ms + STEP_MS)
            if lease is not None and self._chance.random() < 0.5:
                self._tiktok.take(lease, now_ms)
        self.store.close()
        self._open()
        for lease in self.store.reclaim(owner=self.owner, now_ms=now_ms, compose=compose):
            self._send(lease, now_ms)

    def _lease(self, lane: Lane, now_ms: int) -> Lease | None:
        return self.store.lease(lane, limit=1_000, owner=self.owner, now_ms=now_ms, compose=compose)

    def _send(self, lease: Lease, now_ms: int) -> None:
        """Send; one answer in ten is lost, and one request in ten never arrives."""
        fortune = self._chance.random()
        if fortune > 0.1:
            self._tiktok.take(lease, now_ms)
        if fortune > 0.2:
            assert self.store.settle_delivered(lease.batch, OK, owner=self.owner, now_ms=now_ms)
            return
        due_ms = now_ms + self._chance.randrange(MINUTE, 6 * HOUR)
        assert self.store.settle_waiting(
            lease.batch, BUSY, owner=self.owner, now_ms=now_ms, due_ms=due_ms, arrived=True
        )


def played(folder: Path, orders: int) -> tuple[Shop, Tiktok, Gateway]:
    """Let seventeen days pass."""
    shop, tiktok = Shop(seed=4, orders=orders), Tiktok()
    gateway = Gateway(folder, tiktok, Random(5))
    by_step = {
        step: list(arrived) for step, arrived in groupby(shop.copies, lambda copy: -(-copy.received_ms // STEP_MS))
    }
    for step in range(NOW // STEP_MS, END_MS // STEP_MS):
        now_ms = step * STEP_MS
        gateway.step(by_step.pop(step, []), now_ms)
        if now_ms % DAY < STEP_MS:
            gateway.die(now_ms)
            assert_counters_add_up(gateway.store)
            assert_counters_equal_rows(gateway.store)
    assert not by_step
    return shop, tiktok, gateway


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Tiktok, Gateway]]:
    shop, tiktok, gateway = played(tmp_path_factory.mktemp("cod"), 10_000)
    yield shop, tiktok, gateway
    gateway.store.close()


def test_what_is_counted_is_what_was_paid_and_nothing_twice(outcome: tuple[Shop, Tiktok, Gateway]) -> None:
    shop, tiktok, _ = outcome
    paid = {order.number: order.value for order in shop.orders if order.paid_ms is not None}
    assert len(paid) == 7_000
    for world in tiktok.worlds:
        counted = world.ledger.counted
        times = Counter(each.order_id for each in counted)
        doubled = [number for number, n in times.items() if n > 1]
        assert (len(doubled), set(times) - set(paid), set(paid) - set(times)) == (0, set(), set())
        assert sum(abs(each.value - paid[each.order_id]) for each in counted) == 0


def test_the_gateway_knows_what_was_counted(outcome: tuple[Shop, Tiktok, Gateway]) -> None:
    shop, _, gateway = outcome
    ends = Counter[tuple[str, str]]()
    for told in gateway.store.counts():
        if told.outcome in COUNTED:
            ends[told.outcome, told.reason] += told.n
    assert ends == {
        (State.DELIVERED, ""): 7_000,
        (State.EXPIRED, Reason.NEVER_CONFIRMED): 3_000,
    }
    assert recorded_by(gateway.store) == len(shop.copies)


def test_the_simulation_is_as_hard_as_it_says(outcome: tuple[Shop, Tiktok, Gateway]) -> None:
    shop, tiktok, gateway = outcome
    days = Counter((order.paid_ms - order.placed_ms) // DAY for order in shop.orders if order.paid_ms is not None)
    assert set(days) == set(range(10))
    fates = tiktok.worlds[0].ledger.fates
    again = sum(n for (*_, fate), n in fates.items() if fate in (Fate.DUPLICATE, Fate.MERGED))
    found = Counter[str]()
    for told in gateway.store.counts():
        found[told.reason] += told.n * (told.outcome == FINDING)
    assert again > 500
    assert found["id_healed"] > 500
    assert found["value_differs"] > 100
    assert len(shop.copies) > 20_000
