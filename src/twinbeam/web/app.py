"""The pages and the read API as an ASGI app: every route, and what the routes share."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from twinbeam.admin.contract import Administration
from twinbeam.core.clock import Clock
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.api import conversions as conversions_api
from twinbeam.web.api import probes
from twinbeam.web.contract import LagView, OnThread, ReadModel, RouteContext, never
from twinbeam.web.conversion_detail import view as conversion_detail
from twinbeam.web.conversions import view as conversions
from twinbeam.web.failures import handlers
from twinbeam.web.find import view as find
from twinbeam.web.live import view as live
from twinbeam.web.live.snapshot_cache import SnapshotCache
from twinbeam.web.pixels import view as pixels
from twinbeam.web.pixels.table import alarms
from twinbeam.web.rendering import PageRenderer

_PIXEL = "/pixels/{workspace}/{code}"


def build(  # noqa: PLR0913 -- a parts list
    *,
    read_model: ReadModel,
    on_reader: OnThread,
    administration: Administration,
    on_store: OnThread,
    directory: Callable[[], Directory],
    clock: Clock,
    lag: Callable[[], LagView],
    pending: Callable[[str, str], Awaitable[bool]],
    metrics: Callable[[], tuple[bytes, str]],
    ready: Callable[[], list[str]],
    access_codes: Collection[int],
    emulator_url: str | None = None,
    closing: Callable[[], bool] = never,
) -> Starlette:
    """Return the app; what each argument promises is told in `contract.RouteContext`."""
    context = RouteContext(
        read_model=read_model,
        on_reader=on_reader,
        administration=administration,
        on_store=on_store,
        directory=directory,
        clock=clock,
        lag=lag,
        pending=pending,
        metrics=metrics,
        ready=ready,
        access_codes=access_codes,
        closing=closing,
    )
    renderer = PageRenderer(emulator_url)
    return Starlette(routes=list(_routes(context, renderer)), exception_handlers=handlers(renderer))


def _routes(context: RouteContext, renderer: PageRenderer) -> list[Route]:
    cache = SnapshotCache(
        context,
        render=partial(live.part, renderer),
        look=partial(alarms, access_codes=context.access_codes),
    )
    return [
        DeclaredRoute("/", partial(live.show, renderer, cache), needs=Access.VIEWER),
        DeclaredRoute("/live", partial(live.stream, cache, context.closing), needs=Access.VIEWER),
        DeclaredRoute("/pixels", partial(pixels.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(_PIXEL, partial(pixels.show_one, renderer, context), needs=Access.VIEWER),
        DeclaredRoute(
            f"{_PIXEL}/stop", partial(pixels.stop, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute(
            f"{_PIXEL}/start", partial(pixels.start, renderer, context), needs=Access.MEMBER, methods=("POST",)
        ),
        DeclaredRoute("/conversions", partial(conversions.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute("/events/{id:int}", partial(conversion_detail.show, renderer, context), needs=Access.VIEWER),
        DeclaredRoute("/find", partial(find.show, renderer, context), needs=Access.VIEWER, methods=("GET", "POST")),
        DeclaredRoute("/v1/conversions", partial(conversions_api.tell, context), needs=Access.READ_KEY),
        DeclaredRoute("/healthz", partial(probes.health, context), needs=Access.ANYONE),
        DeclaredRoute("/readyz", partial(probes.readiness, context), needs=Access.MONITOR),
        DeclaredRoute("/metrics", partial(probes.metrics, context), needs=Access.MONITOR),
        DeclaredRoute("/static/{name}", renderer.asset, needs=Access.ANYONE),
    ]
