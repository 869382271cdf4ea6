"""GET and POST /restored: what a restore from an old backup holds, and sending or discarding it after a look."""

from functools import partial
from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import backups
from twinbeam.admin.errors import AdminError
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.money import shown
from twinbeam.core.restored import Decision
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.places import places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

PATH = "/restored"
_HELD_MS = 7 * MS_PER_DAY  #: after the restore
_DECISIONS: tuple[Decision, ...] = get_args(Decision)
_NO_STORE = {"cache-control": "no-store"}


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /restored, where `decision` asks what that would do, and POST /restored, which does it."""
    form = await read_form(request) if request.method == "POST" else request.query_params
    chosen = next((it for it in _DECISIONS if it == form.get("decision")), None)
    if chosen is None or request.method != "POST":
        return await _page(renderer, context, request, chosen=chosen)
    try:
        await act(context, request, partial(backups.decide, decision=chosen))
    except AdminError as error:
        return await _page(renderer, context, request, problem=str(error))
    return RedirectResponse(PATH, 303, _NO_STORE)


async def _page(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    *,
    chosen: Decision | None = None,
    problem: str = "",
) -> Response:
    seen, at_ms = seen_by(request, context), context.clock.now_ms()
    found, rows = await context.on_reader(lambda: (seen.after_restore(), seen.pixels()))
    until_ms = found.restore.restored_ms + _HELD_MS if found.restore else at_ms
    return renderer.respond(
        "restored/page.html",
        400 if problem else 200,
        here=PATH,
        found=found,
        until_ms=until_ms,
        chosen=chosen,
        problem=problem,
        places=places(rows),
        in_words=shown,
        at_ms=at_ms,
    )
