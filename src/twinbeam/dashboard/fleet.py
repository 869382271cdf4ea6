"""The page `/pixels`: every pixel in one table, with what is wrong in words."""

from collections.abc import Iterable, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.clock import day_of
from twinbeam.core.story import Count, PixelRow, Story
from twinbeam.core.values import Channel
from twinbeam.dashboard.contract import Ledger, Parts
from twinbeam.dashboard.feed import WEEK_DAYS
from twinbeam.dashboard.issues import Facts, Issue, issues
from twinbeam.dashboard.pages import Pages
from twinbeam.dashboard.sums import Sums, add_up, by_pixel

#: How many of the newest conversions are looked at for a sign of each channel.
LOOKED_AT = 500

Place = tuple[str, str]
Seen = dict[Channel, int]


class PixelView(Struct, frozen=True):
    """One line of the table."""

    row: PixelRow
    today: Sums
    seen: Seen
    issues: list[Issue]


class Fleet(Struct, frozen=True):
    """All lines of the table."""

    at_ms: int
    pixels: list[PixelView]
    several_workspaces: bool


def fleet(ledger: Ledger, now_ms: int) -> Fleet:
    """Read the page's content; for the reader's thread."""
    today = day_of(now_ms)
    counts = ledger.counts(since_day=today - WEEK_DAYS + 1)
    seen = last_seen(ledger.recent(limit=LOOKED_AT))
    week, day = by_pixel(counts), by_pixel(_of_day(counts, today))
    rows = ledger.pixels()
    views = [_view(row, week.get(place_of(row), _NONE), day.get(place_of(row), _NONE), seen) for row in rows]
    return Fleet(now_ms, views, len({row.workspace for row in rows}) > 1)


def last_seen(newest: Iterable[Story]) -> dict[Place, Seen]:
    """Tell when each channel of a pixel last reported, as far as the newest conversions show it."""
    seen: dict[Place, Seen] = {}
    for story in newest:
        for name in story.channels:
            times = seen.setdefault((story.workspace, story.pixel), {})
            times[Channel(name)] = max(story.received_ms, times.get(Channel(name), 0))
    return seen


def place_of(row: PixelRow) -> Place:
    """Give what a pixel's counters are filed under."""
    return (row.workspace, row.code)


async def show(pages: Pages, parts: Parts, _request: Request) -> Response:
    """Answer GET /pixels."""
    found = await parts.on_reader(partial(fleet, parts.ledger, parts.clock.now_ms()))
    return pages.respond("pixels.html", here="/pixels", fleet=found, looked_at=LOOKED_AT)


_NONE = add_up([])


def _view(row: PixelRow, week: Sums, today: Sums, seen: dict[Place, Seen]) -> PixelView:
    signs = seen.get(place_of(row), {})
    return PixelView(row, today, signs, issues(Facts(row, week, signs)))


def _of_day(counts: Sequence[Count], day: int) -> list[Count]:
    return [count for count in counts if count.day == day]
