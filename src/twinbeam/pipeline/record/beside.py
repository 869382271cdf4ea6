"""
Counting of a pixel's events what is neither state nor side: it changes in the transaction that changes what it counts.

An adversary with a public key may name any event and any region: both are counted under a bounded number of names.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.names import FORMER, STANDARD
from twinbeam.core.outcomes import Reason
from twinbeam.core.pixel_counts import (
    GAP_JOINED,
    GAPS,
    MEND_BY_CODE,
    MEND_BY_FIELD,
    ConsentWord,
    CountKind,
    Decided,
    PixelCount,
    ToMend,
    joined,
)
from twinbeam.core.values import Channel, Signal
from twinbeam.pipeline.record.counted import OTHER, CountedNames
from twinbeam.pipeline.record.effective_consent import ConsentStatus, EffectiveConsent

PixelCountKey = tuple[int, str, str, str, str, str]
"""(day, workspace, pixel, kind, event, name)"""

_MS_PER_HOUR = 3_600_000
_DECIDED = {
    ConsentStatus.ALLOWED: Decided.ALLOWED,
    ConsentStatus.UNSAID: Decided.WAITS,
    ConsentStatus.REFUSED: Decided.DROPPED,
}
#: Pages of these have addresses with a token of the shop's own, such as WooCommerce's key: its removal tells nothing.
_ON_PAGES_WITH_TOKENS = frozenset({"Purchase", "PlaceAnOrder", "InitiateCheckout", "AddPaymentInfo", "Pageview"})
_FORMER_NAMES = frozenset(FORMER.values())


class PixelCounts:
    """Changes to what is counted beside, summed up before they are written."""

    def __init__(self) -> None:
        self._changes: dict[PixelCountKey, int] = {}

    def add(self, key: PixelCountKey, n: int) -> None:
        """Add to one count."""
        self._changes[key] = self._changes.get(key, 0) + n

    def gap(self, place: tuple[int, str, str, str], first: str, ms: int) -> None:
        """Count that the second side has reported a conversion, so much later than the first."""
        self.add((*place[:3], CountKind.GAP, place[3], joined(first, GAPS.step(ms))), 1)

    def joined(self, place: tuple[int, str, str, str]) -> None:
        """Count that a conversion of both sides, whose gap was counted, is counted in another one from now on."""
        self.add((*place[:3], CountKind.GAP, place[3], GAP_JOINED), 1)

    def arrived(self, signal: Signal, effective: EffectiveConsent, regions: CountedNames) -> None:
        """Count a copy: in its hour, what it says of consent, and, unless it is a test, what its sender is to mend."""
        self._hour(signal)
        self._consent(signal, effective, regions)
        if (signal.told or signal.spelling) and effective.status is ConsentStatus.ALLOWED and not signal.test_code:
            self._told(signal)

    def _hour(self, signal: Signal) -> None:
        day, ms = divmod(signal.received_ms, MS_PER_DAY)
        self.add((day, signal.workspace, signal.pixel, CountKind.HOUR, "", f"{ms // _MS_PER_HOUR:02}"), 1)

    def _consent(self, signal: Signal, effective: EffectiveConsent, regions: CountedNames) -> None:
        """Count a copy's word unless it ends for another reason; custom events share a name here."""
        decided = _DECIDED.get(effective.status)
        if decided is None:
            return
        place = (day_of(signal.received_ms), signal.workspace, signal.pixel)
        region = regions.of(*place, region_of(signal.consent))
        word = said(signal.consent, is_refused=signal.permission.reason is Reason.NO_CONSENT)
        name = joined(signal.channel.value, region, word, decided)
        self.add((*place, CountKind.CONSENT, signal.event if signal.event in STANDARD else OTHER, name), 1)

    def _told(self, signal: Signal) -> None:
        """Count each thing that is to be mended once; of whatever event, so that few rows are written."""
        place = (day_of(signal.received_ms), signal.workspace, signal.pixel)
        has_token = signal.event in _ON_PAGES_WITH_TOKENS
        for name in to_mend(tuple(signal.told), signal.spelling, signal.channel, has_token=has_token):
            self.add((*place, CountKind.NOTICE, "", name), 1)

    def __iter__(self) -> Iterator[PixelCount]:
        return (PixelCount(*key, n) for key, n in sorted(self._changes.items()) if n)


@lru_cache(maxsize=1024)
def to_mend(told: tuple[str, ...], spelling: str, channel: Channel, *, has_token: bool) -> Sequence[str]:
    """
    Return the names under which it is counted what a sender is told to mend: by fields and codes, one after the other.

    A sender makes the same mistakes again and again, and a copy must cost little more for them.
    """
    found = {ToMend.OLD_NAME if spelling in _FORMER_NAMES else ToMend.RESERVED_NAME} if spelling else set()
    for field, code in zip(told[::2], told[1::2], strict=False):
        kind = MEND_BY_CODE.get(code) or MEND_BY_FIELD.get((field, code))
        is_usual = (code == "url_scrubbed" and has_token) or (code == "event_time_old" and channel is Channel.FILE)
        if kind is not None and not is_usual:
            found.add(kind)
    return [joined(channel.side.value, kind) for kind in sorted(found)]


def said(record: ConsentRecord | None, *, is_refused: bool) -> ConsentWord:
    """Return in one word what a copy itself said of consent; `is_refused` tells of one whose record is gone."""
    if record is None:
        return ConsentWord.DENIED if is_refused else ConsentWord.NOTHING
    needed = [record.ad_storage.answer, record.ad_user_data.answer]
    if "denied" in needed:
        return ConsentWord.DENIED
    if record.opt_out.answer == "denied":
        return ConsentWord.OPTED_OUT
    if "undecided" in needed:
        return ConsentWord.UNDECIDED
    granted = needed.count("granted")
    return (ConsentWord.NOTHING, ConsentWord.PARTLY, ConsentWord.GRANTED)[granted]


def region_of(record: ConsentRecord | None) -> str:
    """Return the place under which a copy's word is counted, empty where nobody knows."""
    return "" if record is None else record.region.code or record.seen.code
