"""GET /conversions: the newest conversions in a state, of one pixel or of all, a page at a time."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import RouteContext
from twinbeam.web.conversions.lists import KINDS, read_list, read_question
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /conversions."""
    asked = read_question(request.query_params)
    if asked is None:
        raise HTTPException(404)
    found = await context.on_reader(partial(read_list, seen_by(request, context), asked))
    return renderer.respond(
        "conversions/page.html",
        here="/conversions",
        asked=asked,
        found=found,
        kinds=list(KINDS),
        at_ms=context.clock.now_ms(),
    )
