"""Counting which parameters delivered events carried, and how long they took, a little at a time."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.pixel_counts import DELAYS, CountKind, PixelCount
from twinbeam.products.matching import contents_of

KEEP_DAYS = 90
_MOST_COUNTS = 20_000  #: in memory; the next run goes on

#: What is counted of properties and of the page, by the names that TikTok gives them (tiktok.md 2.4, 2.7).
PARAMETERS = (
    "value",
    "currency",
    "contents",
    "content_ids",
    "content_type",
    "content_name",
    "content_category",
    "quantity",
    "num_items",
    "price",
    "brand",
    "description",
    "search_string",
    "order_id",
    "status",
    "page_url",
    "page_referrer",
)
ALL = ""  #: under this name all conversions are counted of which the parameters are known


class Delivered(Struct, frozen=True):
    """One conversion that TikTok accepted."""

    place: tuple[int, str, str, str]  #: (day, workspace, pixel, event)
    delay_ms: int  #: from its first copy to TikTok's answer
    bodies: Sequence[bytes]  #: of its copies; none where they are gone
    has_value: bool = False
    has_order: bool = False


class DeliveredReads(Protocol):
    """What TikTok accepted, in the order of its batches, and what was counted of it. All raise StorageError."""

    def begin(self) -> int:
        """Return where to go on."""
        ...

    def read(self, place: int, *, limit: int) -> tuple[list[Delivered], int]:
        """Return the next conversions, at most so many, and the place that is reached."""
        ...

    def keep(self, counts: Iterable[PixelCount], place: int, *, forget_before: int) -> None:
        """Add counts up and move on, in one transaction."""
        ...


class _Page(Struct, frozen=True):
    url: Any = None
    referrer: Any = None


class _Body(Struct, frozen=True):
    properties: dict[str, msgspec.Raw] = {}
    page: _Page = _Page()


_decode = msgspec.json.Decoder(_Body).decode
_NOTHING = frozenset({b"null", b'""', b"[]"})


class DeliveredCounting:
    """One run: it looks a few times, which writes nothing, and then keeps what it counted in one transaction."""

    def __init__(self, deliveries: DeliveredReads) -> None:
        self._deliveries = deliveries
        self._place = self._before = deliveries.begin()
        self._counts: dict[tuple[int, str, str, str, str, str], int] = {}

    def look(self, limit: int) -> bool:
        """Count the next conversions; tells whether there may be more to look at in this run."""
        found, reached = self._deliveries.read(self._place, limit=limit)
        moved, self._place = reached != self._place, reached
        for one in found:
            self._count(one)
        return moved and len(self._counts) < _MOST_COUNTS

    def keep(self, now_ms: int) -> None:
        """Keep what was counted, and the place that is reached."""
        if self._place != self._before:
            counts = [PixelCount(*key, n) for key, n in sorted(self._counts.items())]
            self._deliveries.keep(counts, self._place, forget_before=day_of(now_ms) - KEEP_DAYS)

    def _count(self, one: Delivered) -> None:
        names = [(CountKind.DELAY, DELAYS.step(one.delay_ms))]
        if one.bodies:
            names += [(CountKind.PARAMETER, name) for name in (ALL, *sorted(parameters_of(one)))]
        for kind, name in names:
            day, workspace, pixel, event = one.place
            key = (day, workspace, pixel, kind, event, name)
            self._counts[key] = self._counts.get(key, 0) + 1


def parameters_of(one: Delivered) -> set[str]:
    """Return which parameters a conversion carried: those of any of its copies; value and currency go together."""
    found: set[str] = {"value", "currency"} if one.has_value else set()
    found |= {"order_id"} if one.has_order else set()
    for body in one.bodies:
        try:
            said, names_products = _decode(body), bool(contents_of(body))
        except msgspec.MsgspecError:
            continue
        found.update(name for name, value in said.properties.items() if bytes(value) not in _NOTHING)
        found |= {"content_ids"} if names_products else set()  # in `contents`, or in a list of their own
        found |= {"page_url"} if said.page.url else set()
        found |= {"page_referrer"} if said.page.referrer else set()
    return found.intersection(PARAMETERS)
