"""What the page `/pixels` shows: every pixel with its sums, its sides and its issues; for the reader's thread."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from twinbeam.core.clock import day_of
from twinbeam.core.story import PixelRow, Total
from twinbeam.web.alarms import Alarm, Issue, Weight
from twinbeam.web.contract import ReadModel
from twinbeam.web.pixels.confirming import PurchaseConfirmation, confirming
from twinbeam.web.pixels.issues import PixelFacts, issues
from twinbeam.web.pixels.sides import Seen, by_place, fallen_silent, last_seen
from twinbeam.web.pixels.tokens import refusal_of, refusals
from twinbeam.web.places import places
from twinbeam.web.sums import WEEK_DAYS, Sums, add_up, by_pixel, piled_up


class PixelView(Struct, frozen=True):
    """One line of the table."""

    row: PixelRow
    today: Sums
    seen: Seen  #: when each side last reported, in ms
    token_refused: bool  #: whatever is set was refused when it was last used
    issues: list[Issue]
    confirming: PurchaseConfirmation | None = None  #: whether its browser purchases wait for a server's word


class PixelTable(Struct, frozen=True):
    """All lines of the table."""

    at_ms: int
    pixels: list[PixelView]
    several_workspaces: bool


def read_table(read_model: ReadModel, now_ms: int, access_codes: Collection[int] = ()) -> PixelTable:
    """Read the page's content."""
    week = read_model.totals(since_day=day_of(now_ms) - WEEK_DAYS + 1)
    rows = read_model.pixels()
    return PixelTable(now_ms, _views(read_model, rows, week, now_ms, access_codes), places(rows).several_workspaces)


def alarms(
    read_model: ReadModel,
    rows: Sequence[PixelRow],
    week: Sequence[Total],
    now_ms: int,
    *,
    access_codes: Collection[int],
) -> list[Alarm]:
    """Return what must not be overlooked, of all pixels, the worst first."""
    views = _views(read_model, rows, week, now_ms, access_codes)
    found = [Alarm(view.row, issue) for view in views for issue in view.issues if issue.is_alarm]
    return sorted(found, key=lambda alarm: alarm.issue.weight != Weight.BROKEN)


def _views(
    read_model: ReadModel, rows: Sequence[PixelRow], week: Sequence[Total], now_ms: int, access_codes: Collection[int]
) -> list[PixelView]:
    weekly, daily = by_pixel(week), by_pixel(read_model.totals(since_day=day_of(now_ms), by_event=False))
    piled, refused = piled_up(week), refusals(read_model.last_answers(), access_codes)
    sides = by_place(read_model.sides_seen())
    views = []
    for row in rows:
        place = (row.workspace, row.code)
        facts = PixelFacts(
            pixel=row,
            week=weekly.get(place, _NONE),
            seen=last_seen(sides.get(place, ())),
            refusal=refusal_of(row, refused),
            piled=piled.get(place, 0),
            silence=fallen_silent(sides.get(place, ()), now_ms),
            now_ms=now_ms,
        )
        waits = confirming(row, facts.week, now_ms)
        token_refused = facts.refusal is not None
        views.append(PixelView(row, daily.get(place, _NONE), facts.seen, token_refused, issues(facts), waits))
    return views


_NONE = add_up([])
