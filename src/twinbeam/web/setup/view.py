"""GET and POST /setup, and below it one page for each pixel with what changes by itself as a stream."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import accounts, pixels
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.admin.launch.facts import launch_facts
from twinbeam.admin.launch.senders import OTHERS
from twinbeam.admin.launch.ways import MEANINGS, NAMES, Situation, advised
from twinbeam.admin.pixels import NewPixel
from twinbeam.core.rules import DEFAULT_WORKSPACE, MAIN
from twinbeam.core.story import KeyRow, PixelRow, SourceRow
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.setup.actions import Done, do
from twinbeam.web.setup.install import PATHS, chosen_path
from twinbeam.web.setup.pieces import install_parts
from twinbeam.web.setup.steps import Leading, SetupPage, setup_of
from twinbeam.web.sight import seen_by
from twinbeam.web.streaming import Following, Looked, Still, follow, streamed

PATH = "/setup"
_TROUBLE = "The store cannot be read right now; this is what was last known."


async def begin(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /setup: which pixel, or a new one."""
    problem, form = "", {}
    if request.method == "POST":
        form = await read_form(request)
        code, workspace = form.get("code", "").strip(), form.get("workspace", "") or MAIN
        wanted = NewPixel(code, name=form.get("name", "").strip(), workspace=workspace)
        try:
            if not code:
                raise Invalid("Type the pixel's code: TikTok Events Manager shows it under the pixel's name.")
            await act(context, request, partial(pixels.add, wanted=wanted))
        except AdminError as error:
            problem = str(error)
        else:
            return RedirectResponse(f"{PATH}/{workspace}/{code}", 303, {"cache-control": "no-store"})
    rows = await context.on_reader(seen_by(request, context).pixels)
    return renderer.respond(
        "setup/start.html", 400 if problem else 200, here=PATH, pixels=rows, problem=problem, typed=form.get("code", "")
    )


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /setup/{workspace}/{code}."""
    row = await _row(context, request)
    if request.method != "POST":
        return await _page(renderer, context, request, row)
    try:
        done = await do(context, request, row, await read_form(request))
    except AdminError as error:
        return await _page(renderer, context, request, row, problem=str(error), status=400)
    if done.key or done.advice:
        return await _page(renderer, context, request, await _row(context, request), done=done)
    return RedirectResponse(f"{_address(row)}#{done.step}", 303, {"cache-control": "no-store"})


async def stream(renderer: PageRenderer, context: RouteContext, still: Still, request: Request) -> Response:
    """Answer GET /setup/{workspace}/{code}/live."""
    await _row(context, request)

    async def look() -> Looked:
        found = await _setup(context, request, await _row(context, request))
        return Looked(found.facts.now_ms, _part(renderer, found))

    return streamed(request, lambda: follow(Following(look, partial(still, request), context.closing, _TROUBLE)))


async def _page(  # noqa: PLR0913 -- what happened before the page is shown
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    row: PixelRow,
    *,
    done: Done | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    found = await _setup(context, request, row)
    path = chosen_path(request.query_params.get("path", ""))
    key = done.key if done is not None and done.kind == "browser" else ""
    parts = install_parts(context, row, path, key)
    shops = await act(context, request, lambda admin: admin.store.shops(row.workspace))
    return renderer.respond(
        "setup/page.html",
        status,
        here=PATH,
        setup=found,
        row=row,
        address=_address(row),
        live=_part(renderer, found),
        paths=PATHS,
        path=path,
        parts=parts,
        others=OTHERS,
        names=NAMES,
        meanings=MEANINGS,
        advice=done.advice if done and done.advice else advised(Situation()),
        said=done.situation if done else None,
        shops=shops,
        done=done,
        problem=problem,
        at_ms=found.facts.now_ms,
    )


def _part(renderer: PageRenderer, found: SetupPage) -> str:
    """Return what changes by itself: the steps, what is listened for, the pair and the checklist."""
    return renderer.render("setup/part.html", setup=found, at_ms=found.facts.now_ms)


async def _setup(context: RouteContext, request: Request, row: PixelRow) -> SetupPage:
    leading, hosts = await act(context, request, partial(_around, row=row))
    read_model, now_ms = seen_by(request, context), context.clock.now_ms()
    facts = await context.on_reader(partial(launch_facts, read_model, row, hosts, now_ms, context.access_codes))
    return setup_of(facts, leading)


async def _row(context: RouteContext, request: Request) -> PixelRow:
    """Return the pixel of an address; raises HTTPException 404 where it is not there."""
    workspace, code = request.path_params["workspace"], request.path_params["code"]
    rows = await context.on_reader(seen_by(request, context).pixels)
    found = next((row for row in rows if (row.workspace, row.code) == (workspace, code)), None)
    if found is None:
        raise HTTPException(404)
    return found


def _around(admin: Admin, row: PixelRow) -> tuple[Leading, tuple[str, ...]]:
    """Read which keys lead to a pixel, and the hosts of its workspace; for the store's thread."""
    valid = [key for key in admin.store.access_keys() if key.revoked_ms is None and _leads_to(key, row)]
    signed = [source for source in admin.store.signed_sources() if _leads_to(source, row)]
    leading = Leading(
        browser=[key.id for key in valid if key.kind == "browser"],
        server=[*(key.id for key in valid if key.kind == "server"), *(source.name for source in signed)],
        account=accounts.account(admin, row.account).name if row.account else "",
    )
    return leading, admin.store.workspaces().get(row.workspace, DEFAULT_WORKSPACE).hosts


def _leads_to(leading: KeyRow | SourceRow, row: PixelRow) -> bool:
    return leading.workspace == row.workspace and any(route.pixel == row.code for route in leading.routes)


def _address(row: PixelRow) -> str:
    return f"{PATH}/{row.workspace}/{row.code}"
