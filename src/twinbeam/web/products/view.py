"""/products: a workspace's feed, the share of content ids that it knows, and those that it does not know."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import products
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.admin.workspaces import NAME
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.products import TARGET, DayMatch, Feed, UnknownId
from twinbeam.core.rules import MAIN
from twinbeam.core.story import PixelRow
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversions.lists import as_date
from twinbeam.web.forms import read_form
from twinbeam.web.plots import Labelled, in_words, labelled, shares
from twinbeam.web.products.uploading import Form, NoFile, contents
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

PATH = "/products"
PERIODS = (7, 28, 90)
NO_ADVICE = "The feed has nothing like it. Add the product to the feed, or send the id that the feed has."
_SHOWN = 100  #: unknown ids
_LONGEST = 100  #: of a word in the address


class PixelMatch(Struct, frozen=True):
    """How much of what the events of a pixel name the feed knew."""

    pixel: PixelRow
    days: Sequence[DayMatch]
    rate: float | None
    ids: int
    matched: int
    without: int
    plot: Labelled


class ProductsPage(Struct, frozen=True):
    """What is shown of a workspace."""

    workspace: str
    workspaces: Sequence[str]
    days: int
    feed: Feed | None
    next_ms: int | None  #: when the address is read again
    matches: Sequence[PixelMatch]
    pixel: str  #: whose unknown ids are listed
    unknown: Sequence[UnknownId]
    others: int  #: unknown ids that are not named


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /products."""
    return await _page(renderer, context, request)


async def change(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /products/address: an address is kept or forgotten, or read at once."""
    form = await read_form(request)
    try:
        await act(context, request, partial(_do, form=form))
    except AdminError as error:
        return await _page(renderer, context, request, problem=str(error), status=400)
    context.uploads.ask()
    return _back(form.get("workspace", MAIN))


async def upload(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /products/upload: a file is kept for the job, which reads it."""
    workspace = request.query_params.get("workspace", MAIN)
    try:
        await act(context, request, partial(_check_workspace, workspace=workspace))
        form = Form(request)
        taken = await context.uploads.take_upload(workspace, await form.file(), contents(form))
    except AdminError as error:
        return await _page(renderer, context, request, problem=str(error), status=400)
    except NoFile:
        return await _page(renderer, context, request, problem="Choose a file, then press Upload.", status=400)
    if not taken:
        return await _page(renderer, context, request, problem=_TOO_LARGE, status=413)
    return _back(workspace, uploaded="yes")


_TOO_LARGE = "The file is too large for a page. Pack it with gzip, or use: twinbeam feed import FILE"


def read_page(read_model: ReadModel, asked: Mapping[str, str], own: str, now_ms: int) -> ProductsPage | None:
    """Read what is asked for, or return None where nothing can be meant; for the reader's thread."""
    days = asked.get("days", str(PERIODS[0]))
    if days not in map(str, PERIODS) or max(map(len, asked.values()), default=0) > _LONGEST:
        return None
    rows, feeds = read_model.pixels(), read_model.products.feeds()
    named = {row.workspace for row in rows} | {feed.workspace for feed in feeds}
    workspace = asked.get("workspace") or own or (min(named) if named and MAIN not in named else MAIN)
    if (own and workspace != own) or not NAME.fullmatch(workspace):
        return None
    workspaces = sorted({*named, workspace})
    since = day_of(now_ms) - int(days) + 1
    feed = next((it for it in feeds if it.workspace == workspace), None)
    found = [it for it in read_model.products.matches(since_day=since) if it.workspace == workspace]
    here = [row for row in rows if row.workspace == workspace]
    matches = [match for row in here if (match := _match(row, found, since, int(days))) is not None]
    pixel = _pixel(asked.get("pixel", ""), here, matches)
    unknown = products.advised(read_model.products, workspace, pixel, since_day=since) if pixel and feed else []
    others = sum(it.others for it in found if it.pixel == pixel)
    left = sum(it.n for it in unknown[_SHOWN:])
    return ProductsPage(
        workspace, workspaces, int(days), feed, _next_ms(feed), matches, pixel, unknown[:_SHOWN], others + left
    )


def _match(row: PixelRow, found: Sequence[DayMatch], since: int, days: int) -> PixelMatch | None:
    own = {it.day: it for it in found if it.pixel == row.code}
    if not own:
        return None
    rates = [own[day].rate if day in own else None for day in range(since, since + days)]
    ids, matched = sum(it.ids for it in own.values()), sum(it.matched for it in own.values())
    told = [
        (str(as_date(day)), "" if rate is None else f"{rate * 100:.1f} %")
        for day, rate in enumerate(rates, start=since)
    ]
    says = in_words(f"Known content ids, % per UTC day; the line is at {TARGET * 100:.0f} %", told, "not known")
    plot = labelled(shares(rates, TARGET, says), told, "100 %")
    without = sum(it.without for it in own.values())
    return PixelMatch(row, list(own.values()), matched / ids if ids else None, ids, matched, without, plot)


def _pixel(asked: str, here: Sequence[PixelRow], matches: Sequence[PixelMatch]) -> str:
    """Return whose unknown ids are listed: the one that is asked for, else the one with the most."""
    if any(row.code == asked for row in here):
        return asked
    most = max(matches, key=lambda it: it.ids - it.matched, default=None)
    return most.pixel.code if most else ""


def _next_ms(feed: Feed | None) -> int | None:
    if feed is None or not feed.host or feed.tried_ms is None:
        return None
    hour = MS_PER_DAY // 24
    return feed.tried_ms + (hour if feed.trouble else feed.every_hours * hour)


async def _page(
    renderer: PageRenderer, context: RouteContext, request: Request, *, problem: str = "", status: int = 200
) -> Response:
    now_ms, query = context.clock.now_ms(), dict(request.query_params)
    query.pop("csrf", None)
    own = signed_in(request).workspace
    found = await context.on_reader(partial(read_page, seen_by(request, context), query, own, now_ms))
    if found is None:
        raise HTTPException(404)
    return renderer.respond(
        "products/page.html",
        status,
        here=PATH,
        found=found,
        periods=PERIODS,
        problem=problem,
        is_uploaded=query.get("uploaded") == "yes" and not problem,
        target=TARGET,
        no_advice=NO_ADVICE,
        at_ms=now_ms,
    )


def _back(workspace: str, **said: str) -> Response:
    words = "".join(f"&{name}={word}" for name, word in said.items())
    return RedirectResponse(f"{PATH}?workspace={workspace}{words}", 303, {"cache-control": "no-store"})


def _check_workspace(admin: Admin, *, workspace: str) -> None:
    products.standing(admin, workspace)


def _do(admin: Admin, form: Mapping[str, str]) -> None:
    asked = _WAYS.get(form.get("do", ""))
    if asked is None:
        raise Invalid("The form is not one of this page. Reload it and try again.")
    asked(admin, form)


def _schedule(admin: Admin, form: Mapping[str, str]) -> None:
    every = form.get("every", "")
    hours = int(every) if every.isascii() and every.isdigit() and len(every) < 4 else 0
    products.schedule(admin, form.get("workspace", MAIN), form.get("url", "").strip(), every_hours=hours)


def _unschedule(admin: Admin, form: Mapping[str, str]) -> None:
    products.unschedule(admin, form.get("workspace", MAIN))


def _ask(admin: Admin, form: Mapping[str, str]) -> None:
    products.ask(admin, form.get("workspace", MAIN))


_WAYS: Mapping[str, Callable[[Admin, Mapping[str, str]], None]] = {
    "schedule": _schedule,
    "forget": _unschedule,
    "read": _ask,
}
