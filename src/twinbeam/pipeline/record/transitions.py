"""What each act of the table in rules.py does to a conversion, one small step per act."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.values import Side, Signal
from twinbeam.pipeline.record.arriving import Arriving
from twinbeam.pipeline.record.conversion import (
    APART,
    BELIEVED,
    BY_ORDER,
    CONTEST,
    FOUND,
    GRANTED,
    ORDER_ENDS,
    STRONG,
    VOUCHED,
    Conversion,
    conditions_of,
    copy_of,
    with_channel,
)
from twinbeam.pipeline.record.counters import Counters
from twinbeam.pipeline.record.decision_table import REFUSED_BEFORE, Act, decide, drop_reason, ended_in_vain
from twinbeam.pipeline.record.discrepancies import discrepancies, worded
from twinbeam.pipeline.record.effective_consent import ConsentStatus
from twinbeam.pipeline.record.read_set import ReadSet
from twinbeam.pipeline.record.relation import Relation
from twinbeam.pipeline.record.schedule import Schedule
from twinbeam.pipeline.record.visits import Visits, borrowed, lacks
from twinbeam.pipeline.record.vouching import forget_other_order, is_believed, refuse_as_server
from twinbeam.pipeline.record.write_set import Note, WriteSet

_TO_BE_SENT = frozenset({State.READY, State.WAITING})
_RESENDABLE = frozenset({State.HELD, State.READY, State.WAITING, State.REFUSED})
_WATCHED = UNSENT | {State.REFUSED}
#: Copies of one conversion that are kept and told one by one; what comes beyond is counted.
MOST_COPIES = 64


class Transitions:
    """The steps of one transaction."""

    def __init__(
        self, read_set: ReadSet, write_set: WriteSet, counters: Counters, visits: Visits, schedule: Schedule
    ) -> None:
        self._read_set = read_set
        self._write_set = write_set
        self._counters = counters
        self._visits = visits
        self._schedule = schedule

    def take(self, act: Act, conversion: Conversion, it: Arriving) -> None:
        """Do what the table says."""
        _STEPS[act](self, conversion, it)

    def open(self, conversion: Conversion, it: Arriving) -> None:
        """Keep a first copy, ready to be sent or held until it may be."""
        self._write_set.opened.append(conversion)
        self._apply_order_refusal(conversion, it)
        for finding in _observed(it.signal):
            self.count(conversion, finding)
        self._schedule.admit(conversion, it)
        self._counters.coverage.seen(conversion, 1)
        self._keep(conversion, it, opens=True)

    def keep_out(self, conversion: Conversion, it: Arriving) -> None:
        """Keep nothing but the key and the reason."""
        self._write_set.opened.append(conversion)
        conversion.state, conversion.reason = State.DROPPED, drop_reason(None, it.effective.reason)
        self._mark_refused(conversion, it)
        bare(conversion)
        self._counters.coverage.seen(conversion, 1)
        self._counters.arrival(conversion, Outcome.DROPPED, conversion.reason)

    def reopen(self, known: Conversion, it: Arriving) -> None:
        """Let what was held in vain wait again; of earlier copies only their conditions are left."""
        signal = it.signal
        self._counters.state(known, -1)
        forget_other_order(known, signal)
        if known.reason == Reason.CONSENT_CONTESTED:
            known.contested_ms = known.contested_ms or known.browser_at or known.received_ms
        known.event_id, known.order_id = signal.event_id, signal.order_id
        known.minor, known.currency, known.event_time = signal.minor, signal.currency, signal.event_time
        known.consent, known.evidence = it.effective.basis, known.evidence & ~GRANTED
        self._note(known, it)
        self._apply_order_refusal(known, it)
        self._schedule.admit(known, it)
        self._keep(known, it)
        self._counters.arrival(known, Outcome.MERGED)

    def merge(self, known: Conversion, it: Arriving) -> None:
        """Let a copy join what was never sent."""
        self._note(known, it)
        lacked = known.lacks
        forget_other_order(known, it.signal)
        if self._apply_order_refusal(known, it):
            known.lacks |= CONTEST
        self._schedule.satisfy(known, it)
        if it.effective.status is ConsentStatus.ALLOWED and known.lacks != lacked:
            known.consent = it.effective.basis
        self._schedule.rearrange(known, lacked, it.signal.received_ms)
        self._keep(known, it)
        self._counters.arrival(known, Outcome.MERGED)

    def take_over(self, known: Conversion, it: Arriving) -> None:
        """Let the server's word on its own visit stand for what strangers reported under its order."""
        self._note(known, it)
        known.evidence, known.visitor, known.granter, known.conditions, known.match = 0, b"", b"", 0, 0
        known.browser_at, known.native_proven, known.contested_ms = None, False, 0
        known.consent, known.event_id = it.effective.basis, it.signal.event_id
        self._schedule.begin_anew(known, it)
        self._keep(known, it)
        self._counters.arrival(known, Outcome.MERGED)

    def supersede(self, conversion: Conversion, it: Arriving) -> None:
        """Open a new conversion under keys that led to what ended."""
        self.open(conversion, it)

    def split(self, conversion: Conversion, it: Arriving) -> None:
        """Open a new conversion under keys that led to what a stranger had sent."""
        self.open(conversion, it)
        conversion.evidence |= APART

    def enrich(self, known: Conversion, it: Arriving) -> None:
        """Send once more, with what the copy adds, while TikTok still merges it into the browser's own report."""
        self._note(known, it)
        self._counters.coverage.delivered(known, -1)
        if it.relation is Relation.OWN:
            self._schedule.satisfy(known, it)
        known.match |= it.signal.match
        self._schedule.send_again(known, it.signal.received_ms)
        self._keep(known, it)
        payloads = self._write_set.payloads
        payloads[known.id] = [replace(copy, adds=True) for copy in payloads[known.id]]
        self._counters.arrival(known, Outcome.MERGED)

    def withdraw(self, known: Conversion, it: Arriving) -> None:
        """Keep of what is refused nothing but pixel, event, time and reason."""
        self.drop(known, it)
        self._mark_refused(known, it)
        self.end_refused(known, drop_reason(known, it.effective.reason))

    def end_refused(self, known: Conversion, reason: Reason) -> None:
        """Withdraw a conversion because of a refusal."""
        self._schedule.end(known, State.WITHDRAWN, reason)
        bare(known)

    def contest(self, known: Conversion, it: Arriving) -> None:
        """Hold what a visit refused that nothing ties to it, until the server reports a later grant."""
        self._note(known, it)
        self.hold_contested(known, it.signal.received_ms, by_order=bool(it.signal.claim))
        self._counters.arrival(known, Outcome.DROPPED, drop_reason(known, it.effective.reason))

    def hold_contested(self, known: Conversion, at_ms: int, *, by_order: bool = False) -> None:
        """Hold a conversion that is contested; what is on the wire just then is not sent again."""
        _tell_by_order(known, by_order=by_order)
        if known.state is State.LEASED:
            known.contested_ms = max(known.contested_ms, at_ms)
            self._recall(known, Reason.NO_CONSENT)
        elif known.enriched:
            self._cancel_enrichment(known)
        elif known.state in _RESENDABLE:
            self._schedule.contest(known, at_ms)

    def remember_refusal(self, known: Conversion, at_ms: int, *, by_order: bool = False) -> None:
        """Note what another visit refused: it holds the conversion once a server vouches for no more than its order."""
        if known.evidence & VOUCHED or (at_ms <= known.contested_ms and not known.evidence & BY_ORDER):
            return
        _tell_by_order(known, by_order=by_order)
        known.contested_ms = max(known.contested_ms, at_ms)
        known.evidence |= BELIEVED
        self._write_set.changed[known.id] = known

    def pass_over(self, known: Conversion, it: Arriving) -> None:
        """Count an arrival that changes nothing here."""
        refused = it.effective.status is ConsentStatus.REFUSED
        if refused and it.believed:
            self.remember_refusal(known, it.signal.received_ms, by_order=bool(it.signal.claim))
        reason = drop_reason(known, it.effective.reason) if refused else ""
        self._counters.arrival(known, Outcome.DROPPED if refused else Outcome.DUPLICATE, reason)

    def open_ended(self, conversion: Conversion, it: Arriving) -> None:
        """Keep of a cancelled order nothing but its keys, so that no later copy of it is sent."""
        self._write_set.opened.append(conversion)
        conversion.state, conversion.reason = State.EXPIRED, ORDER_ENDS[it.signal.stage]
        conversion.since_ms = it.signal.received_ms
        self._vouch_refused(conversion, it)
        self._counters.coverage.seen(conversion, 1)
        self._counters.state(conversion, 1)

    def cancel(self, known: Conversion, it: Arriving) -> None:
        """End what waits because its order is no purchase any more; what is on the wire just then is not sent again."""
        self._note(known, it)
        reason = ORDER_ENDS[it.signal.stage]
        if known.state is State.LEASED:
            self._recall(known, reason)
        else:
            self._schedule.end(known, State.EXPIRED, reason)
        self._counters.arrival(known, Outcome.DROPPED, reason)

    def refuse(self, known: Conversion, reason: Reason) -> None:
        """Let a refusal of the visit do to a conversion what a refused copy of it would do."""
        match decide(known, ConsentStatus.REFUSED):
            case Act.WITHDRAW:
                self.end_refused(known, reason)
            case Act.RECALL:
                self._recall(known, reason)
            case Act.LEAVE_DELIVERED | Act.DROP:
                self._cancel_enrichment(known)

    def restrict(self, known: Conversion, conditions: int) -> None:
        """
        Let conditions that were set later hold for what is not sent, also if it was held in vain and begins anew.

        What is on the wire just then keeps its bytes, so it is not sent again. What was sent stands, and is added to
        no more.
        """
        if not conditions & ~known.conditions:
            return
        if ended_in_vain(known) or (known.state in _RESENDABLE and not known.enriched):
            known.conditions |= conditions
            self._write_set.changed[known.id] = known
        elif known.state is State.LEASED:
            self._recall(known, Reason.NO_CONSENT)
        else:
            self._cancel_enrichment(known)

    def recall(self, known: Conversion, it: Arriving) -> None:
        """Note a refusal on what is on the wire; whoever settles the batch sees to it that this was the last try."""
        self.drop(known, it)
        self._recall(known, drop_reason(known, it.effective.reason))

    def _recall(self, known: Conversion, reason: Reason) -> None:
        if known.reason != Reason.ERASURE_ASKED:  # which asks for more
            known.reason = reason
            self._write_set.changed[known.id] = known

    def _cancel_enrichment(self, known: Conversion) -> None:
        """Give up the enrichment of what is delivered, or see to it that there never is one."""
        if known.state in _TO_BE_SENT and known.enriched:
            self._schedule.end(known, State.DELIVERED, None)
        elif known.state is State.DELIVERED:
            known.enriched = True
            self._write_set.changed[known.id] = known

    def drop(self, known: Conversion, it: Arriving) -> None:
        """Count and note an arrival that is refused: what was sent stands, and is added to no more."""
        self._note(known, it)
        self._cancel_enrichment(known)
        if it.effective.status is ConsentStatus.REFUSED and known.state in REFUSED_BEFORE:
            self._vouch_refused(known, it)  # whoever refused it before: no browser opens it anew
        self._counters.arrival(known, Outcome.DROPPED, drop_reason(known, it.effective.reason))

    def duplicate(self, known: Conversion, it: Arriving) -> None:
        """
        Note a copy that comes too late to be sent; people still find the conversion by what it says.

        What its visit says later still counts, as long as there may be another attempt, or an enrichment.
        """
        signal = it.signal
        self._note(known, it)
        if is_believed(it.relation):
            self.restrict(known, conditions_of(it.effective, known.event_source))
        may_go_on = known.state in _WATCHED or (known.state is State.DELIVERED and not known.enriched)
        if may_go_on and signal.visits:
            self._visits.watch(signal, known.id)
        if known.reason != Reason.ERASURE_ASKED:
            self._write_set.look_up(known.id, signal)
        self._counters.arrival(known, Outcome.DUPLICATE)

    def count(self, known: Conversion, finding: Finding) -> None:
        """Count what copies of a conversion disagree about, once however often they say it again."""
        if not known.found & FOUND[finding]:
            known.found |= FOUND[finding]
            self._counters.finding(known, finding)
            self._write_set.changed[known.id] = known

    def _mark_refused(self, known: Conversion, it: Arriving) -> None:
        _tell_by_order(known, by_order=bool(it.signal.claim))
        known.contested_ms = it.signal.received_ms
        known.evidence |= it.belief
        self._vouch_refused(known, it)

    def _vouch_refused(self, known: Conversion, it: Arriving) -> None:
        if it.signal.channel.side is Side.SERVER:
            refuse_as_server(known, it)
        if known.visitor == it.visitor and it.visitor not in self._read_set.facts_of:
            known.visitor = b""  # a visit of which nothing is kept has no name

    def _apply_order_refusal(self, known: Conversion, it: Arriving) -> bool:
        """Return whether browsers refused the order that a server names without naming its visit, and note when."""
        if it.signal.channel.side is not Side.SERVER or it.signal.strong or known.evidence & STRONG:
            return False
        facts = self._visits.facts_for(it.signal)
        contested_ms = facts.contested_ms if facts is not None else 0
        if contested_ms <= known.contested_ms:
            return False
        known.contested_ms = contested_ms
        return True

    def _keep(self, conversion: Conversion, it: Arriving, *, opens: bool = False) -> None:
        signal, terms = it.signal, self._schedule.terms_of(it.signal)
        copies = self._write_set.payloads.setdefault(conversion.id, [])
        held, allowed = conversion.state is State.HELD, it.effective.status is ConsentStatus.ALLOWED
        kept = copy_of(
            signal,
            it.arrival,
            confirms=self._schedule.is_confirmed(signal),
            held=held,
            visitor=it.visitor,
            allowed=allowed,
        )
        there = self._read_set.conversions.get(signal.key)
        fired = kept.fired and it.relation is Relation.OWN
        is_others = there is not None and there is not conversion and not _is_one(there, conversion)
        is_strangers = there is not None and conversion.evidence & APART and not fired
        if not opens and (is_others or is_strangers):
            kept = replace(kept, is_others_id=True)
        copies.append(kept)
        if allowed and not it.effective.bare and lacks(signal):
            facts = self._visits.facts_for(signal)
            copy = borrowed(facts, signal, it.arrival, restricted=terms.rules.restricted) if facts is not None else None
            if copy is not None:
                copies.append(replace(copy, visitor=it.visitor))
        if held:
            self._write_set.look_up_order(conversion.id, signal)
        else:
            self._write_set.look_up(conversion.id, signal)
        if signal.visits:
            self._visits.watch(signal, conversion.id)

    def _note(self, known: Conversion, it: Arriving) -> None:
        signal, effective = it.signal, it.effective
        joined = signal.key in self._read_set.conversions and signal.channel in known.channels.split("+")
        compared = effective.status is not ConsentStatus.REFUSED and it.relation is not Relation.TAKEN_OVER
        found = discrepancies(known, signal, self._read_set.spelled, joined=joined) if compared else []
        for finding in (*(difference.finding for difference in found), *_observed(signal)):
            self.count(known, finding)
        known.copies += 1
        self._counters.coverage.report(known, with_channel(known.channels, signal.channel), signal.received_ms)
        if known.copies <= MOST_COPIES:
            facts = (signal.channel.value, signal.received_ms, effective.basis, signal.source)
            self._write_set.notes.append(Note(known.id, known.copies, *facts, worded(found)))
        self._write_set.changed[known.id] = known


