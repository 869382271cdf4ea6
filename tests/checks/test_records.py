"""When an issue begins, when it is over by itself, and that it does not come and go with every look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW_MS, PIXEL, WORKSPACE
from twinbeam.checks.contract import Ends, Issue, PixelCheck, Weight
from twinbeam.checks.records import FORGET_MS, REWRITE_MS, next_record, standing

PLACE = (WORKSPACE, PIXEL)
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def a_check(ends):
    return PixelCheck(id="x", title="X", cause="x", evidence="x", fix="x", look=lambda _: None, ends=ends)


def an_issue(count=1):
    return Issue("x", Weight.LOSING, "x", "x", count)


def played(check, looks):
    """Give the record and whether the issue stands, after each look: how long after the one before, and its count."""
    now_ms, record = NOW_MS, None
    for passed_ms, count in looks:
        now_ms += passed_ms
        issue = an_issue(count) if count else None
        before, record = record, next_record(check, PLACE, record, issue, now_ms)
        yield now_ms, before, record, standing(record, issue, check, now_ms)


LOOKS = st.lists(st.tuples(st.integers(MINUTE_MS, 3 * DAY_MS), st.integers(0, 4)), max_size=30)
ANY_END = st.sampled_from(Ends)


@given(ANY_END, LOOKS)
def test_an_issue_stands_exactly_while_its_record_has_no_end(ends, looks):
    for _, _, record, stands in played(a_check(ends), looks):
        assert stands == (record is not None and record.ended_ms is None)


@given(ANY_END, LOOKS)
def test_times_are_in_order_and_since_when_it_stands_moves_only_when_it_begins_anew(ends, looks):
    for now_ms, before, record, _ in played(a_check(ends), looks):
        if record is None:
            continue
        assert record.since_ms <= record.seen_ms <= now_ms
        assert record.since_ms <= (record.ended_ms or now_ms) <= now_ms
        if before is not None and record.since_ms != before.since_ms:
            assert before.ended_ms is not None
            assert record.since_ms == now_ms


@given(LOOKS)
def test_what_is_found_again_within_the_hour_never_ends_and_begins(looks):
    check = a_check(Ends.AFTER_AN_HOUR)
    often = [(min(passed_ms, HOUR_MS // 2 - REWRITE_MS), count) for passed_ms, count in looks]
    flaps = [(passed_ms, count if n % 2 else 1) for n, (passed_ms, count) in enumerate(often)]
    assert len({record.since_ms for _, _, record, _ in played(check, flaps)}) <= 1


@pytest.mark.parametrize(("ends", "after_ms"), [(Ends.AT_ONCE, MINUTE_MS), (Ends.AFTER_AN_HOUR, HOUR_MS)])
def test_it_is_over_when_it_was_not_found_for_so_long(ends, after_ms):
    *_, last = played(a_check(ends), [(0, 1), (after_ms, 0)])
    assert last[2].ended_ms == last[0]
    assert not last[3]


def test_what_counts_the_past_is_over_when_nothing_was_added_for_two_days_and_begins_anew_with_the_next():
    looks = [(0, 5), (DAY_MS, 6), (2 * DAY_MS - 1, 6), (1, 6), (HOUR_MS, 3), (HOUR_MS, 4)]
    stands = [it[3] for it in played(a_check(Ends.WHEN_QUIET), looks)]
    assert stands == [True, True, True, False, False, True]


def test_what_is_over_is_told_of_for_thirty_days():
    *_, kept, gone = played(a_check(Ends.AT_ONCE), [(0, 1), (MINUTE_MS, 0), (FORGET_MS - 1, 0), (1, 0)])
    assert kept[2] is not None
    assert gone[2] is None


def test_a_look_that_finds_the_same_writes_nothing_for_five_minutes():
    (_, _, first, _), (_, _, second, _), (_, _, third, _) = played(
        a_check(Ends.AFTER_AN_HOUR), [(0, 2), (MINUTE_MS, 2), (REWRITE_MS, 2)]
    )
    assert second is first
    assert third.seen_ms > first.seen_ms
