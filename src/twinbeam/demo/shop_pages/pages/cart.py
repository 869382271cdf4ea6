"""`/cart`: what is in it, and the form that changes it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.demo.shop_pages.cart import COOKIE, MOST_OF_ONE, Cart, read_cart
from twinbeam.demo.shop_pages.catalogue import CATALOGUE
from twinbeam.demo.shop_pages.parts import Parts, form_of

_DAYS_30_SECONDS = 2_592_000


def cart_of(request: Request) -> Cart:
    """Return the visitor's cart."""
    return read_cart(request.cookies.get(COOKIE, ""))


async def show(shop: Parts, request: Request) -> Response:
    """Answer GET /cart."""
    return shop.templates.respond(request, "cart.html", cart=cart_of(request), most=MOST_OF_ONE)


async def change(_shop: Parts, request: Request) -> Response:
    """Answer POST /cart: one more of a product, or just so many of it."""
    form = await form_of(request)
    product = CATALOGUE.get(form.get("product", ""))
    wanted = form.get("quantity")
    if product is None or (wanted is not None and not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 4)):
        raise HTTPException(400)
    before = cart_of(request)
    after = before.with_one_more(product) if wanted is None else before.with_quantity(product, int(wanted))
    response = RedirectResponse("/cart", 303)
    response.set_cookie(COOKIE, after.written(), max_age=_DAYS_30_SECONDS, samesite="lax", httponly=True)
    return response
