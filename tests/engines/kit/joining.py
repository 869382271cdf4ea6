"""Copies that turn out to be one order after they were opened apart, and those that are two under one number."""

from engines.kit.harness import Harness
from signals import (
    BROWSER,
    DAY,
    HOUR,
    NOW,
    SECOND,
    a_signal,
    a_statement,
    an_email,
    an_undecided,
    carried,
    carried_ids,
    denied,
    granted,
)


def an_order_that_was_sent_is_not_sent_under_the_id_that_fired(h: Harness) -> None:
    h.take(a_signal("b", pixel="CONFIRMED", channel=BROWSER, visitor="checkout", also=["checkout"]))
    h.take(a_signal("O", pixel="CONFIRMED", order_id="O"))
    h.clock.advance(seconds=11)
    h.delivered(h.lease(pixel="CONFIRMED"))
    h.take(a_signal("b", pixel="CONFIRMED", order_id="O", also=["O"]))
    assert h.store.states() == {"delivered": 1, "expired": 1}
    assert h.counted("expired", "joined") == 1
    h.take(a_signal("b", pixel="CONFIRMED", order_id="O"), a_signal("checkout", pixel="CONFIRMED"))
    assert h.counted("duplicate") == 3
    assert h.store.next_due_ms() is None


def of_two_ids_the_one_that_is_proven_sent_is_used(h: Harness) -> None:
    said = {"event": "Lead", "order_id": "O", "also": ["O"], "channel": BROWSER, "visitor": "v"}
    h.take(a_signal("A", native="blocked", received_ms=NOW - SECOND, **said))
    h.take(a_signal("B", native="sent", **said))
    assert carried_ids(h.lease()) == ["B"]


def what_is_unsent_is_united_by_a_copy_that_bears_both_ids(h: Harness) -> None:
    h.take(a_signal("O", order_id="O", value=49.0, currency="EUR"))
    h.take(a_signal("K", visitor="checkout", user={"email": an_email("ada")}))
    h.engine.reopen()
    h.take(a_signal("O", order_id="O", visitor="checkout", also=["K"], value=49.0, currency="EUR"))
    (event,) = carried(lease := h.lease())
    assert (event["event_id"], event["properties"]["value"], event["user"]["email"]) == ("O", 49.0, an_email("ada"))
    h.delivered(lease)
    assert h.store.states() == {"delivered": 1, "expired": 1}


def a_browser_that_bears_both_ids_unites_its_own_with_the_servers(h: Harness) -> None:
    h.take(a_signal("O", order_id="O"))
    h.take(a_signal("b", channel=BROWSER, visitor="checkout", also=["K"], native="sent"))
    h.take(a_signal("O", order_id="O", channel=BROWSER, visitor="checkout", also=["K"], native="sent"))
    assert len(carried_ids(h.lease())) == 1
    assert h.store.next_due_ms() is None


def a_stranger_unites_nothing_that_is_not_his(h: Harness) -> None:
    h.take(a_signal("1001", order_id="1001"), a_signal("b", channel=BROWSER, visitor="v"))
    h.take(a_signal("b", order_id="1001", also=["1001"], channel=BROWSER, visitor="stranger"))
    h.clock.advance(seconds=11)
    assert sorted(carried_ids(h.lease())) == ["1001", "b"]


def what_both_were_sent_becomes_an_issue(h: Harness) -> None:
    h.take(a_signal("O", order_id="O"), a_signal("K"))
    h.delivered(h.lease())
    h.take(a_signal("O", order_id="O", also=["K"]))
    assert h.found() == {"sent_twice": 1}


def what_is_held_and_united_is_released_by_what_either_brought(h: Harness) -> None:
    h.take(an_undecided("K", visitor="checkout"), a_signal("O", order_id="O"))
    h.take(an_undecided("O", order_id="O", visitor="checkout", also=["K"]))
    h.take(a_statement(denied(), visitor="checkout"))
    assert h.store.due_lanes(NOW + DAY) == []


def two_orders_under_one_event_id_are_two(h: Harness) -> None:
    for n in range(20):
        order = f"100{n:02}"
        h.take(
            a_signal("cached", order_id=order, also=[order], channel=BROWSER, visitor=f"v-{n}", value=1, currency="EUR")
        )
    for n in range(20):
        order = f"100{n:02}"
        h.take(a_signal(order, order_id=order, value=n + 1, currency="EUR"))
    h.clock.advance(seconds=11)
    events = carried(h.lease())
    assert sorted(event["properties"]["value"] for event in events) == list(range(1, 21))
    assert len({event["event_id"] for event in events}) == 20


def two_orders_that_servers_report_under_one_event_id_are_counted(h: Harness) -> None:
    h.take(a_signal("X", order_id="1", also=["1"], value=1, currency="EUR"))
    h.take(a_signal("X", order_id="2", also=["2"], value=2, currency="EUR"))
    h.take(a_signal("X", order_id="2", also=["2"], value=2, currency="EUR"))
    events = carried(h.lease())
    assert [event["event_id"] for event in events] == ["X", "2"]
    assert h.found() == {"order_differs": 1}


def a_number_that_is_used_by_another_person_is_kept_for_its_owner(h: Harness) -> None:
    h.take(a_signal("1001", order_id="1001", user={"email": an_email("ada")}, value=49, currency="EUR"))
    h.delivered(h.lease())
    for _ in range(2):
        h.take(a_signal("1001", order_id="1001", user={"email": an_email("ben")}, value=120, currency="EUR"))
        h.engine.reopen()
    assert h.store.states() == {"delivered": 1, "held": 1}
    assert h.counted("held", "order_reused") == 1
    h.end_held()
    assert h.counted("held", "order_reused") == 1
    h.end_held(6 * DAY)
    assert h.counted("expired", "order_reused") == 1


