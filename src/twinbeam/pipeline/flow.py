"""
The corridor: the only file that joins the rooms.

    Intake      accept -> consent -> identity -> journal     answers the caller
    Recording   journal -> record                            follows the journals
    (delivery is record -> send -> settle: app/writer.py joins the Sender with the Settler)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.clock import Clock
from twinbeam.core.consent import NOTHING_SAID, newest_ms, says_nothing
from twinbeam.core.errors import StorageBehind, StorageDamaged, StorageError, StorageFull
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Arrival, Channel, Decision, Judged, Notice, Sealed, Signal
from twinbeam.pipeline.accept.contract import Dropped, Full, Held, Noted, Room, Taken
from twinbeam.pipeline.consent.gate import gate
from twinbeam.pipeline.consent.receipts import NO_RECEIPT, ReceiptContent, Receipts
from twinbeam.pipeline.consent.records import record_of
from twinbeam.pipeline.identity.statements import seal_note, seal_statement
from twinbeam.pipeline.journal.codec import decode, decode_each
from twinbeam.pipeline.journal.commit import Seal
from twinbeam.pipeline.journal.contract import Group, JournalReader
from twinbeam.pipeline.record.contract import Numbered, Recorded, Recorder
from twinbeam.pipeline.record.policy import Terms

#: Events recorded in one transaction: fewer cost more commits, more delay the leases that share the writer.
EVENTS_PER_TRANSACTION = 1_000
#: A journal that cannot be recorded is reported again and again, since nothing else shows it.
REPEAT_SECONDS = 60.0


class Append(Protocol):
    """Seals and makes durable what a request brings, together with what others bring just then."""

    async def __call__(self, brought: Sequence[Arrival], seal: Seal[Arrival]) -> Sequence[Sealed]:
        """Return what `seal` made of it, as soon as that is durable; raises StorageError if it is not."""
        ...


def _not_awaited(_workspace: str, _pixel: str) -> int:
    """Know of no server that reports purchases."""
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """Rooms 2 to 4 for the arrivals of one request, all of them or none."""

    receipts: Receipts
    seal: Callable[[Sequence[Judged]], Sequence[Sealed]]
    append: Append
    confirming_until_ms: Callable[[str, str], int] = _not_awaited  #: by workspace and pixel; of a moment ago

    async def take(self, arrivals: Sequence[Arrival]) -> Taken | Full:
        """Judge, seal and journal; answers only when the arrivals are durable."""
        sealed = await self._durable(arrivals, self._sealed)
        if isinstance(sealed, Full):
            return sealed
        arrivals = [arrival for arrival in arrivals if arrival.event] if _has_notes(arrivals) else arrivals
        sealed = sealed[: len(arrivals)]  # notes of orders come last
        signals = [one.signal for one in sealed]
        dropped, held = self._kept_back(arrivals, signals)
        from_page = bool(arrivals) and arrivals[0].origin.channel is Channel.BROWSER
        receipt = self._newest(arrivals, signals) if from_page else ""
        return Taken([signal.event_id for signal in signals], dropped, _notices(sealed), held, receipt)

    async def note(self, statements: Sequence[Arrival]) -> Noted | Full:
        """Seal and journal what was said about consent without an event."""
        sealed = await self._durable(statements, _sealed_statements)
        if isinstance(sealed, Full):
            return sealed
        receipts = [self._receipt(statement, one.signal) for statement, one in zip(statements, sealed, strict=True)]
        return Noted(receipts, _notices(sealed))

    def _kept_back(
        self, arrivals: Sequence[Arrival], signals: Sequence[Signal]
    ) -> tuple[Sequence[Dropped], Sequence[Held]]:
        """
        Return the arrivals that go no further, and those that wait: for the visitor's word, or for the server's.

        An arrival is judged by itself: what waits for a copy that is here already will be told of all the same.
        """
        dropped: list[Dropped] = []
        held: list[Held] = []
        for arrival, signal in zip(arrivals, signals, strict=True):
            permission = signal.permission
            if permission.decision is Decision.DROPPED:
                dropped.append(Dropped(arrival.index, arrival.pixel, permission.reason or Reason.NO_CONSENT))
            elif permission.decision is Decision.UNDECIDED:
                held.append(Held(arrival.index, arrival.pixel, Reason.CONSENT_NOT_SAID))
            elif signal.event == "Purchase" and not self._is_confirmed(arrival, signal):
                held.append(Held(arrival.index, arrival.pixel, Reason.NOT_CONFIRMED))
        return dropped, held

    def _is_confirmed(self, arrival: Arrival, signal: Signal) -> bool:
        awaited = signal.received_ms < self.confirming_until_ms(signal.workspace, signal.pixel)
        return Terms(arrival.rules).confirmed_by(signal, awaited=awaited)

    async def _durable(self, brought: Sequence[Arrival], seal: Seal[Arrival]) -> Sequence[Sealed] | Full:
        try:
            return await self.append(brought, seal)
        except StorageFull:
            return Full(Room.DISK)
        except StorageBehind:
            return Full(Room.JOURNAL)

    def _sealed(self, arrivals: Sequence[Arrival]) -> Sequence[Sealed]:
        """Lead arrivals through rooms 2 and 3, of one request or of several; notes of orders through the last alone."""
        if _has_notes(arrivals):
            events = iter(self._sealed([arrival for arrival in arrivals if arrival.event]))
            return [next(events) if arrival.event else seal_note(arrival) for arrival in arrivals]
        heard = list(map(self._heard, arrivals))
        judged = list(map(_judged, arrivals, heard))
        return list(map(_with_receipt, self.seal(judged), heard))

    def _heard(self, arrival: Arrival) -> ReceiptContent | Notice:
        return NO_RECEIPT if arrival.item.consent_receipt is None else self.receipts.heard(arrival)

    def _newest(self, arrivals: Sequence[Arrival], signals: Sequence[Signal]) -> str:
        """Return the receipt of the newest word of a visitor in a request."""
        pairs = [pair for pair in zip(arrivals, signals, strict=True) if pair[0].item.visitor_id]
        return self._receipt(*max(pairs, key=lambda pair: newest_ms(pair[1].consent or NOTHING_SAID))) if pairs else ""

    def _receipt(self, arrival: Arrival, signal: Signal) -> str:
        """Sign what was said, where somebody said it whose token joins visits; a receipt is not renewed by itself."""
        item, record = arrival.item, signal.consent or NOTHING_SAID
        if item.visitor_id is None or item.consent_receipt is not None or says_nothing(record):
            return ""
        scope = arrival.origin.scope
        visitor = keys.visit("visitor", scope, item.visitor_id)
        known = visitor in signal.visits
        return self.receipts.sign(record, visitor, scope, signal.received_ms) if known else ""


def _has_notes(arrivals: Sequence[Arrival]) -> bool:
    return any(not arrival.event for arrival in arrivals)


def _judged(arrival: Arrival, heard: ReceiptContent | Notice) -> Judged:
    return Judged(arrival, *gate(arrival, heard.record if isinstance(heard, ReceiptContent) else NOTHING_SAID))


def _with_receipt(sealed: Sealed, heard: ReceiptContent | Notice) -> Sealed:
    """
    Count a copy to the visit that its receipt names, so that a later word reaches it; what just ends is of none.

    A receipt that says nothing leaves a notice.
    """
    if heard is NO_RECEIPT:
        return sealed
    if isinstance(heard, Notice):
        return Sealed(sealed.signal, [heard, *sealed.notices])
    signal, visitor = sealed.signal, heard.visitor
    ends = signal.permission.reason not in (None, Reason.NO_CONSENT)
    if not visitor or ends or visitor in signal.visits:
        return sealed
    return Sealed(replace(signal, visits=[visitor, *signal.visits], strong=True), sealed.notices)


def _sealed_statements(statements: Sequence[Arrival]) -> Sequence[Sealed]:
    return [seal_statement(statement, record_of(statement)) for statement in statements]


def _notices(sealed: Sequence[Sealed]) -> Sequence[Notice]:
    """Return what the sender of a request should mend; of an event for several pixels the same is told but once."""
    return list(dict.fromkeys(notice for one in sealed for notice in one.notices))


class Report(Protocol):
    """Told about what needs a log line or a counter."""

    def __call__(self, event: str, /, **fields: object) -> None:
        """Take note; never an identifier."""
        ...


class Followed(JournalReader, Protocol):
    """A journal that can also tell how far it has come."""

    def newest(self) -> tuple[int, int]:
        """Return the newest sequence number and the number of events appended since the journal began."""
        ...

    def lost(self) -> int:
        """Return how many events are missing in front of the groups last read, and between them."""
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
    _said: tuple[int, int] | None = field(default=None, init=False)

    def step(self) -> Recorded | None:
        """Record the next groups, or None if there are none; raises StorageError, and then nothing has changed."""
        cursor = self.store.cursor(self.journal.journal_id)
        groups = [] if self._outdated else self.journal.read(cursor, limit=EVENTS_PER_TRANSACTION)
        if not groups:
            self._compare(cursor)
            if cursor and not self._outdated:
                self._confirm(cursor)
            return None
        recorded = self._record(groups)
        self._confirm(groups[-1].seq)
        if recorded.unledgered:
            self.report("record.unledgered", journal=self.journal.journal_id, seq=groups[-1].seq)
        if recorded.gap:
            journal, lost = self.journal.journal_id, self.journal.lost()
            self.report("record.gap", journal=journal, after=cursor, seq=groups[-1].seq, events=lost)
        return recorded

    def _confirm(self, seq: int) -> None:
        """Say how far the store has come, and how far it has come for good; nothing, where nothing has changed."""
        said = (seq, self.store.safe(self.journal.journal_id))
        if said != self._said:
            self._said = said
            self.journal.confirm(*said)

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
