"""GET /reconciliation/week, /reconciliation/week/{monday}: a week on a page or two, to print; the last one, or any."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.weekly_report import (
    DAYS,
    WeeklyReport,
    figures_left_out,
    last_monday,
    monday_of,
    pixels_left_out,
    read_report,
)
from twinbeam.core.money import shown
from twinbeam.orders.reconciliation import BASIS, sentence
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.plots import Labelled, columns, in_words, labelled
from twinbeam.web.reconciliation.asked import PATH, as_date, day_at, read_date
from twinbeam.web.reconciliation.falls import EFFECTS, WORDS, falls
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

_LONGEST_NAME = 200


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the week of a Monday, or with the last one that is over."""
    now_ms = context.clock.now_ms()
    asked, workspace = request.path_params.get("monday"), request.query_params.get("workspace", "")
    monday = last_monday(now_ms) if asked is None else read_date(asked)
    this_week = monday_of(day_at(now_ms))
    if monday is None or monday != monday_of(monday) or monday > this_week or len(workspace) > _LONGEST_NAME:
        raise HTTPException(404)
    if monday.year < 2000:
        raise HTTPException(404)

    def read(seen: ReadModel) -> WeeklyReport:
        return read_report(seen, monday, now_ms, workspace)

    week = await context.on_reader(partial(read, seen_by(request, context)))
    return renderer.respond(
        "reconciliation/week.html",
        here=f"{PATH}/week",
        week=week,
        falls=falls(week.total),
        plot=_by_day(week),
        words=WORDS,
        figures_left_out=figures_left_out(week),
        pixels_left_out=pixels_left_out(week),
        effects=EFFECTS,
        basis=BASIS,
        sentence_of=sentence,
        in_words=shown,
        as_date=as_date,
        earlier=monday - timedelta(days=7),
        later=monday + timedelta(days=7) if monday < this_week else None,
        query=f"?{urlencode({'workspace': workspace})}" if workspace else "",
    )


def _by_day(week: WeeklyReport) -> Labelled:
    """Draw the orders of each day by what became of them."""
    days = [week.monday + timedelta(days=n) for n in range(DAYS)]
    sums = dict.fromkeys(days, (0, 0, 0))
    for place, it in week.days:
        day = as_date(place.day)
        accepted, ignored, missing = sums[day]
        sums[day] = (accepted + it.accepted, ignored + it.n_ignored, missing + it.n_missing)
    names = ("accepted", "ignored", "missing")
    told = [(str(day), f"{a} accepted, {i} not sent, {m} missing") for day, (a, i, m) in sums.items()]
    series = [(name, [sums[day][at] for day in days]) for at, name in enumerate(names)]
    plot = columns(series, in_words("Orders per UTC day", told))
    return labelled(plot, told, f"at most {plot.highest:,}")
