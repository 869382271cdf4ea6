"""GET /reconciliation/week/{monday}: a week of orders on a page or two, to print."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.weekly_report import DAYS, WeeklyReport, monday_of, read_report
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
    """Answer GET /reconciliation/week/{monday}."""
    monday, workspace = read_date(request.path_params["monday"]), request.query_params.get("workspace", "")
    this_week = monday_of(day_at(context.clock.now_ms()))
    if monday is None or monday != monday_of(monday) or monday > this_week or len(workspace) > _LONGEST_NAME:
        raise HTTPException(404)
    if monday.year < 2000:
        raise HTTPException(404)

    def read(seen: ReadModel) -> WeeklyReport:
        return read_report(seen.orders, seen.accounts, seen.pixels(), monday, workspace)

    week = await context.on_reader(partial(read, seen_by(request, context)))
    return renderer.respond(
        "reconciliation/week.html",
        here=PATH,
        week=week,
        falls=falls(week.total),
        plot=_by_day(week),
        words=WORDS,
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
