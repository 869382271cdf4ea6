"""
Where the events of a key may go, worked out once per snapshot, so that what nobody decided costs an event nothing.

docs/concepts/routes.md tells the rules of this file and of drop_rules.py.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from twinbeam.core.countries import country_code
from twinbeam.core.rules import BROWSER_ONLY, PixelRules, Route, WorkspaceRules
from twinbeam.core.values import EventSource, Item, Origin, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection
from twinbeam.pipeline.accept.event_checks import path_in, refuse
from twinbeam.pipeline.accept.hosts import host_of

#: The condition's name for people, and the field of an event that it looks at.
_CONDITIONS = {"hosts": "page.url", "countries": "user.country", "currencies": "properties.currency", "events": "event"}


class Pixel(Protocol):
    """What has to be known of a pixel."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def event_source(self) -> EventSource:
        """Which events it takes."""
        ...

    @property
    def rules(self) -> PixelRules:
        """What its owner decided."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether nothing is sent to it."""
        ...


class RoutedPixel(Struct, frozen=True, gc=False):
    """One pixel that a key leads to, with all that was decided about what may go there."""

    code: str
    event_source: EventSource
    rules: PixelRules
    routes: tuple[Route, ...]  #: empty when one of them has no condition
    hosts: frozenset[str]  #: whose pages may report; empty: any
    staging: frozenset[str]  #: whose reports are tests
    test_emails: frozenset[str]
    browser_only: frozenset[str]  #: events that TikTok's own script reports while it is alive
    never_ours: frozenset[str]  #: those of them whose owner decided so, dead or alive
    stopped: bool = False  #: nothing is sent to it, and its tag does nothing
    tests_only: bool = False  #: it is for staging

    @property
    def guarded(self) -> bool:
        """Return whether who reports has to be looked at."""
        return bool(self.hosts or self.staging or self.test_emails)


class Routing(Struct, frozen=True, gc=False):
    """All pixels that a key leads to."""

    pixels: tuple[RoutedPixel, ...] = ()
    conditional: bool = False  #: some route has a condition
    guarded: bool = False  #: of some pixel, who reports has to be looked at
    hosts: frozenset[str] = frozenset()  #: whose pages the key is for, as far as they are named


def routing_of(pixels: Iterable[Pixel], routes: Sequence[Route], workspace: WorkspaceRules) -> Routing:
    """Work out where a key's routes lead to."""
    found = tuple(_routed_pixel(pixel, routes, workspace) for pixel in pixels)
    hosts = frozenset().union(*(it.hosts | it.staging for it in found))
    return Routing(found, any(it.routes for it in found), any(it.guarded for it in found), hosts)


def _routed_pixel(pixel: Pixel, routes: Sequence[Route], workspace: WorkspaceRules) -> RoutedPixel:
    own = tuple(route for route in routes if route.pixel == pixel.code)
    rules = pixel.rules
    web = pixel.event_source == "web"  # no script of TikTok's and no page stands behind the others
    decided = frozenset(event for event, way in rules.ways.items() if way == "browser")
    staging = frozenset(rules.staging_hosts if web else ())
    hosts = frozenset((rules.hosts or workspace.hosts) if web else ())
    return RoutedPixel(
        pixel.code,
        pixel.event_source,
        rules,
        () if any(route.takes_all for route in own) else own,
        hosts | staging if hosts else hosts,
        staging,
        frozenset(rules.test_emails),
        frozenset(event for event in {*rules.ways, *BROWSER_ONLY} if web and rules.way_of(event) == "browser"),
        decided if web else frozenset(),
        pixel.stopped,
        rules.environment == "staging",
    )


def chosen(item: Item, event: str, index: int, routing: Routing, origin: Origin) -> Sequence[RoutedPixel] | Rejected:
    """Return the pixels of an event, at least one; `item.pixel` narrows the choice."""
    if not routing.pixels:
        return refuse(
            Rejection.NO_PIXEL,
            index,
            "pixel",
            "Use a key with a pixel: `twinbeam keys create --pixel` or `--route` makes one.",
        )

    wanted = routing.pixels if item.pixel is None else [it for it in routing.pixels if it.code == item.pixel]
    if not wanted:
        return refuse(Rejection.FOREIGN_PIXEL, index, "pixel", "Name a pixel of this write key, or none.")

    fitting = [it for it in wanted if it.event_source == item.event_source]
    if not fitting:
        return _misfit(index, wanted)
    return _taking(item, event, index, fitting, origin) if routing.conditional else fitting


def _misfit(index: int, wanted: Sequence[RoutedPixel]) -> Rejected:
    takes = sorted({it.event_source for it in wanted})
    return refuse(Rejection.WRONG_PIXEL_KIND, index, "event_source", f"Send {' or '.join(takes)} events here.")


class _Said(Struct, frozen=True, gc=False):
    """What routes look at, under the names of their conditions."""

    hosts: str
    countries: str
    currencies: str
    events: str


def _taking(
    item: Item, event: str, index: int, pixels: Sequence[RoutedPixel], origin: Origin
) -> Sequence[RoutedPixel] | Rejected:
    said = _Said(
        host_of(item.page.url or ""),
        country_of(item, origin),
        (item.properties.currency or "").upper(),
        event,
    )
    taking = [it for it in pixels if not it.routes or any(_takes(route, said) for route in it.routes)]
    return taking or _unrouted(index, [_unmet(route, said) for it in pixels for route in it.routes])


def country_of(item: Item, origin: Origin) -> str:
    """Return the country an event belongs to: what it says itself, else where its visitor is seen."""
    return country_code((item.user.country or "").strip()) or country_code((origin.edge_country or "").strip()) or ""


def _takes(route: Route, said: _Said) -> bool:
    return (
        (not route.hosts or said.hosts in route.hosts)
        and (not route.countries or said.countries in route.countries)
        and (not route.currencies or said.currencies in route.currencies)
        and (not route.events or said.events in route.events)
    )


def _unmet(route: Route, said: _Said) -> list[str]:
    """Name the conditions of a route that an event does not meet."""
    return [name for name in _CONDITIONS if (allowed := getattr(route, name)) and getattr(said, name) not in allowed]


def _unrouted(index: int, unmet: Sequence[list[str]]) -> Rejected:
    """Name what keeps the event from the route that comes closest."""
    nearest = min(unmet, key=len)
    fields = [_CONDITIONS[name] for name in nearest]
    return Rejected(
        index,
        Rejection.NO_ROUTE,
        f"{SENTENCES[Rejection.NO_ROUTE]} The closest one does not take its {' and '.join(fields)}.",
        path_in(index, fields[0]),
        "Send what a route of the key takes, or make a key with a route for it (`twinbeam keys create --route`).",
    )
