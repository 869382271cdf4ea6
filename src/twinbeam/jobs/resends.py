"""Dead letters that their owner wants sent again are put back, a little at a time."""

from collections.abc import Callable
from functools import partial

from twinbeam.core.clock import Clock
from twinbeam.core.dead_letters import Resend
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 1.0

Step = Callable[[int], Resend | None]
"""Carry the oldest resend out a little further, at a time in ms; gives it, or None where none waits."""


async def run(step: Step, clock: Clock, on_store: OnStore, wake: Callable[[], None]) -> None:
    """Carry out all resends that wait, and tell the sender after each step."""
    while await on_store(step, clock.now_ms()) is not None:
        wake()


def job(step: Step, clock: Clock, on_store: OnStore, wake: Callable[[], None], *, is_due: Callable[[], bool]) -> Job:
    """Return the job; it is due only while somebody can be sure of the time."""
    return Job(
        name="resends", every_seconds=EVERY_SECONDS, act=partial(run, step, clock, on_store, wake), is_due=is_due
    )
