"""What is held since a restore goes on or ends, as its owner decided, a little at a time."""

from collections.abc import Callable
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 1.0


class RestoredStore(Protocol):
    """The part of a store that carries the decision out."""

    def carry_out_decision(self, now_ms: int) -> bool:
        """Send or end some of what is held; tells whether there is more."""
        ...


def job(
    store: RestoredStore, clock: Clock, on_store: OnStore, wake: Callable[[], None], *, is_due: Callable[[], bool]
) -> Job:
    """Return the job; it is due only while somebody can be sure of the time."""

    async def act() -> None:
        more = True
        while more:
            more = await on_store(store.carry_out_decision, clock.now_ms())
            wake()

    return Job(name="restored", every_seconds=EVERY_SECONDS, act=act, is_due=is_due)
