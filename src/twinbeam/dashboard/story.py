"""The pages `/events/{id}` and `/find`: what became of one conversion, and how to get there."""

from functools import partial

from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.core.story import Stopped, Story
from twinbeam.dashboard.contract import Ledger, Parts
from twinbeam.dashboard.overview import Places, places
from twinbeam.dashboard.pages import Pages
from twinbeam.dashboard.search import anywhere, by_id, workspaces
from twinbeam.pipeline.identity.event_ids import safe_id

MOST_QUERY_CHARS = 320  #: the longest e-mail address (RFC 5321), longer than any id
MOST_SHOWN = 100
_MOST_FORM_BYTES = 8_192  #: 320 characters of four bytes, each written as %XX, and room to spare


class Named(Struct, frozen=True):
    """One conversion, how its pixel is named, and whether that is stopped."""

    story: Story
    places: Places
    stopped: Stopped | None


class Found(Struct, frozen=True):
    """What was found, and how the pixels are named."""

    stories: list[Story]
    places: Places


def read_story(ledger: Ledger, conversion_id: int) -> Named | None:
    """Read one conversion; for the reader's thread."""
    story = by_id(ledger, conversion_id)
    if story is None:
        return None
    rows = ledger.pixels()
    place = (story.workspace, story.pixel)
    stopped = next((row.stopped for row in rows if (row.workspace, row.code) == place), None)
    return Named(story, places(rows), stopped)


def search(ledger: Ledger, typed: str) -> Found:
    """Find what was typed, if anything was; for the reader's thread."""
    return Found(anywhere(ledger, typed) if typed else [], places(ledger.pixels()))


async def show(pages: Pages, parts: Parts, request: Request) -> Response:
    """Answer GET /events/{id}."""
    told = await parts.on_reader(partial(read_story, parts.ledger, request.path_params["id"]))
    if told is None:
        raise HTTPException(404)
    return pages.respond("event.html", here="", told=told, story=told.story)


async def find(pages: Pages, parts: Parts, request: Request) -> Response:
    """
    Answer /find by event id, order id or e-mail address.

    The page's own form posts, so that an address is neither in a URL nor in any log or history; it is never shown.
    """
    typed = await _typed(request)
    found = await parts.on_reader(partial(search, parts.ledger, typed))
    if len(found.stories) == 1:
        return RedirectResponse(f"/events/{found.stories[0].id}", 303, {"cache-control": "no-store"})

    on_its_way = bool(typed) and not found.stories and await _pending(parts, typed)
    return pages.respond(
        "find.html",
        here="/find",
        asked=bool(typed),
        typed="" if _names_person(typed) else typed,
        found=found,
        most=MOST_SHOWN,
        pending=on_its_way,
        lag=parts.lag(),
        at_ms=parts.clock.now_ms(),
    )


def _names_person(typed: str) -> bool:
    """Tell whether what was typed must not be shown again."""
    return "@" in typed or safe_id(typed) != typed


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


async def _pending(parts: Parts, typed: str) -> bool:
    """Tell whether a journal holds it; an order's events carry its id unless they name one of their own."""
    places = await parts.on_reader(partial(workspaces, parts.ledger))
    for place in places:
        if await parts.pending(place, typed):
            return True
    return False
