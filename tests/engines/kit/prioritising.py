"""What a lane sends next is what it is told to look for, stretch by stretch."""

from engines.kit.harness import Harness
from signals import NOW, SECOND, a_signal, carried_ids
from twinbeam.core.delivery import Lane
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.order import Urgency, stretches

_HOUR = 3_600 * SECOND


def _next(
    h: Harness, part: Urgency, *, limit: int = 1_000, lane: Lane | None = None, drained_ms: int | None = None
) -> list[str]:
    found = stretches(part, h.now(), Ages(), drained_ms)
    lane = lane or h.lane()
    lease = h.step(
        lambda: h.store.lease(lane, limit=limit, owner=h.owner, now_ms=h.now(), compose=compose, stretches=found)
    )
    return sorted(carried_ids(lease)) if lease else []


def fresh_and_backlog_are_told_apart_by_the_last_minute(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}", received_ms=NOW - n * SECOND) for n in (0, 59, 60, 3_000)))
    lane = h.lane()
    assert _next(h, Urgency.FRESH) == ["e-0", "e-59"]
    assert _next(h, Urgency.FRESH, lane=lane) == []
    assert _next(h, Urgency.BACKLOG) == ["e-3000", "e-60"]


def all_of_a_test_stream_goes_at_once(h: Harness) -> None:
    h.take(a_signal("old", received_ms=NOW - _HOUR, test_code="T1"), a_signal("new", test_code="T1"))
    assert _next(h, Urgency.TEST) == ["new", "old"]


def what_was_tried_and_nears_the_end_of_its_window_goes_before_what_is_due_longer(h: Harness) -> None:
    h.take(a_signal("tried"))
    h.waiting(h.lease(), after_ms=46 * _HOUR + 120 * SECOND)
    h.take(a_signal("untried"), a_signal("second"))
    h.clock.advance(ms=46 * _HOUR + 200 * SECOND)
    assert _next(h, Urgency.BACKLOG, limit=1) == ["tried"]
    assert _next(h, Urgency.BACKLOG, limit=1) in (["untried"], ["second"])


def what_came_about_46_hours_ago_goes_before_what_is_older(h: Harness) -> None:
    h.take(a_signal("older", received_ms=NOW - 100 * _HOUR), a_signal("near", received_ms=NOW - 46 * _HOUR - SECOND))
    assert _next(h, Urgency.BACKLOG, limit=1) == ["near"]
    assert _next(h, Urgency.BACKLOG, limit=1) == ["older"]


def what_was_tried_and_is_not_due_stays(h: Harness) -> None:
    h.take(a_signal("tried"))
    h.waiting(h.lease(), after_ms=47 * _HOUR)
    lane = h.lane()
    h.clock.advance(ms=46 * _HOUR + SECOND)
    assert _next(h, Urgency.BACKLOG, lane=lane) == []


def a_drained_lane_sends_what_waited_then_and_what_was_tried(h: Harness) -> None:
    h.take(a_signal("waiting"))
    h.waiting(h.lease(), after_ms=10 * SECOND)
    h.take(a_signal("old"))
    drained_ms = h.now()
    h.clock.advance(ms=20 * SECOND)
    h.take(a_signal("new", received_ms=h.now()))
    lane = h.lane()
    assert _next(h, Urgency.BACKLOG, drained_ms=drained_ms) == ["old", "waiting"]
    assert _next(h, Urgency.BACKLOG, lane=lane, drained_ms=drained_ms) == []


def no_conversion_is_taken_twice_where_stretches_overlap(h: Harness) -> None:
    h.take(a_signal("tried"))
    h.waiting(h.lease(), after_ms=0)
    h.clock.advance(ms=46 * _HOUR + 200 * SECOND)
    assert _next(h, Urgency.BACKLOG) == ["tried"]
