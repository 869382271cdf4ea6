"""
GET / and GET /live: the overview, and the same as server-sent events for the small script of the page.

`snapshot` carries the live part when it has changed, `tick` says that it has not, `trouble` carries a sentence.
`ended` says that whoever listened is signed out; nothing follows.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from itertools import count

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from twinbeam.core.errors import TwinbeamError
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.web.access import signed_in
from twinbeam.web.live.overview import overview
from twinbeam.web.live.snapshot_cache import PERIODS, Snapshot, SnapshotCache, SnapshotCaches
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.wording import iso

Still = Callable[[Request], Awaitable[bool]]
"""Returns whether whoever makes a request is still signed in."""

_RETRY_MS = 2_000
_EVERY_SECONDS = 1.0
_STILL_TURNS = 5  #: whoever is signed out sees what comes for some seconds more
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}  # nginx would hold the events back
_ENDED = "Your sign-in has ended. Reload this page to sign in again."
_TROUBLE = "The store cannot be read right now; these are the last known numbers."


async def show(renderer: PageRenderer, caches: SnapshotCaches, request: Request) -> Response:
    """Answer GET /."""
    days = period(request)
    snapshot, fragment = await caches.of(signed_in(request)).fragment(days)
    return renderer.respond("live/page.html", here="/", days=days, at_ms=snapshot.at_ms, live=fragment)


async def stream(caches: SnapshotCaches, closing: Callable[[], bool], still: Still, request: Request) -> Response:
    """Answer GET /live."""
    if request.method == "HEAD":
        return Response(headers=_HEADERS, media_type="text/event-stream")
    cache = caches.of(signed_in(request))
    events = _events(cache, period(request), closing, partial(still, request))
    return StreamingResponse(events, headers=_HEADERS, media_type="text/event-stream")


def part(renderer: PageRenderer, snapshot: Snapshot, days: int) -> str:
    """Return the live part of the page, of one of its periods."""
    return renderer.render("live/part.html", view=overview(snapshot, days), days=days)


def period(request: Request) -> int:
    """Return the number of days that is asked for: 1, or else 7."""
    asked = request.query_params.get("days", "")
    return next((days for days in PERIODS if asked == str(days)), WEEK_DAYS)


def event(name: str, text: str, at_ms: int) -> str:
    """Write one server-sent event with its time as its id; every line of its text needs a prefix of its own."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\nid: {iso(at_ms)}\n{lines}\n"


async def _events(
    cache: SnapshotCache, days: int, closing: Callable[[], bool], still: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    shown = ""
    for turn in count(1):
        if closing():
            return
        try:
            if turn % _STILL_TURNS == 0 and not await still():
                yield f"event: ended\ndata: {_ENDED}\n\n"
                return
            snapshot, fragment = await cache.fragment(days)
        except TwinbeamError:
            yield f"event: trouble\ndata: {_TROUBLE}\n\n"
        else:
            name, text = ("tick", "") if fragment == shown else ("snapshot", fragment)
            yield event(name, text, snapshot.at_ms)
            shown = fragment
        await asyncio.sleep(_EVERY_SECONDS)
