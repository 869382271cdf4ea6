"""Counting how many content ids of delivered events the product feeds know, a little at a time."""

from typing import Protocol

from twinbeam.admin.product_contract import FeedReads
from twinbeam.core.clock import day_of
from twinbeam.products.matching import ContentCount, NamedContents, Place, tallied

KEEP_DAYS = 90


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


def count_some(feeds: CountingFeeds, deliveries: Deliveries, now_ms: int, *, limit: int) -> bool:
    """Count what the next conversions name; tells whether there was anything to look at."""
    workspaces = {feed.workspace for feed in feeds.feeds() if feed.load}
    if not workspaces:
        return False
    place = deliveries.begin(feeds.content_cursor())
    named, reached = deliveries.read(place, workspaces, limit=limit)
    if reached == place:
        return False
    asked = {workspace: {id_ for it in named if it.place[1] == workspace for id_ in it.ids} for workspace in workspaces}
    known = {workspace: feeds.known(workspace, ids) for workspace, ids in asked.items()}
    feeds.keep_contents(tallied(named, known), reached, forget_before=day_of(now_ms) - KEEP_DAYS)
    return True
