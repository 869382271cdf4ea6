"""
On which pixels a browser's purchase waits for a server's word: where a server reported one lately.

It is known by the moment until which it holds, of which nobody says anything but the shop's own server; making a key
says nothing. Where the owner left the rule at `auto`, the audit tells when that began and when it ended.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.story import Change
from twinbeam.core.values import Side, Signal
from twinbeam.pipeline.record.effective_consent import ConsentStatus, EffectiveConsent
from twinbeam.pipeline.record.policy import Terms
from twinbeam.pipeline.record.read_set import PixelPlace, ReadSet
from twinbeam.pipeline.record.write_set import WriteSet

TermsOf = Callable[[str, str], Terms]

WITHIN_MS = 7 * MS_PER_DAY  #: that a server may be silent; the join window expects a twin for as long
_HOUR_MS = 3_600_000
_WHO = "twinbeam"


class Confirming:
    """What one transaction knows of it."""

    def __init__(self, read_set: ReadSet, write_set: WriteSet, terms_of: TermsOf) -> None:
        self._until = read_set.confirming
        self._write_set = write_set
        self._terms_of = terms_of

    def hear(self, arrivals: Sequence[tuple[Signal, bytes]], effective_consents: Sequence[EffectiveConsent]) -> None:
        """Take in where servers report purchases; what is ignored on arrival reports nothing."""
        pairs = zip(arrivals, effective_consents, strict=True)
        found = [
            one
            for (one, _), effective in pairs
            if one.event == "Purchase" and effective.status is not ConsentStatus.ENDS
        ]
        for signal in sorted(filter(_is_from_server, found), key=attrgetter("received_ms")):
            self._hear(signal)

    def _hear(self, signal: Signal) -> None:
        place, until = (signal.workspace, signal.pixel), _until_ms(signal.received_ms)
        before = self._until.get(place)
        if before is not None and until <= before:
            return
        if before is not None and before <= signal.received_ms:
            self._write_set.audit += _told(place, before, self._terms_of, on=False)
        if before is None or before <= signal.received_ms:
            self._write_set.audit += _told(place, signal.received_ms, self._terms_of, on=True)
        self._until[place] = self._write_set.confirming[place] = until


def _is_from_server(signal: Signal) -> bool:
    """Return whether a server reports in earnest; whether the visitor allowed it means nothing here."""
    return signal.channel.side is Side.SERVER and not signal.test_code


def is_awaited(known: Mapping[PixelPlace, int], signal: Signal) -> bool:
    """Return whether a server's word on a purchase is awaited on the pixel of an arrival."""
    return signal.received_ms < known.get((signal.workspace, signal.pixel), 0)


def ended(known: Mapping[PixelPlace, int], now_ms: int, terms_of: TermsOf) -> tuple[list[PixelPlace], list[Change]]:
    """Return the pixels on which no server's word is awaited any more, and what the audit has to say of it."""
    over = sorted(place for place, until in known.items() if until <= now_ms)
    return over, [change for place in over for change in _told(place, known[place], terms_of, on=False)]


def _until_ms(received_ms: int) -> int:
    """Count from the end of the hour, so that it is written down, and told to the intake, once an hour at most."""
    return received_ms - received_ms % _HOUR_MS + _HOUR_MS + WITHIN_MS


def _told(place: PixelPlace, at_ms: int, terms_of: TermsOf, *, on: bool) -> list[Change]:
    """Put it into a line of the audit, where the rule depends on it."""
    if terms_of(*place).rules.confirming != "auto":
        return []
    states = ("off", "on: a server reported a purchase")
    before, after = states if on else ("on", f"off: no server reported a purchase for {WITHIN_MS // MS_PER_DAY} days")
    return [Change(at_ms, _WHO, f"pixel {'/'.join(place)} confirm_purchases=auto", before, after)]
