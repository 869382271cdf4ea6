"""GET /pixels: every pixel in one table, with what is wrong in words."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import RouteContext
from twinbeam.web.pixels.table import read_table
from twinbeam.web.rendering import PageRenderer


async def show(renderer: PageRenderer, context: RouteContext, _request: Request) -> Response:
    """Answer GET /pixels."""
    table = await context.on_reader(
        partial(read_table, context.read_model, context.clock.now_ms(), context.access_codes)
    )
    return renderer.respond("pixels/page.html", here="/pixels", table=table)
