"""Time passes where everybody waits, and nowhere else."""

import asyncio
import time

import pytest
from month.virtual_time import JumpingLoop

from twinbeam.core.clock import HandClock

MONTH_SECONDS = 30 * 86_400


def led(main):
    clock = HandClock()
    began_ms = clock.now_ms()
    with asyncio.Runner(loop_factory=lambda: JumpingLoop(clock)) as runner:
        return runner.run(main(clock)), clock.now_ms() - began_ms


def test_a_month_of_waiting_takes_no_time():
    async def main(_clock):
        await asyncio.sleep(MONTH_SECONDS)

    began = time.monotonic()
    _, passed_ms = led(main)
    assert passed_ms == MONTH_SECONDS * 1_000
    assert time.monotonic() - began < 5


def test_whoever_is_due_first_goes_first():
    told = []

    async def later(clock, seconds):
        await asyncio.sleep(seconds)
        told.append((seconds, clock.now_ms()))

    async def main(clock):
        began = clock.now_ms()
        await asyncio.gather(*(later(clock, seconds) for seconds in (86_400.5, 0.001, 3_600, 47.25)))
        return [(seconds, at - began) for seconds, at in told]

    found, _ = led(main)
    assert found == [(0.001, 1), (47.25, 47_250), (3_600, 3_600_000), (86_400.5, 86_400_500)]


def test_a_deadline_ends_what_never_comes():
    async def main(_clock):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(600):
                await asyncio.Event().wait()

    _, passed_ms = led(main)
    assert passed_ms == 600_000


def test_what_waits_for_nobody_is_an_error_and_no_endless_run():
    async def main(_clock):
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="would never end"):
        led(main)
