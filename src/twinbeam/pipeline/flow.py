"""
The corridor: the only file that joins the rooms.

    Intake      accept -> consent -> identity -> journal     answers the caller
    Recording   journal -> record                            follows the journals
    (delivery is record -> send -> settle: app/writer.py joins the Sender with the Settler)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.clock import Clock
from twinbeam.core.consent import NOTHING_SAID, ConsentRecord, newest_ms
from twinbeam.core.errors import StorageBehind, StorageDamaged, StorageError, StorageFull
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Arrival, Channel, Decision, Notice, Permission, Signal
from twinbeam.pipeline.accept.contract import Dropped, Full, Held, Noted, Room, Taken
from twinbeam.pipeline.consent.gate import gate
from twinbeam.pipeline.consent.receipts import NOTHING_HEARD, Heard, Receipts
from twinbeam.pipeline.consent.records import record_of
from twinbeam.pipeline.identity.statements import seal_statement
from twinbeam.pipeline.journal.codec import decode, decode_each
from twinbeam.pipeline.journal.contract import Group, JournalReader
from twinbeam.pipeline.record.contract import Numbered, Recorded, Recorder

#: Events recorded in one transaction: fewer cost more commits, more delay the leases that share the writer.
EVENTS_PER_TRANSACTION = 1_000
#: A journal that cannot be recorded is reported again and again, since nothing else shows it.
REPEAT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """Rooms 2 to 4 for the arrivals of one request, all of them or none."""

    receipts: Receipts
    seal: Callable[[Arrival, Permission, ConsentRecord], tuple[Signal, list[Notice]]]
    append: Callable[[Sequence[Signal]], Awaitable[None]]

    async def take(self, arrivals: Sequence[Arrival]) -> Taken | Full:
        """Judge, seal and journal; answers only when the arrivals are durable."""
        signals: list[Signal] = []
        notices: list[Notice] = []
        kept_back: list[tuple[Arrival, Permission]] = []
        for arrival in arrivals:
            heard = NOTHING_HEARD if arrival.item.consent_receipt is None else self._heard(arrival, notices)
            permission, record = gate(arrival, heard.record)
            signal, found = self.seal(arrival, permission, record)
            signals.append(_joined(signal, heard.visitor) if heard.visitor else signal)
            notices += found
            if permission.decision is not Decision.ALLOWED:
                kept_back.append((arrival, permission))
        full = await self._append(signals)
        if full is not None:
            return full
        dropped, held = _sorted(kept_back)
        from_page = bool(arrivals) and arrivals[0].origin.channel is Channel.BROWSER
        receipt = self._newest(arrivals, signals) if from_page else ""
        return Taken([signal.event_id for signal in signals], dropped, notices, held, receipt)

    async def note(self, statements: Sequence[Arrival]) -> Noted | Full:
        """Seal and journal what was said about consent without an event."""
        signals: list[Signal] = []
        notices: list[Notice] = []
        for statement in statements:
            signal, found = seal_statement(statement, record_of(statement))
            signals.append(signal)
            notices += found
        full = await self._append(signals)
        if full is not None:
            return full
        return Noted([self._receipt(*pair) for pair in zip(statements, signals, strict=True)], notices)

    async def _append(self, signals: Sequence[Signal]) -> Full | None:
        try:
            await self.append(signals)
        except StorageFull:
            return Full(Room.DISK)
        except StorageBehind:
            return Full(Room.JOURNAL)
        return None

    def _heard(self, arrival: Arrival, notices: list[Notice]) -> Heard:
        """Read the receipt that an event brings; one that says nothing leaves a notice, once for all its pixels."""
        heard = self.receipts.heard(arrival)
        if isinstance(heard, Heard):
            return heard
        if heard not in notices:
            notices.append(heard)
        return NOTHING_HEARD

    def _newest(self, arrivals: Sequence[Arrival], signals: Sequence[Signal]) -> str:
        """Give the receipt of the newest word of a visitor in a request."""
        pairs = [pair for pair in zip(arrivals, signals, strict=True) if pair[0].item.visitor_id]
        return self._receipt(*max(pairs, key=lambda pair: newest_ms(pair[1].consent or NOTHING_SAID))) if pairs else ""

    def _receipt(self, arrival: Arrival, signal: Signal) -> str:
        """Sign what was said, where somebody said it whose token joins visits; a receipt is not renewed by itself."""
        item, record = arrival.item, signal.consent or NOTHING_SAID
        if item.visitor_id is None or item.consent_receipt is not None or not newest_ms(record):
            return ""
        visitor = keys.visit("visitor", signal.workspace, item.visitor_id)
        known = visitor in signal.visits
        return self.receipts.sign(record, visitor, signal.workspace, signal.received_ms) if known else ""


def _joined(signal: Signal, visitor: bytes) -> Signal:
    """Count a copy to the visit that its receipt names, so that a later word reaches it; what just ends is of none."""
    ends = signal.permission.reason not in (None, Reason.NO_CONSENT)
    return signal if ends or visitor in signal.visits else replace(signal, visits=[*signal.visits, visitor])


def _sorted(kept_back: Sequence[tuple[Arrival, Permission]]) -> tuple[Sequence[Dropped], Sequence[Held]]:
    """Tell the arrivals that go no further from those that wait for the visitor's word."""
    dropped: list[Dropped] = []
    held: list[Held] = []
    for arrival, permission in kept_back:
        if permission.decision is Decision.DROPPED:
            dropped.append(Dropped(arrival.index, arrival.pixel, permission.reason or Reason.NO_CONSENT))
        else:
            held.append(Held(arrival.index, arrival.pixel, Reason.CONSENT_NOT_SAID))
    return dropped, held


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
            return self._together([Numbered(group.seq, _signals(group)) for group in groups])
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
        items = [group.body] if group.damaged else decode_each(group.body)
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


def _signals(group: Group) -> list[Signal]:
    if group.damaged:
        raise StorageDamaged(f"the seal of group {group.seq} is broken")
    return decode(group.body)
