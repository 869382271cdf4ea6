from random import Random

from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.clock import HandClock
from twinbeam.pipeline.send.backoff import Backoff
from twinbeam.pipeline.send.circuit_breaker import CircuitBreaker

BACKOFF = Backoff(base_ms=1_000, cap_ms=900_000, longest_retry_after_ms=3_600_000)

attempts = st.integers(1, 10_000)
seeds = st.integers(0, 2**32)


def test_the_ceiling_doubles_from_a_second_up_to_a_quarter_of_an_hour():
    ceilings = [BACKOFF.ceiling_ms(attempt) for attempt in range(1, 13)]
    assert ceilings[:4] == [1_000, 2_000, 4_000, 8_000]
    assert ceilings[-3:] == [512_000, 900_000, 900_000]


@given(attempts, seeds)
def test_a_wait_lies_between_nothing_and_the_ceiling(attempt, seed):
    assert 0 <= BACKOFF.delay_ms(attempt, Random(seed)) <= BACKOFF.ceiling_ms(attempt) <= 900_000


@given(attempts, seeds, st.floats(0, 3_600))
def test_a_retry_after_of_the_destination_is_a_floor(attempt, seed, retry_after_seconds):
    assert BACKOFF.delay_ms(attempt, Random(seed), retry_after_seconds) >= round(retry_after_seconds * 1_000)


@given(attempts, seeds, st.floats(3_600, 1e12))
def test_a_retry_after_beyond_an_hour_counts_as_an_hour(attempt, seed, retry_after_seconds):
    assert 3_600_000 <= BACKOFF.delay_ms(attempt, Random(seed), retry_after_seconds) <= 3_600_000 + 900_000


def test_the_jitter_spreads_over_the_whole_span():
    rng = Random(1)
    waits = [BACKOFF.delay_ms(4, rng) for _ in range(1_000)]
    assert min(waits) < 800
    assert max(waits) > 7_200
    assert 3_600 < sum(waits) / len(waits) < 4_400


def a_breaker(clock):
    return CircuitBreaker(backoff=BACKOFF, clock=clock, rng=Random(3))


def test_a_new_breaker_is_closed_and_probes_nothing():
    breaker = a_breaker(HandClock())
    assert (breaker.is_open, breaker.is_half_open, breaker.seconds_open()) == (False, False, 0.0)


def test_a_breaker_closes_again_when_its_wait_is_over_and_then_lets_a_probe_through():
    clock = HandClock()
    breaker = a_breaker(clock)
    breaker.record_failure(30.0)
    assert breaker.is_open
    assert 30.0 <= breaker.seconds_open() <= 31.0
    clock.advance(seconds=31)
    assert (breaker.is_open, breaker.is_half_open) == (False, True)


def test_failures_that_were_under_way_together_count_as_one():
    clock = HandClock()
    together, one_by_one = a_breaker(clock), a_breaker(clock)
    for _ in range(12):
        together.record_failure(1.0)
    assert together.seconds_open() <= 2.0
    for _ in range(12):
        one_by_one.record_failure(1.0)
        clock.advance(seconds=1_000)
    one_by_one.record_failure(1.0)
    assert one_by_one.seconds_open() > 2.0


def test_a_success_ends_the_probing_but_not_a_pause_that_began_meanwhile():
    breaker = a_breaker(HandClock())
    breaker.trip(60_000)
    breaker.record_success()
    assert (breaker.is_open, breaker.is_half_open) == (True, False)


def test_a_shorter_pause_never_cuts_a_longer_one():
    breaker = a_breaker(HandClock())
    breaker.trip(60_000)
    breaker.trip(1_000)
    assert breaker.seconds_open() == 60.0
