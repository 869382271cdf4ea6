"""
`/thank-you/{order}`: what was ordered and what becomes of it, for the browser that ordered alone.

The page may be shown again at any time: the tag fires an order once.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twinbeam.demo.shop_pages.orders import Order
from twinbeam.demo.shop_pages.parts import Parts
from twinbeam.demo.shop_pages.progress import progress_of
from twinbeam.demo.shop_pages.reports import properties_of, purchase_id

_COOKIE = "orders"  #: the forms of the newest orders by their tokens, the newest last
_MOST = 5
_DAYS_30_SECONDS = 2_592_000


def keep(request: Request, response: Response, token: str) -> None:
    """Let the browser prove later that it was the one that sent a form."""
    tokens = [*(known for known in _tokens(request) if known != token), token]
    response.set_cookie(_COOKIE, ".".join(tokens[-_MOST:]), max_age=_DAYS_30_SECONDS, samesite="lax", httponly=True)


async def show(shop: Parts, request: Request) -> Response:
    """Answer GET /thank-you/{order}."""
    order = _own(shop, request)
    bought = properties_of(order.cart) | {"order_id": order.id, "order_token": order.token}
    return shop.templates.respond(
        request,
        "thank_you.html",
        order=order,
        event_id=purchase_id(order.token),
        events=[("Purchase", bought, {})],
        identity={"email": order.customer.email, "phone_number": order.customer.phone},
    )


async def status(shop: Parts, request: Request) -> Response:
    """Answer GET /thank-you/{order}/status: what became of the purchase so far."""
    event_id = purchase_id(_own(shop, request).token)  # of what was refused it is the only trace
    told = await shop.gateway.conversion(event_id)
    return JSONResponse(progress_of(told), headers={"cache-control": "no-store"})


def _own(shop: Parts, request: Request) -> Order:
    """Return the order, if the browser that asks has sent its form."""
    sent = (shop.orders.get(token) for token in _tokens(request))
    found = next((order for order in sent if order and order.id == request.path_params["order"]), None)
    if found is None:
        raise HTTPException(404)
    return found


def _tokens(request: Request) -> list[str]:
    return list(filter(None, request.cookies.get(_COOKIE, "").split(".")))
