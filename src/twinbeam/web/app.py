"""The pages and the read API as an ASGI app: every route, and the parts behind it."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from twinbeam.core.clock import Clock
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.web.access import Access, DeclaredRoute
from twinbeam.web.api import conversions as conversions_api
from twinbeam.web.api import probes
from twinbeam.web.contract import LagView, OnReader, Parts, ReadModel, never
from twinbeam.web.conversion_detail import view as conversion_detail
from twinbeam.web.conversions import view as conversions
from twinbeam.web.failures import handlers
from twinbeam.web.find import view as find
from twinbeam.web.live import view as live
from twinbeam.web.live.snapshot_cache import SnapshotCache
from twinbeam.web.pixels import view as pixels
from twinbeam.web.pixels.table import alarms
from twinbeam.web.rendering import Templates


def build(  # noqa: PLR0913 -- a parts list
    *,
    read_model: ReadModel,
    on_reader: OnReader,
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
    """Return the app; what each part promises is told in `contract.Parts`."""
    parts = Parts(
        read_model=read_model,
        on_reader=on_reader,
        directory=directory,
        clock=clock,
        lag=lag,
        pending=pending,
        metrics=metrics,
        ready=ready,
        access_codes=access_codes,
        closing=closing,
    )
    templates = Templates(emulator_url)
    return Starlette(routes=list(_routes(parts, templates)), exception_handlers=handlers(templates))


def _routes(parts: Parts, templates: Templates) -> list[Route]:
    cache = SnapshotCache(
        parts,
        render=partial(live.part, templates),
        look=partial(alarms, access_codes=parts.access_codes),
    )
    return [
        DeclaredRoute("/", partial(live.show, templates, cache), needs=Access.READ),
        DeclaredRoute("/live", partial(live.stream, cache, parts.closing), needs=Access.READ),
        DeclaredRoute("/pixels", partial(pixels.show, templates, parts), needs=Access.READ),
        DeclaredRoute("/conversions", partial(conversions.show, templates, parts), needs=Access.READ),
        DeclaredRoute("/events/{id:int}", partial(conversion_detail.show, templates, parts), needs=Access.READ),
        DeclaredRoute("/find", partial(find.show, templates, parts), needs=Access.READ, methods=("GET", "POST")),
        DeclaredRoute("/v1/conversions", partial(conversions_api.tell, parts), needs=Access.READ_KEY),
        DeclaredRoute("/healthz", partial(probes.health, parts), needs=Access.ANYONE),
        DeclaredRoute("/readyz", partial(probes.readiness, parts), needs=Access.MONITOR),
        DeclaredRoute("/metrics", partial(probes.metrics, parts), needs=Access.MONITOR),
        DeclaredRoute("/static/{name}", templates.asset, needs=Access.ANYONE),
    ]
