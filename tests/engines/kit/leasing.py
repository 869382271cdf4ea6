"""A lease takes what is due in a lane, in order, and nobody else can take it."""

from engines.kit.harness import Harness
from signals import NOW, SECOND, a_signal, carried_ids
from twinbeam.core.delivery import Lane


def what_is_due_first_goes_first(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}", received_ms=NOW - n * SECOND) for n in range(4)))
    assert sorted(carried_ids(h.lease(limit=2))) == ["e-2", "e-3"]
    assert sorted(carried_ids(h.lease(limit=2))) == ["e-0", "e-1"]


def what_is_due_at_once_goes_in_the_order_of_recording(h: Harness) -> None:
    h.take(a_signal("b"), a_signal("a"), a_signal("c"))
    assert carried_ids(h.lease(limit=2)) == ["b", "a"]


def a_limit_is_kept(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(5)))
    assert [h.lease(limit=2).count for _ in range(3)] == [2, 2, 1]


def what_is_leased_is_not_leased_again(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lane = h.lane()
    h.lease()
    assert h.try_lease(lane) is None
    assert h.store.due_lanes(h.now()) == []


def what_is_not_due_is_not_leased(h: Harness) -> None:
    h.take(a_signal("e-1", received_ms=NOW + 1))
    assert h.try_lease(h.lane()) is None
    h.clock.advance(ms=1)
    assert h.lease().count == 1


def a_lane_that_was_never_used_has_nothing(h: Harness) -> None:
    assert h.try_lease(Lane(99, "shop", "web", "NOBODY")) is None


def lanes_do_not_mix(h: Harness) -> None:
    h.take(
        a_signal("e-1"),
        a_signal("e-2", pixel="PIXEL2"),
        a_signal("e-3", workspace="other"),
        a_signal("e-4", event_source="app", pixel="APP1"),
    )
    lanes = h.store.due_lanes(h.now())
    assert {(lane.workspace, lane.event_source, lane.source_id, lane.test_code) for lane in lanes} == {
        ("shop", "web", "PIXEL1", ""),
        ("shop", "web", "PIXEL2", ""),
        ("other", "web", "PIXEL1", ""),
        ("shop", "app", "APP1", ""),
    }
    leases = [h.try_lease(lane) for lane in lanes]
    assert sorted(carried_ids(lease)[0] for lease in leases) == ["e-1", "e-2", "e-3", "e-4"]
    assert [lease.lane for lease in leases] == lanes


def a_lane_is_the_same_after_a_restart(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PIXEL2"), a_signal("e-2"))
    before = h.store.due_lanes(h.now())
    h.engine.reopen()
    assert h.store.due_lanes(h.now()) == before


def the_next_due_time_is_the_earliest_of_all_lanes(h: Harness) -> None:
    assert h.store.next_due_ms() is None
    h.take(a_signal("e-1", received_ms=NOW + 7), a_signal("e-2", pixel="PIXEL2", received_ms=NOW + 5))
    assert h.store.next_due_ms() == NOW + 5
    h.clock.advance(ms=5)
    h.lease(pixel="PIXEL2")
    assert h.store.next_due_ms() == NOW + 7


def a_lease_tells_what_it_carries(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    lease = h.lease()
    assert (lease.count, lease.attempt, lease.resent) == (2, 1, False)
    assert carried_ids(lease) == ["e-1", "e-2"]


def a_batch_counts_the_tries_of_its_most_tried_event(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.waiting(h.lease())
    h.take(a_signal("e-2"))
    assert h.lease().attempt == 3


def batches_are_numbered_once(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    first = h.lease()
    h.engine.reopen()
    assert h.lease(pixel="PIXEL2").batch > first.batch


def a_single_copy_goes_out_byte_for_byte(h: Harness) -> None:
    signal = a_signal("e-1", value=1e-7, currency="EUR", properties={"description": 'Größe 42 \u2028 "x"'})
    h.take(signal)
    assert signal.body[1:] in h.lease().body
