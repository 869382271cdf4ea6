"""GET /reconciliation: orders beside what TikTok accepted of them, and the orders behind each number."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.reconciling import Reconciliation, reconciliation
from twinbeam.core.money import shown
from twinbeam.core.rules import MAIN
from twinbeam.core.story import PixelRow
from twinbeam.orders.reconciliation import BASIS, NO_PIXEL, Line, OrderGroup, OrderSums, Result, by_place, sentence
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.places import Places, places
from twinbeam.web.plots import Slice, stacked
from twinbeam.web.reconciliation.asked import NONE, PAGE, PATH, PERIODS, OrderQuestion, as_date, read_question
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

MOST_PLACES = 200  #: rows of the table by day; the file that the command writes has all
WORDS = {
    Result.ACCEPTED: "Accepted by TikTok",
    Result.IGNORED: "Deliberately not sent",
    Result.MISSING: "Missing",
}


class OrdersPage(Struct, frozen=True):
    """What is shown of some days."""

    total: OrderSums
    slices: Sequence[Slice]
    by_place: Sequence[tuple[OrderGroup, OrderSums]]
    n_places: int
    lines: Sequence[Line]  #: of the list that is asked for
    n_lines: int
    places: Places


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /reconciliation."""
    asked = read_question(request.query_params)
    if asked is None:
        raise HTTPException(404)
    now_ms = context.clock.now_ms()
    found = await context.on_reader(partial(read_page, seen_by(request, context), asked, now_ms))
    return renderer.respond(
        "reconciliation/page.html",
        here=PATH,
        asked=asked,
        found=found,
        words=WORDS,
        basis=BASIS,
        sentence_of=sentence,
        in_words=shown,
        as_date=as_date,
        periods=PERIODS,
        per_page=PAGE,
        at_ms=now_ms,
    )


def read_page(read_model: ReadModel, asked: OrderQuestion, now_ms: int) -> OrdersPage:
    """Read what is asked for; for the reader's thread."""
    pixels = read_model.pixels()
    found = reconciliation(
        read_model.orders, pixels, asked.workspace, now_ms, days=asked.days, pixel=_pixel(asked, pixels)
    )
    return _page(found, asked, places(pixels))


def _pixel(asked: OrderQuestion, pixels: Sequence[PixelRow]) -> tuple[str, str] | None:
    """Return workspace and code of the pixel that is asked for; without a workspace the first of that code."""
    if not asked.pixel:
        return None
    code = NO_PIXEL if asked.pixel == NONE else asked.pixel
    known = (row.workspace for row in pixels if row.code == code)
    return asked.workspace or next(known, MAIN), code


def _page(found: Reconciliation, asked: OrderQuestion, named: Places) -> OrdersPage:
    total = found.total
    counts = {Result.ACCEPTED: total.accepted, Result.IGNORED: total.n_ignored, Result.MISSING: total.n_missing}
    by_days = list(by_place(found.lines).items()) if not asked.wants_list else []
    lines = asked.listed(found) if asked.wants_list else []
    begin = (asked.page - 1) * PAGE
    return OrdersPage(
        total=total,
        slices=stacked([(result.value, n) for result, n in counts.items()]),
        by_place=by_days[:MOST_PLACES],
        n_places=len(by_days),
        lines=lines[begin : begin + PAGE],
        n_lines=len(lines),
        places=named,
    )
