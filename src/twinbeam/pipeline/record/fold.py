"""
Folding arrivals into conversions, in memory, before any write.

A store loads what is known about the keys and visits of a few groups, folds the arrivals in one by one, and
writes down the result in one transaction. The fold decides everything; the store only fetches and stores, and
lets a row show what all its copies say (`merge.show`), of which it alone holds the earlier ones.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct, field

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome
from twinbeam.core.values import Channel, Facts, Signal
from twinbeam.pipeline.record.contract import Recorded
from twinbeam.pipeline.record.conversion import Conversion, Copy, both_channels, copy_of, with_channel
from twinbeam.pipeline.record.rules import Act, decide, drop_reason
from twinbeam.pipeline.record.tally import Tally
from twinbeam.pipeline.record.visits import borrowed, lacks, remember, teaches
from twinbeam.pipeline.record.window import JoinWindow

PixelChannel = tuple[str, str, str]
"""(workspace, pixel, channel)"""

_CHANNELS = tuple(channel.value for channel in Channel)


class Known(Struct):
    """What the store holds about the keys and visits at hand; the fold keeps it up to date."""

    conversions: dict[bytes, Conversion]
    visitor_of: dict[bytes, bytes]  #: visit token -> visitor
    facts_of: dict[bytes, Facts]  #: visitor -> facts
    last_seen: dict[PixelChannel, int]  #: when a channel of a pixel last reported, ms


class Writes(Struct):
    """What the store has to write, besides the counters."""

    opened: list[Conversion] = field(default_factory=list)  #: new rows, tombstones among them
    changed: dict[int, Conversion] = field(default_factory=dict)  #: rows that existed before
    payloads: dict[int, list[Copy]] = field(default_factory=dict)  #: copies to add to a payload
    purged: set[int] = field(default_factory=set)  #: payloads to remove
    scheduled: dict[int, Conversion] = field(default_factory=dict)  #: to be sent at due_ms
    unscheduled: dict[int, tuple[Conversion, int]] = field(default_factory=dict)  #: with the due_ms they had
    notes: list[tuple[int, int, str, int, str, str]] = field(
        default_factory=list
    )  #: id, n, channel, at, consent, source
    lookups: list[tuple[list[bytes], int, int]] = field(default_factory=list)  #: hashes, id, accepted ms
    seen: dict[PixelChannel, int] = field(default_factory=dict)  #: channels that reported later than known, ms
    links: dict[bytes, bytes] = field(default_factory=dict)  #: new visit token -> visitor
    facts: dict[bytes, Facts] = field(default_factory=dict)  #: changed facts per visitor


class Fold:
    """One transaction's worth of arrivals on top of what is known."""

    def __init__(self, known: Known, *, new_id: Callable[[], int], window: JoinWindow) -> None:
        self.known = known
        self.writes = Writes()
        self.tally = Tally()
        self._new_id = new_id
        self._window = window
        self._done = {Act.OPEN: 0, Act.MERGE: 0, Act.DUPLICATE: 0}
        self.arrivals = 0
        self._steps: dict[Act, Callable[[Conversion, Signal, bytes], None]] = {
            Act.REOPEN: self._reopen,
            Act.MERGE: self._merge,
            Act.WITHDRAW: self._withdraw,
            Act.RECALL: self._recall,
            Act.DUPLICATE: self._duplicate,
            Act.DENY: self._deny,
            Act.DROP: self._drop,
        }

    def learn(self, signals: Iterable[Signal]) -> None:
        """Take in what visits say, before any copy borrows from them."""
        for signal in signals:
            if signal.facts is not None and teaches(signal):
                self._remember(signal, signal.facts)

    def take(self, signal: Signal, arrival: bytes) -> None:
        """Fold one arrival in; `arrival` is its unique id, which orders ties."""
        known = self.known.conversions.get(signal.key)
        act = decide(known, signal)
        self.arrivals += 1
        self._saw(signal)
        if known is None:
            known = self._open(signal, arrival, act)
        else:
            self._steps[act](known, signal, arrival)
        self.tally.recorded(known)
        self._done[act] = self._done.get(act, 0) + 1

    def recorded(self, *, skipped_groups: int, gap: bool) -> Recorded:
        """Sum up what was folded."""
        opened = self._done[Act.OPEN] + self._done.get(Act.REOPEN, 0)
        merged, duplicate = self._done[Act.MERGE], self._done[Act.DUPLICATE]
        return Recorded(
            arrivals=self.arrivals,
            opened=opened,
            merged=merged,
            duplicate=duplicate,
            dropped=self.arrivals - opened - merged - duplicate,
            skipped_groups=skipped_groups,
            gap=gap,
        )

    def _open(self, signal: Signal, arrival: bytes, act: Act) -> Conversion:
        conversion = self._row(signal, act)
        self.known.conversions[signal.key] = conversion
        self.writes.opened.append(conversion)
        if act is Act.OPEN:
            self._make_ready(conversion, signal, arrival)
        else:
            self.tally.arrival(conversion, Outcome.DROPPED, conversion.reason)
        return conversion

    def _row(self, signal: Signal, act: Act) -> Conversion:
        kept = act is Act.OPEN
        return Conversion(
            id=self._new_id(),
            key=signal.key,
            workspace=signal.workspace,
            pixel=signal.pixel,
            event_source=signal.event_source,
            event=signal.event,
            event_id=signal.event_id if kept else "",
            event_time=signal.event_time,
            received_ms=signal.received_ms,
            state=State.READY if kept else State.DROPPED,
            reason="" if kept else drop_reason(None, signal),
            minor=signal.minor if kept else None,
            currency=signal.currency if kept else "",
            order_id=signal.order_id if kept else "",
            channels=signal.channel.value,
            consent=signal.permission.basis,
            source=signal.source,
            frozen=False,
        )

    def _make_ready(self, conversion: Conversion, signal: Signal, arrival: bytes) -> None:
        self.tally.state(conversion, 1)
        twin_may_come = not both_channels(conversion.channels) and self._two_sided(signal)
        conversion.due_ms = self._window.due_ms(signal.event, signal.received_ms, two_sided=twin_may_come)
        self.writes.scheduled[conversion.id] = conversion
        self._keep(conversion, signal, arrival)

    def _keep(self, conversion: Conversion, signal: Signal, arrival: bytes) -> None:
        copies = self.writes.payloads.setdefault(conversion.id, [])
        copies.append(copy_of(signal, arrival))
        if lacks(signal):
            facts = self._facts_for(signal)
            copy = borrowed(facts, signal, arrival) if facts is not None else None
            if copy is not None:
                copies.append(copy)
        self._look_up(conversion, signal)

    def _look_up(self, conversion: Conversion, signal: Signal) -> None:
        if signal.lookups:
            self.writes.lookups.append((signal.lookups, conversion.id, signal.received_ms))

    def _reopen(self, known: Conversion, signal: Signal, arrival: bytes) -> None:
        known.state, known.reason = State.READY, ""
        known.event_id, known.order_id = signal.event_id, signal.order_id
        known.minor, known.currency, known.event_time = signal.minor, signal.currency, signal.event_time
        known.consent = signal.permission.basis
        self._note(known, signal)
        self._make_ready(known, signal, arrival)

    def _merge(self, known: Conversion, signal: Signal, arrival: bytes) -> None:
        before = known.due_ms
        self._note(known, signal)
        self._keep(known, signal, arrival)
        if both_channels(known.channels) and before > signal.received_ms:
            known.due_ms = signal.received_ms
            self.writes.unscheduled.setdefault(known.id, (known, before))
            self.writes.scheduled[known.id] = known
        self.tally.arrival(known, Outcome.MERGED)

    def _withdraw(self, known: Conversion, signal: Signal, _arrival: bytes) -> None:
        self._drop(known, signal, _arrival)
        self.tally.state(known, -1)
        known.state, known.reason = State.WITHDRAWN, drop_reason(known, signal)
        known.event_id = known.order_id = ""  # the key is kept alone, as in a tombstone
        self.tally.state(known, 1)
        self.writes.unscheduled.setdefault(known.id, (known, known.due_ms))
        self.writes.scheduled.pop(known.id, None)
        self.writes.payloads.pop(known.id, None)
        self.writes.purged.add(known.id)

    def _recall(self, known: Conversion, signal: Signal, arrival: bytes) -> None:
        """Note a refusal on what is on the wire; whoever settles the batch sees to it that this was the last try."""
        self._drop(known, signal, arrival)
        known.reason = drop_reason(known, signal)

    def _deny(self, known: Conversion, signal: Signal, arrival: bytes) -> None:
        self._drop(known, signal, arrival)
        known.reason, known.consent = drop_reason(known, signal), signal.permission.basis

    def _drop(self, known: Conversion, signal: Signal, _arrival: bytes) -> None:
        self._note(known, signal)
        self.tally.arrival(known, Outcome.DROPPED, drop_reason(known, signal))

    def _duplicate(self, known: Conversion, signal: Signal, _arrival: bytes) -> None:
        self._note(known, signal)
        self._look_up(known, signal)
        self.tally.arrival(known, Outcome.DUPLICATE)

    def _note(self, known: Conversion, signal: Signal) -> None:
        known.copies += 1
        known.channels = with_channel(known.channels, signal.channel)
        note = (
            known.id,
            known.copies,
            signal.channel.value,
            signal.received_ms,
            signal.permission.basis,
            signal.source,
        )
        self.writes.notes.append(note)
        self.writes.changed[known.id] = known

    def _saw(self, signal: Signal) -> None:
        place = (signal.workspace, signal.pixel, signal.channel.value)
        if signal.received_ms > self.known.last_seen.get(place, 0):
            self.known.last_seen[place] = signal.received_ms
            self.writes.seen[place] = signal.received_ms

    def _two_sided(self, signal: Signal) -> bool:
        since = signal.received_ms - self._window.seen_within_ms
        seen = self.known.last_seen
        return all(seen.get((signal.workspace, signal.pixel, channel), 0) >= since for channel in _CHANNELS)

    def _remember(self, signal: Signal, said: Facts) -> None:
        visitor = self._visitor(signal)
        joined = remember(self.known.facts_of.get(visitor), said)
        if self.known.facts_of.get(visitor) != joined:
            self.known.facts_of[visitor] = joined
            self.writes.facts[visitor] = joined
        for token in signal.visits:
            if token not in self.known.visitor_of:
                self.known.visitor_of[token] = visitor
                self.writes.links[token] = visitor

    def _visitor(self, signal: Signal) -> bytes:
        known = (self.known.visitor_of[token] for token in signal.visits if token in self.known.visitor_of)
        return next(known, signal.visits[0])

    def _facts_for(self, signal: Signal) -> Facts | None:
        return self.known.facts_of.get(self._visitor(signal))
