"""Nothing is sent where it could count twice, or where it has become meaningless."""

from engines.kit.harness import Harness
from signals import BROWSER, DAY, HOUR, NOW, a_signal, an_email, carried_ids
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


def what_is_due_later_than_anything_may_be_is_pulled_in(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), after_ms=9 * DAY)
    h.take(a_signal("e-2"))
    h.waiting(h.lease(), after_ms=HOUR)
    assert h.pull_in(HOUR) == 1
    assert h.store.next_due_ms() == h.now()
    assert h.lease().count == 1
    assert h.store.next_due_ms() == h.now() + HOUR
    assert h.pull_in(HOUR) == 0


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


def end_stale(h: Harness, *, limit: int = 1_000) -> int:
    return h.step(lambda: h.store.end_stale(h.now(), limit=limit))


def what_no_lane_asks_for_ends_after_seven_days_as_well(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"), a_signal("e-3", received_ms=NOW + 1))
    h.waiting(h.lease(pixel="PIXEL2"), arrived=False)
    h.clock.advance(ms=7 * DAY - 1)
    assert end_stale(h) == 0
    h.clock.advance(ms=1)
    assert end_stale(h) == 2
    assert [(h.state(f"e-{n}"), h.story(f"e-{n}").reason) for n in (1, 2, 3)] == [
        ("expired", "too_old"),
        ("expired", "too_old"),
        ("ready", ""),
    ]
    assert end_stale(h) == 0
    assert h.counted("expired", "too_old") == 2


def of_all_lanes_no_more_than_so_many_end_at_once(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}", pixel=pixel) for n, pixel in enumerate(["PIXEL1", "PIXEL1", "PIXEL1", "PIXEL2"])))
    h.clock.advance(ms=7 * DAY)
    assert [end_stale(h, limit=2), end_stale(h, limit=2), end_stale(h, limit=2)] == [2, 2, 0]


def what_the_browser_reported_meanwhile_has_its_47_hours(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v"))
    h.clock.advance(ms=6 * DAY)
    at_ms = h.now()
    h.take(a_signal("e-1", visitor="v", channel=BROWSER, native="sent", event_time=at_ms // 1_000, received_ms=at_ms))
    h.clock.advance(ms=47 * HOUR - 1)
    assert end_stale(h) == 0
    assert h.store.next_due_ms() is not None
    h.clock.advance(ms=1)
    assert end_stale(h) == 1
    assert h.story().reason == "dedup_window"


def a_second_word_that_nobody_asks_for_leaves_the_first_delivered(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent"))
    h.delivered(h.lease())
    h.take(a_signal("e-1", user={"email": an_email("ada")}, received_ms=h.now()))
    assert h.state() == "ready"
    h.clock.advance(ms=7 * DAY)
    assert end_stale(h) == 1
    assert (h.state(), h.counted("expired")) == ("delivered", 0)


def what_waited_too_long_for_a_stopped_pixel_tells_so(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="STOPPED"), a_signal("e-2"))
    h.clock.advance(ms=7 * DAY)
    assert h.step(lambda: h.store.end_stale(h.now(), limit=10)) == 2
    assert (h.story("e-1").reason, h.story("e-2").reason) == ("pixel_stopped", "too_old")


def what_waited_too_long_for_a_paused_or_drained_pixel_tells_so(h: Harness) -> None:
    h.take(*(a_signal(f"early-{pixel}", pixel=pixel) for pixel in ("PAUSED", "DRAINING")))
    h.clock.advance(ms=HOUR)
    h.take(*(a_signal(f"late-{pixel}", pixel=pixel, received_ms=h.now()) for pixel in ("PAUSED", "DRAINING")))
    h.clock.advance(ms=7 * DAY)
    assert h.step(lambda: h.store.end_stale(h.now(), limit=10)) == 4
    assert {id_: h.story(id_).reason for id_ in ("early-PAUSED", "late-PAUSED", "early-DRAINING", "late-DRAINING")} == {
        "early-PAUSED": "pixel_paused",
        "late-PAUSED": "pixel_paused",
        "early-DRAINING": "too_old",
        "late-DRAINING": "pixel_paused",
    }


def what_may_be_there_already_ends_by_tiktoks_window_on_a_stopped_pixel_too(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="STOPPED"))
    h.waiting(h.lease(pixel="STOPPED"))
    h.clock.advance(ms=47 * HOUR)
    assert h.try_lease(h.lane("STOPPED")) is None
    assert h.story().reason == "dedup_window"
