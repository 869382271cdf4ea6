"""GET and POST /find: the way to a conversion by all that it may be found by (search.py)."""

from collections.abc import Collection
from functools import partial

from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.core.story import Story
from twinbeam.core.users import Role
from twinbeam.orders.reconciliation import KnownOrder
from twinbeam.pipeline.identity.event_ids import safe_id
from twinbeam.search import PERSONAL, By, find_anywhere, names_person, orders_under
from twinbeam.web.access import signed_in
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.order.view import address_of
from twinbeam.web.places import Places, places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

MOST_QUERY_CHARS = 320  #: the longest e-mail address (RFC 5321), longer than any id
MOST_SHOWN = 100
_MOST_FORM_BYTES = 8_192  #: 320 characters of four bytes, each written as %XX, and room to spare


class SearchResult(Struct, frozen=True):
    """What was found, where, and how the pixels are named."""

    stories: list[Story]
    orders: list[KnownOrder]  #: of the ledger, under this number
    workspaces: list[str]
    places: Places


def search(read_model: ReadModel, typed: str, ways: Collection[By]) -> SearchResult:
    """Find what was typed, in some ways, in every workspace that has a pixel; for the reader's thread."""
    pixels = read_model.pixels()
    workspaces = sorted({row.workspace for row in pixels})
    orders = orders_under(read_model.orders, workspaces, typed)
    return SearchResult(find_anywhere(read_model, workspaces, typed, ways), orders, workspaces, places(pixels))


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """
    Answer /find by all that is found; a viewer finds nothing by what leads to a person.

    The page's own form posts, so that what was typed is neither in a URL nor in any log or history; an address or a
    phone number is never shown.
    """
    typed = await _typed(request)
    ways = _ways(request)
    found = await context.on_reader(partial(search, seen_by(request, context), typed, ways))
    if len(found.stories) == 1:
        return RedirectResponse(f"/events/{found.stories[0].id}", 303, {"cache-control": "no-store"})
    if not found.stories and len(found.orders) == 1:
        (one,) = found.orders
        return RedirectResponse(address_of(one.workspace, one.order_id), 303, {"cache-control": "no-store"})

    return renderer.respond(
        "find/page.html",
        here="/find",
        asked=bool(typed),
        not_for_viewers=names_person(typed) and By.EMAIL not in ways,
        typed="" if _names_person(typed) else typed,
        found=found,
        most=MOST_SHOWN,
        order_address=address_of,
        pending=bool(typed) and not found.stories and await _pending(context, found.workspaces, typed),
        lag=context.lag(),
        at_ms=context.clock.now_ms(),
    )


def _ways(request: Request) -> Collection[By]:
    """Return what somebody may search by: an address leads to a person, which is not for viewers."""
    is_member = signed_in(request).role.covers(Role.MEMBER)
    return tuple(by for by in By if is_member or by not in PERSONAL)


def _names_person(typed: str) -> bool:
    """Return whether what was typed must not be shown again."""
    return names_person(typed) or safe_id(typed) != typed


async def _typed(request: Request) -> str:
    query = request.query_params if request.method != "POST" else QueryParams(await _short_body(request))
    return query.get("q", "").strip()[:MOST_QUERY_CHARS]


async def _short_body(request: Request) -> bytes:
    """Read a form of one short field; whoever sends more gets no answer to it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_FORM_BYTES:
            raise HTTPException(413)
    return body


async def _pending(context: RouteContext, workspaces: list[str], typed: str) -> bool:
    """Return whether a journal holds it; an order's events carry its id unless they name one of their own."""
    for workspace in workspaces:
        if await context.pending(workspace, typed):
            return True
    return False
