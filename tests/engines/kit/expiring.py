"""Nothing is sent where it could count twice, or where it has become meaningless."""

from engines.kit.harness import Harness
from signals import DAY, HOUR, NOW, a_signal, carried_ids
from twinbeam.pipeline.send.contract import MOST_PAGES


def what_may_be_there_is_not_sent_again_near_the_end_of_the_dedup_window(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.clock.advance(ms=47 * HOUR)
    assert h.try_lease(h.lane()) is None
    story = h.story()
    assert (story.state, story.reason, story.settled_ms) == ("expired", "dedup_window", h.now())
    assert h.store.next_due_ms() is None


def a_moment_before_it_is_still_sent(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.clock.advance(ms=47 * HOUR - 1)
    assert h.lease().attempt == 2


def the_window_counts_from_the_first_attempt_that_may_have_arrived(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.clock.advance(ms=40 * HOUR)
    h.waiting(h.lease(), arrived=False)
    h.clock.advance(ms=7 * HOUR)
    assert h.try_lease(h.lane()) is None
    assert h.story().reason == "dedup_window"


def an_attempt_that_certainly_did_not_arrive_starts_no_window(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), arrived=False)
    h.clock.advance(ms=48 * HOUR)
    h.waiting(h.lease(), arrived=False)
    h.clock.advance(ms=48 * HOUR)
    assert h.lease().attempt == 3


def the_attempt_after_a_non_arrival_starts_the_window(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), arrived=False)
    h.clock.advance(ms=20 * HOUR)
    h.waiting(h.lease())
    h.clock.advance(ms=47 * HOUR - 1)
    h.waiting(h.lease())
    h.clock.advance(ms=1)
    assert h.try_lease(h.lane()) is None
    assert h.story().reason == "dedup_window"


def what_never_reached_tiktok_ends_after_seven_days(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", received_ms=NOW + 1))
    h.clock.advance(ms=7 * DAY)
    assert carried_ids(h.lease()) == ["e-2"]
    assert (h.state("e-1"), h.story("e-1").reason) == ("expired", "too_old")


def what_is_too_late_does_not_hold_up_the_rest_of_its_batch(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    h.waiting(h.lease(limit=1))
    h.clock.advance(ms=47 * HOUR)
    assert carried_ids(h.lease()) == ["e-2"]


def a_page_of_what_is_too_late_does_not_hide_the_next(h: Harness) -> None:
    h.take(*(a_signal(f"old-{n}") for n in range(5)))
    h.waiting(h.lease())
    h.clock.advance(ms=47 * HOUR)
    h.take(a_signal("new", received_ms=h.now()))
    assert carried_ids(h.lease(limit=2)) == ["new"]
    assert h.counted("expired", "dedup_window") == 5


def one_call_ends_no_more_than_so_many_pages(h: Harness) -> None:
    h.take(*(a_signal(f"old-{n}") for n in range(MOST_PAGES + 1)))
    h.waiting(h.lease())
    h.clock.advance(ms=47 * HOUR)
    lane = h.lane()
    h.take(a_signal("new", received_ms=h.now()))
    assert h.try_lease(lane, limit=1) is None
    assert h.counted("expired") == MOST_PAGES
    assert carried_ids(h.lease(limit=1)) == ["new"]


def the_window_survives_a_restart(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.engine.reopen()
    h.clock.advance(ms=47 * HOUR)
    assert h.try_lease(h.lane()) is None
    assert h.story().reason == "dedup_window"
