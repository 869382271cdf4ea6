"""GET /help/{page}: a page of the documentation, as it is installed."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.web.contract import RouteContext
from twinbeam.web.documentation.pages import names, read
from twinbeam.web.rendering import PageRenderer


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /help/{page}."""
    name = request.path_params["page"]
    if name not in names():
        raise HTTPException(404)
    page = await context.on_reader(partial(read, name))
    return renderer.respond("documentation/page.html", here="/help", name=name, page=page)
