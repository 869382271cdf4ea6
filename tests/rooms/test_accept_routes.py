"""Where an event goes, and what keeps it from going on: routes, hosts, tests and ways."""

from hashlib import sha256

import pytest

from builders import NOW_MS, WORKSPACE, a_body, an_item, an_origin
from door import BROWSER_KEY, SERVER_KEY, House, a_directory
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import BROWSER_ONLY, DEFAULT_RULES, DEFAULT_WORKSPACE, PixelRules, Route, WorkspaceRules
from twinbeam.core.values import Channel
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.fanout import fan_out
from twinbeam.pipeline.accept.routing import country_of, routing_of

HOUR_MS = 3_600_000
SERVER, BROWSER = Channel.SERVER, Channel.BROWSER


def fan(item, *routes, rules=DEFAULT_RULES, workspace=DEFAULT_WORKSPACE, sent_from="", source="web", **origin):
    """Send an item over these routes, or over one to pixel A."""
    leading = routes or (Route("A"),)
    pixels = [PixelEntry(code, WORKSPACE, source, rules) for code in dict.fromkeys(it.pixel for it in leading)]
    routing = routing_of(pixels, leading, workspace)
    return fan_out(Reading([item]), routing, an_origin(**origin), sent_from)


def end_of(item, **circumstances):
    (arrival,) = fan(item, **circumstances).arrivals
    return arrival.drop_reason


GERMANY = Route("DE", hosts=("shop.de", "www.shop.de"), countries=("DE",))
EUROS = Route("EUR", currencies=("EUR",))
ORDERS = Route("ORDERS", events=("Purchase",))
OTHERS = Route("OTHERS")


@pytest.mark.parametrize(
    ("said", "pixels"),
    [
        ({"url": "https://shop.de/x", "country": "DE"}, ["DE", "EUR", "ORDERS", "OTHERS"]),
        ({"url": "https://WWW.shop.de/x", "country": "de"}, ["DE", "EUR", "ORDERS", "OTHERS"]),
        ({"url": "https://b2b.shop.de/x", "country": "DE"}, ["EUR", "ORDERS", "OTHERS"]),
        ({"url": "https://shop.de/x", "country": "FR"}, ["EUR", "ORDERS", "OTHERS"]),
        ({"url": "https://shop.de/x"}, ["EUR", "ORDERS", "OTHERS"]),
        ({"url": "https://shop.de/x", "edge_country": "DE"}, ["DE", "EUR", "ORDERS", "OTHERS"]),
        ({"url": "https://shop.de/x", "country": "FR", "edge_country": "DE"}, ["EUR", "ORDERS", "OTHERS"]),
        ({"currency": "eur"}, ["EUR", "ORDERS", "OTHERS"]),
        ({"currency": "USD"}, ["ORDERS", "OTHERS"]),
        ({"currency": None, "value": None}, ["ORDERS", "OTHERS"]),
        ({"currency": "USD", "event": "CompletePayment"}, ["ORDERS", "OTHERS"]),
        ({"currency": "USD", "event": "purchase"}, ["ORDERS", "OTHERS"]),
        ({"currency": "USD", "event": "AddToCart"}, ["OTHERS"]),
    ],
)
def test_an_event_goes_to_every_pixel_of_which_a_route_takes_it(said, pixels):
    edge_country = said.get("edge_country")
    item = an_item(**{name: value for name, value in said.items() if name != "edge_country"})
    fanned = fan(item, GERMANY, EUROS, ORDERS, OTHERS, edge_country=edge_country)
    assert [arrival.pixel for arrival in fanned.arrivals] == pixels


def test_two_routes_to_one_pixel_make_one_arrival():
    fanned = fan(an_item(country="AT"), Route("A", countries=("AT",)), Route("A", currencies=("EUR",)))
    assert [arrival.pixel for arrival in fanned.arrivals] == ["A"]


def test_a_named_pixel_narrows_the_choice_and_opens_no_route():
    assert [arrival.pixel for arrival in fan(an_item(pixel="EUR"), EUROS, OTHERS).arrivals] == ["EUR"]
    (rejected,) = fan(an_item(pixel="EUR", currency="USD"), EUROS, OTHERS).rejected
    assert (rejected.code, rejected.field) == (Rejection.NO_ROUTE, "events[0].properties.currency")


