"""What delivered events name of products is compared with the feeds, at a pace that no event waits for."""

from collections.abc import Callable
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 10.0
AT_ONCE = 50  #: conversions, a few milliseconds of the store's thread
MOST_A_RUN = 20  #: of these; of what is delivered faster than that for long, a part is left out


class Counting(Protocol):
    """One run. Synchronous; called from the store's own thread; raises StorageError."""

    def look(self, limit: int) -> bool:
        """Count what the next conversions name, and write nothing; tells whether there may be more."""
        ...

    def keep(self, now_ms: int) -> None:
        """Keep what was counted."""
        ...


def job(begin: Callable[[], Counting], on_store: OnStore, clock: Clock, *, name: str = "content_matches") -> Job:
    """Return the job; `begin` begins a run, on the store's thread."""

    async def act() -> None:
        counting = await on_store(begin)
        for _ in range(MOST_A_RUN):
            if not await on_store(counting.look, AT_ONCE):
                break
        await on_store(counting.keep, clock.now_ms())

    return Job(name=name, every_seconds=EVERY_SECONDS, act=act)
