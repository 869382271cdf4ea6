"""The dashboard as an ASGI app: every address, and the parts behind it."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from twinbeam.core.clock import Clock
from twinbeam.dashboard import conversions, fleet, lists, live, probes, story
from twinbeam.dashboard.contract import LagView, Ledger, OnReader, Parts, never
from twinbeam.dashboard.failures import handlers
from twinbeam.dashboard.feed import Feed
from twinbeam.dashboard.pages import Pages
from twinbeam.pipeline.accept.directory import Directory


def build(  # noqa: PLR0913 -- a parts list
    *,
    ledger: Ledger,
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
    """Put the dashboard together; what each part promises is told in `contract.Parts`."""
    parts = Parts(
        ledger=ledger,
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
    pages = Pages(emulator_url)
    feed = Feed(parts, render=pages.live, look=partial(fleet.alarms, access_codes=access_codes))
    return Starlette(routes=_routes(parts, pages, feed), exception_handlers=handlers(pages))


def _routes(parts: Parts, pages: Pages, feed: Feed) -> list[Route]:
    return [
        Route("/", partial(live.show, pages, feed)),
        Route("/live", partial(live.stream, feed, parts.closing)),
        Route("/pixels", partial(fleet.show, pages, parts)),
        Route(lists.PATH, partial(lists.show, pages, parts)),
        Route("/events/{id:int}", partial(story.show, pages, parts)),
        Route("/find", partial(story.find, pages, parts), methods=["GET", "POST"]),
        Route(conversions.PATH, partial(conversions.tell, parts)),
        Route("/healthz", partial(probes.health, parts)),
        Route("/readyz", partial(probes.readiness, parts)),
        Route("/metrics", partial(probes.metrics, parts)),
        Route("/static/{name}", pages.asset),
    ]
