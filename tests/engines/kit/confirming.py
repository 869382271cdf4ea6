"""Purchases that count only when the shop's server says that they took place, in its owner's sense."""

from engines.kit.harness import Harness
from signals import BROWSER, DAY, HOUR, NOW, a_signal, an_undecided, carried, carried_ids


def a_browser_purchase_waits_for_the_server(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="CONFIRMED", channel=BROWSER, user={"ttclid": "c"}))
    assert (h.story().state, h.story().reason) == ("held", "not_confirmed")
    h.take(a_signal("e-1", pixel="CONFIRMED", value=20, currency="EUR"))
    (event,) = carried(h.lease(pixel="CONFIRMED"))
    assert (event["user"], event["properties"]["value"]) == ({"ttclid": "c"}, 20)


def a_forged_purchase_is_never_sent(h: Harness) -> None:
    h.take(a_signal("real", pixel="AUTO"))
    h.take(*(a_signal(f"e-{n}", pixel="AUTO", channel=BROWSER) for n in range(1_000)))
    h.delivered(h.lease(pixel="AUTO"))
    assert h.end_held() == 1_000
    assert h.store.next_due_ms() is None
    assert h.story("e-7").reason == "never_confirmed"


def other_events_wait_for_nobody(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="CONFIRMED", event="Lead", channel=BROWSER))
    assert carried_ids(h.lease(pixel="CONFIRMED")) == ["e-1"]


def where_nobody_reports_but_the_browser_its_word_counts(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER))
    assert carried_ids(h.lease()) == ["e-1"]


def an_owner_may_trust_the_browser(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="TRUSTING", channel=BROWSER))
    assert carried_ids(h.lease(pixel="TRUSTING")) == ["e-1"]


def an_order_that_is_only_placed_is_no_purchase_where_that_means_paid(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER), a_signal("e-1", pixel="PAID", stage="placed"))
    assert h.story().state == "held"
    h.take(a_signal("e-1", pixel="PAID", stage="shipped"))
    assert carried_ids(h.lease(pixel="PAID")) == ["e-1"]


def the_copy_that_confirms_tells_the_time_and_the_money(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", stage="placed", value=20, currency="EUR", event_time=NOW // 1_000))
    h.take(a_signal("e-1", pixel="PAID", stage="paid", value=18, currency="EUR", event_time=NOW // 1_000 + 9))
    (event,) = carried(h.lease(pixel="PAID"))
    assert (event["properties"]["value"], event["event_time"]) == (18, NOW // 1_000 + 9)
    assert h.story().value_minor == 1_800


def cash_on_delivery_that_is_paid_on_day_five_counts_once(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, native="not_fired"))
    h.end_held()
    h.clock.advance(ms=4 * DAY)
    h.take(a_signal("e-1", pixel="PAID", stage="paid", received_ms=h.now()))
    h.delivered(h.lease(pixel="PAID"))
    h.take(a_signal("e-1", pixel="PAID", stage="shipped", received_ms=h.now()))
    assert h.story().state == "delivered"
    assert h.counted("duplicate") == 1


def what_the_browser_reported_itself_is_not_sent_when_it_is_paid_too_late(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, visitor="v", native="sent"))
    h.end_held()
    h.clock.advance(ms=4 * DAY)
    h.take(a_signal("e-1", pixel="PAID", visitor="v", stage="paid", received_ms=h.now()))
    assert h.try_lease(h.lane("PAID")) is None
    assert (h.story().state, h.story().reason) == ("expired", "dedup_window")


def a_purchase_that_was_paid_on_day_nine_is_sent(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER))
    h.end_held()
    h.clock.advance(ms=8 * DAY)
    h.take(a_signal("e-1", pixel="PAID", stage="paid", received_ms=h.now()))
    assert carried_ids(h.lease(pixel="PAID")) == ["e-1"]


def what_nobody_takes_expires_a_week_after_it_was_confirmed(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER))
    h.end_held()
    h.take(a_signal("e-1", pixel="PAID", stage="paid", received_ms=h.now()))
    h.clock.advance(ms=7 * DAY)
    assert h.try_lease(h.lane("PAID")) is None
    assert (h.story().state, h.story().reason) == ("expired", "too_old")


def what_may_have_been_reported_counts_as_reported(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, visitor="v", native="unknown"))
    h.end_held()
    h.clock.advance(ms=2 * DAY)
    h.take(a_signal("e-1", pixel="PAID", visitor="v", stage="paid", received_ms=h.now()))
    assert h.try_lease(h.lane("PAID")) is None


def both_permission_and_confirmation_are_awaited(h: Harness) -> None:
    h.take(an_undecided("e-1", pixel="CONFIRMED", channel=BROWSER))
    assert h.story().reason == "consent_not_said"
    h.take(a_signal("e-1", pixel="CONFIRMED", channel=BROWSER))
    assert (h.story().state, h.story().reason) == ("held", "not_confirmed")
    h.take(an_undecided("e-1", pixel="CONFIRMED"))
    assert carried_ids(h.lease(pixel="CONFIRMED")) == ["e-1"]


def confirmation_without_permission_is_not_enough(h: Harness) -> None:
    h.take(an_undecided("e-1", pixel="CONFIRMED", channel=BROWSER))
    h.take(an_undecided("e-1", pixel="CONFIRMED"))
    assert (h.story().state, h.story().reason) == ("held", "consent_not_said")
    assert h.end_held(24 * HOUR) == 1
    assert h.story().reason == "consent_never_said"
