"""Ids of what a browser reports without a time of its own, and the names under which two copies of one order meet."""

import pytest

from builders import NOW_S, an_arrival, an_item
from sealing import seal
from twinbeam.core.values import Channel
from twinbeam.pipeline.identity.order_ids import LINE_EVENTS, NAMING

HERE = {"channel": Channel.BROWSER, "client_ip": "81.2.69.142", "user_agent": "Mozilla/5.0"}
THERE = HERE | {"client_ip": "81.2.69.143"}
NOON = 1_789_992_000  # on 2026-09-21


def browser(*, happened=NOON, connection=HERE, **changes):
    """Give the id of a page view as a browser reports it: by its age, with nothing that names it."""
    nobody = dict.fromkeys(("event_id", "order_id", "event_time", "email", "external_id", "ttclid", "value"))
    item = an_item(**nobody | {"event": "ViewContent", "age_ms": 40, "currency": None} | changes)
    return seal(an_arrival(item, event_time=happened, **connection)).signal.event_id


class TestTheIdOfABrowsersEvent:
    def test_is_the_same_when_the_request_is_repeated_a_little_later(self):
        assert browser(visitor_id="v-1") == browser(visitor_id="v-1", happened=NOON + 90)

    def test_is_the_same_whatever_age_the_repeat_names(self):
        assert browser(visitor_id="v-1") == browser(visitor_id="v-1", age_ms=95_000)

    def test_is_the_same_when_the_repeat_comes_over_another_connection(self):
        assert browser(visitor_id="v-1") == browser(visitor_id="v-1", connection=THERE)
        assert browser(ttp="ttp-1") == browser(ttp="ttp-1", connection=THERE)

    def test_is_another_on_another_day(self):
        assert browser(visitor_id="v-1") != browser(visitor_id="v-1", happened=NOON + 86_400)

    def test_is_another_for_another_visitor_page_or_product(self):
        usual = browser(visitor_id="v-1")
        assert usual.startswith("hash-")
        for changes in ({"visitor_id": "v-2"}, {"url": "https://shop.example/other"}, {"content_ids": ["HAT-2"]}):
            assert browser(**{"visitor_id": "v-1"} | changes) != usual

    def test_tells_strangers_apart_by_their_connection_where_there_is_nothing_else(self):
        assert browser() == browser(happened=NOON + 90)
        assert browser() != browser(connection=THERE)

    def test_of_a_time_that_was_said_is_as_exact_as_that_time(self):
        assert browser(event_time=NOW_S, happened=NOW_S) != browser(event_time=NOW_S + 1, happened=NOW_S + 1)


def names(**changes):
    """Give all keys under which an event can be met."""
    signal = seal(**{"event_id": None, "order_id": None} | changes).signal
    return {signal.key, *signal.aliases}


@pytest.mark.parametrize("event", sorted(NAMING))
class TestTwoCopiesOfOneOrder:
    def test_meet_under_two_ids_of_their_senders_by_the_order(self, event):
        assert names(event=event, event_id="tag-1", order_id="1001") & names(event=event, order_id="1001")
        assert names(event=event, event_id="tag-1", order_id="1001") & names(
            event=event, event_id="hook-9", order_id="1001"
        )

    def test_meet_by_the_checkout_where_one_checkout_is_one_event(self, event):
        tag = names(event=event, event_id="tag-1", checkout_token="k-1")
        hook = names(event=event, order_id="1001", checkout_token="k-1")
        assert bool(tag & hook) is ("checkout" in NAMING[event].aliases)

    def test_meet_by_the_cart_where_one_cart_is_one_event(self, event):
        tag = names(event=event, event_id="tag-1", cart_token="c-1")
        hook = names(event=event, checkout_token="k-1", cart_token="c-1")
        assert bool(tag & hook) is ("cart" in NAMING[event].aliases)

    def test_stay_apart_where_nothing_is_the_same(self, event):
        one = names(event=event, order_id="1001", checkout_token="k-1", cart_token="c-1")
        other = names(event=event, order_id="1002", checkout_token="k-2", cart_token="c-2")
        assert one.isdisjoint(other)

    def test_never_meet_another_step_another_pixel_or_another_workspace(self, event):
        usual = {"order_id": "1001", "checkout_token": "k-1", "cart_token": "c-1"}
        own = names(event=event, **usual)
        assert own.isdisjoint(names(event="Contact", **usual))
        assert own.isdisjoint(names(event=event, pixel="C0OTHERPIXELCODE20XX", **usual))
        assert own.isdisjoint(names(event=event, workspace="other", **usual))


@pytest.mark.parametrize("event", sorted(NAMING))
def test_what_gives_an_alias_gives_an_id_as_well_and_the_order_always_does(event):
    assert set(NAMING[event].aliases) <= set(NAMING[event].ids)
    assert NAMING[event].aliases[0] == "order"


def test_a_server_s_purchase_under_its_order_id_has_no_other_name():
    assert seal(event_id=None).signal.aliases == []
    assert seal(event_id="1001").signal.aliases == []
    assert seal(event_id="1001", visitor_id="v-1", cart_token="c-1").signal.aliases == []


@pytest.mark.parametrize("event", ["ViewContent", "Pageview", "Contact", "Search", "My_Event", *sorted(LINE_EVENTS)])
def test_an_event_of_which_there_may_be_many_has_no_other_name(event):
    tokens = {"order_id": "1001", "checkout_token": "k-1", "cart_token": "c-1", "cart_line": "HAT-1", "action": 1}
    assert seal(event=event, **tokens).signal.aliases == []


@pytest.mark.parametrize("token", ["undefined", "null", "0", " "])
def test_a_word_for_nothing_gives_neither_id_nor_name(token):
    signal = seal(event="InitiateCheckout", order_id=None, checkout_token=token, cart_token=token).signal
    assert signal.aliases == []
    assert names(event="InitiateCheckout", checkout_token=token, event_time=NOW_S).isdisjoint(
        names(event="InitiateCheckout", checkout_token=token, event_time=NOW_S - 1)
    )


def test_a_token_cannot_be_read_in_an_id():
    signal = seal(event_id=None, order_id=None, checkout_token="secret-checkout", cart_token="secret-cart").signal
    assert b"secret" not in signal.body
    assert "secret" not in signal.event_id


def test_the_sender_s_idempotency_key_comes_after_what_names_the_event():
    arrival = an_arrival(an_item(event_id=None, order_id=None, checkout_token="k-1"), idempotency="request-1")
    assert seal(arrival).signal.event_id.startswith("checkout-")
