"""`/lamps/{id}`: one product. It reports that it was looked at, and what was put into the cart."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.demo.shop_pages.cart import Cart
from twinbeam.demo.shop_pages.catalogue import CATALOGUE
from twinbeam.demo.shop_pages.parts import Parts
from twinbeam.demo.shop_pages.reports import properties_of


async def show(shop: Parts, request: Request) -> Response:
    """Answer GET /lamps/{id}."""
    product = CATALOGUE.get(request.path_params["id"])
    if product is None:
        raise HTTPException(404)
    seen = properties_of(Cart().with_one_more(product))
    return shop.templates.respond(
        request, "product.html", product=product, events=[("ViewContent", seen, {})], added=("AddToCart", seen, {})
    )
