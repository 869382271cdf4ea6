"""
A whole sender in simulated time: hours pass at once, and every wait, lease and answer takes what it is said to take.

The loop's clock moves to the next timer whenever nothing can run, so the sender is the real one, with its real waits.
The store is a list per lane behind one thread, whose calls take time; the destination counts requests as TikTok does.
"""

import asyncio
import selectors
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable
from random import Random

from tiktok_emulator.limits import Limits
from tiktok_emulator.switches import Rates as TikTokRates
from twinbeam.core.delivery import Accepted, Answered, Lane, Lease, TryLater
from twinbeam.engines.memory.request_counts import NotesOfRequests
from twinbeam.pipeline.send.lanes import Sender
from twinbeam.pipeline.send.policy import Policy
from twinbeam.pipeline.send.ports import PIXEL_RATES
from twinbeam.pipeline.send.rates import Rates

START_MS = 1_790_000_000_000
OK = Accepted(Answered(200, 0, "OK", "1"))
TOO_MANY = TryLater(Answered(401, 40100, "Too many requests."), arrived=False, too_many=True)


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: the time that would be waited is said to have passed."""

    moved = 0.0

    def select(self, timeout=None):
        found = super().select(0)
        if not found and timeout:
            self.moved += timeout
        return found


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop that runs timers at once, in their order."""

    def __init__(self):
        self._waits = _Selector()
        super().__init__(self._waits)

    def time(self):
        return self._waits.moved


class LoopClock:
    """The simulated time; a restarted process goes on with it."""

    def __init__(self, loop, start_ms=START_MS):
        self._loop = loop
        self._start_ms = start_ms

    def now_ms(self):
        return self._start_ms + round(self._loop.time() * 1_000)

    def monotonic(self):
        return self._loop.time()


class Queues:
    """What waits, by lane; leases and settles as a store does, without any event in it."""

    def __init__(self):
        self.waiting = defaultdict(list)  # (due, id, first due)
        self.leased = {}
        self.lanes = {}
        self._ids = 0
        self._batches = 0

    def add(self, lane, count, due_ms):
        self.lanes[lane.id] = lane
        for _ in range(count):
            self._ids += 1
            insort(self.waiting[lane.id], (due_ms, self._ids, due_ms))

    def due_lanes(self, now_ms):
        return [self.lanes[id_] for id_, rows in self.waiting.items() if rows and rows[0][0] <= now_ms]

    def next_due_ms(self):
        return min((rows[0][0] for rows in self.waiting.values() if rows), default=None)

    def lease(self, lane, *, limit, owner, now_ms, compose, stretches):
        rows, taken = self.waiting[lane.id], []
        for it in (stretch for stretch in stretches if not stretch.tried):
            after, until = it.after_ms or 0, now_ms if it.until_ms is None else min(now_ms, it.until_ms)
            have = set(taken)
            begin, end = bisect_left(rows, (after + 1,)), bisect_left(rows, (until + 1,))
            taken += [row for row in rows[begin : min(end, begin + limit)] if row not in have][: limit - len(taken)]
        if not taken:
            return None
        gone = set(taken)
        self.waiting[lane.id] = [row for row in rows if row not in gone]
        self._batches += 1
        batch = self._batches
        self.leased[batch] = taken
        return Lease(batch, lane, b"", len(taken), 1)

    def renew(self, lease, **_):
        return lease

    def reclaim(self, **_):
        return []


class World:
    """One gateway and its destination; `answer(lease)` gives the seconds that a request takes and what it means."""

    def __init__(self, *, rates: Rates, answer: Callable, theirs: TikTokRates, pixel_rates=None, **policy):
        self.rates = rates
        self.pixel_rates = pixel_rates or {}
        self.policy = Policy(**policy)
        self.answer = answer
        self.theirs = theirs
        self.limits = Limits()
        self.pixel_limits = Limits()
        self.counts = NotesOfRequests()
        self.queues = Queues()
        self.answered = []  # (lane, first due, answered)
        self.arrived = []  # (moment, lane)
        self.rng = Random(5)
        self.owners = 0
        self.loop = SimulatedLoop()
        self.clock = LoopClock(self.loop)
        self._thread = None

    def run(self, story):
        """Run a story to its end; it is given this world."""
        asyncio.set_event_loop(self.loop)
        try:
            self._thread = asyncio.Lock()
            return self.loop.run_until_complete(story)
        finally:
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            asyncio.set_event_loop(None)
            self.loop.close()

    def start(self):
        """Start a sender, as a new process; returns its task and what stops it."""
        self.owners += 1
        stop = asyncio.Event()
        sender = Sender(
            leases=self.queues,
            settle=self.settle,
            destination=self,
            compose=lambda lane, events: b"",
            clock=self.clock,
            rng=Random(self.owners),
            policy=self.policy,
            owner=f"writer-{self.owners}",
            on_store=self.on_store,
            rates=self.rates,
            pixel_rates=lambda lane: self.pixel_rates.get(lane.source_id, PIXEL_RATES),
            counts=self.counts,
        )
        self.sender = sender
        return asyncio.ensure_future(sender.run(stop)), stop

    async def on_store(self, fn, /, *args, **kwargs):
        """One call at a time: 2 ms each, and 40 us for each event of a lease."""
        async with self._thread:
            found = fn(*args, **kwargs)
            await asyncio.sleep(0.002 + 0.000_04 * (found.count if isinstance(found, Lease) else 0))
            return found

    async def deliver(self, lease):
        """Take a request on the way for up to 30 ms, count it, and answer."""
        await asyncio.sleep(self.rng.uniform(0.0, 0.03))
        now_ms = self.clock.now_ms()
        self.arrived.append((now_ms, lease.lane))
        passes = self.limits.passes("app", now_ms, self.theirs)
        self.pixel_limits.passes(lease.lane.source_id, now_ms, TikTokRates(0, 0))
        seconds, verdict = self.answer(lease) if passes else (0.02, TOO_MANY)
        await asyncio.sleep(seconds)
        return verdict

    async def settle(self, lease, verdict, *, due_ms):
        """Note what was answered, or let it wait again."""
        async with self._thread:
            await asyncio.sleep(0.003)
        rows, now_ms = self.queues.leased.pop(lease.batch), self.clock.now_ms()
        if isinstance(verdict, Accepted):
            self.answered += [(lease.lane, first, now_ms) for _, _, first in rows]
        else:
            for _, id_, first in rows:
                insort(self.queues.waiting[lease.lane.id], (due_ms, id_, first))
        return "settled"

    def add(self, lane, count=1, ago_ms=0):
        """Let events be due in a lane, and wake the sender."""
        self.queues.add(lane, count, self.clock.now_ms() - ago_ms)
        self.sender.wake()

    def waits(self, lanes):
        """Give how long events of some lanes took from due to answered, in seconds, sorted."""
        ids = {lane.id for lane in lanes}
        return sorted((at - due) / 1_000 for lane, due, at in self.answered if lane.id in ids)


def a_lane(number, test_code=""):
    return Lane(number, "shop", "web", f"PIXEL{number}", test_code)


def percentile(waits, share=0.99):
    return waits[min(len(waits) - 1, int(len(waits) * share))]
