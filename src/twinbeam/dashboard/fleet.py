"""The page `/pixels`: every pixel in one table, with what is wrong in words."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.clock import day_of
from twinbeam.core.story import LastAnswer, PixelRow, Total
from twinbeam.dashboard.alarms import Alarm, Issue, Weight
from twinbeam.dashboard.confirming import Confirming, confirming
from twinbeam.dashboard.contract import Ledger, Parts
from twinbeam.dashboard.feed import WEEK_DAYS
from twinbeam.dashboard.issues import Facts, issues
from twinbeam.dashboard.overview import places
from twinbeam.dashboard.pages import Pages
from twinbeam.dashboard.sides import Seen, fallen_silent, last_seen
from twinbeam.dashboard.sums import Sums, add_up, by_pixel, piled_up

#: How many of the newest conversions are looked at for a sign of each side.
LOOKED_AT = 500

Refusals = dict[tuple[str, str], LastAnswer]


class PixelView(Struct, frozen=True):
    """One line of the table."""

    row: PixelRow
    today: Sums
    seen: Seen  #: when each side last reported, in ms
    token_refused: bool  #: whatever is set was refused when it was last used
    issues: list[Issue]
    confirming: Confirming | None = None  #: whether its browser purchases wait for a server's word


class Fleet(Struct, frozen=True):
    """All lines of the table."""

    at_ms: int
    pixels: list[PixelView]
    several_workspaces: bool


def fleet(ledger: Ledger, now_ms: int, access_codes: Collection[int] = ()) -> Fleet:
    """Read the page's content; for the reader's thread."""
    week = ledger.totals(since_day=day_of(now_ms) - WEEK_DAYS + 1)
    rows = ledger.pixels()
    return Fleet(now_ms, _views(ledger, rows, week, now_ms, access_codes), places(rows).several_workspaces)


def alarms(
    ledger: Ledger, rows: Sequence[PixelRow], week: Sequence[Total], now_ms: int, *, access_codes: Collection[int]
) -> list[Alarm]:
    """Give what must not be overlooked, of all pixels, the worst first; for the reader's thread."""
    views = _views(ledger, rows, week, now_ms, access_codes)
    found = [Alarm(view.row, issue) for view in views for issue in view.issues if issue.is_alarm]
    return sorted(found, key=lambda alarm: alarm.issue.weight != Weight.BROKEN)


def _views(
    ledger: Ledger, rows: Sequence[PixelRow], week: Sequence[Total], now_ms: int, access_codes: Collection[int]
) -> list[PixelView]:
    today = day_of(now_ms)
    newest = ledger.recent(limit=LOOKED_AT)
    weekly, daily = by_pixel(week), by_pixel(ledger.totals(since_day=today, by_event=False))
    piled, answers = piled_up(week), refusals(ledger.last_answers(), access_codes)
    views = []
    for row in rows:
        place = (row.workspace, row.code)
        own = [story for story in newest if (story.workspace, story.pixel) == place]
        seen = last_seen(own)
        refusal = refusal_of(row, answers)
        found = issues(
            Facts(
                pixel=row,
                week=weekly.get(place, _NONE),
                seen=seen,
                looked_at=len(own),
                refusal=refusal,
                piled=piled.get(place, 0),
                silence=fallen_silent(own, now_ms),
                now_ms=now_ms,
            )
        )
        waits = confirming(row, weekly.get(place, _NONE), now_ms)
        views.append(PixelView(row, daily.get(place, _NONE), seen, refusal is not None, found, waits))
    return views


def refusals(answers: Iterable[LastAnswer], access_codes: Collection[int]) -> Refusals:
    """Keep those of the newest answers with which TikTok refuses a token, by workspace and pixel."""
    return {(answer.workspace, answer.pixel): answer for answer in answers if answer.code in access_codes}


def refusal_of(row: PixelRow, refused: Refusals) -> LastAnswer | None:
    """Give TikTok's refusal of the token that a pixel has now; one that was saved since has not been tried."""
    answer = refused.get((row.workspace, row.code))
    if answer is None or not row.has_token:
        return None
    return answer if row.token_ms is None or answer.at_ms >= row.token_ms else None


async def show(pages: Pages, parts: Parts, _request: Request) -> Response:
    """Answer GET /pixels."""
    found = await parts.on_reader(partial(fleet, parts.ledger, parts.clock.now_ms(), parts.access_codes))
    return pages.respond("pixels.html", here="/pixels", fleet=found, looked_at=LOOKED_AT)


_NONE = add_up([])
