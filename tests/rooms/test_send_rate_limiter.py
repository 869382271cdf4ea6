from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.clock import HandClock
from twinbeam.pipeline.send.rate_limiter import RateLimiter


def test_a_burst_goes_at_once_and_the_rest_at_the_rate():
    limiter = RateLimiter(per_second=10, burst=3, clock=HandClock())
    assert [limiter.reserve() for _ in range(6)] == pytest.approx([0.0, 0.0, 0.0, 0.1, 0.2, 0.3], abs=1e-5)


def test_a_quiet_second_fills_the_bucket_again_but_never_beyond_the_burst():
    clock = HandClock()
    limiter = RateLimiter(per_second=10, burst=3, clock=clock)
    for _ in range(3):
        limiter.reserve()
    clock.advance(seconds=60)
    assert [limiter.reserve() for _ in range(4)] == pytest.approx([0.0, 0.0, 0.0, 0.1], abs=1e-5)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=300))
def test_no_second_ever_holds_more_than_rate_and_burst_together(gaps_ms):
    clock = HandClock()
    limiter = RateLimiter(per_second=20, burst=5, clock=clock)
    starts = []
    for gap_ms in gaps_ms:
        clock.advance(ms=gap_ms)
        starts.append(clock.monotonic() + limiter.reserve())
    assert starts == sorted(starts)
    most = max(bisect_left(starts, start + 0.999) - number for number, start in enumerate(starts))
    assert most <= 25


@given(st.integers(1, 1_000), st.integers(1, 50))
def test_a_steady_stream_below_the_rate_never_waits(per_second, burst):
    clock = HandClock()
    limiter = RateLimiter(per_second=per_second, burst=burst, clock=clock)
    for _ in range(50):
        clock.advance(ms=1_000 // per_second + 1)
        assert limiter.reserve() < 1e-6
