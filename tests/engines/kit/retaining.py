"""What nobody needs any more goes: payloads, visits, look-ups, keys; what was counted stays counted."""

from engines.kit.harness import Harness
from signals import BROWSER, DAY, a_refusal, a_signal, an_undecided, carried, order_lookup
from twinbeam.core.values import Facts

_ORDER = order_lookup("1001")
_KEEP = 30


def _delivered(h: Harness, event_id: str = "e-1", **said: object) -> int:
    h.take(a_signal(event_id, received_ms=h.now(), **said))  # type: ignore[arg-type]
    h.delivered(h.lease())
    return h.story(event_id).id


def a_payload_goes_when_its_conversion_ended_long_ago(h: Harness) -> None:
    id_ = _delivered(h, order_id="1001")
    h.tidy(_KEEP)
    assert len(h.store.copies_kept(id_)) == 1
    h.tidy(1)
    assert h.store.copies_kept(id_) == []
    assert h.state() == "delivered"


def nothing_goes_because_of_the_time_while_nobody_can_be_sure_of_it(h: Harness) -> None:
    id_ = _delivered(h, order_id="1001")
    h.tidy(3 * _KEEP, retention=False)
    assert len(h.store.copies_kept(id_)) == 1
    h.tidy()
    assert h.store.copies_kept(id_) == []


def what_people_asked_for_is_erased_though_nobody_can_be_sure_of_the_time(h: Harness) -> None:
    _delivered(h, order_id="1001", lookups=[_ORDER])
    request = h.ask_erasure("order", "1001")
    h.tidy(retention=False)
    assert h.store.erasure(request) is not None
    assert h.store.states() == {"erased": 1}


def the_days_count_from_the_end_and_not_from_the_arrival(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    h.clock.advance(ms=5 * DAY)
    h.delivered(lease)
    h.tidy(_KEEP)
    assert len(h.store.copies_kept(1)) == 1
    h.tidy(1)
    assert h.store.copies_kept(1) == []


def what_waits_keeps_its_payload(h: Harness) -> None:
    h.take(a_signal("e-1", user={"ttclid": "c"}))
    h.tidy(_KEEP + 1)
    assert len(h.store.copies_kept(1)) == 1


def a_payload_that_waits_can_be_sent_though_all_around_it_is_gone(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), arrived=False)
    for _ in range(3):
        h.tidy(1)
    h.engine.reopen()
    (event,) = carried(h.lease())
    assert event["event_id"] == "e-1"


def look_ups_go_with_their_days(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=[_ORDER]))
    h.tidy(_KEEP)
    assert [story.event_id for story in h.store.by_lookup([_ORDER])] == ["e-1"]
    h.tidy(1)
    assert h.store.by_lookup([_ORDER]) == []
    assert h.state() == "ready"


def a_visit_of_which_nothing_new_was_heard_is_forgotten(h: Harness) -> None:
    h.take(a_signal("v", event="ViewContent", channel=BROWSER, visitor="v-1", facts=Facts(ttclid="click")))
    h.tidy(_KEEP)
    h.take(a_signal("e-1", visitor="v-1", pixel="PIXEL2", received_ms=h.now()))
    h.tidy(1)
    h.take(a_signal("e-2", visitor="v-1", pixel="PIXEL3", received_ms=h.now()))
    assert carried(h.lease(pixel="PIXEL2"))[0]["user"] == {"ttclid": "click"}
    assert "user" not in carried(h.lease(pixel="PIXEL3"))[0]


def a_new_visit_is_not_taken_for_a_forgotten_one(h: Harness) -> None:
    h.take(a_signal("v", event="ViewContent", channel=BROWSER, visitor="old", facts=Facts(ttclid="old")))
    h.tidy(_KEEP + 1)
    h.engine.reopen()
    new = Facts(ttclid="new")
    h.take(a_signal("w", event="Lead", pixel="PIXEL3", visitor="new", facts=new, received_ms=h.now()))
    h.take(a_signal("e-1", visitor="old", pixel="PIXEL2", received_ms=h.now()))
    assert "user" not in carried(h.lease(pixel="PIXEL2"))[0]


def a_forgotten_visit_can_be_learned_anew(h: Harness) -> None:
    h.take(a_signal("v", event="ViewContent", channel=BROWSER, visitor="v-1", facts=Facts(ttclid="before")))
    h.tidy(_KEEP + 1)
    after = Facts(ttclid="after")
    h.take(a_signal("w", event="Lead", pixel="PIXEL3", visitor="v-1", facts=after, received_ms=h.now()))
    h.take(a_signal("e-1", visitor="v-1", pixel="PIXEL2", received_ms=h.now()))
    assert carried(h.lease(pixel="PIXEL2"))[0]["user"] == {"ttclid": "after"}


def a_key_without_an_order_is_kept_for_a_week(h: Harness) -> None:
    _delivered(h)
    h.tidy(7)
    assert h.take(a_signal("e-1", received_ms=h.now())).duplicate == 1
    h.tidy(1)
    assert h.take(a_signal("e-1", received_ms=h.now())).opened == 1


def the_key_of_an_order_is_kept_for_400_days(h: Harness) -> None:
    _delivered(h, order_id="1001")
    h.tidy(399)
    assert h.take(a_signal("e-1", order_id="1001", received_ms=h.now())).duplicate == 1
    h.tidy(2)
    assert h.take(a_signal("e-1", order_id="1001", received_ms=h.now())).opened == 1


def a_refusal_is_remembered_as_long(h: Harness) -> None:
    h.take(a_refusal("e-1"))
    h.tidy(399)
    assert h.take(a_signal("e-1", received_ms=h.now())).dropped == 1


def what_is_unsent_keeps_its_key(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.tidy(20)
    assert h.take(a_signal("e-1", received_ms=h.now())).merged == 1


def a_conversion_is_removed_after_400_days_and_stays_counted(h: Harness) -> None:
    _delivered(h)
    h.take(a_refusal("e-2"), an_undecided("e-3"))
    h.end_held()
    before = h.store.counts()
    h.tidy(401)
    assert h.store.counts() == before
    assert h.store.states() == {}
    assert h.store.removed() == {"delivered": 1, "dropped": 1, "expired": 1}


def no_id_is_given_twice(h: Harness) -> None:
    first = _delivered(h)
    h.tidy(401)
    h.engine.reopen()
    h.take(a_signal("e-2", received_ms=h.now()))
    assert h.story("e-2").id > first


def what_was_put_aside_is_kept_as_long_as_a_payload(h: Harness) -> None:
    h.take_all_but_one(a_signal("culprit"))
    h.tidy(_KEEP)
    assert h.store.quarantined() == 1
    h.tidy(1)
    assert h.store.quarantined() == 0