def _observed(signal: Signal) -> list[Finding]:
    """Return what a tag found on its page."""
    blocked = [Finding.NATIVE_BLOCKED] if signal.native == "blocked" else []
    return [*map(Finding, signal.observed), *blocked] if signal.observed else blocked


def _is_one(there: Conversion, conversion: Conversion) -> bool:
    """Return whether what is found under an event id was shown to be a conversion's own, and not a stranger's."""
    return there.united == conversion.id and not there.evidence & APART


def _tell_by_order(known: Conversion, *, by_order: bool) -> None:
    """Note whether every refusal that a conversion remembers named an order, one that comes now among them."""
    others_did = not known.contested_ms or bool(known.evidence & BY_ORDER)
    known.evidence = (known.evidence & ~BY_ORDER) | BY_ORDER * (by_order and others_did)


def bare(conversion: Conversion) -> None:
    """Take from a row what a refusal forbids to keep."""
    conversion.event_id = conversion.order_id = conversion.currency = ""
    conversion.minor = None
    conversion.person = b""


#: Not bound to their object: it would hold itself, and what a transaction leaves behind would wait for the collector.
_STEPS: Mapping[Act, Callable[[Transitions, Conversion, Arriving], None]] = {
    Act.OPEN: Transitions.open,
    Act.KEEP_OUT: Transitions.keep_out,
    Act.REOPEN: Transitions.reopen,
    Act.MERGE: Transitions.merge,
    Act.TAKE_OVER: Transitions.take_over,
    Act.SUPERSEDE: Transitions.supersede,
    Act.SPLIT: Transitions.split,
    Act.ENRICH: Transitions.enrich,
    Act.WITHDRAW: Transitions.withdraw,
    Act.RECALL: Transitions.recall,
    Act.CONTEST: Transitions.contest,
    Act.LEAVE_DELIVERED: Transitions.drop,
    Act.DUPLICATE: Transitions.duplicate,
    Act.DROP: Transitions.drop,
    Act.PASS_OVER: Transitions.pass_over,
    Act.OPEN_ENDED: Transitions.open_ended,
    Act.CANCEL: Transitions.cancel,
}
