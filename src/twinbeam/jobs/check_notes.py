"""What was recorded is looked at for the checks, each conversion once: a few at a time, behind a place that is kept."""

from collections.abc import Callable
from typing import Protocol

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 20.0
AT_ONCE = 100  #: conversions, a few milliseconds of the store's thread
MOST_A_RUN = 100  #: of these


class NoteRun(Protocol):
    """One run. Synchronous; called from the store's own thread; raises StorageError."""

    def look(self, limit: int) -> bool:
        """Note what there is to note of the next conversions, and write nothing; tells whether there may be more."""
        ...

    def keep(self) -> None:
        """Keep what was noted."""
        ...


def job(begin: Callable[[], NoteRun], on_store: OnStore) -> Job:
    """Return the job; `begin` begins a run, on the store's thread."""

    async def act() -> None:
        looking = await on_store(begin)
        for _ in range(MOST_A_RUN):
            if not await on_store(looking.look, AT_ONCE):
                break
        await on_store(looking.keep)

    return Job(name="check_notes", every_seconds=EVERY_SECONDS, act=act)
