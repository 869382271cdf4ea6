"""GET / and GET /live: the page Live, and the same as server-sent events."""

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.web.access import signed_in
from twinbeam.web.live.numbers import live_numbers
from twinbeam.web.live.snapshot_cache import PERIODS, Snapshot, SnapshotCaches
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.streaming import Following, Looked, Still, follow, streamed

_EVERY_SECONDS = 1.0
_TROUBLE = "The store cannot be read right now; these are the last known numbers."


async def show(renderer: PageRenderer, caches: SnapshotCaches, request: Request) -> Response:
    """Answer GET /."""
    days = period(request)
    snapshot, fragment = await caches.of(signed_in(request)).fragment(days)
    return renderer.respond("live/page.html", here="/", days=days, at_ms=snapshot.at_ms, live=fragment)


async def stream(caches: SnapshotCaches, closing: Callable[[], bool], still: Still, request: Request) -> Response:
    """Answer GET /live."""
    cache, days = caches.of(signed_in(request)), period(request)

    async def look() -> Looked:
        snapshot, fragment = await cache.fragment(days)
        return Looked(snapshot.at_ms, fragment)

    following = Following(look, partial(still, request), closing, _TROUBLE, _EVERY_SECONDS)
    return streamed(request, lambda: follow(following))


def part(renderer: PageRenderer, snapshot: Snapshot, days: int) -> str:
    """Return the live part of the page, of one of its periods."""
    view = live_numbers(snapshot, days)
    return renderer.render("live/part.html", view=view, days=days, may_change=snapshot.may_change)


def period(request: Request) -> int:
    """Return the number of days that is asked for: 1, or else 7."""
    asked = request.query_params.get("days", "")
    return next((days for days in PERIODS if asked == str(days)), WEEK_DAYS)
