"""
Folding arrivals into conversions, in memory, before any write.

A store loads what is known about the keys and visits of a few groups, folds the arrivals in one by one, and
writes down the result in one transaction. The fold decides everything; the store only fetches and stores, and
lets a row show what all its copies say (`merge.show`), of which it alone holds the earlier ones.

    known.py      what the store lays before the fold, and what it is given to write
    visits.py     what visits leave behind
    standing.py   the final word on an arrival's permission
    rules.py      what an arrival does to its conversion: the table
    steps.py      how each act of the table is done
    waiting.py    where a conversion waits, and until when
"""

from collections.abc import Callable, Sequence

from twinbeam.core.consent import ConsentRecord
from twinbeam.core.lifecycle import State
from twinbeam.core.names import SPELLED_TWICE
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Channel, Decision, Permission, Signal
from twinbeam.pipeline.record.contract import Recorded
from twinbeam.pipeline.record.conversion import PERMISSION, Conversion, conditions_of
from twinbeam.pipeline.record.counted import OTHER, event_id_lookup
from twinbeam.pipeline.record.known import Known, Spelled, Writes
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.rules import REFUSED_BEFORE, Act, decide, drop_reason
from twinbeam.pipeline.record.standing import Stance, Standing, standing_of
from twinbeam.pipeline.record.steps import Steps
from twinbeam.pipeline.record.tally import Tally
from twinbeam.pipeline.record.visits import Visits
from twinbeam.pipeline.record.waiting import Waiting

_TEACH = frozenset({Stance.ALLOWED, Stance.ENDS})  #: what ends at the door has facts only where that is allowed


