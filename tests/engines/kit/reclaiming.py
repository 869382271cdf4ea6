"""What a dead owner left is taken over and sent again, byte for byte."""

from engines.kit.harness import Harness
from signals import BROWSER, HOUR, a_refusal, a_signal, carried, carried_ids


def the_batches_of_a_dead_owner_go_out_again_byte_for_byte(h: Harness) -> None:
    h.take(a_signal("e-1", value=20, currency="EUR"), a_signal("e-1", channel=BROWSER, user={"ttclid": "c"}))
    h.take(a_signal("e-2", pixel="PIXEL2"))
    before = [h.lease(), h.lease(pixel="PIXEL2")]
    after = h.restart()
    assert [(lease.batch, lease.body, lease.count, lease.lane) for lease in after] == [
        (lease.batch, lease.body, lease.count, lease.lane) for lease in before
    ]
    assert [(lease.attempt, lease.resent) for lease in after] == [(1, True), (1, True)]


def copies_that_came_meanwhile_do_not_change_the_bytes(h: Harness) -> None:
    h.take(a_signal("e-1", value=20, currency="EUR"))
    before = h.lease()
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "late"}))
    assert [lease.body for lease in h.restart()] == [before.body]


def what_was_refused_meanwhile_is_not_sent_again_and_the_rest_is(h: Harness) -> None:
    h.take(a_signal("e-1", value=20, currency="EUR"), a_signal("e-2", value=10, currency="EUR"))
    before = carried(h.lease())
    h.take(a_refusal("e-1"))
    (after,) = h.restart()
    assert carried(after) == before[1:]
    assert (h.state("e-1"), after.attempt) == ("withdrawn", 1)
    assert h.delivered(after)
    assert h.restart() == []


def a_batch_that_was_refused_as_a_whole_is_not_sent_again(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    h.lease()
    other = h.lease(pixel="PIXEL2")
    h.take(a_refusal("e-1"))
    assert [lease.batch for lease in h.restart()] == [other.batch]
    assert h.state("e-1") == "withdrawn"


def a_retried_batch_goes_out_again_byte_for_byte(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.waiting(h.lease())
    before = h.lease()
    (after,) = h.restart()
    assert (after.body, after.attempt) == (before.body, 2)


def ones_own_batches_are_not_taken_over(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.lease()
    assert h.reclaim() == []


def a_batch_is_taken_over_once(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.lease()
    assert len(h.restart()) == 1
    assert h.reclaim() == []


def what_was_settled_is_not_taken_over(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"), a_signal("e-3", pixel="PIXEL3"))
    h.delivered(h.lease())
    h.refused(h.lease(pixel="PIXEL2"))
    h.waiting(h.lease(pixel="PIXEL3"))
    assert h.restart() == []


def the_heir_settles_and_the_dead_cannot(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    dead, _ = h.owner, h.restart()
    heir, h.owner = h.owner, dead
    assert not h.delivered(lease)
    h.owner = heir
    assert h.delivered(lease)
    assert h.state() == "delivered"


def the_heir_splits(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.lease()
    (taken,) = h.restart()
    assert [carried_ids(half) for half in h.split(taken)] == [["e-1"], ["e-2"]]


def what_is_too_late_by_then_ends_with_its_whole_batch(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    h.waiting(h.lease())
    h.clock.advance(ms=40 * HOUR)
    h.take(a_signal("e-3", received_ms=h.now()))
    h.lease()
    fresh = h.lease(pixel="PIXEL2")
    h.clock.advance(ms=7 * HOUR)
    assert [lease.batch for lease in h.restart()] == [fresh.batch]
    for event_id in ("e-1", "e-3"):
        story = h.story(event_id)
        assert (story.state, story.reason, story.settled_ms) == ("expired", "dedup_window", h.now())
    assert [attempt.state for attempt in h.story("e-1").log] == ["try later", "expired"]
    assert h.counted("expired", "dedup_window") == 2


def a_moment_before_it_is_taken_over_and_a_moment_after_it_is_not(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    h.clock.advance(ms=47 * HOUR - 1)
    assert len(h.restart()) == 1
    h.clock.advance(ms=1)
    assert h.restart() == []
    assert not h.delivered(lease)
    assert h.restart() == []


def a_refusal_is_remembered_when_its_batch_is_too_late(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.lease()
    h.take(a_refusal("e-1"))
    h.clock.advance(ms=72 * HOUR)
    assert h.restart() == []
    assert (h.state("e-1"), h.state("e-2")) == ("withdrawn", "expired")


def what_an_heir_failed_to_deliver_may_still_be_there_from_the_first_time(h: Harness) -> None:
    """The heir's own try certainly did not arrive; nobody knows about the dead owner's."""
    h.take(a_signal("e-1"))
    h.lease()
    (taken,) = h.restart()
    h.waiting(taken, arrived=False, after_ms=47 * HOUR)
    h.clock.advance(ms=47 * HOUR)
    assert h.try_lease(h.lane()) is None
    assert (h.state(), h.story().reason) == ("expired", "dedup_window")
