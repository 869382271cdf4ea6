"""An earlier folder of journals is followed no more once all that was left in it is recorded."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 1.0


class JournalFollower(Protocol):
    """Whoever records from the journals."""

    @property
    def folders(self) -> Sequence[Path]:
        """The folders with journals, the one in use first."""
        ...

    def is_drained(self, folder: Path) -> bool:
        """Return whether nothing is left to record in a folder; for the store's thread."""
        ...


def job(follower: JournalFollower, on_store: OnStore, forget: Callable[[Path], None]) -> Job:
    """Return the job."""

    async def act() -> None:
        for folder in follower.folders[1:]:
            if await on_store(follower.is_drained, folder):
                forget(folder)

    return Job(name="earlier_journals", every_seconds=EVERY_SECONDS, act=act)
