"""What has come to its end is removed, and what people asked to have erased before that; a little at a time."""

from collections.abc import Callable
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 1.0  #: a run takes 20 ms at most


class TidiedStore(Protocol):
    """The part of a store that removes things."""

    def tidy(self, now_ms: int, *, retention: bool = True) -> bool:
        """Do a little, wishes to be erased first; tells whether there is more to do now."""
        ...


def job(store: TidiedStore, on_store: OnStore, clock: Clock, is_sure: Callable[[], bool]) -> Job:
    """Return the job; while nobody can be sure of the time only wishes are carried out."""

    async def act() -> None:
        await on_store(store.tidy, clock.now_ms(), retention=is_sure())

    return Job(name="housekeeping", every_seconds=EVERY_SECONDS, act=act)
