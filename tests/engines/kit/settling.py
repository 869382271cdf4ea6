"""A verdict is written down once, by the owner of the batch, and moves everything in it."""

from engines.kit.harness import BAD, BUSY, OK, Harness
from signals import NOW, SECOND, a_signal, carried_ids


def an_accepted_batch_is_delivered(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    lease = h.lease()
    h.clock.advance(ms=40)
    assert h.delivered(lease)
    story = h.story("e-2")
    assert (story.state, story.reason, story.settled_ms, story.due_ms) == ("delivered", "", NOW + 40, None)
    assert h.store.next_due_ms() is None


def a_refused_batch_becomes_dead_letters_with_their_reason(h: Harness) -> None:
    h.take(a_signal("e-1"))
    assert h.refused(h.lease())
    story = h.story()
    assert (story.state, story.reason, story.settled_ms) == ("refused", "refused_by_tiktok", NOW)
    assert story.log[-1].message == "Invalid currency"


def a_waiting_batch_is_due_again_when_it_was_told_to(h: Harness) -> None:
    h.take(a_signal("e-1"))
    assert h.waiting(h.lease(), after_ms=5 * SECOND)
    assert (h.state(), h.story().due_ms, h.story().settled_ms) == ("waiting", NOW + 5 * SECOND, None)
    assert h.try_lease(h.lane()) is None
    h.clock.advance(ms=5 * SECOND)
    assert h.lease().attempt == 2


def what_waits_for_an_event_source_is_due_at_once_when_hastened(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    h.waiting(h.lease(), after_ms=60 * SECOND)
    h.waiting(h.lease(pixel="PIXEL2"), after_ms=60 * SECOND)
    h.take(a_signal("e-3", received_ms=NOW + 5 * SECOND))
    h.store.hasten(workspace="shop", source_id="PIXEL1", now_ms=h.now())
    assert h.story("e-1").due_ms == NOW
    assert carried_ids(h.lease()) == ["e-1"]
    assert h.story("e-3").due_ms == NOW + 5 * SECOND, "it was never tried: it waits for its twin"
    assert h.story("e-2").due_ms == NOW + 60 * SECOND, "it waits for another token"


def waiting_events_join_new_ones_in_a_batch(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), after_ms=SECOND)
    h.clock.advance(ms=SECOND)
    h.take(a_signal("e-2", received_ms=h.now()))
    assert carried_ids(h.lease()) == ["e-1", "e-2"]


def a_batch_is_settled_once(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    assert h.delivered(lease)
    assert [h.delivered(lease), h.refused(lease), h.waiting(lease)] == [False, False, False]
    assert h.split(lease) == []
    assert h.state() == "delivered"


def an_old_batch_cannot_be_settled_after_a_new_one_was_leased(h: Harness) -> None:
    h.take(a_signal("e-1"))
    old = h.lease()
    h.waiting(old)
    h.lease()
    assert not h.delivered(old)
    assert h.state() == "leased"


def a_stranger_settles_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    h.owner = "somebody else"
    assert [h.delivered(lease), h.refused(lease), h.waiting(lease)] == [False, False, False]
    assert h.split(lease) == []
    assert h.state() == "leased"


def a_batch_that_never_was_is_not_settled(h: Harness) -> None:
    for settle in (h.store.settle_delivered, h.store.settle_refused):
        assert not settle(99, OK, owner=h.owner, now_ms=NOW)
    assert not h.store.settle_waiting(99, BUSY, owner=h.owner, now_ms=NOW, due_ms=NOW, arrived=True)


def a_fate_survives_a_restart(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"), a_signal("e-3", pixel="PIXEL3"))
    h.delivered(h.lease())
    h.refused(h.lease(pixel="PIXEL2"), answer=BAD)
    h.waiting(h.lease(pixel="PIXEL3"), after_ms=SECOND)
    h.engine.reopen()
    h.check()
    assert [h.state(f"e-{n}") for n in (1, 2, 3)] == ["delivered", "refused", "waiting"]
    assert h.store.next_due_ms() == NOW + SECOND


def each_pixel_has_its_own_fate(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    good, bad = h.lease(), h.lease(pixel="PIXEL2")
    h.refused(bad)
    h.delivered(good)
    assert (h.state("e-1"), h.state("e-2")) == ("delivered", "refused")
