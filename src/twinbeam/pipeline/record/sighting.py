"""What the debugger is told of an arrival, once it is decided what became of it."""

from collections.abc import Mapping

from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.sightings import OPENED, Sighting, SightingPlace
from twinbeam.core.values import Decision, Signal
from twinbeam.pipeline.record.conversion import ORDER_ENDS
from twinbeam.pipeline.record.decision_table import Act, drop_reason
from twinbeam.pipeline.record.effective_consent import ConsentStatus, EffectiveConsent

_BECAME: Mapping[Act, str] = {
    **dict.fromkeys(Act, Outcome.DROPPED.value),
    **dict.fromkeys((Act.OPEN, Act.OPEN_ENDED, Act.SUPERSEDE, Act.SPLIT), OPENED),
    **dict.fromkeys((Act.MERGE, Act.ENRICH, Act.REOPEN, Act.TAKE_OVER), Outcome.MERGED.value),
    **dict.fromkeys((Act.DUPLICATE, Act.PASS_OVER), Outcome.DUPLICATE.value),
}
_DECISIONS = {
    ConsentStatus.ALLOWED: Decision.ALLOWED.value,
    ConsentStatus.UNSAID: Decision.UNDECIDED.value,
    ConsentStatus.REFUSED: Decision.DROPPED.value,
    ConsentStatus.ENDS: Decision.DROPPED.value,
}


def sighted(
    signal: Signal, effective: EffectiveConsent, act: Act, conversion: int = 0, *, known: bool = False
) -> tuple[SightingPlace, Sighting]:
    """
    Return where an arrival belongs, and what is kept of it.

    `conversion` is the one it belongs to, 0 where none is kept of it; `known` tells that there was one before.
    """
    channel, status = signal.channel, effective.status
    is_refused = act is Act.PASS_OVER and status is ConsentStatus.REFUSED
    became = Outcome.DROPPED.value if is_refused else _BECAME[act]
    is_allowed = status is ConsentStatus.ALLOWED
    return SightingPlace(signal.workspace, signal.pixel, channel.side.value), Sighting(
        signal.received_ms,
        signal.event,
        signal.event_source,
        channel.value,
        signal.source,
        became,
        conversion,
        _DECISIONS[status],
        effective.basis,
        _reason(signal, effective, act, known=known) if became == Outcome.DROPPED else "",
        signal.match if is_allowed else 0,
        signal.told if is_allowed else (),
        bool(signal.test_code),
        effective.limited,
        effective.bare,
        signal.consent,
        signal.spelling,
    )


def is_shown(signal: Signal) -> bool:
    """Return whether the debugger shows an arrival: a tag's word that a page was opened is no event of its own."""
    return signal.permission.reason is not Reason.PAGE_SEEN


def _reason(signal: Signal, effective: EffectiveConsent, act: Act, *, known: bool) -> str:
    """Name why an arrival was dropped, as it is counted."""
    by_order = ORDER_ENDS.get(signal.stage) if act in (Act.IGNORE, Act.CANCEL) else None
    if act is Act.CANCEL and by_order is not None:
        return by_order
    if effective.reason is None and by_order is not None:
        return by_order
    return drop_reason(None, effective.reason) if not known else effective.reason or Reason.DENIED_BY_ANOTHER_COPY
