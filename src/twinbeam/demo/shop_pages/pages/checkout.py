"""
`/checkout`, and `/order` where its form leads.

The form bears the token of this checkout, so however often it is sent, it is one order.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.demo.shop_pages.cart import COOKIE, Cart
from twinbeam.demo.shop_pages.orders import Customer, Order, draw_order_id, draw_token, is_token
from twinbeam.demo.shop_pages.pages import thank_you
from twinbeam.demo.shop_pages.pages.cart import cart_of
from twinbeam.demo.shop_pages.parts import Parts, form_of
from twinbeam.demo.shop_pages.people import fictional_customer
from twinbeam.demo.shop_pages.reports import order_token, properties_of, purchase_of
from twinbeam.demo.shop_pages.validation import customer_of, validation_error
from twinbeam.demo.shop_pages.visit import Visit, visit_of

CHECKOUT = "checkout"  #: the cookie and the field that hold the checkout's token


async def show(shop: Parts, request: Request) -> Response:
    """Answer GET /checkout; a cart that is empty leads back to it."""
    cart = cart_of(request)
    if not cart.lines:
        return RedirectResponse("/cart", 303)
    token = request.cookies.get(CHECKOUT, "")
    return _form(shop, request, cart, fictional_customer(), token if is_token(token) else draw_token())


async def order(shop: Parts, request: Request) -> Response:
    """Answer POST /order: take the order once, report it, and lead to the page that says thank you."""
    form = await form_of(request)
    token, customer = form.get(CHECKOUT, ""), customer_of(form)
    if shop.orders.get(token) is None and (sent_back := _sent_back(shop, request, token, customer)):
        return sent_back
    visit = visit_of(form, request.headers.get("user-agent", ""))
    taken, is_new = shop.orders.once(token, partial(_take, shop, cart_of(request), customer, visit))
    if is_new:
        shop.reporter.report(purchase_of(taken))
    response = RedirectResponse(f"/thank-you/{taken.id}", 303)
    thank_you.keep(request, response, token)
    for cookie in (COOKIE, CHECKOUT):
        response.delete_cookie(cookie, samesite="lax", httponly=True)
    return response


def _sent_back(shop: Parts, request: Request, token: str, customer: Customer) -> Response | None:
    """Answer a form that cannot be an order: of no checkout of this browser, with an empty cart, or half filled in."""
    cart = cart_of(request)
    if not cart.lines or not is_token(token) or token != request.cookies.get(CHECKOUT):
        return RedirectResponse("/cart", 303)
    trouble = validation_error(customer)
    return _form(shop, request, cart, customer, token, trouble) if trouble else None


def _form(shop: Parts, request: Request, cart: Cart, customer: Customer, token: str, trouble: str = "") -> Response:
    begun = ("InitiateCheckout", properties_of(cart), {"checkout_token": token})
    response = shop.templates.respond(
        request,
        "checkout.html",
        422 if trouble else 200,
        cart=cart,
        customer=customer,
        token=token,
        trouble=trouble,
        events=[begun],
    )
    response.set_cookie(CHECKOUT, token, samesite="lax", httponly=True)
    return response


def _take(shop: Parts, cart: Cart, customer: Customer, visit: Visit) -> Order:
    """Take the money, which in this shop is no trouble."""
    order_id = draw_order_id()
    token = order_token(shop.config.order_secret, order_id)
    return Order(id=order_id, token=token, placed_s=shop.now_s(), cart=cart, customer=customer, visit=visit)
