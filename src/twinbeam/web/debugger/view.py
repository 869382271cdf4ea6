"""GET /debugger and one event of it; POST: show the hashes of one event, begin and end a test session."""

from collections.abc import Sequence
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin.errors import AdminError
from twinbeam.admin.revealing import note_shown_hashes
from twinbeam.core.outcomes import Reason
from twinbeam.core.pixel_counts import ConsentWord
from twinbeam.core.rejections import MOST_OF_SENDER
from twinbeam.core.rules import ConsentRules
from twinbeam.core.sightings import ROOM
from twinbeam.core.story import PixelRow
from twinbeam.core.users import Role
from twinbeam.core.values import Channel, Decision
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.debugger.asked import OUTCOMES, PATH, DebuggerQuestion, read_place, read_question
from twinbeam.web.debugger.panes import Panes, panes_of
from twinbeam.web.debugger.reading import RowPage, read_row, read_rows
from twinbeam.web.debugger.rows import DebuggerRow
from twinbeam.web.debugger.sessions import LENGTHS, change, sessions_of
from twinbeam.web.debugger.sight import rejected_seen_by
from twinbeam.web.forms import read_form
from twinbeam.web.places import Places, places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

_NO_STORE = {"cache-control": "no-store"}
#: What the filter offers; a reason of both lists stands in the first.
_REASONS = {
    "Recorded": sorted(set(Reason) - {Reason.PAGE_SEEN}),
    "Rejected on arrival": sorted({str(it) for it in Rejection} - {str(it) for it in Reason}),
}


async def show(renderer: PageRenderer, context: RouteContext, request: Request, problem: str = "") -> Response:
    """Answer GET /debugger."""
    question, before = read_question(request.query_params), read_place(request.query_params, "before")
    seen, rejected = seen_by(request, context), rejected_seen_by(request, context)

    def read() -> tuple[int, RowPage, list[PixelRow]]:
        return seen.sightings.newest(), read_rows(seen, rejected, question, before), seen.pixels()

    newest, page, pixels = await context.on_reader(read)
    since_ms = max((one.at_ms for one in rejected), default=0)
    return renderer.respond(
        "debugger/page.html",
        400 if problem else 200,
        here=PATH,
        problem=problem,
        asked=question,
        all_of_it=DebuggerQuestion(),
        page=page,
        before=before,
        stream_at="" if before else f"{PATH}/live{question.query(after=newest, since=since_ms)}",
        pixels=pixels,
        places=places(pixels),
        outcomes=list(OUTCOMES),
        reasons=_REASONS,
        channel_names=list(Channel),
        said=list(ConsentWord),
        decisions=list(Decision),
        sessions=sessions_of(pixels, context.clock.now_ms()),
        lengths=LENGTHS,
        at_ms=context.clock.now_ms(),
    )


async def show_one(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /debugger/{key}; a part of a page where the drawer asks for it."""
    panes = await _panes(context, request, shows_hashes=False)
    if panes is None:
        return _gone(renderer)
    template = "debugger/panes.html" if request.query_params.get("part") else "debugger/event.html"
    return await _answer(renderer, context, request, panes, template)


async def show_hashes(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /debugger/{key}/hashes: show the hashes of this event, once, after that stands in the audit."""
    panes = await _panes(context, request, shows_hashes=True)
    if panes is None:
        return _gone(renderer)
    if panes.sent is None or panes.row.story is None:
        raise HTTPException(404)
    await act(context, request, partial(note_shown_hashes, story=panes.row.story))
    return await _answer(renderer, context, request, panes, "debugger/event.html")


async def change_session(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /debugger/tests."""
    try:
        place = await change(context, request, await read_form(request))
    except AdminError as error:
        return await show(renderer, context, request, str(error))
    return RedirectResponse(f"{PATH}{DebuggerQuestion(pixel=place, tests='only').query()}", 303, _NO_STORE)


async def _panes(context: RouteContext, request: Request, *, shows_hashes: bool) -> Panes | None:
    found = await context.on_reader(partial(_found, context, request, request.path_params["key"]))
    if found is None:
        return None
    row, others, rules = found
    story = row.story
    outgoing = await context.on_store(partial(context.outgoing, story.id)) if story and row.is_open else None
    return panes_of(row, others, outgoing, context.wire, rules, shows_hashes=shows_hashes)


def _gone(renderer: PageRenderer) -> Response:
    """Answer for an event that is not kept here any more, with the other ways to it."""
    return renderer.respond("debugger/gone.html", 404, here="", room=ROOM, of_sender=MOST_OF_SENDER)


def _found(
    context: RouteContext, request: Request, key: str
) -> tuple[DebuggerRow, list[DebuggerRow], ConsentRules] | None:
    """Return an event, the other copies of its conversion, and its pixel's rules on consent."""
    seen = seen_by(request, context)
    found = read_row(seen, partial(rejected_seen_by, request, context), key)
    if found is None:
        return None
    place = (found[0].workspace, found[0].pixel)
    return *found, next((it.rules.consent for it in seen.pixels() if (it.workspace, it.code) == place), ConsentRules())


async def _answer(
    renderer: PageRenderer, context: RouteContext, request: Request, panes: Panes, template: str
) -> Response:
    rows = await context.on_reader(seen_by(request, context).pixels)
    return renderer.respond(
        template,
        here="",
        panes=panes,
        row=panes.row,
        places=places(rows),
        may_show=signed_in(request).role == Role.OWNER,
        at_ms=context.clock.now_ms(),
    )


def render_rows(renderer: PageRenderer, rows: Sequence[DebuggerRow], named: Places, at_ms: int | None) -> str:
    """Return rows as the list shows them."""
    return renderer.render("debugger/rows.html", rows=rows, places=named, at_ms=at_ms)
