"""GET /events/{id}: what became of one conversion."""

from functools import partial

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.goods import TROUBLES, Margin
from twinbeam.core.money import shown
from twinbeam.core.sightings import Seen
from twinbeam.core.story import Flow, Stopped, Story
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.conversion_detail.timeline import timeline
from twinbeam.web.order.view import address_of
from twinbeam.web.places import Places, places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by
from twinbeam.web.wording import last_failure

_NO_ID = 2**62  #: an address may hold any number; no store reaches as far


class ConversionDetail(Struct, frozen=True):
    """One conversion, how its pixel is named, and whether that is stopped, paused or drained."""

    conversion: Story
    places: Places
    stopped: Stopped | None
    flow: Flow | None
    order: str  #: where its order's page is; empty where the ledger does not know it
    arrivals: list[Seen]  #: of its copies, as far as the debugger keeps them, the earliest first
    margin: Margin | None  #: what its order is worth, where a product feed has costs


def read_detail(read_model: ReadModel, conversion_id: int) -> ConversionDetail | None:
    """Read one conversion, or None where there is none; for the reader's thread."""
    conversion = read_model.by_id(conversion_id) if conversion_id < _NO_ID else None
    if conversion is None:
        return None
    rows = read_model.pixels()
    place = (conversion.workspace, conversion.pixel)
    row = next((row for row in rows if (row.workspace, row.code) == place), None)
    margin = read_model.products.margins([conversion.id]).get(conversion.id)
    stopped, flow = (row.stopped, row.flow) if row is not None else (None, None)
    arrivals = read_model.sightings.of([conversion.id])[::-1]
    order = _order_page(read_model, conversion)
    return ConversionDetail(conversion, places(rows), stopped, flow, order, arrivals, margin)


def _order_page(read_model: ReadModel, conversion: Story) -> str:
    number = conversion.order_id
    is_known = bool(number and read_model.orders.under_number([conversion.workspace], number))
    return address_of(conversion.workspace, number) if is_known else ""


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /events/{id}."""
    detail = await context.on_reader(partial(read_detail, seen_by(request, context), request.path_params["id"]))
    if detail is None:
        raise HTTPException(404)
    conversion = detail.conversion
    return renderer.respond(
        "conversion_detail/page.html",
        here="",
        conversion=conversion,
        places=detail.places,
        stopped=detail.stopped,
        flow=detail.flow,
        order_page=detail.order,
        arrivals=detail.arrivals,
        margin=detail.margin,
        margin_troubles=TROUBLES,
        in_words=shown,
        moments=timeline(conversion),
        failure=last_failure(conversion.log, context.access_codes),
    )
