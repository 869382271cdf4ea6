from random import Random

from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.clock import HandClock
from twinbeam.pipeline.send.backoff import Backoff
from twinbeam.pipeline.send.brake import Brake

BACKOFF = Backoff(base_ms=1_000, cap_ms=900_000, longest_wish_ms=3_600_000)

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
def test_a_wish_of_the_destination_is_a_floor(attempt, seed, after_seconds):
    assert BACKOFF.delay_ms(attempt, Random(seed), after_seconds) >= round(after_seconds * 1_000)


@given(attempts, seeds, st.floats(3_600, 1e12))
def test_a_wish_beyond_an_hour_counts_as_an_hour(attempt, seed, after_seconds):
    assert 3_600_000 <= BACKOFF.delay_ms(attempt, Random(seed), after_seconds) <= 3_600_000 + 900_000


def test_the_jitter_spreads_over_the_whole_span():
    rng = Random(1)
    waits = [BACKOFF.delay_ms(4, rng) for _ in range(1_000)]
    assert min(waits) < 800
    assert max(waits) > 7_200
    assert 3_600 < sum(waits) / len(waits) < 4_400


def a_brake(clock):
    return Brake(backoff=BACKOFF, clock=clock, rng=Random(3))


def test_a_new_brake_is_open_and_probes_nothing():
    brake = a_brake(HandClock())
    assert (brake.closed, brake.probing, brake.opens_in()) == (False, False, 0.0)


def test_a_brake_opens_again_when_its_wait_is_over_and_then_lets_a_probe_through():
    clock = HandClock()
    brake = a_brake(clock)
    brake.slow(30.0)
    assert brake.closed
    assert 30.0 <= brake.opens_in() <= 31.0
    clock.advance(seconds=31)
    assert (brake.closed, brake.probing) == (False, True)


def test_failures_that_were_under_way_together_count_as_one():
    clock = HandClock()
    together, one_by_one = a_brake(clock), a_brake(clock)
    for _ in range(12):
        together.slow(1.0)
    assert together.opens_in() <= 2.0
    for _ in range(12):
        one_by_one.slow(1.0)
        clock.advance(seconds=1_000)
    one_by_one.slow(1.0)
    assert one_by_one.opens_in() > 2.0


def test_a_success_ends_the_probing_but_not_a_pause_that_began_meanwhile():
    brake = a_brake(HandClock())
    brake.pause(60_000)
    brake.clear()
    assert (brake.closed, brake.probing) == (True, False)


def test_a_shorter_pause_never_cuts_a_longer_one():
    brake = a_brake(HandClock())
    brake.pause(60_000)
    brake.pause(1_000)
    assert brake.opens_in() == 60.0
