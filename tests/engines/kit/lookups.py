"""People find conversions by event id, and by the hashes of what they know: an order id, an e-mail address."""

from msgspec.structs import replace

from engines.kit.harness import Harness
from signals import BROWSER, DAY, DENIED, PIXEL, WORKSPACE, a_refusal, a_signal, an_undecided, order_lookup
from twinbeam.core.keys import conversion_key
from twinbeam.core.values import Signal

_ORDER = order_lookup("1001")


def an_order_is_found_by_its_hash(h: Harness) -> None:
    h.take(a_signal("e-1", order_id="1001", lookups=[_ORDER]), a_signal("e-2", lookups=[order_lookup("1002")]))
    assert _found(h, _ORDER) == ["e-1"]


def one_hash_may_lead_to_several_conversions(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=[_ORDER]), a_signal("e-2", lookups=[_ORDER]))
    assert _found(h, _ORDER) == ["e-1", "e-2"]


def several_hashes_of_one_conversion_find_it_once(h: Harness) -> None:
    email = order_lookup("ada")
    h.take(a_signal("e-1", lookups=[_ORDER, email]))
    assert _found(h, _ORDER, email) == ["e-1"]


def what_a_second_copy_knows_finds_the_conversion_too(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER, lookups=[_ORDER]))
    assert _found(h, _ORDER) == ["e-1"]


def a_copy_that_came_too_late_is_still_found(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.delivered(h.lease())
    h.take(a_signal("e-1", channel=BROWSER, lookups=[_ORDER]))
    assert _found(h, _ORDER) == ["e-1"]


def look_ups_of_all_days_are_searched(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=[_ORDER]))
    h.take(a_signal("e-2", lookups=[_ORDER], received_ms=h.now() + 3 * DAY))
    h.engine.reopen()
    assert _found(h, _ORDER) == ["e-1", "e-2"]


def what_was_not_allowed_is_found_by_no_hash(h: Harness) -> None:
    h.take(an_undecided("e-1", lookups=[_ORDER]), a_refusal("e-2", lookups=[_ORDER]))
    assert _found(h, _ORDER) == []


def what_was_held_is_found_once_it_is_allowed(h: Harness) -> None:
    h.take(an_undecided("e-1", lookups=[_ORDER]))
    h.take(a_signal("e-1", channel=BROWSER))
    assert _found(h, _ORDER) == ["e-1"]


def an_unknown_hash_finds_nothing(h: Harness) -> None:
    assert _found(h, _ORDER) == []
    assert h.store.by_event_id("shop", "e-1") == []


def an_event_id_is_found_on_every_pixel_of_its_workspace_only(h: Harness) -> None:
    h.take(
        a_signal("e-1"), a_signal("e-1", pixel="PIXEL2"), a_refusal("e-1", event="Lead"), a_signal("e-1", workspace="b")
    )
    found = {(story.pixel, story.event) for story in h.store.by_event_id("shop", "e-1")}
    assert found == {("PIXEL1", "Purchase"), ("PIXEL2", "Purchase"), ("PIXEL1", "Lead")}


def an_event_id_is_found_under_each_of_many_names(h: Harness) -> None:
    names = [f"Custom{n}" for n in range(40)]
    h.take(*(a_signal(f"{name}-1", event=name) for name in names))
    h.take(*(a_signal("e-1", event=name) for name in names[::2]))
    assert {story.event for story in h.store.by_event_id("shop", "e-1")} == set(names[::2])
    assert h.story("Custom7-1").event == "Custom7"


def a_test_is_found_by_its_event_id_beside_the_same_in_earnest(h: Harness) -> None:
    h.take(_a_test("e-1", event="Lead"), a_signal("e-1", event="Lead"), _a_test("e-2"))
    h.engine.reopen()
    assert [story.event_id for story in h.store.by_event_id("shop", "e-1")] == ["e-1", "e-1"]
    assert h.state("e-2") == "ready"


def what_was_refused_of_a_test_is_found_by_its_event_id(h: Harness) -> None:
    h.take(_a_test("e-1", event="Lead"))
    h.take(replace(_a_test("e-2"), permission=DENIED, body=b""))
    assert h.state("e-2") == "dropped"


def _a_test(event_id: str, *, event: str = "Purchase") -> Signal:
    """Build a test as the identity room does: its key is that of its stream."""
    key = conversion_key(WORKSPACE, "web", f"{PIXEL}?TEST1", event, event_id)
    return replace(a_signal(event_id, event=event, test_code="TEST1"), key=key)


def _found(h: Harness, *hashes: bytes) -> list[str]:
    return [story.event_id for story in h.store.by_lookup(hashes)]