class Fold:
    """One transaction's worth of arrivals on top of what is known."""

    def __init__(self, known: Known, *, new_id: Callable[[], int], policy: RecordPolicy) -> None:
        self.known = known
        self.writes = Writes()
        self.tally = Tally(known.names)
        self._new_id = new_id
        self._policy = policy
        self._visits = Visits(known, self.writes)
        self._waiting = Waiting(known, self.writes, self.tally, policy)
        self._steps = Steps(known, self.writes, self.tally, self._visits, self._waiting)
        self.arrivals = 0
        self._done = dict.fromkeys(Act, 0)

    def take(self, arrivals: Sequence[tuple[Signal, bytes]]) -> None:
        """
        Fold arrivals in; each comes with its unique id, which orders ties.

        What visits say is taken in first, consent before everything else, so that the order of arrivals inside a
        transaction means nothing.
        """
        for signal, _ in arrivals:
            self._visits.hear(signal)
        for signal, _ in arrivals:
            self._visits.recognise(signal)
        standings = [self._standing(signal) for signal, _ in arrivals]
        for (signal, _), standing in zip(arrivals, standings, strict=True):
            if signal.facts is not None and signal.visits and standing.stance in _TEACH:
                self._visits.learn(signal, signal.facts)
        if self._visits.changed:
            self._heed(sorted(self._visits.changed))
        for (signal, arrival), standing in zip(arrivals, standings, strict=True):
            self._take(signal, arrival, standing)

    def recorded(self, *, skipped_groups: int, gap: bool) -> Recorded:
        """Sum up what was folded."""
        opened = self._done[Act.OPEN]
        merged = self._done[Act.MERGE] + self._done[Act.ENRICH] + self._done[Act.REOPEN]
        duplicate = self._done[Act.DUPLICATE]
        return Recorded(
            arrivals=self.arrivals,
            opened=opened,
            merged=merged,
            duplicate=duplicate,
            dropped=sum(self._done.values()) - opened - merged - duplicate,
            skipped_groups=skipped_groups,
            gap=gap,
        )

    def _standing(self, signal: Signal) -> Standing:
        visit = self._visits.record_for(signal)
        return standing_of(signal, visit, self._waiting.terms_of(signal), self._policy.judge)

    def _take(self, signal: Signal, arrival: bytes, standing: Standing) -> None:
        self.arrivals += 1
        if not signal.event:
            self.tally.statement(signal)
            return
        known = self._find(signal)
        act = decide(known, standing.stance, enriches=known is not None and self._enriches(known, signal))
        self._done[act] += 1
        if act is Act.IGNORE:
            self.tally.ignored(signal, drop_reason(None, standing.reason))
            return
        self._saw(signal)
        conversion = known or self._opened(signal, standing)
        self._steps.take(act, conversion, signal, arrival, standing)
        if standing.stance is Stance.REFUSED or conversion.state in REFUSED_BEFORE:
            self._refuse_others(conversion, signal, standing)
        self._know(conversion, signal)
        self.tally.recorded(conversion)

    def _find(self, signal: Signal) -> Conversion | None:
        """Find the conversion of an arrival, under its own key or under one that its order or checkout gives."""
        conversions = self.known.conversions
        if not signal.aliases:
            return conversions.get(signal.key)
        there = [conversions[key] for key in (signal.key, *signal.aliases) if key in conversions]
        return next((known for known in there if known.state in REFUSED_BEFORE), there[0] if there else None)

    def _refuse_others(self, conversion: Conversion, signal: Signal, standing: Standing) -> None:
        """Let a refusal reach what was opened apart under another of its keys: it is one order all the same."""
        known = self.known.conversions
        others = {known[key].id: known[key] for key in (signal.key, *signal.aliases) if key in known}
        for id_, other in others.items():
            if id_ != conversion.id:
                self._steps.refuse(other, standing.reason or Reason.NO_CONSENT)

    def _know(self, conversion: Conversion, signal: Signal) -> None:
        """Let every key of an arrival lead to its conversion from now on."""
        for key in (signal.key, *signal.aliases):
            if key not in self.known.conversions:
                self.known.conversions[key] = conversion
                self.writes.keys[key] = conversion.id

    def _opened(self, signal: Signal, standing: Standing) -> Conversion:
        """Make the row of a new conversion; one whose name the counters do not tell is found by its id all the same."""
        row = self._row(signal, standing)
        if self.tally.counted_as(row) == OTHER:
            self.writes.lookups.append(([event_id_lookup(row.workspace, row.event_id)], row.id, row.received_ms))
        return row

    def _row(self, signal: Signal, standing: Standing) -> Conversion:
        return Conversion(
            id=self._new_id(),
            key=signal.key,
            workspace=signal.workspace,
            pixel=signal.pixel,
            event_source=signal.event_source,
            event=signal.event,
            event_id=signal.event_id,
            event_time=signal.event_time,
            received_ms=signal.received_ms,
            state=State.READY,
            reason="",
            minor=signal.minor,
            currency=signal.currency,
            order_id=signal.order_id,
            channels=signal.channel.value,
            consent=standing.basis,
            source=signal.source,
            frozen=False,
            test_code=signal.test_code,
        )

    def _enriches(self, known: Conversion, signal: Signal) -> bool:
        """Tell whether a copy adds match keys to what was delivered, while TikTok still takes them in."""
        if known.state is not State.DELIVERED or not known.native_proven or not signal.match & ~known.match:
            return False
        return self._policy.enriching.in_time(known.browser_at, signal.received_ms)

    def _heed(self, visitors: Sequence[bytes]) -> None:
        """
        Let the new word of visits on consent reach what they reported before and has not been sent.

        Several visits may have a word on one conversion: refusals come first, and the order means nothing.
        """
        facts_of = self.known.facts_of
        reached = [(found, facts_of[visitor].consent) for visitor, found in self.known.reached_by(visitors)]
        judged = [(self._judged_anew(found, record), found) for found, record in reached if record is not None]
        for permission, conversion in sorted(judged, key=_refusals_first):
            self._obey(conversion, permission)

    def _judged_anew(self, conversion: Conversion, record: ConsentRecord) -> Permission:
        return self._policy.judge(self._waiting.terms_of(conversion).rules.consent, record, conversion.event_source)

    def _obey(self, conversion: Conversion, permission: Permission) -> None:
        if permission.decision is Decision.DROPPED:
            self._steps.refuse(conversion, permission.reason or Reason.NO_CONSENT)
            return
        self._steps.restrict(conversion, conditions_of(permission, conversion.event_source))
        if permission.decision is Decision.ALLOWED and conversion.state is State.HELD and conversion.lacks & PERMISSION:
            self._waiting.permit(conversion, permission.basis)

    def _saw(self, signal: Signal) -> None:
        place = (signal.workspace, signal.pixel, signal.channel.side)
        if signal.received_ms > self.known.last_seen.get(place, 0):
            self.known.last_seen[place] = signal.received_ms
            self.writes.seen[place] = signal.received_ms
        if signal.channel is Channel.BROWSER and signal.permission.decision is not Decision.DROPPED:
            self._spell(signal)

    def _spell(self, signal: Signal) -> None:
        """
        Remember how the browser spells an event's name on a pixel; what a server writes means nothing.

        It is the page's word, not the visitor's: it counts whatever becomes of the copy. Custom names have but one
        spelling, and with a public key anybody names as many as they like: nothing is remembered of them.
        """
        if signal.event not in SPELLED_TWICE:
            return
        place = (signal.workspace, signal.pixel, signal.event)
        word, known = Spelled(signal.received_ms, signal.spelling or signal.event), self.known.spelled.get(place)
        if known is None or word > known:
            self.known.spelled[place] = self.writes.spelled[place] = word


def _refusals_first(judged: tuple[Permission, Conversion]) -> tuple[bool, str]:
    """Order what visits say: refusals before the rest, and that by what it rests on, which is the same everywhere."""
    permission, _ = judged
    return permission.decision is not Decision.DROPPED, permission.basis
