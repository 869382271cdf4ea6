"""
The final word on an arrival's permission: what the event said, joined with what its visit has said by now.

The consent room judged the event by itself; here the visit's remembered record joins in, and the same judge is asked
again. What the event itself refused stays refused: a later grant of the visit does not bring it back.
"""

from enum import StrEnum, auto

from msgspec import Struct

from twinbeam.core.consent import LIMITABLE, NOTHING_SAID, ConsentRecord, latest, same_answers, same_places
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Decision, Signal
from twinbeam.pipeline.record.policy import Judge, Terms


class ConsentStatus(StrEnum):
    """Where an arrival stands."""

    ALLOWED = auto()
    UNSAID = auto()  #: nothing needed was refused, but not all of it was granted
    REFUSED = auto()
    ENDS = auto()  #: it goes no further whatever the visitor said; it is only counted


class EffectiveConsent(Struct, frozen=True, gc=False):
    """An arrival's status, what it rests on, and on what conditions it may be sent."""

    status: ConsentStatus
    basis: str
    reason: Reason | None = None  #: set for REFUSED and ENDS
    limited: bool = False
    bare: bool = False


_STATUSES = {
    Decision.ALLOWED: ConsentStatus.ALLOWED,
    Decision.UNDECIDED: ConsentStatus.UNSAID,
    Decision.DROPPED: ConsentStatus.REFUSED,
}


def effective_consent_of(signal: Signal, visit: ConsentRecord | None, terms: Terms, judge: Judge) -> EffectiveConsent:
    """Judge an arrival with all that its visit has said; `visit` is None where nothing is remembered."""
    said = signal.permission
    if said.decision is Decision.DROPPED:
        status = ConsentStatus.REFUSED if said.reason is Reason.NO_CONSENT else ConsentStatus.ENDS
        return EffectiveConsent(status, said.basis, said.reason)
    if visit is not None and not _adds_nothing(visit, signal.consent):
        said = judge(terms.rules.consent, latest(signal.consent or NOTHING_SAID, visit), signal.event_source)
    bare = said.bare or (signal.permission.bare and signal.event_source not in LIMITABLE)  # its own word, whoever asks
    return EffectiveConsent(_STATUSES[said.decision], said.basis, said.reason, limited=said.limited, bare=bare)


def _adds_nothing(visit: ConsentRecord, said: ConsentRecord | None) -> bool:
    """Return whether joining a visit's record leaves the answers and the places on which an arrival was judged."""
    return said is not None and same_places(visit, said) and same_answers(visit, said)
