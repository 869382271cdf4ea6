"""Tests go out while the code they were meant for is on; what waits then is dropped, and its story says so."""

from engines.kit.harness import Harness
from signals import HOUR, NOW, a_signal, carried_ids

PIXEL = "TESTED"  # TEST1 is on for an hour


def a_test_is_sent_while_its_code_is_on(h: Harness) -> None:
    h.take(a_signal("e-1", pixel=PIXEL, test_code="TEST1"))
    assert carried_ids(h.lease(pixel=PIXEL)) == ["e-1"]


def a_test_that_waits_when_its_code_is_switched_off_is_dropped_and_told(h: Harness) -> None:
    h.take(a_signal("e-1", pixel=PIXEL, test_code="TEST1"))
    h.waiting(h.lease(pixel=PIXEL), after_ms=2 * HOUR)
    lane = h.lane(PIXEL)
    h.clock.advance(ms=2 * HOUR)
    h.engine.reopen()
    assert h.try_lease(lane) is None
    assert (h.state("e-1"), h.story().reason) == ("expired", "test_order")
    assert h.store.next_due_ms() is None


def a_test_under_a_code_that_a_server_named_itself_goes_on(h: Harness) -> None:
    h.take(a_signal("e-1", pixel=PIXEL, test_code="TEST2"))
    h.clock.advance(ms=2 * HOUR)
    assert carried_ids(h.lease(pixel=PIXEL)) == ["e-1"]


def what_is_no_test_goes_out_as_ever_when_the_code_is_off(h: Harness) -> None:
    h.take(a_signal("e-1", pixel=PIXEL), a_signal("e-2", pixel=PIXEL, test_code="TEST1"))
    h.clock.advance(ms=2 * HOUR)
    lanes = {lane.test_code: lane for lane in h.store.due_lanes(h.now())}
    assert [h.try_lease(lanes[code]) is None for code in ("", "TEST1")] == [False, True]


def a_dead_owners_tests_are_not_sent_again_when_the_code_is_off(h: Harness) -> None:
    h.take(a_signal("e-1", pixel=PIXEL, test_code="TEST1"))
    h.lease(pixel=PIXEL)
    h.clock.advance(ms=2 * HOUR)
    assert h.restart() == []
    assert (h.state("e-1"), h.story().reason) == ("expired", "test_order")


def tests_of_a_lane_that_stands_still_end_with_the_rest_of_it(h: Harness) -> None:
    h.take(a_signal("e-1", pixel=PIXEL, test_code="TEST1", received_ms=NOW))
    h.clock.advance(ms=8 * 24 * HOUR)
    assert h.store.end_stale(h.now(), limit=10) == 1
    assert (h.state("e-1"), h.story().reason) == ("expired", "test_order")
