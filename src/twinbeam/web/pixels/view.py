"""/pixels and the page of each pixel; the kill switch is a form there."""

from contextvars import copy_context
from functools import partial

from msgspec.structs import asdict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import naming, stopping
from twinbeam.admin.errors import AdminError
from twinbeam.admin.pixel_facts import Place
from twinbeam.admin.pixels import decide
from twinbeam.core.rates import NAMES, WEIGHTS
from twinbeam.web import profile_saving
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.pixel.frame import address_of, tabs_of
from twinbeam.web.pixels.flow import LIMITS, throttled_today
from twinbeam.web.pixels.links import PixelLinks
from twinbeam.web.pixels.question import LONGEST, PATH, SORTS, PixelsAsked, answer, read_question
from twinbeam.web.pixels.table import PixelTable, PixelView, read_one, read_table
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

_NO_STORE = {"cache-control": "no-store"}


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /pixels; it is rendered on the reader's thread, since there may be many."""
    asked = read_question(request.query_params)
    next_ms, waits = context.connecting.next_import_ms(), context.sending_waits()

    def page() -> Response:
        now_ms = context.clock.now_ms()
        table = read_table(seen_by(request, context), now_ms, context.access_codes, waits)
        found = answer(asked, table.pixels)
        return renderer.respond(
            "pixels/page.html",
            here=PATH,
            asked=asked,
            table=table,
            found=found,
            sorts=[(word, name) for word, (name, _) in SORTS.items()],
            clients=_clients(table),
            workspaces=sorted({view.row.workspace for view in table.pixels}),
            next_ms=next_ms,
            links=partial(PixelLinks, now_ms),
            match_names=NAMES,
        )

    return await context.on_reader(partial(copy_context().run, page))  # the page around it shows who is signed in


async def show_one(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /pixels/{workspace}/{code}."""
    return await _one(renderer, context, request)


async def find(context: RouteContext, request: Request) -> Response:
    """Answer GET /pixels/{code}: lead to the one pixel of that code that may be seen, else to the list of those."""
    code = request.path_params["code"]
    rows = await context.on_reader(seen_by(request, context).pixels)
    found = [row for row in rows if row.code == code.upper()]
    if len(found) == 1:
        return RedirectResponse(address_of((found[0].workspace, found[0].code)), 303, _NO_STORE)
    return RedirectResponse(PixelsAsked(q=code[:LONGEST]).address(), 303, _NO_STORE)


async def stop(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /pixels/{workspace}/{code}/stop: nothing is sent to the pixel until it is started."""
    form, (workspace, code) = await read_form(request), _place(request)
    if not form.get("sure"):
        return await _one(
            renderer, context, request, problem="Tick the box to confirm: nothing is sent while it is stopped."
        )
    try:
        await act(
            context, request, partial(stopping.stop, workspace=workspace, code=code, why=form.get("why", "").strip())
        )
    except AdminError as error:
        return await _one(renderer, context, request, problem=str(error))
    return RedirectResponse(f"{PATH}/{workspace}/{code}", 303, _NO_STORE)


async def start(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /pixels/{workspace}/{code}/start: what waited for the pixel is sent."""
    workspace, code = _place(request)
    try:
        await act(context, request, partial(stopping.start, workspace=workspace, code=code))
    except AdminError as error:
        return await _one(renderer, context, request, problem=str(error))
    return RedirectResponse(f"{PATH}/{workspace}/{code}", 303, _NO_STORE)


async def limit(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /pixels/{workspace}/{code}/limits: say how many requests TikTok gets for a pixel."""
    form, (workspace, code) = await read_form(request), _place(request)
    wanted = {name: form.get(name, "").strip() for name in LIMITS}
    try:
        await act(context, request, partial(decide, workspace=workspace, code=code, wanted=wanted))
    except AdminError as error:
        return await _one(renderer, context, request, problem=str(error), said_wrong=True)
    return RedirectResponse(f"{PATH}/{workspace}/{code}#flow", 303, _NO_STORE)


async def save_profile(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /pixels/{workspace}/{code}/profile: say whose a pixel is, also of one that was added by hand."""
    form, (workspace, code) = await read_form(request), _place(request)
    try:
        await act(context, request, partial(profile_saving.save_profile, workspace=workspace, code=code, form=form))
    except AdminError as error:
        return await _one(renderer, context, request, problem=str(error), said_wrong=True)
    return RedirectResponse(f"{PATH}/{workspace}/{code}#profile", 303, _NO_STORE)


async def _one(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    problem: str = "",
    *,
    said_wrong: bool = False,
) -> Response:
    now_ms = context.clock.now_ms()
    waits = context.sending_waits()
    found = await context.on_reader(
        partial(read_one, seen_by(request, context), _place(request), now_ms, context.access_codes, waits)
    )
    if found is None:
        raise HTTPException(404)
    throttled = await context.on_reader(partial(throttled_today, seen_by(request, context), _place(request), now_ms))
    return renderer.respond(
        "pixels/one.html",
        422 if problem else 200,
        here=PATH,
        pixel=found,
        tabs=tabs_of(_place(request), "", signed_in(request).role),
        at_ms=now_ms,
        next_ms=context.connecting.next_import_ms(),
        links=partial(PixelLinks, now_ms),
        profile=_said(found),
        offered=naming.offered(found.beside.profile, found.row.rules.environment),
        objection=naming.why_not(found.row.name, found.beside.profile, found.row.rules.environment),
        said_wrong=said_wrong,
        weights=WEIGHTS,
        match_names=NAMES,
        problem=problem,
        throttled=throttled,
        limits=[(label, name, getattr(found.row.rules, name)) for name, label in LIMITS.items()],
    )


def _said(pixel: PixelView) -> list[tuple[str, str]]:
    said = asdict(pixel.beside.profile) | {"environment": pixel.row.rules.environment}
    return [(name.capitalize(), word) for name, word in said.items()]


def _place(request: Request) -> Place:
    return request.path_params["workspace"], request.path_params["code"]


def _clients(table: PixelTable) -> list[str]:
    return sorted({view.beside.client for view in table.pixels if view.beside.client})
