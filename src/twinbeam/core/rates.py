"""
The figures that we estimate of a pixel, as pure arithmetic: how much is deduplicated, how well visitors are matched.

TikTok tells neither by an API; docs/concepts/estimates.md says what each leaves out.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.fleet import EventWeek
from twinbeam.core.values import MATCH

HEALTHY_DEDUP = 0.9

#: What a match key is worth. TikTok publishes no weights; these follow the order of strength (tiktok.md 11.4).
WEIGHTS: Mapping[str, float] = {
    "ttclid": 0.25,
    "email": 0.2,
    "phone": 0.2,
    "external_id": 0.1,
    "ttp": 0.1,
    "ip": 0.15,
}
NAMES: Mapping[str, str] = {
    "ttclid": "click id (ttclid)",
    "email": "e-mail",
    "phone": "phone",
    "external_id": "customer id",
    "ttp": "browser id (ttp)",
    "ip": "IP address and user agent",
}
assert NAMES.keys() <= MATCH.keys()


class Band(Struct, frozen=True):
    """A part of the scale from 0 to 10."""

    least: float
    name: str
    reach: str
    action: str

    @property
    def is_good(self) -> bool:
        """Return whether a score in it is as it should be."""
        return self.least >= GOOD_MATCH


GOOD_MATCH = 5.0  #: from here on a score is good: the second of TikTok's four bands begins there
BANDS = (
    Band(8.0, "great", "8 to 10", "Keep it so, and watch the shares: a changed form or banner shows here first."),
    Band(5.0, "good", "5 to 7.9", "Add the one key that would add most, at the event that you optimise for."),
    Band(3.0, "fair", "3 to 4.9", "Send e-mail or phone with every purchase and lead, the click id with every copy."),
    Band(0.0, "poor", "0 to 2.9", "Hardly anybody is matched: see below what is missing, before more money is spent."),
)


def band_of(score: float) -> Band:
    """Return the band of a score as it is shown, with one decimal."""
    return next(band for band in BANDS if round(score, 1) >= band.least)


class Share(Struct, frozen=True):
    """A part of a whole that is not nothing."""

    part: int
    whole: int

    @property
    def of_one(self) -> float:
        """The part, as a number from 0 to 1."""
        return self.part / self.whole

    @property
    def is_healthy(self) -> bool:
        """Return whether a deduplication rate is as it should be."""
        return self.of_one >= HEALTHY_DEDUP


class MatchScore(Struct, frozen=True):
    """Our estimate of how well TikTok can match visitors, from 0 to 10."""

    score: float
    keys: Sequence[tuple[str, Share]]  #: each match key, with how many accepted conversions carried it

    @property
    def band(self) -> str:
        """Return the score in a word."""
        return band_of(self.score).name

    @property
    def missing(self) -> str:
        """Return the match key that would raise the score most."""
        return max(self.keys, key=lambda key: WEIGHTS[key[0]] * (1 - key[1].of_one))[0]


def dedup(events: Iterable[EventWeek]) -> Share | None:
    """
    Return how many of the conversions that both sides can have reported were reported under one id.

    The whole is what both reported, and the rest of whichever side reported less: at most so many can have a twin. An
    event that only one side ever reports says nothing; where that is so of all of them, there is no rate.
    """
    two_sided = [it for it in events if it.browser + it.both and it.server + it.both]
    whole = sum(it.both + min(it.browser, it.server) for it in two_sided)
    part = sum(max(0, it.both - it.mismatched) for it in two_sided)
    return Share(part, whole) if whole else None


def match_score(events: Iterable[EventWeek]) -> MatchScore | None:
    """Return the weighted coverage of match keys among what TikTok accepted; None where that is nothing."""
    told = list(events)
    accepted = sum(it.accepted for it in told)
    if not accepted:
        return None
    keys = [(key, Share(sum(getattr(it, key) for it in told), accepted)) for key in WEIGHTS]
    return MatchScore(10 * sum(WEIGHTS[key] * share.of_one for key, share in keys) / sum(WEIGHTS.values()), keys)


def accepted(delivered: int, refused: int) -> Share | None:
    """Return how much of what TikTok answered it accepted."""
    return Share(delivered, delivered + refused) if delivered + refused else None
