"""GET /reconciliation: orders beside what TikTok accepted of them, and the orders behind each number."""

import csv
import io
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import sending_missing
from twinbeam.admin.contract import Admin
from twinbeam.admin.dead_letters import LetterJudge, ResendTerms
from twinbeam.admin.errors import AdminError
from twinbeam.admin.order_tables import LINE, SUMS, harmless, line_row, sum_rows
from twinbeam.admin.reconciling import OrderScope, Reconciliation, lines_of, reconciliation
from twinbeam.admin.sending_missing import MissingPreview
from twinbeam.admin.tiktok_counts import TiktokCount, tiktok_counts
from twinbeam.core.clock import day_of
from twinbeam.core.money import shown
from twinbeam.core.outcomes import Reason
from twinbeam.core.users import Role
from twinbeam.orders.causes import CausedMoney
from twinbeam.orders.reconciliation import BASIS, Line, Result, sentence
from twinbeam.orders.sums import OrderGroup, OrderSums, grouped
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.order.view import address_of
from twinbeam.web.places import Places, places
from twinbeam.web.plots import Slice, stacked
from twinbeam.web.reconciliation.asked import (
    GROUPINGS,
    PAGE,
    PATH,
    PERIODS,
    OrderQuestion,
    as_date,
    day_at,
    read_question,
    week_of,
)
from twinbeam.web.reconciliation.falls import EFFECTS, WORDS, Fall, falls
from twinbeam.web.rendering import HEADERS, PageRenderer
from twinbeam.web.sight import seen_by

MOST_PLACES = 200  #: rows of the table of sums; the file has all
MOST_IN_FILE = 100_000
MOST_PREVIEWED = 500  #: rejected orders that are looked at one by one without being asked


class TiktokRow(Struct, frozen=True):
    """A pixel's orders beside TikTok's own count."""

    workspace: str
    pixel: str
    orders: int
    accepted: int
    count: TiktokCount | None


class OrdersPage(Struct, frozen=True):
    """What is shown of some days."""

    total: OrderSums
    slices: Sequence[Slice]
    falls: Sequence[Fall]
    causes: Mapping[str, Sequence[CausedMoney]]  #: by effect
    by_place: Sequence[tuple[OrderGroup, OrderSums]]
    n_places: int
    tiktok: Sequence[TiktokRow]
    lines: Sequence[Line]  #: of the list that is asked for
    n_lines: int
    sending: MissingPreview | None
    n_sendable: int  #: of which it is not worked out yet whether they can be sent again
    places: Places

    @property
    def tiktok_says(self) -> int | None:
        """TikTok's own count of all pixels: of each the larger side; None where none was imported."""
        counts = [row.count.most for row in self.tiktok if row.count is not None]
        return sum(counts) if counts else None

    @property
    def tiktok_read_ms(self) -> int:
        """When the newest of TikTok's own counts was read."""
        return max((row.count.read_ms for row in self.tiktok if row.count is not None), default=0)


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /reconciliation."""
    asked = read_question(request.query_params)
    if asked is None:
        raise HTTPException(404)
    return await _page(renderer, context, request, asked)


async def send(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /reconciliation/send: what may be sent of what is missing is sent."""
    asked, form = read_question(request.query_params), await read_form(request)
    if asked is None:
        raise HTTPException(404)
    if not form.get("sure"):
        problem = "Tick the box to confirm: what is sent cannot be taken back."
        return await _page(renderer, context, request, asked, problem=problem)
    mine = signed_in(request).workspace
    if asked.told != "orders" or (mine and asked.workspace not in ("", mine)):
        raise HTTPException(404)
    within = replace(asked, workspace=asked.workspace or mine, result="", reason="", cause="")
    try:
        await act(context, request, partial(_send, asked=within, terms=context.resend_terms))
    except AdminError as error:
        return await _page(renderer, context, request, asked, problem=str(error))
    return RedirectResponse(asked.address(), 303, {"cache-control": "no-store"})


def _send(admin: Admin, *, asked: OrderQuestion, terms: ResendTerms) -> MissingPreview:
    return sending_missing.send(admin, asked.question(admin.store.pixels(), admin.clock.now_ms()), terms)


async def as_file(context: RouteContext, request: Request) -> Response:
    """Answer GET /reconciliation/csv: the same sums, or the same list, as CSV."""
    asked = read_question(request.query_params)
    if asked is None:
        raise HTTPException(404)
    seen, now_ms = seen_by(request, context), context.clock.now_ms()
    head, rows = await context.on_reader(partial(read_file, seen, asked, now_ms))
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    table.writerows(harmless(rows))
    name = f"{asked.told}-{day_at(now_ms)}.csv"
    named = {"content-disposition": f'attachment; filename="{name}"', "content-type": "text/csv; charset=utf-8"}
    return Response(text.getvalue(), headers={**HEADERS, **named})


