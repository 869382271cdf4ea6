"""The name on the wire: as the browser writes it, unless its owner says otherwise."""

from engines.kit.harness import Harness
from signals import BROWSER, MINUTE, NOW, a_signal, carried


def _names(h: Harness, pixel: str = "PIXEL1") -> list[str]:
    return [event["event"] for event in carried(h.lease(pixel=pixel))]


def without_a_browser_the_current_name_is_sent(h: Harness) -> None:
    h.take(a_signal("e-1", event="CompletePayment"))
    assert _names(h) == ["Purchase"]


def the_browser_is_followed(h: Harness) -> None:
    h.take(a_signal("e-1", event="CompletePayment", channel=BROWSER), a_signal("e-2"))
    h.take(a_signal("e-3", event="Lead"))
    h.clock.advance(ms=MINUTE)
    assert sorted(_names(h)) == ["CompletePayment", "CompletePayment", "Lead"]


def it_is_followed_after_a_restart_and_until_it_writes_otherwise(h: Harness) -> None:
    h.take(a_signal("e-1", event="CompletePayment", channel=BROWSER))
    h.engine.reopen()
    assert _names(h) == ["CompletePayment"]
    h.take(a_signal("e-2", channel=BROWSER, received_ms=NOW + MINUTE), a_signal("e-3"))
    h.clock.advance(ms=2 * MINUTE)
    assert set(_names(h)) == {"Purchase"}


def an_owner_may_say_otherwise(h: Harness) -> None:
    for pixel in ("OLD", "NEW"):
        h.take(a_signal("e-1", pixel=pixel, event="CompletePayment", channel=BROWSER))
    assert _names(h, "NEW") == ["Purchase"]
    h.take(a_signal("e-2", pixel="OLD"))
    assert set(_names(h, "OLD")) == {"CompletePayment"}


def what_was_tried_under_a_name_is_tried_again_under_it(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.take(a_signal("e-2", event="CompletePayment", channel=BROWSER, received_ms=NOW + 1))
    h.clock.advance(ms=MINUTE)
    assert [(event["event_id"], event["event"]) for event in carried(h.lease())] == [
        ("e-1", "Purchase"),
        ("e-2", "CompletePayment"),
    ]