@pytest.mark.parametrize(
    ("said", "field", "names"),
    [
        ({"url": "https://shop.fr", "country": "DE"}, "page.url", "page.url"),
        ({"url": "https://shop.de", "country": "FR"}, "user.country", "user.country"),
        ({"url": "https://shop.fr", "country": "FR"}, "page.url", "page.url and user.country"),
    ],
)
def test_an_event_that_no_route_takes_is_refused_alone_and_told_what_did_not_fit(said, field, names):
    fanned = fan(an_item(**said), GERMANY)
    (rejected,) = fanned.rejected
    assert (rejected.code, rejected.field) == (Rejection.NO_ROUTE, f"events[0].{field}")
    assert rejected.message.endswith(f"does not take its {names}.")
    assert "--route" in rejected.fix
    assert fanned.arrivals == []


HOSTS = PixelRules(hosts=("shop.example",), staging_hosts=("staging.test",))
SHOP, FOREIGN = "https://www.shop.example/x", "https://copy.evil/x"


@pytest.mark.parametrize(
    ("channel", "url", "sent_from", "drop_reason"),
    [
        (SERVER, SHOP, "", None),
        (SERVER, FOREIGN, "", Reason.FOREIGN_HOST),
        (SERVER, None, "", None),
        (SERVER, "/thanks", "", None),
        (BROWSER, SHOP, "shop.example", None),
        (BROWSER, SHOP, "", None),
        (BROWSER, None, "shop.example", None),
        (BROWSER, SHOP, "copy.evil", Reason.FOREIGN_HOST),
        (BROWSER, FOREIGN, "shop.example", Reason.FOREIGN_HOST),
        (BROWSER, None, "copy.evil", Reason.FOREIGN_HOST),
        (BROWSER, None, "", Reason.FOREIGN_HOST),
    ],
)
@pytest.mark.parametrize(
    "named", [{"rules": HOSTS}, {"workspace": WorkspaceRules(hosts=HOSTS.hosts)}], ids=["pixel", "workspace"]
)
def test_where_hosts_are_named_an_event_of_another_host_ends_here(channel, url, sent_from, drop_reason, named):
    assert end_of(an_item(url=url), channel=channel, sent_from=sent_from, **named) is drop_reason


def test_the_hosts_of_a_pixel_count_before_those_of_its_workspace():
    workspace = WorkspaceRules(hosts=("copy.evil",))
    assert end_of(an_item(url=FOREIGN), rules=HOSTS, workspace=workspace) is Reason.FOREIGN_HOST
    assert end_of(an_item(url=SHOP), rules=HOSTS, workspace=workspace) is None


def test_where_no_hosts_are_named_any_page_may_report():
    assert end_of(an_item(url=FOREIGN), channel=BROWSER, sent_from="copy.evil") is None


def test_a_till_has_no_host():
    workspace = WorkspaceRules(hosts=("shop.example",))
    assert end_of(an_item(event_source="offline", url=FOREIGN), source="offline", workspace=workspace) is None


ADA = "ada@shop.example"
ON = {"test_code": "TEST1", "test_until_ms": NOW_MS + 1}
MARKED = {"staging_hosts": ("staging.test",), "test_emails": (sha256(ADA.encode()).hexdigest(),)}
USUAL = {"email": "bob@shop.example", "url": "https://shop.example/"}


@pytest.mark.parametrize(
    ("said", "is_test"),
    [
        ({}, False),
        ({"test": False, "livemode": True}, False),
        ({"test": True}, True),
        ({"livemode": False}, True),
        ({"url": "https://staging.test/x"}, True),
        ({"url": "https://a.staging.test/x"}, True),
        ({"email": " Ada@Shop.Example "}, True),
        ({"email": ["bob@shop.example", ADA]}, True),
        ({"email": sha256(ADA.encode()).hexdigest().upper()}, True),
        ({"email": None}, False),
    ],
)
def test_a_test_goes_to_the_test_code_while_it_is_on_and_ends_here_otherwise(said, is_test):
    item = an_item(**USUAL | said)
    (arrival,) = fan(item, rules=PixelRules(**MARKED | ON)).arrivals
    assert (arrival.test_code, arrival.drop_reason) == ("TEST1" if is_test else "", None)
    (arrival,) = fan(item, rules=PixelRules(**MARKED)).arrivals
    assert (arrival.test_code, arrival.drop_reason) == ("", Reason.TEST_ORDER if is_test else None)


