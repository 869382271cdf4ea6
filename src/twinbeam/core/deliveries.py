"""
What came from a source lately, for its owner to look at: nothing in it is about a person.

A delivery stands in the list only if its source has signed it; what anybody can send is counted, so that no stranger
pushes a real delivery out.
"""

from collections.abc import Iterable, Mapping
from math import ceil, exp, log

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.clock import MS_PER_DAY

MOST = 50  #: deliveries that are listed of a source
DAYS = 8  #: of which unsigned requests are counted
MS_PER_HOUR = 3_600_000
_HOURS = 24
_STEP = log(1.1)  #: a lag is told to a tenth of it

TAKEN, NOT_USED, UNREADABLE, NOT_KEPT = "taken", "not used", "unreadable", "not kept"
WRONGLY_SIGNED, TOO_LARGE, PING = "wrongly signed", "too large", "ping"
UNSIGNED = frozenset({WRONGLY_SIGNED, TOO_LARGE, PING})
"""Outcomes of what nobody has signed."""


class Delivery(Struct, frozen=True, gc=False):
    """One request to the address of a source."""

    at_ms: int
    topic: str  #: as the sender names it; of some systems nobody signs it
    outcome: str
    reason: str = ""  #: a sentence of ours
    lag_ms: int | None = None  #: from the shop's modification to the receipt


class SourceDeliveries(Struct, frozen=True):
    """What is known of one source's deliveries; joining two is the order of nothing."""

    last: tuple[Delivery, ...] = ()  #: signed ones, the newest first
    signed: int = 0  #: how many were signed since counting began
    unsigned: Mapping[str, int] = {}  #: by `<UTC day>/<outcome>`
    unsigned_ms: int = 0  #: when the last of them came
    lags: Mapping[str, int] = {}  #: by `<UTC hour>/<step>`: how many deliveries were so late

    def unsigned_of(self, outcome: str, now_ms: int) -> int:
        """Return how many of an outcome came today and yesterday, in UTC."""
        days = (now_ms // MS_PER_DAY, now_ms // MS_PER_DAY - 1)
        return sum(self.unsigned.get(f"{day}/{outcome}", 0) for day in days)

    def lag_ms(self, share: float, now_ms: int) -> int | None:
        """Return the lag that a share of the last day's deliveries did not exceed, or None without any."""
        since = now_ms // MS_PER_HOUR - _HOURS
        steps: dict[int, int] = {}
        for place, n in self.lags.items():
            hour, step = map(int, place.split("/"))
            if hour > since:
                steps[step] = steps.get(step, 0) + n
        rank, passed = ceil(sum(steps.values()) * share), 0
        for step in sorted(steps):
            passed += steps[step]
            if passed >= rank:
                return round(exp(step * _STEP)) - 1
        return None


NOTHING_HEARD = SourceDeliveries()


def hear(heard: SourceDeliveries, one: Delivery) -> SourceDeliveries:
    """Add a delivery, and forget what is old."""
    if one.outcome in UNSIGNED:
        day = one.at_ms // MS_PER_DAY
        place = f"{day}/{one.outcome}"
        counted = {**heard.unsigned, place: heard.unsigned.get(place, 0) + 1}
        recent = {it: n for it, n in counted.items() if int(it.partition("/")[0]) > day - DAYS}
        return replace(heard, unsigned=recent, unsigned_ms=max(heard.unsigned_ms, one.at_ms))
    lags = heard.lags
    if one.lag_ms is not None:
        hour = one.at_ms // MS_PER_HOUR
        place = f"{hour}/{ceil(log(max(0, one.lag_ms) + 1) / _STEP)}"
        counted = {**lags, place: lags.get(place, 0) + 1}
        lags = {it: n for it, n in counted.items() if int(it.partition("/")[0]) > hour - _HOURS}
    return replace(heard, last=(one, *heard.last)[:MOST], signed=heard.signed + 1, lags=lags)


def joined(parts: Iterable[SourceDeliveries]) -> SourceDeliveries:
    """Return what several processes heard of one source."""
    known = list(parts)
    listed = sorted((one for heard in known for one in heard.last), key=lambda one: one.at_ms, reverse=True)
    return SourceDeliveries(
        last=tuple(listed[:MOST]),
        signed=sum(heard.signed for heard in known),
        unsigned=_summed(heard.unsigned for heard in known),
        unsigned_ms=max((heard.unsigned_ms for heard in known), default=0),
        lags=_summed(heard.lags for heard in known),
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for place, n in each.items():
            total[place] = total.get(place, 0) + n
    return total
