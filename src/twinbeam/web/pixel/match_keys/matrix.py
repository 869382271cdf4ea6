"""
Match keys by event and side: shares, our score, its band, and what a key would add if all carried it. Pure.

The score and its weights are ours (docs/concepts/estimates.md), and so are the bands and what is to be done in each.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.outcomes import Finding
from twinbeam.core.pixel_counts import PixelCount, parted
from twinbeam.core.rates import WEIGHTS, Band, band_of
from twinbeam.core.story import Count
from twinbeam.core.values import Side
from twinbeam.pipeline.record.counters import FINDING

SIDES = ("browser", "server", "both")
MOST_EVENTS = 20
_WHOLE = sum(WEIGHTS.values())
_ENOUGH = 20  #: fewer conversions tell no cause
_FEW = 0.3


class MatchLine(Struct, frozen=True):
    """The accepted conversions of one event and side, or of several."""

    event: str  #: empty for all
    side: str  #: likewise
    accepted: int
    carried: Mapping[str, int]  #: by match key

    def share(self, key: str) -> float:
        """Return how many of one carried a key."""
        return self.carried.get(key, 0) / self.accepted if self.accepted else 0.0

    @property
    def score(self) -> float:
        """Our estimate from 0 to 10."""
        return 10 * sum(weight * self.share(key) for key, weight in WEIGHTS.items()) / _WHOLE

    @property
    def band(self) -> Band:
        """The band of the score."""
        return band_of(self.score)

    def gain(self, key: str) -> float:
        """Return by how much the score would rise if all carried a key."""
        return 10 * WEIGHTS[key] * (1 - self.share(key)) / _WHOLE

    @property
    def gains(self) -> list[tuple[str, float]]:
        """The keys that would add something, the most first."""
        found = [(key, self.gain(key)) for key in WEIGHTS if self.share(key) < 1]
        return sorted(found, key=lambda it: -it[1])


def lines_of(counts: Iterable[PixelCount], since_day: int) -> list[MatchLine]:
    """Add counts up by event and side: the busiest events first."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for count in counts:
        if count.day >= since_day:
            side, key = parted(count.name)
            place = sums.setdefault((count.event, side), {})
            place[key] = place.get(key, 0) + count.n
    lines = [MatchLine(*place, carried.get("", 0), carried) for place, carried in sums.items() if carried.get("", 0)]
    busy: dict[str, int] = {}
    for line in lines:
        busy[line.event] = busy.get(line.event, 0) + line.accepted
    told = sorted(busy, key=lambda event: (-busy[event], event))[:MOST_EVENTS]
    return sorted(
        (line for line in lines if line.event in told),
        key=lambda line: (told.index(line.event), SIDES.index(line.side)),
    )


def total(lines: Sequence[MatchLine], event: str = "", side: str = "") -> MatchLine:
    """Add lines up, of an event, of a side, or all."""
    meant = [line for line in lines if event in ("", line.event) and side in ("", line.side)]
    keys = {key for line in meant for key in line.carried}
    carried = {key: sum(line.carried.get(key, 0) for line in meant) for key in keys}
    return MatchLine(event, side, sum(line.accepted for line in meant), carried)


def causes(lines: Sequence[MatchLine], counts: Iterable[Count], since_day: int) -> list[str]:
    """Return why visitors are not matched, as far as the numbers tell it."""
    recent = (count for count in counts if count.day >= since_day and count.outcome == FINDING)
    lost = sum(count.n for count in recent if count.reason == Finding.CLICK_LOST)
    found = [f"{Finding.CLICK_LOST.sentence} Events that tell so: {lost:,}."] if lost else []
    for (side, key), sentence in _CAUSES.items():
        line = total(lines, side=side)
        if line.accepted >= _ENOUGH and line.share(key) < _FEW:
            found.append(sentence.format(n=line.accepted - line.carried.get(key, 0), whole=line.accepted))
    return found


_CAUSES: Mapping[tuple[str, str], str] = {
    (Side.SERVER, "ip"): (
        "{n:,} of {whole:,} conversions of the server alone lack the visitor's IP address and user agent. "
        "Keep both at checkout and send them; the server's own address helps nobody."
    ),
    (Side.SERVER, "ttclid"): (
        "{n:,} of {whole:,} conversions of the server alone lack the click id. Keep it from the landing page, or send "
        "a cart or checkout token with both copies, so that the server's borrows it."
    ),
    (Side.SERVER, "ttp"): (
        "{n:,} of {whole:,} conversions of the server alone lack the browser id. Send a token that both copies share."
    ),
    ("", "email"): (
        "{n:,} of {whole:,} conversions carried no e-mail address. A shop mostly knows it at checkout: send it with "
        "the server's copy, or let the tag know it where a form asks for one."
    ),
    (Side.BROWSER, "ttclid"): (
        "{n:,} of {whole:,} conversions of the browser alone came without a click id. Visitors who clicked no ad have "
        "none; where most come from ads, look for a redirect that drops it."
    ),
}
