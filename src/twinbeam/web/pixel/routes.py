"""The routes of the pages of one pixel."""

from functools import partial

from starlette.routing import Route

from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.contract import RouteContext
from twinbeam.web.pixel.changes import view as changes
from twinbeam.web.pixel.consent import view as consent
from twinbeam.web.pixel.events import view as events
from twinbeam.web.pixel.match_keys import view as match_keys
from twinbeam.web.pixel.overlap import view as overlap
from twinbeam.web.pixel.pipeline import view as pipeline
from twinbeam.web.pixel.settings import view as settings
from twinbeam.web.pixel.trends import view as trends
from twinbeam.web.rendering import PageRenderer

_PIXEL = "/pixels/{workspace}/{code}"


def pixel_routes(context: RouteContext, renderer: PageRenderer) -> list[Route]:
    """Return the routes."""
    return [
        DeclaredRoute(f"{_PIXEL}/pipeline", partial(pipeline.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/overlap", partial(overlap.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/match-keys", partial(match_keys.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/consent", partial(consent.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/consent/csv", partial(consent.as_file, context), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/events", partial(events.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(f"{_PIXEL}/trends", partial(trends.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            f"{_PIXEL}/settings",
            partial(settings.show, renderer, context),
            needs=Access.MEMBER,
            methods=("GET", "POST"),
        ),
        DeclaredRoute(f"{_PIXEL}/changes", partial(changes.show, renderer, context), needs=Access.MEMBER),
    ]
