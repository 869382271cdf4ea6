"""What each act of the table in rules.py does to a conversion, one small step per act."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.values import Signal
from twinbeam.pipeline.record.conversion import FOUND, Conversion, conditions_of, copy_of, with_channel
from twinbeam.pipeline.record.findings import differences, worded
from twinbeam.pipeline.record.known import Known, Note, Writes
from twinbeam.pipeline.record.rules import Act, decide, drop_reason, ended_in_vain
from twinbeam.pipeline.record.standing import Stance, Standing
from twinbeam.pipeline.record.tally import Tally
from twinbeam.pipeline.record.visits import Visits, borrowed, lacks
from twinbeam.pipeline.record.waiting import Waiting

_TO_BE_SENT = frozenset({State.READY, State.WAITING})
_MAY_CHANGE = frozenset({State.HELD, State.READY, State.WAITING})


class Steps:
    """The steps of one transaction."""

    def __init__(self, known: Known, writes: Writes, tally: Tally, visits: Visits, waiting: Waiting) -> None:
        self._known = known
        self._writes = writes
        self._tally = tally
        self._visits = visits
        self._waiting = waiting

    def take(self, act: Act, conversion: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Do what the table says."""
        _STEPS[act](self, conversion, signal, arrival, standing)

    def open(self, conversion: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Keep a first copy, ready to be sent or held until it may be."""
        self._writes.opened.append(conversion)
        self._waiting.admit(conversion, signal, standing)
        self._keep(conversion, signal, arrival, standing)

    def keep_out(self, conversion: Conversion, _signal: Signal, _arrival: bytes, standing: Standing) -> None:
        """Keep nothing but the key and the reason."""
        self._writes.opened.append(conversion)
        conversion.state, conversion.reason = State.DROPPED, drop_reason(None, standing.reason)
        bare(conversion)
        self._tally.arrival(conversion, Outcome.DROPPED, conversion.reason)

    def reopen(self, known: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Let what was held in vain wait again; of earlier copies only their conditions are left."""
        self._tally.state(known, -1)
        known.event_id, known.order_id = signal.event_id, signal.order_id
        known.minor, known.currency, known.event_time = signal.minor, signal.currency, signal.event_time
        known.consent = standing.basis
        self._note(known, signal, standing)
        self._waiting.admit(known, signal, standing)
        self._keep(known, signal, arrival, standing)
        self._tally.arrival(known, Outcome.MERGED)

    def merge(self, known: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Let a copy join what was never sent."""
        self._note(known, signal, standing)
        lacked = known.lacks
        self._waiting.satisfy(known, signal, standing)
        if standing.stance is Stance.ALLOWED and known.lacks != lacked:
            known.consent = standing.basis
        self._waiting.rearrange(known, lacked, signal.received_ms)
        self._keep(known, signal, arrival, standing)
        self._tally.arrival(known, Outcome.MERGED)

    def enrich(self, known: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Send once more, with what the copy adds, while TikTok still merges it into the browser's own report."""
        self._note(known, signal, standing)
        self._waiting.satisfy(known, signal, standing)
        self._waiting.send_again(known, signal.received_ms)
        self._keep(known, signal, arrival, standing)
        payloads = self._writes.payloads
        payloads[known.id] = [replace(copy, adds=True) for copy in payloads[known.id]]
        self._tally.arrival(known, Outcome.MERGED)

    def withdraw(self, known: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Keep of what is refused nothing but pixel, event, time and reason."""
        self.drop(known, signal, arrival, standing)
        self.end_refused(known, drop_reason(known, standing.reason))

    def end_refused(self, known: Conversion, reason: Reason) -> None:
        """Withdraw a conversion because of a refusal."""
        self._waiting.end(known, State.WITHDRAWN, reason)
        bare(known)

    def refuse(self, known: Conversion, reason: Reason) -> None:
        """Let a refusal of the visit do to a conversion what a refused copy of it would do."""
        match decide(known, Stance.REFUSED):
            case Act.WITHDRAW:
                self.end_refused(known, reason)
            case Act.RECALL:
                self._recall(known, reason)
            case Act.LEAVE_DELIVERED | Act.DROP:
                self._forgo(known)

    def restrict(self, known: Conversion, conditions: int) -> None:
        """
        Let conditions that were set later hold for what is not sent, also if it was held in vain and begins anew.

        What is on the wire just then keeps its bytes, so it is not sent again. What was sent stands, and is added to
        no more.
        """
        if not conditions & ~known.conditions:
            return
        if ended_in_vain(known) or (known.state in _MAY_CHANGE and not known.enriched):
            known.conditions |= conditions
            self._writes.changed[known.id] = known
        elif known.state is State.LEASED:
            self._recall(known, Reason.NO_CONSENT)
        else:
            self._forgo(known)

    def recall(self, known: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        """Note a refusal on what is on the wire; whoever settles the batch sees to it that this was the last try."""
        self.drop(known, signal, arrival, standing)
        self._recall(known, drop_reason(known, standing.reason))

    def _recall(self, known: Conversion, reason: Reason) -> None:
        if known.reason != Reason.ERASURE_ASKED:  # which asks for more
            known.reason = reason
            self._writes.changed[known.id] = known

    def _forgo(self, known: Conversion) -> None:
        """Give up the second word of what is delivered, or see to it that there never is one."""
        if known.state in _TO_BE_SENT and known.enriched:
            self._waiting.end(known, State.DELIVERED, None)
        elif known.state is State.DELIVERED:
            known.enriched = True
            self._writes.changed[known.id] = known

    def drop(self, known: Conversion, signal: Signal, _arrival: bytes, standing: Standing) -> None:
        """Count and note an arrival that is refused: what was sent stands, and is added to no more."""
        self._note(known, signal, standing)
        self._forgo(known)
        self._tally.arrival(known, Outcome.DROPPED, drop_reason(known, standing.reason))

    def duplicate(self, known: Conversion, signal: Signal, _arrival: bytes, standing: Standing) -> None:
        """
        Note a copy that comes too late to be sent; people still find the conversion by what it says.

        What its visit says later still counts, as long as there may be another attempt, or a second word.
        """
        self._note(known, signal, standing)
        self.restrict(known, conditions_of(standing, known.event_source))
        may_go_on = known.state in UNSENT or (known.state is State.DELIVERED and not known.enriched)
        if may_go_on and signal.visits:
            self._visits.watch(signal, known.id)
        if known.reason != Reason.ERASURE_ASKED:
            self._look_up(known, signal)
        self._tally.arrival(known, Outcome.DUPLICATE)

    def _keep(self, conversion: Conversion, signal: Signal, arrival: bytes, standing: Standing) -> None:
        copies = self._writes.payloads.setdefault(conversion.id, [])
        held, confirms = conversion.state is State.HELD, self._waiting.terms_of(signal).confirmed_by(signal)
        copies.append(copy_of(signal, arrival, confirms=confirms, held=held))
        if standing.stance is Stance.ALLOWED and not standing.bare and lacks(signal):
            facts = self._visits.facts_for(signal)
            restricted = self._waiting.terms_of(signal).rules.restricted
            copy = borrowed(facts, signal, arrival, restricted=restricted) if facts is not None else None
            if copy is not None:
                copies.append(copy)
        if not held:
            self._look_up(conversion, signal)
        if signal.visits:
            self._visits.watch(signal, conversion.id)

    def _look_up(self, conversion: Conversion, signal: Signal) -> None:
        if signal.lookups:
            self._writes.lookups.append((signal.lookups, conversion.id, signal.received_ms))

    def _note(self, known: Conversion, signal: Signal, standing: Standing) -> None:
        joined = signal.key in self._known.conversions and signal.channel in known.channels.split("+")
        compared = standing.stance is not Stance.REFUSED
        found = differences(known, signal, self._known.spelled, joined=joined) if compared else []
        for difference in found:
            self._count(known, difference.finding)
        known.copies += 1
        known.channels = with_channel(known.channels, signal.channel)
        facts = (signal.channel.value, signal.received_ms, standing.basis, signal.source)
        self._writes.notes.append(Note(known.id, known.copies, *facts, worded(found)))
        self._writes.changed[known.id] = known

    def _count(self, known: Conversion, finding: Finding) -> None:
        """Count what copies of a conversion disagree about, once however often they say it again."""
        if not known.found & FOUND[finding]:
            known.found |= FOUND[finding]
            self._tally.finding(known, finding)


def bare(conversion: Conversion) -> None:
    """Take from a row what a refusal forbids to keep."""
    conversion.event_id = conversion.order_id = conversion.currency = ""
    conversion.minor = None


#: Not bound to their object: it would hold itself, and what a transaction leaves behind would wait for the collector.
_STEPS: Mapping[Act, Callable[[Steps, Conversion, Signal, bytes, Standing], None]] = {
    Act.OPEN: Steps.open,
    Act.KEEP_OUT: Steps.keep_out,
    Act.REOPEN: Steps.reopen,
    Act.MERGE: Steps.merge,
    Act.ENRICH: Steps.enrich,
    Act.WITHDRAW: Steps.withdraw,
    Act.RECALL: Steps.recall,
    Act.LEAVE_DELIVERED: Steps.drop,
    Act.DUPLICATE: Steps.duplicate,
    Act.DROP: Steps.drop,
}