def a_number_that_begins_anew_each_year_is_kept_as_well(h: Harness) -> None:
    said = {"order_id": "1001", "consent": granted()}
    h.take(a_signal("1001", **said))
    h.delivered(h.lease())
    h.take(a_signal("1001", event_time=NOW // 1_000 + 31 * 86_400, **said))
    assert h.counted("held", "order_reused") == 1
    h.take(a_signal("1001", event_time=NOW // 1_000 + 86_400, **said))
    assert h.counted("duplicate") == 1


def what_its_owner_releases_is_sent_under_an_id_of_its_own(h: Harness) -> None:
    h.take(a_signal("1001", order_id="1001", user={"email": an_email("ada")}, value=49, currency="EUR"))
    h.delivered(h.lease())
    h.take(a_signal("1001", order_id="1001", user={"email": an_email("ben")}, value=120, currency="EUR"))
    assert h.store.ask_release(workspace="shop", order_id="1002", now_ms=h.now()) == []
    (reused,) = h.store.ask_release(workspace="shop", order_id="1001", now_ms=h.now())
    assert h.step(lambda: h.store.release_asked(h.now())) == 1
    (event,) = carried(h.lease())
    assert (event["event_id"], event["properties"]["value"]) == (reused.event_id, 120)
    assert reused.event_id.startswith("1001-")


def a_copy_of_two_visits_ties_what_they_reported_and_both_are_heard(h: Harness) -> None:
    h.take(a_signal("other", channel=BROWSER, visitor="v"), a_signal("O", order_id="O", visitor="checkout"))
    h.delivered(h.lease(limit=1))
    h.take(a_signal("b", channel=BROWSER, visitor="v", native="sent", received_ms=NOW + SECOND))
    h.take(a_signal("b", channel=BROWSER, visitor=["v", "checkout"], order_id="O", also=["O"]))
    h.clock.advance(seconds=300)
    h.engine.reopen()
    assert carried_ids(h.lease()) == ["b"]
    assert h.store.next_due_ms() is None


def what_a_page_had_sent_stands_for_the_order_once_a_copy_of_both_visits_ties_them(h: Harness) -> None:
    h.take(a_signal("b", channel=BROWSER, visitor="v", order_id="O", also=["O"]))
    h.delivered(h.lease())
    h.take(a_signal("O", order_id="O", visitor="checkout", also=["K"]))
    h.take(a_signal("b", channel=BROWSER, visitor=["v", "checkout"], order_id="O", also=["O", "K"]))
    h.engine.reopen()
    h.take(a_signal("b", order_id="O", visitor="checkout", also=["O", "K"]))
    assert h.store.next_due_ms() is None
    assert h.store.states() == {"delivered": 1, "expired": 1}


def an_id_that_may_have_fired_goes_before_one_that_has_not(h: Harness) -> None:
    said = {"order_id": "O", "also": ["O"], "channel": BROWSER, "visitor": "v"}
    h.take(a_signal("A", native="blocked", received_ms=NOW - SECOND, **said))
    h.take(a_signal("B", native="unknown", **said))
    assert carried_ids(h.lease()) == ["B"]


def an_id_of_what_was_united_is_the_conversions_own(h: Harness) -> None:
    said = {"channel": BROWSER, "visitor": "v"}
    h.take(a_signal("A", **said), a_signal("B", order_id="O", also=["O"], **said))
    h.take(a_signal("A", order_id="O", also=["O"], **said))
    h.take(a_signal("B", native="sent", **said))
    h.clock.advance(seconds=300)
    assert carried_ids(h.lease()) == ["B"]


def what_the_visit_said_of_tiktoks_script_holds_once_the_server_names_the_visit(h: Harness) -> None:
    h.take(an_undecided("O", order_id="O", channel=BROWSER, visitor="v", native="sent"))
    h.take(an_undecided("O", order_id="O"))
    h.clock.advance(ms=48 * HOUR)
    h.end_held(0)
    h.take(a_signal("O", order_id="O", visitor="v", received_ms=h.now()))
    assert h.try_lease(h.lane()) is None
    assert h.story("O").reason == "dedup_window"


def a_page_takes_no_order_of_its_visit_to_what_another_reported(h: Harness) -> None:
    h.take(a_signal("X", channel=BROWSER, visitor="stranger"))
    h.take(a_signal("b", channel=BROWSER, visitor="v", order_id="O", also=["O"]))
    h.delivered(h.lease())
    h.take(a_signal("X", channel=BROWSER, visitor=["v", "checkout"], order_id="O", also=["O"]))
    h.take(a_signal("X", order_id="O", visitor="checkout", also=["O"]))
    assert h.store.next_due_ms() is None


def a_page_that_ties_its_own_sent_report_to_an_order_does_not_keep_the_order_back(h: Harness) -> None:
    h.take(a_signal("b", channel=BROWSER, visitor="stranger"))
    h.delivered(h.lease())
    h.take(a_signal("O", order_id="O"))
    h.take(a_signal("b", channel=BROWSER, visitor="stranger", order_id="O", also=["O"], native="sent"))
    h.clock.advance(seconds=300)
    assert carried_ids(h.lease()) == ["O"]


def an_id_that_was_anothers_goes_out_once_both_are_one(h: Harness) -> None:
    h.take(a_signal("A", visitor="checkout", also=["K"]), an_undecided("b", order_id="O", also=["O"]))
    h.take(a_signal("b", channel=BROWSER, visitor="checkout", native="unknown", order_id="O", also=["O", "K"]))
    h.take(a_signal("A", visitor="checkout", order_id="O", also=["O"]))
    h.engine.reopen()
    assert carried_ids(h.lease()) == ["b"]
    assert h.store.next_due_ms() is None
