"""Copies of one order under several ids: they meet by what the order or the checkout would give them."""

from engines.kit.harness import Harness
from signals import BROWSER, HOUR, MINUTE, NOW, a_refusal, a_signal, an_undecided, carried, carried_ids
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Decision, Permission


def an_id_that_fired_in_the_browser_wins(h: Harness) -> None:
    h.take(a_signal("random", also=["order-1"], channel=BROWSER, native="sent"))
    h.take(a_signal("order-1", user={"email": "x"}))
    (event,) = carried(h.lease())
    assert (event["event_id"], event["user"]) == ("random", {"email": "x"})
    assert h.counted("finding") == 1
    assert h.story("order-1") == h.story("random")


def it_wins_over_a_server_copy_that_came_before_it(h: Harness) -> None:
    h.take(a_signal("order-1", user={"email": "x"}))
    h.take(a_signal("random", also=["order-1"], channel=BROWSER, native="sent"))
    assert carried_ids(h.lease()) == ["random"]
    assert h.store.states() == {"leased": 1}
    assert h.story("order-1").event_id == "random"


def two_ids_that_both_differ_from_the_orders_meet_as_well(h: Harness) -> None:
    h.take(a_signal("drawn", also=["order-1"]))
    h.take(a_signal("random", also=["order-1"], channel=BROWSER))
    assert carried_ids(h.lease()) == ["random"]


def reloads_that_draw_new_ids_are_one_conversion_under_the_first(h: Harness) -> None:
    for n in range(3):
        h.take(a_signal(f"random-{n}", also=["order-1"], channel=BROWSER, received_ms=NOW + n))
    assert carried_ids(h.lease()) == ["random-0"]


def an_id_that_comes_after_the_conversion_was_sent_is_not_sent(h: Harness) -> None:
    h.take(a_signal("order-1"))
    h.delivered(h.lease())
    h.take(a_signal("random", also=["order-1"], channel=BROWSER, native="sent"))
    assert h.store.next_due_ms() is None
    assert [copy.differs for copy in h.story("order-1").copies] == ["", "event_id random"]
    assert h.found() == {"id_mismatch": 1}


def a_healed_mismatch_is_counted_and_told(h: Harness) -> None:
    h.take(a_signal("random", also=["order-1"], channel=BROWSER))
    h.take(a_signal("order-1"))
    assert h.found() == {"id_healed": 1}
    assert h.story("random").copies[1].differs == "event_id order-1"


def a_webhook_that_is_sent_again_is_no_second_mismatch(h: Harness) -> None:
    h.take(a_signal("random", also=["order-1"], channel=BROWSER))
    h.take(a_signal("order-1"), a_signal("order-1"))
    h.delivered(h.lease())
    h.take(a_signal("order-1"))
    assert h.found() == {"id_healed": 1}


def a_refusal_under_one_id_stops_the_order_under_another(h: Harness) -> None:
    h.take(a_refusal("random", also=["order-1"], channel=BROWSER))
    h.take(a_signal("order-1"))
    assert h.store.next_due_ms() is None


def what_is_held_under_one_id_is_released_under_another(h: Harness) -> None:
    h.take(an_undecided("random", also=["order-1"], channel=BROWSER))
    h.take(a_signal("order-1"))
    assert carried_ids(h.lease()) == ["random"]


def orders_do_not_mix(h: Harness) -> None:
    h.take(a_signal("a", also=["order-1"], channel=BROWSER), a_signal("b", also=["order-2"], channel=BROWSER))
    assert sorted(carried_ids(h.lease())) == ["a", "b"]


def aliases_are_known_after_a_restart(h: Harness) -> None:
    h.take(a_signal("random", also=["order-1"], channel=BROWSER))
    h.engine.reopen()
    h.take(a_signal("order-1", received_ms=NOW + MINUTE))
    assert carried_ids(h.lease()) == ["random"]


def differing_values_are_told_and_the_server_is_believed(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, value=19, currency="EUR"))
    h.take(a_signal("e-1", value=20, currency="EUR"))
    (event,) = carried(h.lease())
    assert event["properties"]["value"] == 20
    assert h.found() == {"value_differs": 1}
    assert h.story().copies[1].differs == "value 20.00 EUR"


def what_copies_disagree_about_counts_once_for_a_conversion(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, value=19, currency="EUR"))
    for value in (20, 20, 21):
        h.take(a_signal("e-1", value=value, currency="EUR"), a_signal("e-1", value=value, currency="EUR"))
        h.engine.reopen()
    h.delivered(h.lease())
    h.take(a_signal("e-1", value=22, currency="EUR"), a_signal("e-1", value=19, currency="USD"))
    assert h.found() == {"value_differs": 1, "currency_differs": 1}
    assert [copy.differs for copy in h.story().copies[1:3]] == ["value 20.00 EUR", "value 20.00 EUR"]


def each_conversion_has_its_own_findings(h: Harness) -> None:
    for event_id in ("e-1", "e-2"):
        h.take(a_signal(event_id, value=19, currency="EUR"), a_signal(event_id, value=20, currency="EUR"))
    assert h.found() == {"value_differs": 2}


def what_a_tag_found_on_its_page_counts_once_for_each_event(h: Harness) -> None:
    for event_id in ("e-1", "e-2"):
        h.take(a_signal(event_id, observed=["gate_void"]))
        h.engine.reopen()
        h.take(a_signal(event_id, observed=["gate_void", "click_lost"]))
    assert h.found() == {"gate_void": 2, "click_lost": 2}
    assert [copy.differs for copy in h.story("e-1").copies] == ["", ""]


def what_a_tag_found_counts_also_where_nothing_of_its_event_is_kept(h: Harness) -> None:
    for reason in (Reason.PAGE_SEEN, Reason.LEFT_TO_BROWSER):
        told = Permission(Decision.DROPPED, "", reason)
        h.take(a_signal("p-1", event="Pageview", permission=told, observed=["base_code_not_in_head"]))
    assert h.found() == {"base_code_not_in_head": 2}
    assert h.store.sides_seen() == []
    h.engine.reopen()
    assert h.found() == {"base_code_not_in_head": 2}


def a_test_is_another_conversion_in_another_lane(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-1?test", test_code="TEST1"))
    lanes = {lane.test_code for lane in h.store.due_lanes(NOW + HOUR)}
    assert lanes == {"", "TEST1"}
