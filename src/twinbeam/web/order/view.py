"""GET /orders/{workspace}/{number}: one order, as the shop told of it, and what became of it for each pixel."""

from functools import partial
from urllib.parse import quote

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.reconciling import told_of
from twinbeam.core.money import shown
from twinbeam.orders.reconciliation import KnownOrder, Line
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.places import Places, places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

_MOST_NUMBER_CHARS = 256  #: longer ones are no order's


class NumberedOrder(Struct, frozen=True):
    """The order of one shop under a number, with a line for each pixel."""

    order: KnownOrder
    lines: list[Line]


class OrderPage(Struct, frozen=True):
    """The orders under a number, of which each shop of a workspace may have one; and how pixels are named."""

    orders: list[NumberedOrder]
    places: Places


def address_of(workspace: str, number: str) -> str:
    """Return where an order's page is."""
    return f"/orders/{quote(workspace, safe='')}/{quote(number, safe='')}"


def read_order(read_model: ReadModel, workspace: str, number: str) -> OrderPage | None:
    """Read what is known under a number, or None where it is no order's; for the reader's thread."""
    known = read_model.orders.under_number([workspace], number) if len(number) <= _MOST_NUMBER_CHARS else []
    if not known:
        return None
    rows = read_model.pixels()
    return OrderPage([NumberedOrder(order, told_of([order], rows)) for order in known], places(rows))


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /orders/{workspace}/{number}."""
    asked = request.path_params
    found = await context.on_reader(partial(read_order, seen_by(request, context), asked["workspace"], asked["number"]))
    if found is None:
        raise HTTPException(404)
    return renderer.respond(
        "order/page.html",
        here="",
        order_id=asked["number"],
        orders=found.orders,
        places=found.places,
        in_words=shown,
        at_ms=context.clock.now_ms(),
    )
