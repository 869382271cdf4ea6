"""A wall clock that was set is not followed at once; one that drifts, or is confirmed, is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals import DAY, HOUR, MINUTE, NOW, SECOND
from twinbeam.app.known_time import RELEASED_MS, KnownTime, Watch, accept_clock, read_known_time, write_known_time
from twinbeam.core.clock import HandClock
from twinbeam.core.steady import AGREE_MS, SMALL_MS, STANDS_SECONDS, SteadyClock

pytestmark = pytest.mark.outside("clock")


@given(st.lists(st.tuples(st.integers(0, 10 * MINUTE), st.integers(-400 * DAY, 400 * DAY)), max_size=20))
def test_whatever_the_wall_clock_does_time_goes_on_as_the_monotonic_clock_has_it(steps):
    hand = HandClock(NOW)
    steady = SteadyClock(hand)
    for passed, step in steps:
        before = steady.now_ms()
        hand.advance(ms=passed)
        hand.step(step)
        assert abs(steady.now_ms() - before - passed) <= 2 * AGREE_MS
        hand.step(-step)


def test_a_step_of_days_is_not_followed_and_the_time_is_not_sure_until_it_is_taken_back():
    hand = HandClock(NOW)
    steady = SteadyClock(hand)
    hand.step(3 * DAY)
    hand.advance(seconds=10)
    assert (steady.now_ms(), steady.is_sure(), steady.apart_ms()) == (NOW + 10 * SECOND, False, 3 * DAY)
    hand.step(-3 * DAY)
    assert (steady.now_ms(), steady.is_sure(), steady.apart_ms()) == (NOW + 10 * SECOND, True, 0)


@pytest.mark.parametrize("step", [3 * DAY, -3 * DAY])
def test_a_large_step_that_stands_is_taken_over_only_when_somebody_confirms_it(step):
    hand = HandClock(NOW)
    steady = SteadyClock(hand)
    hand.step(step)
    for _ in range(200):
        hand.advance(ms=HOUR)
        assert not steady.look()
    assert not steady.is_sure()
    steady.accept()
    assert steady.is_sure()
    assert steady.now_ms() == hand.now_ms()


@pytest.mark.parametrize("step", [AGREE_MS + 1, -SMALL_MS, SMALL_MS])
def test_a_small_step_is_taken_over_once_it_has_stood_for_ten_minutes(step):
    hand = HandClock(NOW)
    steady = SteadyClock(hand)
    hand.step(step)
    assert not steady.is_sure()
    hand.advance(seconds=STANDS_SECONDS - 1)
    assert not steady.look()
    hand.advance(seconds=2)
    assert steady.look()
    assert steady.is_sure()
    assert steady.now_ms() == hand.now_ms()


def test_a_clock_that_is_slewed_stays_sure_and_is_followed():
    hand = HandClock(NOW)
    steady = SteadyClock(hand)
    for _ in range(24 * 60):
        hand.advance(ms=MINUTE)
        hand.step(30)  # 500 millionths, as adjtime does it
        assert steady.now_ms() == hand.now_ms()
        assert steady.is_sure()


def test_a_clock_that_is_far_ahead_at_the_start_has_to_go_on_well_for_ten_minutes():
    hand = HandClock(NOW + 3 * DAY)
    steady = SteadyClock(hand, known_ms=NOW)
    assert not steady.is_sure()
    hand.advance(seconds=STANDS_SECONDS + 1)
    assert steady.is_sure()


def test_a_clock_that_is_mended_soon_after_the_start_is_followed_at_once():
    hand = HandClock(NOW + 3 * DAY)
    steady = SteadyClock(hand, known_ms=NOW)
    hand.advance(seconds=30)
    hand.step(-3 * DAY)
    assert steady.now_ms() == hand.now_ms()
    assert steady.is_sure()


def test_a_clock_before_the_release_is_not_right_until_it_is_set(tmp_path):
    hand = HandClock(RELEASED_MS - 1)
    watch = Watch(tmp_path, hand)
    assert (watch.is_right(), watch.is_sure()) == (False, False)
    hand.step(DAY)
    assert (watch.is_right(), watch.is_sure()) == (True, True)


def test_a_clock_before_the_newest_day_on_record_is_not_right_until_it_is_confirmed(tmp_path):
    assert write_known_time(tmp_path, KnownTime(NOW + 30 * DAY))
    watch = Watch(tmp_path, HandClock(NOW))
    assert not watch.is_right()
    accept_clock(tmp_path, NOW)
    watch.look()
    assert (watch.is_right(), watch.is_sure(), watch.trouble()) == (True, True, "")


def test_a_confirmed_step_is_taken_over_by_every_process(tmp_path):
    hands = [HandClock(NOW), HandClock(NOW)]
    watches = [Watch(tmp_path, hand) for hand in hands]
    for hand in hands:
        hand.step(9 * DAY)
    assert [watch.is_sure() for watch in watches] == [False, False]
    accept_clock(tmp_path, NOW + 9 * DAY)
    for watch in watches:
        watch.look()
    assert [(watch.is_sure(), watch.clock.now_ms()) for watch in watches] == [(True, NOW + 9 * DAY)] * 2


def test_a_time_that_nobody_can_be_sure_of_is_never_noted_as_known(tmp_path):
    hand = HandClock(NOW)
    watch = Watch(tmp_path, hand)
    watch.note()
    hand.step(9 * DAY)
    hand.advance(ms=HOUR)
    watch.note()
    assert read_known_time(tmp_path).newest_ms == NOW
    hand.step(-9 * DAY)
    watch.note()
    assert read_known_time(tmp_path).newest_ms == NOW + HOUR


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"newest_ms":"x"}', b"\xff"])
def test_a_note_of_the_time_that_cannot_be_read_is_none(tmp_path, content):
    (tmp_path / "clock.json").write_bytes(content)
    assert read_known_time(tmp_path) == KnownTime()
