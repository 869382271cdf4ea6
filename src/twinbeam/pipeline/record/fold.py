"""
Folding arrivals into conversions, in memory, before any write.

A store loads what is known about the keys and visits of a few groups, folds the arrivals in one by one, and
writes down the result in one transaction. The fold decides everything; the store only fetches and stores, and
lets a row show what all its copies say (`merge.show`), of which it alone holds the earlier ones.

    read_set.py, write_set.py: what the store lays before the fold, and what it is given to write
    visits.py: what visits leave behind
    effective_consent.py: the final word on an arrival's permission
    joining.py: which conversion an arrival belongs to; uniting.py makes one of two
    relation.py: what ties the two together: a token that strangers cannot guess, or a claim
    claims.py: how many claims are believed
    decision_table.py: what an arrival does to its conversion: the table
    transitions.py: how each act of the table is done
    vouching.py: what a server's word means for it
    confirming.py: where a purchase waits for a server's word
    schedule.py: where a conversion waits, and until when
    sighting.py: what the debugger is told of an arrival
    sides.py: when each side of a pixel last reported an event
"""

from collections.abc import Callable, Sequence

from twinbeam.core.consent import ConsentRecord
from twinbeam.core.lifecycle import State
from twinbeam.core.names import SPELLED_TWICE
from twinbeam.core.order import says_too_little
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Channel, Decision, Permission, Signal
from twinbeam.pipeline.record.arriving import Arriving
from twinbeam.pipeline.record.claims import ClaimLimits, told_of
from twinbeam.pipeline.record.confirming import Confirming
from twinbeam.pipeline.record.contract import Recorded
from twinbeam.pipeline.record.conversion import (
    APART,
    BARE,
    BELIEVED,
    BY_ORDER,
    ORDER_ENDS,
    OWNER,
    PERMISSION,
    RESTORED,
    STRONG,
    VOUCHED,
    Conversion,
    belongs_to,
    conditions_of,
)
from twinbeam.pipeline.record.counted import OTHER, event_id_lookup
from twinbeam.pipeline.record.counters import Counters
from twinbeam.pipeline.record.decision_table import OPENS, REFUSED_BEFORE, Act, by_order, drop_reason
from twinbeam.pipeline.record.effective_consent import ConsentStatus, EffectiveConsent, effective_consent_of
from twinbeam.pipeline.record.joining import Belonging, Joining
from twinbeam.pipeline.record.meeting import believes, is_refusal, meet
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.read_set import ReadSet, Spelled
from twinbeam.pipeline.record.relation import Relation, has_left, hears_others, is_another_order, relation_of
from twinbeam.pipeline.record.schedule import Schedule
from twinbeam.pipeline.record.sides import Sides
from twinbeam.pipeline.record.sighting import is_shown, sighted
from twinbeam.pipeline.record.transitions import Transitions
from twinbeam.pipeline.record.uniting import Uniting
from twinbeam.pipeline.record.visits import Visits
from twinbeam.pipeline.record.vouching import speaks_of_order
from twinbeam.pipeline.record.write_set import WriteSet

#: What opens a conversion in place of a refused one, and does not know better whose it is.
_REMEMBER = frozenset({Relation.FIRST_VOUCHED, Relation.RIVAL})
_TEACH = frozenset(
    {ConsentStatus.ALLOWED, ConsentStatus.ENDS}
)  #: what ends at the door has facts only where that is allowed


