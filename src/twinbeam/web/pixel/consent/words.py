"""Words on consent, added up; what contradicts itself; and whether a banner works. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.pixel_counts import ConsentWord, Decided, PixelCount, parted
from twinbeam.core.story import Count
from twinbeam.core.values import Channel
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.pipeline.record.counters import FINDING

MOST_ROWS = 60
_ENOUGH = 20  #: fewer copies contradict nothing
_MANY = 100  #: among so many somebody declines
_FAR = 0.2  #: shares that are so far apart are no chance
_MOSTLY = 0.9

NAMES: Mapping[str, str] = {
    ConsentWord.GRANTED: "granted",
    ConsentWord.PARTLY: "granted in part",
    ConsentWord.DENIED: "denied",
    ConsentWord.OPTED_OUT: "opted out",
    ConsentWord.UNDECIDED: "not readable",
    ConsentWord.NOTHING: "nothing said",
}


class Word(Struct, frozen=True):
    """Copies of one event, channel and region that said the same, by what was decided."""

    event: str
    channel: str
    region: str  #: empty where nobody knows
    said: str
    allowed: int = 0
    waits: int = 0
    dropped: int = 0

    @property
    def n(self) -> int:
        """All of them."""
        return self.allowed + self.waits + self.dropped


class Contradiction(Struct, frozen=True):
    """What cannot both be right, and what its rows are found by."""

    sentence: str
    event: str = ""  #: where the two sides of one event say otherwise
    said: str = ""  #: what the server's copies say that stand out
    outcome: str = ""
    reason: str = ""
    found: str = ""  #: a finding


class BannerCheck(Struct, frozen=True):
    """One thing to be right about a consent banner; `is_right` is None where too little is known."""

    title: str
    is_right: bool | None
    words: str


def words_of(counts: Iterable[PixelCount]) -> list[Word]:
    """Return all words, the most frequent first."""
    sums: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for count in counts:
        channel, region, said, decided = parted(count.name)
        place = sums.setdefault((count.event, channel, region, said), {})
        place[decided] = place.get(decided, 0) + count.n
    found = [Word(*place, *(n.get(decided, 0) for decided in Decided)) for place, n in sums.items()]
    return sorted(found, key=lambda it: (-it.n, it.event, it.channel, it.region, it.said))


def said_of(words: Iterable[Word], channel: str = "", event: str = "") -> dict[str, int]:
    """Add up by what was said, of a channel or an event."""
    sums = dict.fromkeys(map(str, ConsentWord), 0)
    for word in words:
        if channel in ("", word.channel) and event in ("", word.event):
            sums[word.said] += word.n
    return sums


def contradictions(words: Sequence[Word], counts: Sequence[Count]) -> list[Contradiction]:
    """Return what cannot both be right."""
    found = [sentence for event in dict.fromkeys(word.event for word in words) for sentence in _sides(words, event)]
    for (outcome, reason), sentence in COUNTED.items():
        n = sum(count.n for count in counts if (count.outcome, count.reason) == (outcome, reason))
        if n:
            where = {"found": reason} if outcome == FINDING else {"outcome": outcome, "reason": reason}
            found.append(Contradiction(sentence.format(n=n), **where))
    return found


def _sides(words: Sequence[Word], event: str) -> list[Contradiction]:
    """Compare what browsers and servers say of one event."""
    mine = [word for word in words if word.event == event]
    page = said_of(mine, Channel.BROWSER)
    shop = {it: n - page[it] for it, n in said_of(mine).items()}
    pages, shops = sum(page.values()), sum(shop.values())
    if pages < _ENOUGH or shops < _ENOUGH:
        return []
    silent = shop[ConsentWord.NOTHING] / shops
    if silent > _FAR and page[ConsentWord.NOTHING] / pages <= silent - _FAR:
        n = shop[ConsentWord.NOTHING]
        missing = f"{_named(event)}: the server says nothing of consent in {n:,} of {shops:,} copies"
        told = f"{missing}, and the browser does. Hand the banner's answer on with the order, or a shared token."
        return [Contradiction(told, event, ConsentWord.NOTHING)]
    granted, theirs = shop[ConsentWord.GRANTED] / shops, page[ConsentWord.GRANTED] / pages
    if abs(granted - theirs) > _FAR:
        apart = f"{_named(event)}: granted say {granted:.0%} of the server's copies, and {theirs:.0%} of the browser's"
        return [Contradiction(f"{apart}. One of them does not pass on what the visitor said.", event)]
    return []


def _named(event: str) -> str:
    return "Custom events" if event == OTHER else event


def banner(words: Sequence[Word], counts: Sequence[Count]) -> list[BannerCheck]:
    """BannerCheck by what pages reported whether the consent banner (CMP) works."""
    page = said_of(words, Channel.BROWSER)
    whole = sum(page.values())
    spoke = whole - page[ConsentWord.NOTHING]
    declined = page[ConsentWord.DENIED] + page[ConsentWord.OPTED_OUT]
    known = sum(word.n for word in words if word.channel == Channel.BROWSER and word.region)
    before = sum(it.n for it in counts if it.outcome == FINDING and it.reason == Finding.NATIVE_BEFORE_CONSENT)
    return [
        BannerCheck(
            "The page passes the banner's answer on",
            spoke >= _MOSTLY * whole if whole >= _ENOUGH else None,
            f"{spoke:,} of {whole:,} copies of browsers say something. Before an answer, silence is right.",
        ),
        BannerCheck(
            "Some visitors decline",
            declined > 0 if spoke >= _MANY else None,
            f"{declined:,} of {spoke:,} declined. Where nobody does, the banner is not asked, or grants by default.",
        ),
        BannerCheck(
            "The answer can be read",
            page[ConsentWord.UNDECIDED] == 0 if spoke else None,
            f"{page[ConsentWord.UNDECIDED]:,} answers could not be read: compare the banner's with the known words.",
        ),
        BannerCheck(
            "TikTok's script waits for the answer",
            before == 0 if whole else None,
            f"{before:,} pages reported that it ran before. Put the tag's snippet above TikTok's base code.",
        ),
        BannerCheck(
            "The visitor's region is known",
            known >= _MOSTLY * whole if whole >= _ENOUGH else None,
            f"{known:,} of {whole:,} copies of browsers tell it. Without a region the strict law counts.",
        ),
    ]


COUNTED: Mapping[tuple[str, str], str] = {
    (Outcome.DROPPED, Reason.DENIED_BY_ANOTHER_COPY): (
        "{n:,} copies came after another copy of their conversion said that the visitor declined: they were dropped."
    ),
    (State.HELD, Reason.CONSENT_CONTESTED): (
        "{n:,} orders are held because a browser named them and declined, and nothing proves whose visit that was."
    ),
    (FINDING, Finding.NATIVE_BEFORE_CONSENT): "{n:,} events: TikTok's script ran before the visitor gave consent.",
}
