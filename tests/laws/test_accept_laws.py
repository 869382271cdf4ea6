"""What the accept room promises for every event, every route and every rule, not only for the examples."""

from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_MS, WORKSPACE, an_item, an_origin
from twinbeam.core.names import canonical
from twinbeam.core.rules import DEFAULT_WORKSPACE, PixelRules, Route, WorkspaceRules
from twinbeam.core.values import Channel
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.fanout import fan_out
from twinbeam.pipeline.accept.hosts import belongs, host_of
from twinbeam.pipeline.accept.routing import routing_of

HOSTS = st.sampled_from(["shop.de", "www.shop.de", "shop.fr", "copy.evil"])
COUNTRIES = st.sampled_from(["DE", "FR", "AT"])
EVENTS = st.sampled_from(["Purchase", "purchase", "CompletePayment", "Pageview", "Search", "my_event"])
CODES = st.sampled_from("ABC")


def some(values):
    return st.lists(values, max_size=2).map(tuple)


ROUTES = st.builds(Route, CODES, some(HOSTS), some(COUNTRIES), some(st.sampled_from(["EUR", "USD"])), some(EVENTS))
RULES = st.builds(
    PixelRules,
    hosts=some(HOSTS),
    staging_hosts=some(HOSTS),
    ways=st.dictionaries(EVENTS, st.sampled_from(["both", "browser", "server"]), max_size=2),
    test_code=st.sampled_from(["", "TEST1"]),
    test_until_ms=st.sampled_from([0, NOW_MS + 1]),
)
ITEMS = st.builds(
    an_item,
    event=EVENTS,
    pixel=st.none() | CODES,
    url=st.none() | HOSTS.map("https://{}/x".format),
    country=st.none() | COUNTRIES,
    currency=st.sampled_from(["EUR", "USD"]),
    test=st.none() | st.booleans(),
    native=st.sampled_from([None, "sent", "blocked"]),
)
CHANNELS = st.sampled_from([Channel.SERVER, Channel.BROWSER])


@given(ITEMS, st.lists(ROUTES, max_size=4), st.lists(RULES, min_size=3, max_size=3), CHANNELS)
def test_an_event_is_refused_or_arrives_once_at_each_pixel_whose_route_takes_it(item, routes, rules, channel):
    fanned = fan(item, routes, rules, channel)
    pixels = [arrival.pixel for arrival in fanned.arrivals]
    assert bool(pixels) is not bool(fanned.rejected)
    assert len(set(pixels)) == len(pixels)
    wanted = {route.pixel for route in routes if takes(route, item) and item.pixel in (None, route.pixel)}
    assert set(pixels) == wanted
    if fanned.rejected:
        assert fanned.rejected[0].code in {Rejection.NO_PIXEL, Rejection.FOREIGN_PIXEL, Rejection.NO_ROUTE}


@given(ITEMS, st.lists(ROUTES, max_size=4), st.lists(RULES, min_size=3, max_size=3), CHANNELS, some(HOSTS))
def test_nothing_goes_on_from_a_foreign_host_and_no_test_goes_among_the_orders(item, routes, rules, channel, hosts):
    workspace = WorkspaceRules(hosts=hosts)
    for arrival in fan(item, routes, rules, channel, workspace).arrivals:
        own = arrival.rules.hosts or workspace.hosts
        host = host_of(item.page.url or "")
        if arrival.drop_reason is None:
            assert not own or not host or belongs(host, {*own, *arrival.rules.staging_hosts})
            assert not item.test or arrival.test_code == arrival.rules.test_code != ""


def fan(item, routes, rules, channel, workspace=DEFAULT_WORKSPACE):
    pixels = [PixelEntry(code, WORKSPACE, rules=rule) for code, rule in zip("ABC", rules, strict=True)]
    leading = [pixel for pixel in pixels if any(route.pixel == pixel.code for route in routes)]
    return fan_out(Reading([item]), routing_of(leading, routes, workspace), an_origin(channel=channel))


def takes(route, item):
    """Read the conditions of a route once more, in other words."""
    host = (item.page.url or "").removeprefix("https://").removesuffix("/x")
    said = (host, item.user.country or "", item.properties.currency, canonical(item.event))
    conditions = (route.hosts, route.countries, route.currencies, route.events)
    return all(value in allowed for value, allowed in zip(said, conditions, strict=True) if allowed)