class Fold:
    """One transaction's worth of arrivals on top of what is known."""

    def __init__(
        self, read_set: ReadSet, *, new_id: Callable[[], int], policy: RecordPolicy, claims: ClaimLimits
    ) -> None:
        self.read_set = read_set
        self.write_set = WriteSet()
        self.counters = Counters(read_set.names)
        self._new_id = new_id
        self._policy = policy
        self._claims = claims
        self._visits = Visits(read_set, self.write_set)
        self._confirming = Confirming(read_set, self.write_set, policy.terms_of)
        self._schedule = Schedule(read_set, self.write_set, self.counters, policy)
        self._transitions = Transitions(read_set, self.write_set, self.counters, self._visits, self._schedule)
        self._sides = Sides(read_set, self.write_set)
        self._joining = Joining(read_set, self.write_set)
        self._uniting = Uniting(self.write_set, self._schedule, self._transitions, self.counters.coverage)
        self.arrivals = 0
        self._done = dict.fromkeys(Act, 0)
        self._passed = 0  # of those that were passed over: copies, and no refusals

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
        effective_consents = [self._standing(signal) for signal, _ in arrivals]
        for (signal, _), effective in zip(arrivals, effective_consents, strict=True):
            if signal.facts is not None and signal.visits and effective.status in _TEACH:
                self._visits.learn(signal, signal.facts)
        self._confirming.hear(arrivals, effective_consents)
        if self._visits.changed:
            self._apply_consent_changes(sorted(self._visits.changed))
        self._contest_orders(arrivals, effective_consents)
        for (signal, arrival), effective in zip(arrivals, effective_consents, strict=True):
            self._take(signal, arrival, effective)

    def release(self, rows: Sequence[Conversion], now_ms: int) -> None:
        """Let go what its owner was to look at."""
        for row in rows:
            self._schedule.release_by_owner(row, now_ms)

    def hold_restored(self, rows: Sequence[Conversion], now_ms: int) -> None:
        """Hold what waited to be sent in an old backup."""
        for row in rows:
            self._schedule.hold_restored(row, now_ms)

    def release_restored(self, rows: Sequence[Conversion], now_ms: int) -> None:
        """Let go what was held because it came back with an old backup."""
        for row in rows:
            self._schedule.release_by_owner(row, now_ms, of=RESTORED)

    def resend(self, rows: Sequence[Conversion], now_ms: int) -> None:
        """Let go again what TikTok refused."""
        for row in rows:
            self._schedule.resend(row, now_ms)

    def recorded(self, *, skipped_groups: int, gap: bool) -> Recorded:
        """Sum up what was folded."""
        opened = sum(self._done[act] for act in (Act.OPEN, Act.OPEN_ENDED, Act.SUPERSEDE, Act.SPLIT))
        merged = sum(self._done[act] for act in (Act.MERGE, Act.ENRICH, Act.REOPEN, Act.TAKE_OVER))
        duplicate = self._done[Act.DUPLICATE] + self._passed
        return Recorded(
            arrivals=self.arrivals,
            opened=opened,
            merged=merged,
            duplicate=duplicate,
            dropped=sum(self._done.values()) - opened - merged - duplicate,
            skipped_groups=skipped_groups,
            gap=gap,
        )

    def _standing(self, signal: Signal) -> EffectiveConsent:
        visit = self._visits.record_for(signal)
        return effective_consent_of(signal, visit, self._schedule.terms_of(signal), self._policy.judge)

    def _take(self, signal: Signal, arrival: bytes, effective: EffectiveConsent) -> None:
        self.arrivals += 1
        if not signal.event:
            self.counters.statement(signal)
            return
        visitors = self._visits.named_by(signal)
        belonging = self._joining.belonging(signal, visitors)
        known = belonging.known
        visitors = _own_first(known, visitors)
        visitor, other_visitor = (*visitors, b"", b"")[:2]
        came = Arriving(belonging.signal, arrival, effective, Relation.OWN, visitor, other_visitor)
        enriches = known is not None and self._enriches(known, belonging.signal)
        there = self.read_set.conversions.get(belonging.signal.key)
        is_used = there is not None and has_left(there) and there.event_id in ("", belonging.signal.event_id)
        self.counters.coverage.beside.arrived(signal, effective, self.read_set.regions)
        it, act = meet(known, came, visitors, limits=self._claims, enriches=enriches, is_used=is_used)
        act = by_order(act, known, signal)
        self._done[act] += 1
        if act is Act.IGNORE and says_too_little(signal.stage):
            self.counters.statement(signal)
            return
        if act is Act.IGNORE:
            self.counters.ignored(signal, effective.reason or ORDER_ENDS.get(signal.stage) or drop_reason(None, None))
            self._show(signal, effective, act)
            return
        self._passed += act is Act.PASS_OVER and effective.status is not ConsentStatus.REFUSED
        unites = effective.status is not ConsentStatus.REFUSED and it.relation is not Relation.STRANGER
        if known is not None and unites:
            self._unite(known, belonging.others, it, visitors)
        conversion = known if known is not None and act not in OPENS else self._opened(it, belonging)
        self._saw(signal, opens=conversion is not known)
        self._transitions.take(act, conversion, it)
        if belonging.finding is not None:
            self._transitions.count(conversion, belonging.finding)
            if act in OPENS:
                conversion.evidence |= APART  # another order may go by an id that leads here from now on
        self._refuse_further(conversion, it, known)
        moved = self._moved(belonging, act, unites=unites)
        if act is not Act.PASS_OVER:
            self._know(conversion, it.signal, moved, takes_keys=act in (Act.SUPERSEDE, Act.SPLIT))
        self.counters.recorded(conversion)
        self._show(it.signal, effective, act, conversion.id, known=known is not None)

    def _show(self, it: Signal, said: EffectiveConsent, act: Act, conversion: int = 0, *, known: bool = False) -> None:
        """Tell the debugger what became of an arrival."""
        if is_shown(it):
            self.write_set.sighted.append(sighted(it, said, act, conversion, known=known))

    def _unite(
        self, known: Conversion, others: Sequence[Conversion], it: Arriving, visitors: tuple[bytes, ...]
    ) -> None:
        """Count in a conversion what an arrival shows to be the same order."""
        for other in others:
            absorbs = relation_of(other, it.signal, visitors, it.visitor) is not Relation.TAKEN_OVER
            self._uniting.unite(known, other, it.signal.received_ms, absorbs=absorbs, visitors=visitors)

    def _refuse_further(self, conversion: Conversion, it: Arriving, known: Conversion | None) -> None:
        """Let a refusal reach what else is known under the keys of an arrival."""
        signal = it.signal
        if known is not None and known is not conversion and it.effective.status is ConsentStatus.REFUSED:
            is_of_another = is_another_order(known, signal)
            self._transitions.refuse(known, it.effective.reason or Reason.NO_CONSENT)
            if is_of_another:
                known.visitor = known.other_visitor = b""  # whose order it was may report that anew
        is_own = it.relation is Relation.OWN or signal.channel is not Channel.BROWSER
        if is_own and (it.effective.status is ConsentStatus.REFUSED or conversion.state in REFUSED_BEFORE):
            self._refuse_others(conversion, it)

    def _contest_orders(
        self, arrivals: Sequence[tuple[Signal, bytes]], effective_consents: Sequence[EffectiveConsent]
    ) -> None:
        for (signal, _), effective in zip(arrivals, effective_consents, strict=True):
            if signal.claim and is_refusal(signal, effective):
                self._contest_order(signal)

    def _contest_order(self, signal: Signal) -> None:
        """Let a browser's refusal that names an order hold what a server reports of that order alone."""
        if not believes(self._claims, signal):
            return
        order = self._visits.contest(signal.claim, signal.received_ms)
        for _, conversion in self.read_set.reached_by([order]):
            if conversion.evidence & VOUCHED and not conversion.evidence & STRONG:
                self._transitions.hold_contested(conversion, signal.received_ms)

    def _refuse_others(self, conversion: Conversion, it: Arriving) -> None:
        """Let a refusal reach what was opened apart under another of its keys: it is one order all the same."""
        known, signal = self.read_set.conversions, it.signal
        others = {known[key].id: known[key] for key in (signal.key, *signal.aliases) if key in known}
        for id_, other in others.items():
            if id_ == conversion.id or is_another_order(other, signal):
                continue
            relation = relation_of(other, signal, self._visits.named_by(signal), it.visitor)
            if relation is Relation.OWN or signal.channel is not Channel.BROWSER:
                self._transitions.refuse(other, it.effective.reason or Reason.NO_CONSENT)

    def _moved(self, belonging: Belonging, act: Act, *, unites: bool) -> frozenset[bytes]:
        """Return the keys that led elsewhere and lead to an arrival's conversion from now on."""
        signal, known = belonging.signal, belonging.known
        if act is Act.KEEP_OUT and known is not None:
            conversions = self.read_set.conversions
            return frozenset(key for key in (signal.key, *signal.aliases) if conversions.get(key) is known)
        return belonging.moved if unites or known is None else frozenset()

    def _know(self, conversion: Conversion, signal: Signal, moved: frozenset[bytes], *, takes_keys: bool) -> None:
        """Let every key of an arrival lead to its conversion from now on."""
        for key in (signal.key, *signal.aliases):
            there = self.read_set.conversions.get(key)
            if there is not None and (there is conversion or not (takes_keys or key in moved)):
                continue
            if there is not None and key not in self.write_set.keys:
                self.write_set.moved.add(key)
            self.read_set.conversions[key] = conversion
            self.write_set.keys[key] = conversion.id

    def _opened(self, it: Arriving, belonging: Belonging) -> Conversion:
        """Make the row of a new conversion; one whose name the counters do not tell is found by its id all the same."""
        row = self._row(it, belonging)
        if self.counters.counted_as(row) == OTHER:
            self.write_set.lookups.append(([event_id_lookup(row.workspace, row.event_id)], row.id, row.received_ms))
        return row

    def _row(self, it: Arriving, belonging: Belonging) -> Conversion:
        signal, before = it.signal, belonging.known
        row = Conversion(
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
            consent=it.effective.basis,
            source=signal.source,
            frozen=False,
            test_code=signal.test_code,
            visitor=it.visitor if signal.channel is Channel.BROWSER else b"",  # a server names it when it vouches
            other_visitor=it.other_visitor if signal.channel is Channel.BROWSER else b"",
            lacks=OWNER * belonging.is_reused,
            shop=signal.shop,
        )
        remembers = before is not None and it.relation in _REMEMBER and not speaks_of_order(before, signal)
        if remembers and before is not None and before.evidence & BELIEVED:
            row.contested_ms, row.evidence = before.contested_ms, before.evidence & (BELIEVED | BY_ORDER)
        self.read_set.rows[row.id] = row
        return row

    def _enriches(self, known: Conversion, signal: Signal) -> bool:
        """Return whether a copy adds match keys to what was delivered, while TikTok still takes them in."""
        if known.state is not State.DELIVERED or not known.native_proven or not signal.match & ~known.match:
            return False
        if known.conditions & BARE:
            return False  # nothing that it brings would be sent
        return self._policy.enriching.in_time(known.browser_at, signal.received_ms)

    def _apply_consent_changes(self, visitors: Sequence[bytes]) -> None:
        """
        Let the new word of visits on consent reach what they reported before and has not been sent.

        Several visits may have a word on one conversion: refusals come first, and the order means nothing.
        """
        facts_of = self.read_set.facts_of
        reached = [
            (visitor, found, record)
            for visitor, found in self.read_set.reached_by(visitors)
            if (record := facts_of[visitor].consent) is not None
        ]
        judged = [(self._judged_anew(found, record), found, visitor) for visitor, found, record in reached]
        for permission, conversion, visitor in sorted(judged, key=_refusals_first):
            self._apply_decision(conversion, permission, visitor)

    def _judged_anew(self, conversion: Conversion, record: ConsentRecord) -> Permission:
        return self._policy.judge(self._schedule.terms_of(conversion).rules.consent, record, conversion.event_source)

    def _apply_decision(self, conversion: Conversion, permission: Permission, visitor: bytes) -> None:
        """Let a visit's new word reach a conversion: its own visit's is obeyed, another's is a claim."""
        own = belongs_to(conversion, visitor)
        if not own and conversion.evidence & STRONG:
            return
        if permission.decision is Decision.DROPPED:
            self._refused_by(conversion, self._visits.changed[visitor], permission.reason or Reason.NO_CONSENT, own=own)
            return
        if own or not conversion.evidence & VOUCHED:
            self._transitions.restrict(conversion, conditions_of(permission, conversion.event_source))
        if permission.decision is Decision.ALLOWED and conversion.state is State.HELD and conversion.lacks & PERMISSION:
            self._schedule.permit(conversion, permission.basis, visitor, own=own)

    def _refused_by(self, conversion: Conversion, said: Signal, reason: Reason, *, own: bool) -> None:
        """Let a visit's refusal end what is its own; what it only claims is held, within limits."""
        if own and conversion.evidence & STRONG:
            self._transitions.refuse(conversion, reason)
            return
        believed = said.channel is not Channel.BROWSER or believes(self._claims, said, told_of(conversion))
        if own:
            conversion.contested_ms = said.received_ms
            conversion.evidence |= BELIEVED * believed
            self._transitions.refuse(conversion, reason)
        elif believed and hears_others(conversion):
            self._transitions.hold_contested(conversion, said.received_ms)
        elif believed:
            self._transitions.remember_refusal(conversion, said.received_ms)

    def _saw(self, signal: Signal, *, opens: bool) -> None:
        self._sides.saw(signal, opens=opens)
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
        word, known = Spelled(signal.received_ms, signal.spelling or signal.event), self.read_set.spelled.get(place)
        if known is None or word > known:
            self.read_set.spelled[place] = self.write_set.spelled[place] = word


def _own_first(known: Conversion | None, visitors: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Let an arrival of several visits that are known apart speak as the one that the server named."""
    if known is None or len(visitors) < 2 or not known.evidence & STRONG:
        return visitors
    return tuple(sorted(visitors, key=lambda visitor: not belongs_to(known, visitor)))


def _refusals_first(judged: tuple[Permission, Conversion, bytes]) -> tuple[bool, str]:
    """Order what visits say: refusals before the rest, and that by what it rests on, which is the same everywhere."""
    permission, _, _ = judged
    return permission.decision is not Decision.DROPPED, permission.basis
