"""What a later copy says otherwise than its conversion: found, counted and shown; authority decides what is sent."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.money import shown
from twinbeam.core.outcomes import Finding
from twinbeam.core.values import Channel, Signal
from twinbeam.pipeline.record.conversion import Conversion
from twinbeam.pipeline.record.read_set import PixelEvent, Spelled

_OPEN = frozenset({State.HELD, State.READY, State.EXPIRED})


class Discrepancy(Struct, frozen=True, gc=False):
    """One thing a copy says otherwise, and in what words."""

    finding: Finding
    words: str


def discrepancies(
    known: Conversion, signal: Signal, spelled: Mapping[PixelEvent, Spelled], *, joined: bool
) -> list[Discrepancy]:
    """
    Compare a copy with what its conversion says so far; a conversion that keeps nothing has nothing to compare.

    An id that was `joined` before, as in a webhook that is sent again, is no news.
    """
    if not known.event_id:
        return []
    found = []
    if signal.event_id != known.event_id and not joined:
        healed = known.state in _OPEN and not known.frozen
        finding = Finding.ID_HEALED if healed else Finding.ID_MISMATCH
        found.append(Discrepancy(finding, f"event_id {signal.event_id}"))
    if signal.currency and known.currency and signal.currency != known.currency:
        found.append(Discrepancy(Finding.CURRENCY_DIFFERS, f"currency {signal.currency}"))
    elif signal.minor is not None and known.minor is not None and signal.minor != known.minor:
        found.append(Discrepancy(Finding.VALUE_DIFFERS, f"value {shown(signal.minor, signal.currency)}"))
    word = spelled.get((signal.workspace, signal.pixel, signal.event))
    written = signal.spelling or signal.event
    if word is not None and signal.channel is not Channel.BROWSER and written != word.spelling:
        found.append(Discrepancy(Finding.NAME_DIFFERS, f"name {written}"))
    return found


def worded(found: Sequence[Discrepancy]) -> str:
    """Put differences into words, for the story of the copy."""
    return ", ".join(difference.words for difference in found)
