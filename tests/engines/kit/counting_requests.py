"""Requests are noted before they are made, so that a killed process cannot forget one."""

from engines.kit.harness import Harness
from twinbeam.pipeline.send.contract import ALL_PIXELS, NotedRequests


def _note(h: Harness, count: int, *, most: int = 0, scope: str = "") -> NotedRequests:
    noted = h.store.request_counts.note(scope, count, most=most, owner=h.owner, now_ms=h.now())
    assert isinstance(noted, NotedRequests)
    return noted


def no_more_are_noted_than_a_day_may_have(h: Harness) -> None:
    assert [_note(h, 4, most=10).more for _ in range(4)] == [4, 4, 2, 0]
    assert _note(h, 4, most=10).total == 10


def without_a_limit_any_number_is_noted(h: Harness) -> None:
    assert [_note(h, 1_000).total for _ in range(3)] == [1_000, 2_000, 3_000]


def scopes_and_days_are_counted_apart(h: Harness) -> None:
    _note(h, 3)
    assert _note(h, 3, scope="shop/PIXEL1").total == 3
    h.clock.advance(seconds=86_400)
    noted = _note(h, 5)
    assert (noted.total, noted.rows) == (5, ())


def a_restart_forgets_no_note(h: Harness) -> None:
    _note(h, 7)
    h.engine.reopen()
    h.owner += "+"
    noted = _note(h, 1)
    assert noted.total == 8
    assert [(row.owner, row.count) for row in noted.rows] == [("writer-1", 7)]


def very_many_notes_of_a_day_add_up(h: Harness) -> None:
    for _ in range(2_100):
        h.clock.advance(seconds=1)
        noted = _note(h, 2)
    assert noted.total == 4_200
    assert sum(row.count for row in noted.rows) == 4_198


def what_waited_for_a_limit_is_added_up_by_day_and_pixel(h: Harness) -> None:
    counts = h.store.request_counts
    counts.add_throttled(20_000, {("shop", "PIXEL1"): 3, ("shop", "PIXEL2"): 1})
    counts.add_throttled(20_000, {("shop", "PIXEL1"): 4})
    counts.add_throttled(20_001, {("shop", "PIXEL1"): 9})
    assert dict(counts.throttled(20_000)) == {("shop", "PIXEL1"): 7, ("shop", "PIXEL2"): 1}
    assert dict(counts.throttled(20_002)) == {}


def until_when_pixels_are_closed_is_kept_as_a_whole(h: Harness) -> None:
    counts, now_ms = h.store.request_counts, h.now()
    counts.keep_closed({("shop", "PIXEL1"): now_ms + 300_000, ALL_PIXELS: now_ms + 60_000})
    h.engine.reopen()
    counts = h.store.request_counts
    assert dict(counts.closed(now_ms)) == {("shop", "PIXEL1"): now_ms + 300_000, ALL_PIXELS: now_ms + 60_000}
    assert dict(counts.closed(now_ms + 60_000)) == {("shop", "PIXEL1"): now_ms + 300_000}
    counts.keep_closed({})
    assert dict(counts.closed(now_ms)) == {}
