"""Who is believed about what, when copies disagree."""

import msgspec

from signals import BROWSER, NOW, SERVER, a_copy, an_email
from twinbeam.core.values import JSON
from twinbeam.pipeline.record.conversion import BARE, LIMITED, Copy
from twinbeam.pipeline.record.merge import VISIT, merge

ADA, BEN = an_email("ada"), an_email("ben")


def merged(*copies: Copy, conditions: int = 0) -> JSON:
    event: JSON = msgspec.json.decode(merge(copies, conditions))
    return event


def test_a_single_copy_stays_byte_for_byte_as_it_is() -> None:
    copy = msgspec.structs.replace(a_copy(), body=b'{ "value": 1.50, "x":"\\u00fc" }')
    assert merge([copy], 0) == b'{ "value": 1.50, "x":"\\u00fc" }'


def test_money_and_content_come_from_the_server() -> None:
    browser = a_copy(BROWSER, arrival=1, value=99.0, currency="USD", properties={"content_type": "product_group"})
    server = a_copy(SERVER, arrival=2, value=20.0, currency="EUR", properties={"content_type": "product"})
    assert merged(browser, server)["properties"] == {"value": 20.0, "currency": "EUR", "content_type": "product"}


def test_what_the_server_does_not_know_comes_from_the_browser() -> None:
    browser = a_copy(BROWSER, arrival=1, properties={"search_string": "hat", "content_type": "product"})
    server = a_copy(SERVER, arrival=2, value=20.0, currency="EUR")
    assert merged(browser, server)["properties"].keys() == {"value", "currency", "search_string", "content_type"}


def test_an_amount_and_its_currency_come_from_one_copy() -> None:
    browser = a_copy(BROWSER, arrival=1, value=10.0, currency="EUR")
    for server in (a_copy(SERVER, arrival=2, currency="USD"), a_copy(SERVER, arrival=2, value=11.0)):
        assert merged(browser, server)["properties"] == {"value": 10.0, "currency": "EUR"}


def test_click_and_browser_keys_address_and_page_come_from_the_browser() -> None:
    keys = ("ttclid", "ttp", "ip", "user_agent", "locale")
    browser = a_copy(BROWSER, arrival=2, user=dict.fromkeys(keys, "browser"), page={"url": "https://b.example"})
    server = a_copy(
        SERVER,
        arrival=1,
        user={**dict.fromkeys(keys, "server"), "lead_id": "1"},
        page={"url": "https://s.example", "referrer": "r"},
    )
    event = merged(server, browser)
    assert event["user"] == {**dict.fromkeys(keys, "browser"), "lead_id": "1"}
    assert event["page"] == {"url": "https://b.example", "referrer": "r"}


def test_match_keys_are_united_and_sorted() -> None:
    browser = a_copy(BROWSER, arrival=1, user={"email": ADA, "phone": [BEN, ADA], "external_id": BEN})
    server = a_copy(SERVER, arrival=2, user={"email": [BEN, ADA], "phone": ADA, "external_id": BEN})
    assert merged(browser, server)["user"] == {
        "email": sorted([ADA, BEN]),
        "phone": sorted([ADA, BEN]),
        "external_id": BEN,
    }


def test_one_match_key_that_both_know_stays_a_single_value() -> None:
    assert merged(a_copy(arrival=1, user={"email": [ADA]}), a_copy(arrival=2, user={"email": ADA}))["user"] == {
        "email": ADA
    }


def test_of_two_copies_of_one_channel_the_earlier_accepted_is_believed() -> None:
    late = a_copy(arrival=1, received_ms=NOW + 1, value=30.0, currency="EUR", event_time=7)
    early = a_copy(arrival=2, received_ms=NOW, value=10.0, currency="EUR", event_time=5)
    event = merged(late, early)
    assert (event["properties"]["value"], event["event_time"]) == (10.0, 5)


def test_of_two_copies_of_one_millisecond_the_lower_arrival_is_believed() -> None:
    first = a_copy(arrival=1, value=10.0, currency="EUR")
    second = a_copy(arrival=2, value=30.0, currency="EUR")
    assert merged(second, first)["properties"]["value"] == 10.0


def test_what_a_visit_left_yields_to_every_real_copy() -> None:
    visit = a_copy(VISIT, arrival=1, received_ms=NOW - 1, user={"ttclid": "visit", "ttp": "visit"}, page={"url": "v"})
    server = a_copy(SERVER, arrival=1, user={"ttclid": "server"})
    event = merged(visit, server)
    assert event["user"] == {"ttclid": "server", "ttp": "visit"}
    assert event["page"] == {"url": "v"}


SEEN = {"ip": "203.0.113.9"}


def test_one_copy_with_limited_data_use_limits_all() -> None:
    limited = a_copy(BROWSER, arrival=2, user=SEEN, limited=True)
    assert merged(a_copy(arrival=1), limited)["limited_data_use"] is True
    assert "limited_data_use" not in merged(a_copy(arrival=1), a_copy(BROWSER, arrival=2, user=SEEN))


def test_limited_data_use_without_an_address_leaves_no_identifiers_and_no_flag() -> None:
    known = {"email": ADA, "country": "us"}
    alone = a_copy(arrival=1, user=known, limited=True)
    assert merged(alone).keys() == {"event_time", "event_id", "user"}
    assert merged(alone)["user"] == {"country": "us"}
    assert merged(a_copy(arrival=1, user=known), conditions=LIMITED)["user"] == {"country": "us"}
    for second in (a_copy(BROWSER, arrival=2, user=SEEN), a_copy(VISIT, arrival=2, user=SEEN)):
        event = merged(alone, second)
        assert (event["limited_data_use"], event["user"]) == (True, {**known, **SEEN})


def test_what_a_visit_asked_for_holds_for_the_whole_event() -> None:
    copies = [
        a_copy(arrival=1, user={"email": ADA}),
        a_copy(BROWSER, arrival=2, user=SEEN, page={"url": "https://a.b/"}),
    ]
    assert "email" in merged(*copies)["user"]
    assert merged(*copies, conditions=LIMITED)["limited_data_use"] is True
    assert "user" not in merged(*copies, conditions=BARE)
    assert "user" not in merged(copies[0], conditions=BARE)
    assert "limited_data_use" not in merged(*copies, conditions=LIMITED | BARE)


def test_parts_that_no_copy_has_are_left_out() -> None:
    assert merged(a_copy(arrival=1), a_copy(arrival=2)).keys() == {"event_time", "event_id"}
