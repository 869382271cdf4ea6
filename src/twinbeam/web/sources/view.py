"""GET and POST /sources, and below it one page for each source with what comes from it as a stream. For members."""

from functools import partial
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import sources
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by
from twinbeam.web.sources.actions import Acted, Form, create, do
from twinbeam.web.sources.facts import SourcePage, choices, pages_of
from twinbeam.web.sources.systems import SYSTEMS
from twinbeam.web.streaming import Following, Looked, Still, follow, streamed

PATH = "/sources"
MOST_CHOICES = 100  #: pixels to tick; the command takes any
_TROUBLE = "The store cannot be read right now; this is what was last known."
_LOCAL = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 -- compared with, not bound to


async def show_list(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /sources: all of them, and a new one."""
    if request.method != "POST":
        return await _list(renderer, context, request)
    form = await read_form(request)
    try:
        done = await act(context, request, partial(create, form=form))
    except AdminError as error:
        return await _list(renderer, context, request, form=form, problem=str(error))
    if not done.secret:
        return RedirectResponse(f"{PATH}/{done.name}", 303, {"cache-control": "no-store"})
    return await _page(renderer, context, await _source(context, request, done.name), done=done)


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /sources/{source}."""
    found = await _source(context, request, request.path_params["source"])
    if request.method != "POST":
        return await _page(renderer, context, found)
    form = await read_form(request)
    try:
        done = await _do(context, request, found, form)
    except AdminError as error:
        return await _page(renderer, context, found, form=form, problem=str(error))
    if done.secret or done.preview is not None:
        return await _page(renderer, context, await _source(context, request, found.row.name), form=form, done=done)
    return RedirectResponse(f"{PATH}/{done.name}" if done.name else PATH, 303, {"cache-control": "no-store"})


async def stream(renderer: PageRenderer, context: RouteContext, still: Still, request: Request) -> Response:
    """Answer GET /sources/{source}/live."""
    await _source(context, request, request.path_params["source"])

    async def look() -> Looked:
        found = await _source(context, request, request.path_params["source"])
        return Looked(found.now_ms, _part(renderer, found))

    return streamed(request, lambda: follow(Following(look, partial(still, request), context.closing, _TROUBLE)))


async def _do(context: RouteContext, request: Request, found: SourcePage, form: Form) -> Acted:
    """Do what a form asks for; a mapping is read by the same function in its preview and before it is saved."""
    name, wanted = found.row.name, form.get("do", "")
    if wanted not in ("preview", "map", "unmap"):
        return await act(context, request, lambda admin: do(admin, name, form))
    if wanted == "unmap":
        await act(context, request, lambda admin: sources.map_orders(admin, name, {}))
        return Acted(name)
    mapping, sample = form.get("mapping", ""), form.get("sample", "")
    if wanted == "preview":
        if not sample.strip():
            raise Invalid("Paste a body as the sender sends it, to see what the mapping makes of it.")
        return Acted(name, preview=context.preview(mapping, sample.encode(), context.clock.now_ms()))
    read = context.read_mapping(mapping)
    if isinstance(read, str):
        raise Invalid(read)
    await act(context, request, lambda admin: sources.map_orders(admin, name, read))
    return Acted(name)


async def _sources(context: RouteContext, request: Request) -> list[SourcePage]:
    pixels = await context.on_reader(seen_by(request, context).pixels)
    heard = await context.on_reader(context.heard)
    now_ms = context.clock.now_ms()
    return await act(context, request, lambda admin: pages_of(admin, heard, pixels, now_ms))


async def _source(context: RouteContext, request: Request, name: str) -> SourcePage:
    """Return one source; raises HTTPException 404 where it is not there."""
    found = next((it for it in await _sources(context, request) if it.row.name == name), None)
    if found is None:
        raise HTTPException(404)
    return found


async def _list(
    renderer: PageRenderer, context: RouteContext, request: Request, *, form: Form | None = None, problem: str = ""
) -> Response:
    pixels = await context.on_reader(seen_by(request, context).pixels)
    return renderer.respond(
        "sources/list.html",
        400 if problem else 200,
        here=PATH,
        found=await _sources(context, request),
        pixels=pixels[:MOST_CHOICES],
        n_pixels=len(pixels),
        systems=SYSTEMS,
        typed=form or {},
        asked=request.query_params,
        problem=problem,
        at_ms=context.clock.now_ms(),
    )


async def _page(
    renderer: PageRenderer,
    context: RouteContext,
    found: SourcePage,
    *,
    form: Form | None = None,
    done: Acted | None = None,
    problem: str = "",
) -> Response:
    typed = form or {}
    return renderer.respond(
        "sources/page.html",
        400 if problem else 200,
        here=PATH,
        found=found,
        row=found.row,
        system=found.system,
        address=f"{PATH}/{found.row.name}",
        paste=f"{context.intake_url.rstrip('/')}{found.path}",
        is_local=urlsplit(context.intake_url).hostname in _LOCAL,
        choices=list(choices(found.row)),
        mapping=typed.get("mapping", found.mapping),
        sample=typed.get("sample", ""),
        done=done,
        problem=problem,
        live=_part(renderer, found),
        at_ms=found.now_ms,
    )


def _part(renderer: PageRenderer, found: SourcePage) -> str:
    """Return what changes by itself: whether it works, how late it is, and the last deliveries."""
    return renderer.render("sources/part.html", found=found, at_ms=found.now_ms)
