"""
What one arrival does to the conversion it belongs to: a pure table of decisions.

Every engine asks `decide` and then writes down what it says, so all engines agree by construction.

| the conversion is            | an allowed copy   | a copy without a word on consent | a refusal       |
|------------------------------|-------------------|----------------------------------|-----------------|
| unknown                      | OPEN              | OPEN, held                       | KEEP_OUT        |
| held or ready, never sent    | MERGE             | MERGE                            | WITHDRAW        |
| waiting after an attempt     | DUPLICATE         | DUPLICATE                        | WITHDRAW        |
| on the wire                  | DUPLICATE         | DUPLICATE                        | RECALL          |
| delivered                    | ENRICH, DUPLICATE | DUPLICATE                        | DROP            |
| delivered, an enrichment due | DUPLICATE         | DUPLICATE                        | LEAVE_DELIVERED |
| refused by TikTok            | DUPLICATE         | DUPLICATE                        | WITHDRAW        |
| expired, held in vain        | REOPEN            | REOPEN, held                     | WITHDRAW        |
| dropped, withdrawn           | DROP              | DROP                             | DROP            |
| ended otherwise              | DUPLICATE         | DUPLICATE                        | DROP            |

A copy that is ignored on arrival (a test, a foreign host) is counted and touches nothing: IGNORE.

That is what copies of one visit do, and those of the server that vouches for it. What others do, who name its order or
its event id and nothing that proves their visit (relation.py), is milder:

| the arrival is    | an allowed or silent copy                              | a refusal                            |
|-------------------|--------------------------------------------------------|--------------------------------------|
| FIRST_VOUCHED     | MERGE; SUPERSEDE what was refused or expired unsent    | KEEP_OUT, and that ends; or as above |
| TAKEN_OVER        | TAKE_OVER what waits, SUPERSEDE what ended, else SPLIT | likewise                             |
| CLAIM             | MERGE, or PASS_OVER                                    | CONTEST, within limits; or PASS_OVER |
| RIVAL             | MERGE, SUPERSEDE what another visit refused            | PASS_OVER; CONTEST what names none   |
| STRANGER          | PASS_OVER                                              | PASS_OVER                            |

A server's first refusal ends what only browsers reported or refused, and is kept apart from it: they may have tied
other orders to it.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import Protocol

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.order import CANCELLED, says_too_little
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Signal
from twinbeam.pipeline.record.conversion import ORDER_ENDS, WAITED_IN_VAIN, Conversion
from twinbeam.pipeline.record.effective_consent import ConsentStatus
from twinbeam.pipeline.record.relation import Relation, has_left, hears_others

_UNLEASED = frozenset({State.HELD, State.READY, State.WAITING})
#: What may still be sent: what waits, and what TikTok refused, once its owner sends it again.
_MAY_GO = UNSENT | {State.REFUSED}
#: What was held in vain may begin anew for so long, as an order that is paid on delivery.
_VAIN_MS = 30 * MS_PER_DAY
#: What TikTok refused may be sent again by its owner for so long; nothing older is sent (send/limits.py).
_RESENDING_MS = 7 * MS_PER_DAY
_ENRICHMENT_MS = 3_600_000  #: after it was delivered; by then no enrichment can leave any more
REFUSED_BEFORE = frozenset({State.DROPPED, State.WITHDRAWN})
#: Reasons of conversions that ended only because nobody permitted or confirmed them in time.
IN_VAIN = frozenset(reason.value for reason in (*WAITED_IN_VAIN.values(), *ORDER_ENDS.values()))


class _Welcome(Protocol):
    def __call__(self, known: Conversion, *, enriches: bool) -> "Act": ...


class Act(StrEnum):
    """What a store has to do for one arrival."""

    OPEN = auto()  #: a new conversion, ready to be sent or held until it may be
    KEEP_OUT = auto()  #: a new tombstone: only the key is kept; the arrival is dropped
    IGNORE = auto()  #: the arrival is counted as dropped, and nothing is kept of it
    DROP = auto()  #: nothing changes; the arrival is dropped
    REOPEN = auto()  #: what was held in vain becomes a conversion again
    MERGE = auto()  #: the copy joins the conversion
    ENRICH = auto()  #: the copy joins, and what it adds is sent once more
    WITHDRAW = auto()  #: the payload is purged; the arrival is dropped
    RECALL = auto()  #: the refusal is noted: this attempt is the last; the arrival is dropped
    LEAVE_DELIVERED = auto()  #: the enrichment is not sent, the first stands; the arrival is dropped
    DUPLICATE = auto()  #: the copy is counted and noted, nothing is sent
    TAKE_OVER = auto()  #: what waits begins anew on the word of this copy, whatever others said before
    SUPERSEDE = auto()  #: a new conversion takes its keys; what ended stays as it is
    SPLIT = auto()  #: likewise under an event id of its own, since what was sent may hold the old one
    CONTEST = auto()  #: it is held until the server reports a later grant; the arrival is dropped
    PASS_OVER = auto()  #: the arrival is counted, and changes nothing
    OPEN_ENDED = auto()  #: a new conversion that is over: its order was cancelled before anything of it came
    CANCEL = auto()  #: its order is no purchase any more: what waits ends; the arrival is dropped


#: What an arrival does that opens, changes or sends something.
_GOES_ON = frozenset({*Act} - {Act.KEEP_OUT, Act.IGNORE, Act.DROP, Act.WITHDRAW, Act.RECALL, Act.LEAVE_DELIVERED})

OPENS = frozenset({Act.OPEN, Act.OPEN_ENDED, Act.SUPERSEDE, Act.SPLIT, Act.KEEP_OUT})
#: What needs more than a delivery that says too little: without what was bought and by whom nothing begins.
_NEEDS_AN_EVENT = OPENS | {Act.REOPEN, Act.TAKE_OVER, Act.ENRICH}


def decide(
    known: Conversion | None,
    status: ConsentStatus,
    relation: Relation = Relation.OWN,
    *,
    enriches: bool = False,
    believed: bool = True,
) -> Act:
    """Return what an arrival does; total over all combinations, without side effects."""
    if status is ConsentStatus.ENDS:
        return Act.IGNORE
    if known is None and status is ConsentStatus.REFUSED:
        return Act.KEEP_OUT if believed else Act.IGNORE
    if known is None:
        return Act.OPEN
    if status is ConsentStatus.REFUSED and relation in _FIRST and (known.state in REFUSED_BEFORE or _ends(known)):
        return Act.KEEP_OUT
    if status is ConsentStatus.REFUSED:
        return _refused(known) if relation in _BELIEVED else _contested(known, relation, believed=believed)
    return _WELCOMES[relation](known, enriches=enriches and status is ConsentStatus.ALLOWED)


def by_order(act: Act, known: Conversion | None, signal: Signal) -> Act:
    """
    Return what an arrival does that would do `act`, by what its order is: what is no purchase is not sent.

    What ended for that begins anew only when a delivery says that the order stands.
    """
    if known is not None and act is Act.REOPEN and known.reason in ORDER_ENDS.values() and not signal.of_order:
        return Act.DUPLICATE
    if signal.of_order and says_too_little(signal.stage) and act in _NEEDS_AN_EVENT:
        return Act.IGNORE
    if signal.stage not in ORDER_ENDS or act not in _GOES_ON or act in (Act.CONTEST, Act.PASS_OVER):
        return act
    if known is None:
        return Act.OPEN_ENDED if signal.stage == CANCELLED else Act.IGNORE
    if act in (Act.SUPERSEDE, Act.SPLIT):
        return Act.IGNORE
    return Act.CANCEL if known.state in _MAY_GO and not known.enriched else Act.DUPLICATE


def _first_vouched(known: Conversion, *, enriches: bool) -> Act:
    if known.state is State.DELIVERED and enriches and not known.enriched:
        return Act.ENRICH
    if ended_in_vain(known):
        return Act.REOPEN
    if not has_left(known) and (known.state in REFUSED_BEFORE or known.state is State.EXPIRED):
        return Act.SUPERSEDE
    return Act.MERGE if _open(known) else Act.DUPLICATE


def _taken_over(known: Conversion, *, enriches: bool) -> Act:  # noqa: ARG001 -- one of a table
    if has_left(known):
        return Act.SPLIT
    if _open(known):
        return Act.TAKE_OVER
    return Act.DUPLICATE if known.state is State.ERASED else Act.SUPERSEDE


def _claimed(known: Conversion, *, enriches: bool) -> Act:  # noqa: ARG001 -- one of a table
    if known.state in REFUSED_BEFORE:
        return Act.DROP
    return Act.MERGE if _open(known) else Act.DUPLICATE


def _rivalled(known: Conversion, *, enriches: bool) -> Act:  # noqa: ARG001 -- one of a table
    if known.state in REFUSED_BEFORE:
        return Act.SUPERSEDE
    if ended_in_vain(known):
        return Act.REOPEN
    return Act.MERGE if _open(known) else Act.DUPLICATE


def _passed_over(known: Conversion, *, enriches: bool) -> Act:  # noqa: ARG001 -- one of a table
    return Act.DROP if known.state in REFUSED_BEFORE else Act.PASS_OVER


def _contested(known: Conversion, relation: Relation, *, believed: bool) -> Act:
    """Return what a refusal does that comes from a visit which nothing ties to the conversion."""
    may_go = known.state in _MAY_GO
    holds = believed and relation is not Relation.STRANGER and hears_others(known) and may_go and not known.enriched
    return Act.CONTEST if holds else Act.PASS_OVER


def _welcome(known: Conversion, *, enriches: bool) -> Act:
    if known.state in REFUSED_BEFORE:
        return Act.DROP
    if ended_in_vain(known):
        return Act.REOPEN
    if known.state is State.DELIVERED:
        return Act.ENRICH if enriches and not known.enriched else Act.DUPLICATE
    return Act.MERGE if _open(known) else Act.DUPLICATE


def _refused(known: Conversion) -> Act:
    if known.state is State.LEASED:
        return Act.RECALL
    if known.state in _UNLEASED and known.enriched:
        return Act.LEAVE_DELIVERED
    may_be_sent = known.state in _UNLEASED or known.state is State.REFUSED or ended_in_vain(known)
    return Act.WITHDRAW if may_be_sent else Act.DROP


def _ends(known: Conversion) -> bool:
    return _refused(known) is Act.WITHDRAW


def may_be_reached(state: str, reason: str, ended_ms: int, now_ms: int) -> bool:
    """Return whether a visit's later word on consent may still mean something for what it reported."""
    if state == State.DELIVERED:
        return now_ms - ended_ms <= _ENRICHMENT_MS
    if state == State.REFUSED:
        return now_ms - ended_ms <= _RESENDING_MS
    return state in UNSENT or (state == State.EXPIRED and reason in IN_VAIN and now_ms - ended_ms <= _VAIN_MS)


def ended_in_vain(known: Conversion) -> bool:
    """Return whether it ended only because nobody permitted or confirmed it in time."""
    return known.state is State.EXPIRED and known.reason in IN_VAIN


def _open(known: Conversion) -> bool:
    """Return whether it still takes copies: until its first attempt only, for what may be on the wire stands."""
    return not known.frozen and known.state in _UNLEASED


#: From whom a refusal is a refusal; of others it is a claim.
_FIRST = frozenset({Relation.FIRST_VOUCHED, Relation.TAKEN_OVER})
_BELIEVED = _FIRST | {Relation.OWN}
_WELCOMES: Mapping[Relation, "_Welcome"] = {
    Relation.OWN: _welcome,
    Relation.FIRST_VOUCHED: _first_vouched,
    Relation.TAKEN_OVER: _taken_over,
    Relation.CLAIM: _claimed,
    Relation.RIVAL: _rivalled,
    Relation.STRANGER: _passed_over,
}


def drop_reason(known: Conversion | None, stated: Reason | None) -> Reason:
    """Name the reason a dropped arrival is counted under; `stated` is its own."""
    if stated is not None:
        return stated
    return Reason.DENIED_BY_ANOTHER_COPY if known is not None else Reason.CONSENT_NOT_SAID
