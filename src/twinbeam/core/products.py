"""
What a shop's product feed says: products with their ids, prices and costs, and how far the feed is taken in.

Amounts are counted in millionths of the currency's unit, so that the cost of a screw is exact.
"""

from typing import NamedTuple

from msgspec import Struct

MICROS = 1_000_000

TARGET = 0.9
"""The share of content ids that a catalogue should know (tiktok.md 11.5)."""


class FeedProduct(Struct, frozen=True, gc=False):
    """One product, as a row of a feed tells of it; what is not told is empty."""

    id: str  #: what TikTok's catalogue calls sku_id, and Google id
    group_id: str = ""  #: of the product that this is a variant of
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    title: str = ""
    price_micros: int | None = None
    currency: str = ""
    cost_micros: int | None = None
    cost_currency: str = ""


class UnitCost(NamedTuple):
    """What one piece costs the shop."""

    micros: int
    currency: str


class RowFault(Struct, frozen=True):
    """What is wrong with one row of a feed."""

    row: int  #: of the file; its head is row 1
    id: str
    field: str
    words: str  #: what is wrong, and what to do


class Feed(Struct, frozen=True):
    """The feed of one workspace: what is in force, and what became of the newest try."""

    workspace: str
    load: int = 0  #: whose products are in force; 0: none are
    kind: str = ""  #: the form of the file: csv, tsv, xml
    name: str = ""  #: where it came from: a file's name, or the host of an address
    rows: int = 0  #: products in force
    costed: int = 0  #: of them with a cost
    faulty: int = 0  #: rows with something wrong
    faults: tuple[RowFault, ...] = ()  #: the first of them
    loaded_ms: int | None = None
    tried_ms: int | None = None
    trouble: str = ""  #: why the newest try came to nothing
    host: str = ""  #: of the address that is read on a schedule
    every_hours: int = 0
    etag: str = ""
    modified: str = ""
    is_asked: bool = False  #: somebody asked that it is read now


class DayMatch(Struct, frozen=True):
    """How many content ids of a pixel's delivered events the feed knew on one UTC day."""

    day: int
    workspace: str
    pixel: str
    events: int  #: that named products
    without: int  #: that should have and did not
    ids: int
    matched: int
    others: int  #: unknown ids that are not named

    @property
    def rate(self) -> float | None:
        """The share of ids that the feed knew; None where there were none."""
        return self.matched / self.ids if self.ids else None


class UnknownId(Struct, frozen=True):
    """A content id that the feed did not know, over some days."""

    workspace: str
    pixel: str
    content_id: str
    n: int  #: at least so often
    is_group: bool
    advice: str = ""
