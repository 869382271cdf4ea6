"""Counting how many content ids of delivered events the product feeds know, a little at a time."""

from typing import Protocol

from twinbeam.admin.product_contract import FeedReads
from twinbeam.core.clock import day_of
from twinbeam.products.matching import ContentCount, NamedContents, Place, tallied

KEEP_DAYS = 90
_MOST_NAMES = 20_000  #: unknown ids in memory; the next run goes on


class CountingFeeds(FeedReads, Protocol):
    """The feeds, and how far their ids are counted. All raise StorageError."""

    def content_cursor(self) -> int | None:
        """Return up to which place ids are counted; None before the first time."""
        ...

    def keep_contents(self, counts: dict[Place, ContentCount], batch: int, *, forget_before: int) -> None:
        """Add counts up and move on, in one transaction."""
        ...


class Deliveries(Protocol):
    """What TikTok accepted, in the order of its batches. All raise StorageError."""

    def begin(self, place: int | None) -> int:
        """Return where to go on."""
        ...

    def read(self, place: int, workspaces: set[str], *, limit: int) -> tuple[list[NamedContents], int]:
        """Return what the next conversions of some workspaces name, and the place that is reached."""
        ...


class ContentCounting:
    """One run: it looks a few times, which writes nothing, and then keeps what it counted in one transaction."""

    def __init__(self, feeds: CountingFeeds, deliveries: Deliveries) -> None:
        self._feeds, self._deliveries = feeds, deliveries
        self._workspaces = {feed.workspace for feed in feeds.feeds() if feed.load}
        self._place = self._before = deliveries.begin(feeds.content_cursor()) if self._workspaces else 0
        self._counts: dict[Place, ContentCount] = {}

    def look(self, limit: int) -> bool:
        """Count what the next conversions name; tells whether there may be more to look at in this run."""
        if not self._workspaces:
            return False
        named, reached = self._deliveries.read(self._place, self._workspaces, limit=limit)
        moved, self._place = reached != self._place, reached
        asked = {name: {id_ for it in named if it.place[1] == name for id_ in it.ids} for name in self._workspaces}
        known = {name: self._feeds.known(name, ids) for name, ids in asked.items() if ids}
        for place, count in tallied(named, known).items():
            self._counts.setdefault(place, ContentCount()).add(count)
        return moved and sum(len(count.unknown) for count in self._counts.values()) < _MOST_NAMES

    def keep(self, now_ms: int) -> None:
        """Keep what was counted, and the place that is reached."""
        if self._place != self._before:
            self._feeds.keep_contents(self._counts, self._place, forget_before=day_of(now_ms) - KEEP_DAYS)
