"""
What is counted of a pixel's events beside their states: names of a few words each, from closed or bounded sets.

A count is of a kind, an event and a name; what a name is made of is told by the functions here alone.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

_BETWEEN = "|"
MORE = "more"
_MS_PER_SECOND = 1_000


class CountKind(StrEnum):
    """What is counted."""

    CARRIED = "carried"  #: conversions that TikTok accepted, by the sides that reported them and a match key
    BARE = "bare"  #: those of them that consent let go without identifiers alone, by side: of an event, and of all ("")
    GAP = "gap"  #: conversions that both sides reported, by the side that came first and how much later the other did
    CONSENT = "consent"  #: copies, by channel, region, what was said, and what was decided
    HOUR = "hour"  #: copies of whatever event, by the UTC hour in which they came
    PARAMETER = "parameter"  #: conversions that TikTok accepted, by a parameter that they carried
    DELAY = "delay"  #: conversions that TikTok accepted, by how long after their first copy
    NOTICE = "notice"  #: permitted copies of whatever event, without tests, by side and by what their sender is to mend


class ToMend(StrEnum):
    """What senders are told to mend, as far as it is counted."""

    EMAIL_INVALID = "email_invalid"
    PHONE_INVALID = "phone_invalid"
    ADDRESS_PRIVATE = "address_private"
    PERSONAL_DATA = "personal_data"
    CURRENCY_UNKNOWN = "currency_unknown"
    VALUE_NOT_NUMBER = "value_not_number"
    UNKNOWN_FIELD = "unknown_field"
    TIME_OLD = "time_old"
    OLD_NAME = "old_name"  #: a name that TikTok replaced
    RESERVED_NAME = "reserved_name"  #: a name that TikTok takes for a standard event


class PixelCount(Struct, frozen=True, gc=False, order=True):
    """One count of a pixel and UTC day."""

    day: int
    workspace: str
    pixel: str
    kind: str
    event: str
    name: str
    n: int


CountedEvent = tuple[str, str]
"""(kind, event): some counts of any pixel and day, which lie side by side."""


class Lapses(Struct, frozen=True):
    """Steps of time, by their upper bounds in seconds."""

    bounds: tuple[int, ...]

    def step(self, ms: int) -> str:
        """Return the step of a length of time."""
        return next((str(bound) for bound in self.bounds if ms < bound * _MS_PER_SECOND), MORE)

    @property
    def steps(self) -> list[str]:
        """All steps, the shortest first."""
        return [*map(str, self.bounds), MORE]

    def name(self, step: str) -> str:
        """Return a step in words."""
        return f"{_lapse(self.bounds[-1])} or more" if step == MORE else f"under {_lapse(int(step))}"


GAPS = Lapses((1, 5, 10, 60, 300, 3_600, 86_400, 172_800))
"""Between the two sides; TikTok merges copies for 5 minutes and drops repeated ones for 48 hours (tiktok.md 7.1)."""

GAP_JOINED = "joined"
"""Conversions whose gap was counted, and which were joined with another of both sides afterwards: less by as many."""

DELAYS = Lapses((1, 2, 5, 10, 30, 60, 300, 3_600, 86_400))
"""From the first copy to TikTok's answer."""


class ConsentWord(StrEnum):
    """What a copy said of consent, in one word."""

    GRANTED = "granted"
    PARTLY = "partly"  #: only one of the two purposes that are needed was granted
    DENIED = "denied"
    OPTED_OUT = "opted_out"
    UNDECIDED = "undecided"  #: there was a word, and nobody could tell what it means
    NOTHING = "nothing"


class Decided(StrEnum):
    """What was decided of a copy, its visit's word included."""

    ALLOWED = "allowed"
    WAITS = "waits"
    DROPPED = "dropped"


#: By the code of a notice, and by field and code where the field matters, or by the event as well.
MEND_BY_CODE: Mapping[str, ToMend] = {
    "email_invalid": ToMend.EMAIL_INVALID,
    "phone_unresolvable": ToMend.PHONE_INVALID,
    "ip_not_public": ToMend.ADDRESS_PRIVATE,
    "connection_not_public": ToMend.ADDRESS_PRIVATE,
    "text_scrubbed": ToMend.PERSONAL_DATA,
    "id_personal": ToMend.PERSONAL_DATA,
    "place_personal": ToMend.PERSONAL_DATA,
    "currency_unknown": ToMend.CURRENCY_UNKNOWN,
    "unknown_field": ToMend.UNKNOWN_FIELD,
    "event_time_old": ToMend.TIME_OLD,
}
MEND_BY_FIELD: Mapping[tuple[str, str], ToMend] = {
    ("properties.value", "value_left_out"): ToMend.VALUE_NOT_NUMBER,
    ("page.url", "url_scrubbed"): ToMend.PERSONAL_DATA,
}


def joined(*parts: str) -> str:
    """Return the name that is made of some parts."""
    return _BETWEEN.join(parts)


def parted(name: str) -> Sequence[str]:
    """Return the parts of a name."""
    return name.split(_BETWEEN)


def _lapse(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3_600 else f"{seconds // 3_600} h"
