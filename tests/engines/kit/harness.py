"""
What every promise of the kit works with: an engine, its journal and a clock that is moved by hand.

After each step the two accounting laws are checked, and that no conversion moved in a way the lifecycle forbids.
A promise is a function whose one argument is a Harness; whoever brings a new engine writes an Engine for it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from engines.kit.laws import (
    CoverageRow,
    Rows,
    assert_accounted,
    assert_counters_add_up,
    assert_legal,
    assert_recordable,
    assert_tidied,
)
from signals import DAY, NOW, PIXEL, WORKSPACE
from twinbeam.admin.delivered_counts import KEEP_DAYS
from twinbeam.core.clock import HandClock, day_of
from twinbeam.core.dead_letters import DeadLetter, LetterFilter, Shape
from twinbeam.core.delivery import Answered, Lane, Lease
from twinbeam.core.erasure import Erasure, Receipt, person
from twinbeam.core.goods import Margin
from twinbeam.core.products import UnitCost
from twinbeam.core.story import Story
from twinbeam.core.values import Signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.pipeline.journal.codec import decode, encode
from twinbeam.pipeline.record.contract import Numbered, Recorded

T = TypeVar("T")

OK = Answered(status=200, code=0, message="OK", request_id="r-1")
BUSY = Answered(status=200, code=50000, message="busy", request_id="r-2")
BAD = Answered(status=200, code=40002, message="Invalid currency", request_id="r-3")

_END_OF_TIME = 2**62


def as_it_was(_letter: DeadLetter, _body: bytes, _event_time: int) -> None:
    """Shape nothing anew."""


class Engine(Protocol):
    """A journal and a store of one kind, opened."""

    store: Any
    journal: Any
    reader: Any

    def rows(self) -> Rows:
        """Give the state of every row by its id."""
        ...

    def coverage_rows(self) -> list[CoverageRow]:
        """Give of every row what its place in the coverage follows from."""
        ...

    def know_costs(self, workspace: str, costs: Mapping[str, UnitCost]) -> None:
        """Let a product feed with these costs be in force."""
        ...

    def margins(self) -> dict[int, Margin]:
        """Give what orders are worth, by their conversions."""
        ...

    def reopen(self) -> None:
        """Close everything in good order and open it again; nothing for an engine without a file."""
        ...


class Harness:
    """Steps that a running system takes, each followed by its checks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = HandClock(NOW)
        self.owner = "writer-1"
        self.groups: list[Numbered] = []

    @property
    def store(self) -> Any:
        """The store as it is now: another object after a reopening."""
        return self.engine.store

    def now(self) -> int:
        """Milliseconds on the harness's clock."""
        return self.clock.now_ms()

    def append(self, *signals: Signal) -> int:
        """Make one group durable in the journal, without recording it."""
        seq = self.engine.journal.append(self.now(), len(signals), encode(signals))
        self.check()
        return seq

    def drain(self) -> Recorded:
        """Record in one call whatever the journal holds beyond the cursor."""
        store, reader = self.store, self.engine.reader
        waiting = reader.read(store.cursor(reader.journal_id), limit=_END_OF_TIME)
        groups = [Numbered(group.seq, decode(group.body)) for group in waiting]
        self.groups += groups
        recorded = self.record(groups)
        if groups:
            reader.confirm(groups[-1].seq)
        return recorded

    def take(self, *signals: Signal) -> Recorded:
        """Append one group and record it."""
        self.append(*signals)
        return self.drain()

    def take_all_but_one(self, culprit: Signal, *signals: Signal) -> Recorded:
        """Append a group that begins with a culprit, put that aside, and record the rest."""
        seq = self.append(culprit, *signals)
        self.quarantine(b"the culprit", seq=seq)
        self.groups.append(Numbered(seq, signals, set_aside=1))
        recorded = self.record(self.groups[-1:])
        self.engine.reader.confirm(seq)
        return recorded

    def replay(self) -> Recorded:
        """Record everything that was ever recorded once more."""
        return self.record(self.groups)

    def record(self, groups: Iterable[Numbered]) -> Recorded:
        """Record groups in one call."""
        journal_id = self.engine.reader.journal_id
        before = self.engine.rows()
        recorded: Recorded = self.store.record(journal_id, list(groups), self.now())
        assert_recordable(before, self.engine.rows())
        self.check()
        return recorded

    def lane(self, pixel: str = PIXEL) -> Lane:
        """Find the lane of a pixel that has something unsent."""
        lanes = self.store.due_lanes(_END_OF_TIME)
        (lane,) = [lane for lane in lanes if (lane.workspace, lane.source_id) == (WORKSPACE, pixel)]
        return lane

    def lease(self, *, pixel: str = PIXEL, limit: int = 1_000) -> Lease:
        """Lease what is due on a pixel; fails if nothing is."""
        lease = self.try_lease(self.lane(pixel), limit=limit)
        assert lease is not None
        return lease

    def try_lease(self, lane: Lane, *, limit: int = 1_000) -> Lease | None:
        """Lease what is due in a lane, if anything is."""
        return self.step(
            lambda: self.store.lease(lane, limit=limit, owner=self.owner, now_ms=self.now(), compose=compose)
        )

    def split(self, lease: Lease) -> list[Lease]:
        """Split a batch into two halves, and give those of which something is left."""
        middle = lease.count // 2
        return [half for half in self.split_into(lease, range(middle), range(middle, lease.count)) if half]

    def split_into(self, lease: Lease, *parts: Sequence[int]) -> list[Lease | None]:
        """Split a batch into parts of these positions."""
        split = self.store.split
        return self.step(
            lambda: split(lease.batch, BAD, parts, owner=self.owner, now_ms=self.now(), compose=compose),
        )

    def renew(self, lease: Lease) -> Lease | None:
        """Ask for a lease that waited for its turn."""
        return self.step(
            lambda: self.store.renew(lease, owner=self.owner, now_ms=self.now(), compose=compose),
        )

    def delivered(self, lease: Lease, *, answer: Answered = OK) -> bool:
        """Settle a batch as delivered."""
        settle = self.store.settle_delivered
        return self.step(lambda: settle(lease.batch, answer, owner=self.owner, now_ms=self.now()))

    def refused(self, lease: Lease, *, answer: Answered = BAD) -> bool:
        """Settle a batch as refused by TikTok."""
        settle = self.store.settle_refused
        return self.step(lambda: settle(lease.batch, answer, owner=self.owner, now_ms=self.now()))

    def waiting(self, lease: Lease, *, after_ms: int = 0, arrived: bool = True, answer: Answered = BUSY) -> bool:
        """Settle a batch as to be tried again."""
        settle, due_ms = self.store.settle_waiting, self.now() + after_ms
        return self.step(
            lambda: settle(lease.batch, answer, owner=self.owner, now_ms=self.now(), due_ms=due_ms, arrived=arrived)
        )

    def pull_in(self, longest_ms: int) -> int:
        """Make due now what is due later than in so many milliseconds."""
        return self.step(lambda: self.store.pull_in(self.now() + longest_ms, self.now()))

    def end_held(self, after_ms: int = 24 * 3_600_000) -> int:
        """Let time pass and end what was held for too long."""
        self.clock.advance(ms=after_ms)
        return self.step(lambda: self.store.end_overdue(self.now(), limit=1_000))

    def tidy(self, days: int = 0, *, retention: bool = True) -> None:
        """Let time pass, and let housekeeping do all there is to do, or requests alone."""
        self.clock.advance(ms=days * DAY)
        before = self.engine.rows()
        while self.store.tidy(self.now(), retention=retention):
            pass
        assert_tidied(before, self.engine.rows())
        self.check()

    def ask_erasure(self, kind: str, value: str, *, workspace: str = WORKSPACE, shop: str | None = None) -> str:
        """Ask that what is known of a person is erased; everything accepted so far is recorded before."""
        seq, _ = self.engine.reader.newest()
        who = person(kind, workspace, value, shop=shop)
        request = Erasure(uuid4().hex, who, self.now(), {self.engine.reader.journal_id: seq})
        self.store.ask_erasure(request)
        return request.id

    def erase(self, kind: str, value: str, **where: str) -> Receipt:
        """Have what is known of a person erased."""
        request = self.ask_erasure(kind, value, **where)
        self.tidy()
        receipt = self.store.erasure(request)
        assert receipt is not None
        return receipt

    def found(self) -> dict[str, int]:
        """Count what copies were found to disagree about."""
        counts = self.store.counts()
        return {count.reason: count.n for count in counts if count.outcome == "finding"}

    def resend(
        self, *event_ids: str, never_taken: Iterable[int] = (40002,), shape: Shape = as_it_was
    ) -> dict[str, int]:
        """Send dead letters again, all of them by default; tells how many go ("") or stay, and why."""
        asked = LetterFilter(WORKSPACE, ids=tuple(self.story(event_id).id for event_id in event_ids))
        ids = self.store.dead_letters.ids(asked, after=0, upto=_END_OF_TIME, limit=1_000)
        return self.resend_of(ids, never_taken=never_taken, shape=shape)

    def resend_of(
        self, ids: list[int], *, never_taken: Iterable[int] = (40002,), shape: Shape = as_it_was
    ) -> dict[str, int]:
        """Send some conversions again, as far as they are dead letters."""
        return dict(self.step(lambda: self.store.resend(ids, tuple(never_taken), self.now(), shape)))

    def restart(self) -> list[Lease]:
        """Let the writer die and a new one reopen everything and take over."""
        self.engine.reopen()
        self.owner += "+"
        return self.reclaim()

    def reclaim(self) -> list[Lease]:
        """Take over the batches of other owners."""
        return self.step(lambda: self.store.reclaim(owner=self.owner, now_ms=self.now(), compose=compose))

    def quarantine(self, raw: bytes, *, seq: int = 1, index: int = 0, count: int = 1) -> None:
        """Put one unreadable item aside; it counts at once, and the cursor follows when its group is recorded."""
        journal_id = self.engine.reader.journal_id
        self.store.quarantine(journal_id, seq, index, raw, "cannot be read", self.now(), count=count)
        assert_counters_add_up(self.store)

    def step(self, act: Callable[[], T]) -> T:
        """Do one thing that moves each conversion at most once, and check everything."""
        before = self.engine.rows()
        outcome = act()
        assert_legal(before, self.engine.rows())
        self.check()
        return outcome

    def check(self) -> None:
        """Check both accounting laws."""
        assert_accounted(self.engine, counts_since=day_of(self.now()) - KEEP_DAYS)

    def story(self, event_id: str = "e-1", *, workspace: str = WORKSPACE) -> Story:
        """Tell the one story of an event id."""
        (story,) = self.store.by_event_id(workspace, event_id)
        return story

    def listed(self, *states: str, limit: int = 50, **which: Any) -> tuple[list[str], int | None]:
        """List the event ids in some states, and where the list goes on."""
        listed = self.store.in_state(states, limit=limit, **which)
        return [story.event_id for story in listed.stories], listed.next_id

    def state(self, event_id: str = "e-1") -> str:
        """Tell the state of the one conversion with an event id."""
        return self.story(event_id).state

    def counted(self, outcome: str, reason: str | None = None) -> int:
        """Add up the counters of an outcome."""
        counts = self.store.counts()
        return sum(c.n for c in counts if c.outcome == outcome and reason in (None, c.reason))
