"""Look-ups are sorted, a little at a time, so that a person finds what they ask for at once among millions."""

from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 10.0


class LookupStore(Protocol):
    """The part of a store that sorts them."""

    def sort_lookups(self, now_ms: int) -> bool:
        """Sort some, for some tens of milliseconds; tells whether there were so many."""
        ...


def job(store: LookupStore, on_store: OnStore, clock: Clock) -> Job:
    """Return the job."""

    async def act() -> None:
        while await on_store(store.sort_lookups, clock.now_ms()):
            pass

    return Job(name="lookups", every_seconds=EVERY_SECONDS, act=act)