def read_file(read_model: ReadModel, asked: OrderQuestion, now_ms: int) -> tuple[Sequence[str], list[list[object]]]:
    """Read what is asked for as a table; for the reader's thread."""
    pixels = read_model.pixels()
    question = asked.question(pixels, now_ms)
    if asked.wants_list:
        found = lines_of(read_model.orders, pixels, question)
        return LINE, [line_row(line) for line in islice(found, MOST_IN_FILE)]
    by = GROUPINGS[asked.by]
    counts = tiktok_counts(read_model.accounts, question.days, question.told) if set(by) == {"day", "pixel"} else {}
    return SUMS, sum_rows(grouped(reconciliation(read_model.orders, pixels, question).parts, by), counts)


async def _page(
    renderer: PageRenderer, context: RouteContext, request: Request, asked: OrderQuestion, problem: str = ""
) -> Response:
    now_ms = context.clock.now_ms()
    terms = context.resend_terms if signed_in(request).role != Role.VIEWER else None
    found = await context.on_reader(partial(read_page, seen_by(request, context), asked, now_ms, resends_by=terms))
    return renderer.respond(
        "reconciliation/page.html",
        422 if problem else 200,
        here=PATH,
        asked=asked,
        found=found,
        words=WORDS,
        basis=BASIS,
        sentence_of=sentence,
        why_not=sending_missing.why_not,
        in_words=shown,
        order_address=address_of,
        effects=EFFECTS,
        as_date=as_date,
        last_week=week_of(as_date(day_of(now_ms) - 7)),
        periods=PERIODS,
        groupings=GROUPINGS,
        per_page=PAGE,
        at_ms=now_ms,
        problem=problem,
    )


def read_page(
    read_model: ReadModel, asked: OrderQuestion, now_ms: int, *, resends_by: ResendTerms | None = None
) -> OrdersPage:
    """Read what is asked for, and what may be sent again where somebody may; for the reader's thread."""
    pixels = read_model.pixels()
    question = asked.question(pixels, now_ms)
    found = reconciliation(read_model.orders, pixels, question)
    lines: list[Line] = []
    if asked.wants_list:
        begin = (asked.page - 1) * PAGE
        lines = list(islice(lines_of(read_model.orders, pixels, question), begin, begin + PAGE))
    sending = None
    may_send = resends_by is not None and asked.told == "orders"
    refused = found.total.missing.get(Reason.REFUSED_BY_TIKTOK, 0) if may_send else 0
    is_shown = bool(asked.preview) or refused <= MOST_PREVIEWED
    if resends_by is not None and may_send and is_shown and not asked.wants_list and found.total.n_missing:
        letters = LetterJudge(read_model.dead_letters, pixels, resends_by, now_ms)
        sending = sending_missing.preview(read_model.orders, letters, question, found.parts)
    return _shown(read_model, found, asked, question, lines, sending, refused, places(pixels))


def _shown(  # noqa: PLR0913, PLR0917 -- the parts of a page
    read_model: ReadModel,
    found: Reconciliation,
    asked: OrderQuestion,
    question: OrderScope,
    lines: Sequence[Line],
    sending: MissingPreview | None,
    refused: int,
    named: Places,
) -> OrdersPage:
    total = found.total
    counts = {Result.ACCEPTED: total.accepted, Result.IGNORED: total.n_ignored, Result.MISSING: total.n_missing}
    sums = [] if asked.wants_list else list(grouped(found.parts, GROUPINGS[asked.by]).items())
    return OrdersPage(
        total=total,
        slices=stacked([(result.value, n) for result, n in counts.items()]),
        falls=falls(total),
        causes=_by_effect(found.money),
        by_place=sums[:MOST_PLACES],
        n_places=len(sums),
        tiktok=[] if asked.wants_list else _beside_tiktok(read_model, found, question),
        lines=lines,
        n_lines=total.orders,
        sending=sending,
        n_sendable=refused,
        places=named,
    )


def _by_effect(money: Sequence[CausedMoney]) -> Mapping[str, Sequence[CausedMoney]]:
    effects = dict.fromkeys(it.effect.value for it in money)
    return {effect: [it for it in money if it.effect == effect] for effect in effects}


def _beside_tiktok(read_model: ReadModel, found: Reconciliation, question: OrderScope) -> list[TiktokRow]:
    """Return each pixel's orders beside TikTok's own count; without an account there is nothing to show."""
    counts: dict[tuple[str, str], TiktokCount] = {}
    for (_, *place), count in tiktok_counts(read_model.accounts, question.days, question.told).items():
        where = (place[0], place[1])
        counts[where] = counts.get(where, TiktokCount()) + count
    if not counts:
        return []
    sums: dict[tuple[str, str], list[int]] = {}
    for part in found.parts:
        its = sums.setdefault((part.place.workspace, part.place.pixel), [0, 0])
        its[0] += part.n
        its[1] += part.n * (part.result is Result.ACCEPTED)
    return [
        TiktokRow(*place, orders, accepted, counts.get(place))
        for place, (orders, accepted) in sorted(sums.items())
        if place[1]
    ]
