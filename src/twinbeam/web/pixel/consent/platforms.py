"""Who told what visitors said, such as a consent platform (CMP), side by side. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from twinbeam.core.pixel_counts import ConsentWord
from twinbeam.core.sightings import Seen
from twinbeam.web.debugger.rows import row_of
from twinbeam.web.pixel.contract import Place

MOST_PLATFORMS = 10  #: a public key may name any number
_ENOUGH = 20  #: fewer copies tell nothing
_FAR = 0.2

#: What the names of the browser tag mean; others are a sender's own.
_MEANINGS: Mapping[str, str] = {
    "page": "the page's own call",
    "google": "Google's consent mode",
    "gpc": "the browser's opt-out signal (GPC)",
    "tcf": "IAB's TCF, by whichever platform",
    "gpp": "IAB's GPP, by whichever platform",
}


class Platform(Struct, frozen=True):
    """One of those who told of consent, and what they said."""

    source: str  #: as it names itself; empty where nobody is named
    said: Mapping[str, int]
    channels: Sequence[str]
    located: int  #: copies that tell the visitor's region

    @property
    def n(self) -> int:
        """All its copies."""
        return sum(self.said.values())

    @property
    def meaning(self) -> str:
        """What its name means, where we know."""
        return _MEANINGS.get(self.source, "")

    @property
    def granted(self) -> float:
        """The share of its copies that say granted."""
        return self.said[ConsentWord.GRANTED] / self.n


def platforms_of(seen: Iterable[Seen], place: Place) -> list[Platform]:
    """Return those who told of consent in some arrivals of a pixel, the most frequent first."""
    said: dict[str, dict[str, int]] = {}
    channels: dict[str, set[str]] = {}
    located: dict[str, int] = {}
    for it in seen:
        row = row_of(it, None)
        if (it.workspace, it.pixel) != place or it.sighting.consent is None or not row.word:
            continue
        source = it.sighting.consent.source
        words = said.setdefault(source, dict.fromkeys(map(str, ConsentWord), 0))
        words[row.word] += 1
        channels.setdefault(source, set()).add(it.sighting.channel)
        located[source] = located.get(source, 0) + bool(row.region)
    found = [Platform(source, words, sorted(channels[source]), located[source]) for source, words in said.items()]
    return sorted(found, key=lambda it: (-it.n, it.source))[:MOST_PLATFORMS]


def apart(platforms: Sequence[Platform]) -> list[str]:
    """Return which two do not say the same, where both said enough."""
    known = [it for it in platforms if it.source and it.n >= _ENOUGH]
    return [
        f"{one.source} says granted in {one.granted:.0%} of its copies, and {other.source} in {other.granted:.0%}. If "
        "both hear one banner, one of them does not pass on what visitors say."
        for one, other in combinations(known, 2)
        if abs(one.granted - other.granted) > _FAR
    ]
