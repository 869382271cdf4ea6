"""Several shops on one pixel, whose order numbers mean different orders."""

from engines.kit.harness import Harness
from signals import BROWSER, HOUR, a_refusal, a_signal, an_undecided, carried, granted, order_lookup

_FR = {"shop": "shop-fr", "order_id": "1001", "lookups": [order_lookup("1001")]}
_DE = {"order_id": "1001", "lookups": [order_lookup("1001")]}


def one_number_of_two_shops_is_two_orders(h: Harness) -> None:
    h.take(a_signal("1001", value=49, currency="EUR", **_DE))
    h.take(a_signal("shop-fr-1001", value=120, currency="EUR", **_FR))
    sent = {event["event_id"]: event["properties"]["value"] for event in carried(h.lease())}
    assert sent == {"1001": 49, "shop-fr-1001": 120}


def both_copies_of_an_order_join_within_their_shop(h: Harness) -> None:
    h.take(a_signal("page-1", also=["shop-fr-1001"], channel=BROWSER, user={"ttclid": "fr"}, **_FR))
    h.take(a_signal("page-1", also=["1001"], channel=BROWSER, user={"ttclid": "de"}, **_DE))
    h.take(a_signal("shop-fr-1001", value=120, currency="EUR", **_FR))
    h.take(a_signal("1001", value=49, currency="EUR", **_DE))
    sent = {event["user"]["ttclid"]: event["properties"]["value"] for event in carried(h.lease())}
    assert sent == {"fr": 120, "de": 49}


def people_find_the_orders_of_all_shops_and_are_told_whose_they_are(h: Harness) -> None:
    h.take(a_signal("1001", **_DE), a_signal("shop-fr-1001", **_FR))
    h.engine.reopen()
    found = h.store.by_lookup([order_lookup("1001")])
    assert {story.event_id: story.shop for story in found} == {"1001": "main", "shop-fr-1001": "shop-fr"}


def a_refusal_stops_nothing_of_another_shop(h: Harness) -> None:
    h.take(a_signal("1001", visitor="ada", **_DE), a_signal("shop-fr-1001", visitor="ada", **_FR))
    h.take(a_refusal("shop-fr-1001", visitor="ada", shop="shop-fr"))
    assert h.store.states() == {"ready": 1, "withdrawn": 1}
    assert h.story("1001").state == "ready"


def a_grant_releases_nothing_of_another_shop(h: Harness) -> None:
    h.take(an_undecided("1001", visitor="ada", **_DE), an_undecided("shop-fr-1001", visitor="ada", **_FR))
    h.take(a_signal("e-2", visitor="ada", consent=granted(), shop="shop-fr"))
    assert h.story("1001").state == "held"
    assert h.store.states() == {"held": 1, "ready": 2}


def an_erasure_reaches_the_order_of_the_shop_that_was_meant(h: Harness) -> None:
    h.take(a_signal("1001", **_DE), a_signal("shop-fr-1001", **_FR))
    assert h.erase("order", "1001", shop="shop-fr").removed == 1
    assert h.story("1001").state == "ready"
    assert h.erase("order", "1001", shop="").removed == 1
    assert h.store.states() == {"erased": 2}


def an_erasure_by_what_names_a_person_reaches_all_their_shops(h: Harness) -> None:
    found_by = [order_lookup("ada")]
    h.take(a_signal("1001", lookups=found_by), a_signal("shop-fr-1001", shop="shop-fr", lookups=found_by))
    assert h.erase("order", "ada").removed == 2


def a_request_waits_with_the_shop_it_means(h: Harness) -> None:
    h.take(a_signal("1001", **_DE), a_signal("shop-fr-1001", **_FR))
    request = h.ask_erasure("order", "1001", shop="shop-fr")
    h.engine.reopen()
    h.clock.advance(ms=HOUR)
    h.tidy()
    assert h.store.erasure(request).removed == 1
    assert h.story("1001").state == "ready"
