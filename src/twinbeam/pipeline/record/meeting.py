"""How an arrival meets its conversion: what it is to it, whether a claim of it is believed, and what it does."""

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from twinbeam.core.values import Channel, Signal
from twinbeam.pipeline.record.arriving import Arriving
from twinbeam.pipeline.record.claims import About, ClaimLimits, told_by
from twinbeam.pipeline.record.conversion import STRONG, Conversion
from twinbeam.pipeline.record.decision_table import Act, decide
from twinbeam.pipeline.record.effective_consent import ConsentStatus, EffectiveConsent
from twinbeam.pipeline.record.joining import split
from twinbeam.pipeline.record.relation import Relation, relation_of
from twinbeam.pipeline.record.transitions import MOST_COPIES
from twinbeam.pipeline.record.visits import refuses

#: Acts after which the id of an arrival may go to TikTok.
_SENDS = frozenset({Act.OPEN, Act.SUPERSEDE, Act.SPLIT, Act.TAKE_OVER, Act.MERGE, Act.REOPEN})
Enriches = Callable[[Conversion, Signal], bool]


class Meeting(NamedTuple):
    """An arrival, and what it does."""

    it: Arriving
    act: Act


def meet(
    known: Conversion | None,
    it: Arriving,
    visitors: tuple[bytes, ...],
    *,
    limits: ClaimLimits,
    enriches: bool,
    is_used: bool = False,
) -> Meeting:
    """
    Return what an arrival is to its conversion, and what it does to it.

    With `is_used` its event id may have reached TikTok for somebody else.
    """
    signal, effective = it.signal, it.effective
    is_browser = signal.channel is Channel.BROWSER
    relation = Relation.OWN if known is None else relation_of(known, signal, visitors, it.visitor)
    believed = _needs_belief(known) and _claims(signal, effective) and believes(limits, signal)
    act = decide(known, effective.status, relation, enriches=enriches, believed=believed or not is_browser)
    if is_used and act in _SENDS and signal.visits and signal.native != "sent":
        return Meeting(replace(it, signal=split(signal), relation=relation, believed=believed), act)
    if act is Act.MERGE and is_browser and known is not None and known.copies >= MOST_COPIES:
        act = Act.DUPLICATE
    return Meeting(replace(it, relation=relation, believed=believed), act)


def believes(limits: ClaimLimits, signal: Signal, about: About | None = None) -> bool:
    """
    Return whether one more claim of a browser is within limits: one about its order, or its event, unless told.

    The visit is known here by its first token: a store may name it otherwise from one transaction to the next.
    """
    visit = signal.visits[0] if signal.visits else b""
    return limits.believe(visit, signal.address, about or told_by(signal), signal.received_ms)


def is_refusal(signal: Signal, effective: EffectiveConsent) -> bool:
    """Return whether an arrival is a refusal: an event by its final word, a statement by what it says."""
    if signal.event:
        return effective.status is ConsentStatus.REFUSED
    return signal.consent is not None and refuses(signal.consent)


def _needs_belief(known: Conversion | None) -> bool:
    """Return whether belief matters: where a server names the visit, that visit is heard anyway, and no other."""
    return known is None or not known.evidence & STRONG


def _claims(signal: Signal, effective: EffectiveConsent) -> bool:
    """Return whether a browser says something that could hold back what somebody else reported."""
    if signal.channel is not Channel.BROWSER or effective.status is ConsentStatus.ENDS:
        return False
    return effective.status is ConsentStatus.REFUSED or signal.native == "sent"
