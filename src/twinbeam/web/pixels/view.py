"""GET /pixels: every pixel in one table, with what is wrong in words."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import Parts
from twinbeam.web.pixels.table import read_table
from twinbeam.web.rendering import Templates


async def show(templates: Templates, parts: Parts, _request: Request) -> Response:
    """Answer GET /pixels."""
    table = await parts.on_reader(partial(read_table, parts.read_model, parts.clock.now_ms(), parts.access_codes))
    return templates.respond("pixels/page.html", here="/pixels", table=table)
