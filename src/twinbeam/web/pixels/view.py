"""GET /pixels: every pixel in one table, with what is wrong in words."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import RouteContext
from twinbeam.web.pixels.table import read_table
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /pixels."""
    table = await context.on_reader(
        partial(read_table, seen_by(request, context), context.clock.now_ms(), context.access_codes)
    )
    return renderer.respond("pixels/page.html", here="/pixels", table=table)
