"""`/`: all products."""

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.demo.shop_pages.catalogue import CATALOGUE
from twinbeam.demo.shop_pages.parts import Parts


async def show(shop: Parts, request: Request) -> Response:
    """Answer GET /."""
    return shop.templates.respond(request, "products.html", goods=CATALOGUE.values())