@pytest.mark.outside("testcode")
@pytest.mark.parametrize(
    ("channel", "said", "while_on", "while_off"),
    [
        (SERVER, {"test_event_code": "MINE7"}, ("MINE7", None), ("MINE7", None)),
        (SERVER, {"test_event_code": "MINE7", "test": True}, ("MINE7", None), ("MINE7", None)),
        (SERVER, {"test_event_code": "MINE7\n"}, ("MINE7", None), ("MINE7", None)),
        (SERVER, {"test_event_code": ""}, ("", None), ("", None)),
        (BROWSER, {"test_event_code": "MINE7"}, ("TEST1", None), ("", Reason.TEST_ORDER)),
        (BROWSER, {"test_event_code": ""}, ("", None), ("", None)),
    ],
)
def test_a_test_code_makes_a_test_and_only_a_server_names_where_it_goes(channel, said, while_on, while_off):
    for rules, expected in ((PixelRules(**ON), while_on), (DEFAULT_RULES, while_off)):
        (arrival,) = fan(an_item(**said), rules=rules, channel=channel).arrivals
        assert (arrival.test_code, arrival.drop_reason) == expected


@pytest.mark.outside("testcode")
def test_no_number_of_codes_with_a_public_key_opens_a_stream_or_counts_live():
    on, off = PixelRules(**ON), DEFAULT_RULES
    items = [an_item(test_event_code=f"STREAM{n}") for n in range(1_000)]
    routing = [
        routing_of([PixelEntry("A", WORKSPACE, "web", rules)], [Route("A")], DEFAULT_WORKSPACE) for rules in (on, off)
    ]
    for leading, expected in zip(routing, [("TEST1", None), ("", Reason.TEST_ORDER)], strict=True):
        arrivals = fan_out(Reading(items), leading, an_origin(channel=BROWSER)).arrivals
        assert {(arrival.test_code, arrival.drop_reason) for arrival in arrivals} == {expected}


@pytest.mark.parametrize(("until_ms", "code"), [(NOW_MS + 1, "TEST1"), (NOW_MS, ""), (NOW_MS - HOUR_MS, "")])
def test_a_test_code_switches_itself_off(until_ms, code):
    rules = PixelRules(test_code="TEST1", test_until_ms=until_ms)
    (arrival,) = fan(an_item(test=True), rules=rules).arrivals
    assert arrival.test_code == code


def test_a_staging_host_is_one_of_the_shops():
    rules = PixelRules(hosts=("shop.example",), staging_hosts=("staging.test",), **ON)
    (arrival,) = fan(an_item(url="https://staging.test/"), rules=rules, channel=BROWSER).arrivals
    assert (arrival.test_code, arrival.drop_reason) == ("TEST1", None)


@pytest.mark.parametrize("hosts", [(), ("shop.example",)])
@pytest.mark.parametrize(
    ("url", "sent_from", "is_test"),
    [
        (None, "staging.test", True),
        ("https://shop.example/thanks", "staging.test", True),
        ("https://shop.example/thanks", "a.staging.test", True),
        ("https://staging.test/", "shop.example", True),
        ("https://shop.example/thanks", "shop.example", False),
        (None, "shop.example", False),
    ],
)
def test_a_browser_on_a_staging_page_reports_a_test_whatever_page_its_event_names(url, sent_from, is_test, hosts):
    item = an_item(**USUAL | {"url": url})
    for switch, code, end in ((ON, "TEST1", None), ({}, "", Reason.TEST_ORDER)):
        rules = PixelRules(hosts=hosts, **MARKED, **switch)
        (arrival,) = fan(item, rules=rules, sent_from=sent_from, channel=BROWSER).arrivals
        assert (arrival.test_code, arrival.drop_reason) == ((code, end) if is_test else ("", None))


