"""
The corridor: the only file that joins the rooms.

    Intake      accept -> consent -> identity -> journal     answers the caller
    Recording   journal -> record                            follows the journals
    (delivery is record -> send -> settle: app/writer.py joins the Sender with the Settler)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.errors import StorageBehind, StorageDamaged, StorageError, StorageFull
from twinbeam.core.values import Arrival, Decision, Notice, Permission, Signal
from twinbeam.pipeline.accept.contract import Dropped, Full, Room, Taken
from twinbeam.pipeline.journal.codec import decode, decode_each
from twinbeam.pipeline.journal.contract import Group, JournalReader
from twinbeam.pipeline.record.contract import Numbered, Recorded, Recorder
from twinbeam.pipeline.record.rules import drop_reason

#: Events recorded in one transaction: fewer cost more commits, more delay the leases that share the writer.
EVENTS_PER_TRANSACTION = 1_000
#: A journal that cannot be recorded is reported again and again, since nothing else shows it.
REPEAT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """Rooms 2 to 4 for the arrivals of one request, all of them or none."""

    gate: Callable[[Arrival], tuple[Permission, ConsentRecord]]
    seal: Callable[[Arrival, Permission, ConsentRecord], tuple[Signal, list[Notice]]]
    append: Callable[[Sequence[Signal]], Awaitable[None]]

    async def take(self, arrivals: Sequence[Arrival]) -> Taken | Full:
        """Judge, seal and journal; answers only when the arrivals are durable."""
        signals: list[Signal] = []
        notices: list[Notice] = []
        for arrival in arrivals:
            permission, record = self.gate(arrival)
            signal, found = self.seal(arrival, permission, record)
            signals.append(signal)
            notices += found
        try:
            await self.append(signals)
        except StorageFull:
            return Full(Room.DISK)
        except StorageBehind:
            return Full(Room.JOURNAL)
        return Taken([signal.event_id for signal in signals], _dropped(arrivals, signals), notices)


def _dropped(arrivals: Sequence[Arrival], signals: Sequence[Signal]) -> list[Dropped]:
    return [
        Dropped(arrival.index, arrival.pixel, drop_reason(None, signal.permission.reason))
        for arrival, signal in zip(arrivals, signals, strict=True)
        if signal.permission.decision is not Decision.ALLOWED
    ]


class Report(Protocol):
    """Told about what needs a log line or a counter."""

    def __call__(self, event: str, /, **fields: object) -> None:
        """Take note; never an identifier."""
        ...


class Followed(JournalReader, Protocol):
    """A journal that can also tell how far it has come."""

    def newest(self) -> tuple[int, int]:
        """Give the newest sequence number and the number of events appended since the journal began."""
        ...


@dataclass(kw_only=True, slots=True)
class Recording:
    """
    Room 5 for one journal; synchronous, for the store's own thread.

    A journal older than what the store has recorded of it (a copy that was put back) is not recorded any more: its
    next groups bear numbers that the store knows, and would be taken for replays.
    """

    journal: Followed
    store: Recorder
    clock: Clock
    report: Report
    _outdated: bool = field(default=False, init=False)
    _told_at: float | None = field(default=None, init=False)

    def step(self) -> Recorded | None:
        """Record the next groups, or None if there are none; raises StorageError, and then nothing has changed."""
        cursor = self.store.cursor(self.journal.journal_id)
        groups = [] if self._outdated else self.journal.read(cursor, limit=EVENTS_PER_TRANSACTION)
        if not groups:
            self._compare(cursor)
            return None
        recorded = self._record(groups)
        self.journal.confirm(groups[-1].seq)
        if recorded.gap:
            self.report("record.gap", journal=self.journal.journal_id, seq=groups[0].seq)
        return recorded

    def _compare(self, cursor: int) -> None:
        """Notice a journal that is older than its cursor, once and for all, and say so once a minute."""
        newest, _ = self.journal.newest()
        self._outdated = self._outdated or newest < cursor
        now = self.clock.monotonic()
        if self._outdated and (self._told_at is None or now - self._told_at >= REPEAT_SECONDS):
            self._told_at = now
            self.report("journal.gap", journal=self.journal.journal_id, newest=newest, cursor=cursor)

    def _record(self, groups: Sequence[Group]) -> Recorded:
        try:
            return self._together([Numbered(group.seq, decode(group.body)) for group in groups])
        except StorageDamaged:
            return self._one_by_one(groups)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever an item does to us, its neighbours go on
            self.report("record.surprise", error=type(error).__name__)
            return self._one_by_one(groups)

    def _together(self, numbered: Sequence[Numbered]) -> Recorded:
        return self.store.record(self.journal.journal_id, numbered, self.clock.now_ms())

    def _one_by_one(self, groups: Sequence[Group]) -> Recorded:
        total = Recorded()
        for group in groups:
            total = total.plus(self._together([self._without_culprits(group)]))
        return total

    def _without_culprits(self, group: Group) -> Numbered:
        """Put what cannot be recorded aside, encrypted and counted, and give the rest."""
        healthy: list[Signal] = []
        items = decode_each(group.body)
        for index, item in enumerate(items):
            why = self._fault(group.seq, item)
            if why is None and isinstance(item, Signal):
                healthy.append(item)
            else:
                count = group.count if item is group.body else 1
                self._quarantine(group.seq, index, item, why or "unreadable", count)
        return Numbered(group.seq, healthy, set_aside=group.count - len(healthy))

    def _fault(self, seq: int, item: Signal | bytes) -> str | None:
        if isinstance(item, bytes):
            return "unreadable"
        try:
            self.store.rehearse(self.journal.journal_id, Numbered(seq, [item]), self.clock.now_ms())
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 -- this is how a culprit is recognised
            return type(error).__name__
        return None

    def _quarantine(self, seq: int, index: int, item: Signal | bytes, why: str, count: int) -> None:
        raw = item if isinstance(item, bytes) else item.body
        self.store.quarantine(self.journal.journal_id, seq, index, raw, why, self.clock.now_ms(), count=count)
        self.report("record.quarantined", journal=self.journal.journal_id, seq=seq, item=index, why=why)
