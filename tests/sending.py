"""A sender at work on the memory engine: a destination that follows a script, and a clock that is moved by hand."""

import asyncio
import inspect
import json
from collections import Counter
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE
from signals import a_refusal, a_signal
from twinbeam.core.clock import HandClock
from twinbeam.core.delivery import Accepted, Answered, Lease, Refused, TokenRejected, TryLater
from twinbeam.core.errors import StorageBusy
from twinbeam.destinations.tiktok.verdicts import NOT_TAKEN
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.memory import MemoryStore
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.send.lanes import Sender
from twinbeam.pipeline.send.policy import Policy
from twinbeam.pipeline.send.ports import APP_RATES, PIXEL_RATES
from twinbeam.pipeline.send.rates import Rates
from twinbeam.pipeline.settle.settle import Settler

JOURNAL = "0a" * 16

OK = Accepted(Answered(200, 0, "OK", "20261120-1"))
BUSY = TryLater(Answered(503, None, "busy"))
BAD = Refused(Answered(400, 40002, "data.0: bad", "20261120-2"))
NO_TOKEN = TokenRejected(Answered(401, 40105, "revoked", "20261120-3"))


class Scripted:
    """A destination that answers as `answer(lease)` says (a verdict, an awaitable or an exception), and remembers."""

    def __init__(self, answer):
        self.answer = answer
        self.sent: list[Lease] = []
        self.under_way: Counter[str] = Counter()
        self.most_under_way: Counter[str] = Counter()

    async def deliver(self, lease):
        name = lease.lane.name
        self.sent.append(lease)
        self.under_way[name] += 1
        self.most_under_way[name] = max(self.most_under_way[name], self.under_way[name])
        try:
            said = self.answer(lease)
            return await said if inspect.isawaitable(said) else said
        finally:
            self.under_way[name] -= 1

    def sizes(self, pixel=PIXEL):
        return [lease.count for lease in self.sent if lease.lane.name == pixel]


def in_turn(*verdicts):
    """Answer with each of these once, then keep to the last."""
    left = list(verdicts)
    return lambda lease: left.pop(0) if len(left) > 1 else left[0]


def ids_in(lease):
    """Give the event ids of a batch, in order."""
    return [event["event_id"] for event in json.loads(lease.body)["data"]]


def first(times, method, pixel=""):
    """Make the first calls of a method fail, for one pixel or all."""
    left = [times]

    def fails(name, args):
        if not name.startswith(method) or left[0] == 0 or (pixel and args[0].name != pixel):
            return None
        left[0] -= 1
        return StorageBusy("busy")

    return fails


class Failing:
    """A store that raises while `fails(method, arguments)` says so, and otherwise is the store."""

    def __init__(self, store, fails):
        self._store = store
        self._fails = fails

    def __getattr__(self, name):
        method = getattr(self._store, name)

        def call(*args, **kwargs):
            error = self._fails(name, args)
            if error is not None:
                raise error
            return method(*args, **kwargs)

        return call


class SendingRoom:
    """Store, clock and reports, with as many senders on them as a test starts."""

    def __init__(self, answer=lambda lease: OK, *, clock=None, fails=None, rates=APP_RATES, **policy: Any):
        self.store = MemoryStore()
        self.clock = clock or HandClock(NOW_MS)
        self.destination = Scripted(answer)
        self.policy = Policy(**policy)
        self.reports: list[tuple[str, dict[str, Any]]] = []
        self.slept: list[float] = []
        self.stopped: set[str] = set()  #: the pixels whose owner stopped them
        self.drained: dict[str, int] = {}  #: since when pixels are drained
        self.rates = rates
        self.pixel_rates: dict[str, Rates] = {}  #: of pixels whose owner set any
        self.counts = None
        self.looks = 0
        self._fails = fails or (lambda name, args: None)
        self._parts = Failing(self.store, self._surprise)
        self._seq = 0
        self._serial = 0

    def _surprise(self, name, args):
        self.looks += name == "next_due_ms"
        return self._fails(name, args)

    def add(self, count=1, pixel=PIXEL, **changes):
        """Record conversions that are due now, and give their event ids."""
        ids = [f"{pixel}-{self._serial + number}" for number in range(count)]
        self._serial += count
        self._record(ids, pixel=pixel, **changes)
        return ids

    def refuse(self, event_id, pixel=PIXEL):
        """Record that a visitor refuses a conversion after all."""
        self._record([event_id], a_refusal, pixel=pixel)

    def _record(self, ids, builder=a_signal, body=None, **changes):
        self._seq += 1
        now_ms = self.clock.now_ms()
        usual = {"workspace": WORKSPACE, "received_ms": now_ms}
        built = [builder(id_, **usual | changes) for id_ in ids]
        signals = built if body is None else [replace(it, body=body) for it in built]
        self.store.record(JOURNAL, [Numbered(self._seq, signals)], now_ms)

    def sender(self, owner="writer-1", destination=None):
        settler = Settler(
            ledger=self._parts, owner=owner, clock=self.clock, on_store=self.on_store, not_taken=NOT_TAKEN
        )
        return Sender(
            leases=self._parts,
            settle=settler.settle,
            destination=destination or self.destination,
            compose=compose,
            clock=self.clock,
            rng=Random(7),
            policy=self.policy,
            owner=owner,
            on_store=self.on_store,
            report=lambda event, /, **fields: self.reports.append((event, fields)),
            sleep=self.sleep,
            is_stopped=lambda lane: lane.source_id in self.stopped,
            drained_since=lambda lane: self.drained.get(lane.source_id),
            rates=self.rates,
            pixel_rates=lambda lane: self.pixel_rates.get(lane.source_id, PIXEL_RATES),
            counts=self.counts,
        )

    @asynccontextmanager
    async def running(self, **options):
        """Run a sender, and stop it in an orderly way at the end."""
        sender, stop = self.sender(**options), asyncio.Event()
        task = asyncio.create_task(sender.run(stop))
        try:
            yield sender
        finally:
            stop.set()
            await task

    async def on_store(self, fn, /, *args, **kwargs):
        await asyncio.sleep(0)
        return fn(*args, **kwargs)

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)
        await asyncio.sleep(0)

    def state(self, event_id):
        (story,) = self.store.by_event_id(WORKSPACE, event_id)
        return story.state

    def states(self):
        return self.store.states()

    def told(self, event):
        return [fields for name, fields in self.reports if name == event]


async def until(condition, seconds=2.0):
    """Let the loop run until something is so; fails if it never is."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- what is waited for has no event of its own
            await asyncio.sleep(0.001)


async def quiet(turns=200):
    """Let the loop run until whatever can happen without time passing has happened."""
    for _ in range(turns):
        await asyncio.sleep(0)