def test_the_origin_of_a_staging_page_is_read_at_the_door():
    pixel = PixelEntry("A", WORKSPACE, rules=PixelRules(**MARKED, **ON))
    house = House(directory=a_directory(pixel))
    for origin in ("https://staging.test", "https://shop.example"):
        house.post(
            a_body(an_item(**USUAL | {"url": None})), {"authorization": f"Bearer {BROWSER_KEY}", "origin": origin}
        )
    assert [arrival.test_code for arrival in house.corridor.arrivals] == ["TEST1", ""]


LEFT = Reason.LEFT_TO_BROWSER


@pytest.mark.parametrize("native", ["sent", "blocked", "not_fired", "unknown", None])
@pytest.mark.parametrize("channel", [BROWSER, SERVER])
@pytest.mark.parametrize(
    ("event", "ways", "left_to_browser"),
    [
        ("Pageview", {}, "while alive"),
        ("Search", {}, "while alive"),
        ("Pageview", {"Pageview": "browser"}, "always"),
        ("Purchase", {"Purchase": "browser"}, "always"),
        ("Pageview", {"Pageview": "both"}, "never"),
        ("Pageview", {"Pageview": "server"}, "never"),
        ("Purchase", {"Purchase": "server"}, "never"),
        ("Purchase", {}, "never"),
    ],
)
def test_an_event_is_left_to_the_browser_by_its_way(event, ways, left_to_browser, channel, native):
    helps_out = channel is BROWSER and native != "sent"
    expected = {"never": None, "always": LEFT, "while alive": None if helps_out else LEFT}[left_to_browser]
    assert end_of(an_item(event=event, native=native), rules=PixelRules(ways=ways), channel=channel) is expected


@pytest.mark.parametrize("native", ["sent", "blocked", None])
@pytest.mark.parametrize("channel", [BROWSER, SERVER])
@pytest.mark.parametrize(
    ("way", "ways", "event", "left"),
    [
        ("browser", {}, "Purchase", True),
        ("browser", {}, "Pageview", True),
        ("browser", {}, "quiz_done", True),
        ("browser", {"Purchase": "both"}, "Purchase", False),
        ("browser", {"Purchase": "server"}, "Purchase", False),
        ("browser", {"Purchase": "server"}, "Lead", True),
        ("browser", {"Search": "browser"}, "Search", True),
        ("server", {}, "Purchase", False),
        ("server", {}, "Pageview", False),
        ("server", {}, "Search", False),
        ("server", {"Lead": "browser"}, "Lead", True),
        ("server", {"Lead": "browser"}, "Purchase", False),
    ],
)
def test_the_way_of_a_pixel_holds_for_all_events_but_those_with_a_way_of_their_own(way, ways, event, left, channel, native):  # fmt: skip
    rules = PixelRules(way=way, ways=ways)
    assert end_of(an_item(event=event, native=native), rules=rules, channel=channel) is (LEFT if left else None)


@pytest.mark.parametrize(
    ("rules", "browser", "server"),
    [
        (PixelRules(), True, True),
        (PixelRules(way="browser"), True, False),
        (PixelRules(way="server"), False, True),
        (PixelRules(way="browser", ways={"Purchase": "both"}), True, True),
        (PixelRules(way="server", ways={"Lead": "browser"}), True, True),
    ],
)
def test_a_side_is_expected_where_some_event_is_its_to_report(rules, browser, server):
    assert (rules.expects("browser"), rules.expects("server")) == (browser, server)


def test_no_script_of_tiktoks_stands_behind_a_till():
    for event in BROWSER_ONLY - {"Pageview"}:  # which a till has none of
        assert end_of(an_item(event=event, event_source="offline"), source="offline") is None


def test_a_foreign_page_is_named_before_a_test_and_a_test_before_the_way():
    everything = {"event": "Pageview", "test": True}
    assert end_of(an_item(url=FOREIGN, **everything), rules=HOSTS) is Reason.FOREIGN_HOST
    assert end_of(an_item(url=SHOP, **everything), rules=HOSTS) is Reason.TEST_ORDER
    assert end_of(an_item(url=SHOP, **everything), rules=PixelRules(hosts=HOSTS.hosts, **ON)) is LEFT


