"""The page `/pixels`: every pixel in one table, with what is wrong in words."""

from collections.abc import Collection, Iterable
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.clock import day_of
from twinbeam.core.story import LastAnswer, PixelRow, Story
from twinbeam.core.values import Channel, Side
from twinbeam.dashboard.contract import Ledger, Parts
from twinbeam.dashboard.feed import WEEK_DAYS
from twinbeam.dashboard.issues import Facts, Issue, issues
from twinbeam.dashboard.overview import places
from twinbeam.dashboard.pages import Pages
from twinbeam.dashboard.sums import Sums, add_up, by_pixel

#: How many of the newest conversions are looked at for a sign of each side.
LOOKED_AT = 500

Seen = dict[Side, int]
Refusals = dict[tuple[str, str], LastAnswer]


class PixelView(Struct, frozen=True):
    """One line of the table."""

    row: PixelRow
    today: Sums
    seen: Seen  #: when each side last reported, in ms
    token_refused: bool  #: whatever is set was refused when it was last used
    issues: list[Issue]


class Fleet(Struct, frozen=True):
    """All lines of the table."""

    at_ms: int
    pixels: list[PixelView]
    several_workspaces: bool


def fleet(ledger: Ledger, now_ms: int, access_codes: Collection[int] = ()) -> Fleet:
    """Read the page's content; for the reader's thread."""
    today = day_of(now_ms)
    counts = ledger.counts(since_day=today - WEEK_DAYS + 1)
    newest = ledger.recent(limit=LOOKED_AT)
    week, day = by_pixel(counts), by_pixel(count for count in counts if count.day == today)
    rows, answers = ledger.pixels(), refusals(ledger.last_answers(), access_codes)
    views = []
    for row in rows:
        place = (row.workspace, row.code)
        own = [story for story in newest if (story.workspace, story.pixel) == place]
        seen = last_seen(own)
        refusal = refusal_of(row, answers)
        found = issues(Facts(row, week.get(place, _NONE), seen, len(own), refusal))
        views.append(PixelView(row, day.get(place, _NONE), seen, refusal is not None, found))
    return Fleet(now_ms, views, places(rows).several_workspaces)


def refusals(answers: Iterable[LastAnswer], access_codes: Collection[int]) -> Refusals:
    """Keep those of the newest answers with which TikTok refuses a token, by workspace and pixel."""
    return {(answer.workspace, answer.pixel): answer for answer in answers if answer.code in access_codes}


def refusal_of(row: PixelRow, refused: Refusals) -> LastAnswer | None:
    """Give TikTok's refusal of the token that a pixel has now; one that was saved since has not been tried."""
    answer = refused.get((row.workspace, row.code))
    if answer is None or not row.has_token:
        return None
    return answer if row.token_ms is None or answer.at_ms >= row.token_ms else None


def last_seen(newest: Iterable[Story]) -> Seen:
    """Tell when each side last reported, as far as these conversions show it."""
    seen: Seen = {}
    for story in newest:
        for side in {Channel(channel).side for channel in story.channels}:
            seen[side] = max(story.received_ms, seen.get(side, 0))
    return seen


async def show(pages: Pages, parts: Parts, _request: Request) -> Response:
    """Answer GET /pixels."""
    found = await parts.on_reader(partial(fleet, parts.ledger, parts.clock.now_ms(), parts.access_codes))
    return pages.respond("pixels.html", here="/pixels", fleet=found, looked_at=LOOKED_AT)


_NONE = add_up([])
