"""An enrichment of what was delivered: once, in time, and whatever becomes of it."""

from typing import Any

from engines.kit.harness import BAD, Harness
from signals import BROWSER, MINUTE, NOW, SECOND, a_refusal, a_signal, an_email, carried
from twinbeam.core.delivery import Lane, Lease

_LATER = NOW + 2 * MINUTE


def _delivered(h: Harness, native: str = "sent") -> None:
    h.take(a_signal("e-1", channel=BROWSER, native=native, user={"ttclid": "c"}))
    h.delivered(h.lease())


def _second(h: Harness, **changes: Any) -> None:
    h.clock.advance(ms=_LATER - h.now())
    h.take(a_signal("e-1", **{"user": {"email": an_email("ada")}, "received_ms": _LATER} | changes))


def _lane(h: Harness) -> Lane:
    (lane,) = h.store.due_lanes(h.now())
    return lane


def _leased(h: Harness) -> Lease:
    lease = h.try_lease(_lane(h))
    assert lease is not None
    return lease


def match_keys_that_come_within_five_minutes_are_sent_once_more(h: Harness) -> None:
    _delivered(h)
    _second(h)
    lease = _leased(h)
    (event,) = carried(lease)
    assert event["user"] == {"email": an_email("ada"), "ttclid": "c"}
    assert lease.lane.enriches
    h.delivered(lease)
    assert (h.story().state, h.story().attempts) == ("delivered", 2)


def what_was_sent_first_stands(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent", value=10.0, currency="EUR", user={"ttclid": "c"}))
    (first,) = carried(lease := h.lease())
    h.delivered(lease)
    _second(h, value=12.0, event_time=first["event_time"] + 60, user={"email": an_email("ada"), "ttclid": "d"})
    (event,) = carried(_leased(h))
    assert event == first | {"user": {"email": an_email("ada"), "ttclid": "c"}}


def only_once(h: Harness) -> None:
    _delivered(h)
    _second(h)
    h.delivered(_leased(h))
    h.take(a_signal("e-1", user={"phone": "p"}, received_ms=_LATER + SECOND))
    assert h.store.next_due_ms() is None


def not_when_nothing_is_added(h: Harness) -> None:
    _delivered(h)
    _second(h, user={"ttclid": "c"})
    assert h.store.next_due_ms() is None


def not_when_the_script_is_not_proven_to_have_sent(h: Harness) -> None:
    _delivered(h, native="unknown")
    _second(h)
    assert h.store.next_due_ms() is None


def not_after_five_minutes(h: Harness) -> None:
    _delivered(h)
    h.take(a_signal("e-1", user={"email": "x"}, received_ms=NOW + 5 * MINUTE))
    assert h.store.next_due_ms() is None
    assert h.counted("duplicate") == 1


def one_that_could_not_be_sent_in_time_leaves_it_delivered(h: Harness) -> None:
    _delivered(h)
    _second(h)
    h.clock.advance(ms=5 * MINUTE)
    assert h.try_lease(_lane(h)) is None
    assert h.story().state == "delivered"


def one_that_is_refused_leaves_it_delivered(h: Harness) -> None:
    _delivered(h)
    _second(h)
    h.refused(_leased(h), answer=BAD)
    assert (h.story().state, h.story().reason) == ("delivered", "")


def a_refusal_of_the_visitor_gives_it_up(h: Harness) -> None:
    _delivered(h)
    _second(h)
    h.take(a_refusal("e-1", received_ms=_LATER))
    assert h.story().state == "delivered"
    assert h.store.next_due_ms() is None


def a_refusal_on_its_way_lets_it_be_the_last(h: Harness) -> None:
    _delivered(h)
    _second(h)
    lease = _leased(h)
    h.take(a_refusal("e-1", received_ms=_LATER))
    h.waiting(lease)
    assert h.story().state == "delivered"
    assert h.store.next_due_ms() is None


def the_mirror_of_what_was_sent_waits_for_the_server(h: Harness) -> None:
    h.take(a_signal("seen", event="ViewContent", channel=BROWSER), a_signal("seen too", event="ViewContent"))
    h.delivered(h.lease())
    h.take(a_signal("e-1", channel=BROWSER, native="sent"))
    assert h.store.next_due_ms() == NOW + 4 * MINUTE
    h.take(a_signal("e-1", received_ms=NOW + MINUTE))
    assert h.store.next_due_ms() == NOW + MINUTE


def the_mirror_goes_at_once_where_no_server_reports(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent"))
    assert h.store.next_due_ms() == NOW
