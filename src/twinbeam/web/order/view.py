"""GET /orders/{workspace}/{number}: one order, as the shop told of it, and what became of it for each pixel."""

from functools import partial
from urllib.parse import quote

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin.reconciling import NOTHING_SENT, not_subtracted, told_of, went_back
from twinbeam.core.money import shown, to_minor
from twinbeam.core.story import PixelRow
from twinbeam.orders.reconciliation import KnownOrder, Line
from twinbeam.orders.refunds import Delta
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.places import Places, places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

_MOST_NUMBER_CHARS = 256  #: longer ones are no order's


class NumberedOrder(Struct, frozen=True):
    """The order of one shop under a number, with a line for each pixel, and what went back but is in no sum."""

    order: KnownOrder
    lines: list[Line]
    apart: list[Delta]


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
    return OrderPage([_numbered(read_model, order, rows) for order in known], places(rows))


def _numbered(read_model: ReadModel, order: KnownOrder, rows: list[PixelRow]) -> NumberedOrder:
    apart = not_subtracted(order, went_back(read_model.orders, order))
    return NumberedOrder(order, told_of([order], rows), apart)


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
        to_minor=to_minor,
        nothing_sent=NOTHING_SENT,
        at_ms=context.clock.now_ms(),
    )