@pytest.mark.parametrize(
    ("written", "means", "event", "spelling"),
    [
        ("PlacedOrder", {}, "Purchase", ""),
        ("PlacedOrder", {"placedorder": "PlaceAnOrder"}, "PlaceAnOrder", ""),
        ("placed_order", {"placedorder": "PlaceAnOrder"}, "PlaceAnOrder", ""),
        ("CompletePayment", {"placedorder": "PlaceAnOrder"}, "Purchase", "CompletePayment"),
        ("CompletePayment", {"completepayment": "Lead"}, "Lead", ""),
        ("my_event", {"myevent": "Subscribe"}, "Subscribe", ""),
    ],
)
def test_a_pixels_owner_says_what_a_senders_name_means(written, means, event, spelling):
    (arrival,) = fan(an_item(event=written), rules=PixelRules(means=means)).arrivals
    assert (arrival.event, arrival.spelling) == (event, spelling)


@pytest.mark.parametrize(
    ("written", "means", "event"),
    [
        ("page_view", {}, "ViewContent"),
        ("Page Viewed", {}, "ViewContent"),
        ("Pageview", {}, "Pageview"),
        ("page_view", {"pageview": "Search"}, "Search"),
        ("view_item", {}, "ViewContent"),
        ("purchase", {}, "Purchase"),
    ],
)
def test_a_pixels_owner_says_what_a_page_view_of_others_is(written, means, event):
    (arrival,) = fan(an_item(event=written), rules=PixelRules(means=means, page_view_as="ViewContent")).arrivals
    assert arrival.event == event


def test_a_route_for_a_country_takes_it_by_whatever_name():
    assert [country_of(an_item(country=written), an_origin()) for written in ("Germany", "DEU", "de", "XX")] == [
        "DE",
        "DE",
        "DE",
        "",
    ]


def test_an_arrival_carries_the_rules_of_its_pixel():
    rules = PixelRules(purchase_means="paid")
    (arrival,) = fan(an_item(), rules=rules).arrivals
    assert arrival.rules is rules


@pytest.mark.parametrize(
    ("key", "origin", "drop_reason"),
    [
        (BROWSER_KEY, "https://shop.example", None),
        (BROWSER_KEY, "https://copy.evil", Reason.FOREIGN_HOST),
        (BROWSER_KEY, "null", None),
        (SERVER_KEY, "https://copy.evil", None),
    ],
)
def test_the_origin_header_speaks_for_the_page_of_a_browser(key, origin, drop_reason):
    house = House(directory=a_directory(PixelEntry("A", WORKSPACE, rules=HOSTS)))
    headers = {"authorization": f"Bearer {key}", "origin": origin}
    assert house.post(a_body(an_item(url=SHOP)), headers).status == 202
    assert [arrival.drop_reason for arrival in house.corridor.arrivals] == [drop_reason]


@pytest.mark.parametrize("channel", [SERVER, BROWSER])
def test_on_a_staging_pixel_tests_are_sent_and_nothing_else(channel):
    staging = PixelRules(environment="staging", test_code="TEST1", test_until_ms=NOW_MS + HOUR_MS)
    assert end_of(an_item(), rules=staging, channel=channel) is Reason.STAGING
    (arrival,) = fan(an_item(test=True), rules=staging, channel=channel).arrivals
    assert (arrival.drop_reason, arrival.test_code) == (None, "TEST1")
    assert end_of(an_item(test=True), rules=PixelRules(environment="staging"), channel=channel) is Reason.TEST_ORDER
    assert end_of(an_item(), rules=PixelRules(environment="production"), channel=channel) is None


@pytest.mark.parametrize(
    ("item", "ends"),
    [
        ({"native": "unknown"}, Reason.PAGE_SEEN),
        ({"native": "sent"}, LEFT),
        ({"native": "unknown", "test": True}, Reason.TEST_ORDER),
        ({"native": "unknown", "observed": ["base_code_not_in_head"]}, None),
    ],
)
def test_what_only_tells_that_a_page_was_opened_is_not_sent(item, ends):
    told = {"event": "Pageview", "observed": ["page_seen"], **item}
    assert end_of(an_item(**told), rules=PixelRules(), channel=BROWSER) is ends


def test_a_page_that_was_opened_is_dropped_on_a_pixel_without_any_rule_and_on_one_that_is_the_servers():
    for rules in (PixelRules(), PixelRules(way="server")):
        told = an_item(event="Pageview", observed=["page_seen"], native="unknown")
        assert end_of(told, rules=rules, channel=BROWSER) is Reason.PAGE_SEEN
