"""
How many content ids of events a feed knows: counted per pixel and day, and the unknown ones named.

With a public key anybody may name a million ids. Of a pixel and day so many are named, those that came most often;
what is named no more is counted all the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

#: What names the products it is about (tiktok.md 5.1).
OF_PRODUCTS = frozenset(
    {"ViewContent", "AddToCart", "AddToWishlist", "InitiateCheckout", "AddPaymentInfo", "PlaceAnOrder", "Purchase"}
)
MOST_NAMED = 200  #: unknown ids of a pixel and a day
MOST_OF_ONE = 20  #: unknown ids of one event that are named, so that one event does not fill the list
LONGEST_NAMED = 100  #: characters
_MOST_IDS = 1_000  #: of an event

Place = tuple[int, str, str]
"""(UTC day, workspace, pixel)"""
Named = tuple[str, bool]
"""(content id, whether it is said to be a group's)"""


class _Content(Struct, frozen=True, gc=False):
    content_id: str = ""
    content_type: str = ""


class _Properties(Struct, frozen=True, gc=False):
    contents: list[_Content] = []
    content_ids: list[str] = []
    content_type: str = ""


class _Body(Struct, frozen=True, gc=False):
    properties: _Properties = _Properties()


_decode = msgspec.json.Decoder(_Body).decode


class NamedContents(Struct, frozen=True):
    """What one delivered event named."""

    place: Place
    event: str
    ids: frozenset[Named]


class ContentCount(Struct):
    """What is counted of a place, to be added to what was counted before."""

    events: int = 0
    without: int = 0
    ids: int = 0
    matched: int = 0
    unnamed: int = 0  #: unknown ids that are counted alone
    unknown: Counter[Named] = msgspec.field(default_factory=Counter)

    def add(self, other: "ContentCount") -> None:
        """Add what was counted further."""
        self.events, self.without = self.events + other.events, self.without + other.without
        self.ids, self.matched = self.ids + other.ids, self.matched + other.matched
        self.unnamed += other.unnamed
        self.unknown.update(other.unknown)


def contents_of(body: bytes) -> frozenset[Named]:
    """Return the ids that a body as it goes to TikTok names, each once; raises MsgspecError for what is none."""
    said = _decode(body).properties
    own = [(it.content_id, (it.content_type or said.content_type) == "product_group") for it in said.contents]
    named = [it for it in own if it[0]] or [(id_, said.content_type == "product_group") for id_ in said.content_ids]
    return frozenset(named[:_MOST_IDS])


def tallied(events: Iterable[NamedContents], known: Mapping[str, frozenset[Named]]) -> dict[Place, ContentCount]:
    """Count events by their places; `known` are the ids that the feed of each workspace knows."""
    counts: dict[Place, ContentCount] = {}
    for event in events:
        if not event.ids and event.event not in OF_PRODUCTS:
            continue
        count = counts.setdefault(event.place, ContentCount())
        if not event.ids:
            count.without += 1
            continue
        matched = event.ids & known.get(event.place[1], frozenset())
        count.events += 1
        count.ids += len(event.ids)
        count.matched += len(matched)
        unknown = sorted(event.ids - matched)
        count.unnamed += len(unknown[MOST_OF_ONE:])
        count.unknown.update((id_[:LONGEST_NAMED], group) for id_, group in unknown[:MOST_OF_ONE])
    return counts


def kept(before: Mapping[Named, int], new: Mapping[Named, int]) -> tuple[dict[Named, int], int]:
    """Return the unknown ids that stay named, with their counts, and how many are named no more."""
    joined = Counter(before)
    joined.update(new)
    ranked: Sequence[tuple[Named, int]] = sorted(joined.items(), key=lambda it: (-it[1], it[0]))
    return dict(ranked[:MOST_NAMED]), sum(n for _, n in ranked[MOST_NAMED:])
