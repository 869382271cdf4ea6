"""What has been in the store's write-ahead log for a while is brought into its file."""

from functools import partial
from typing import Protocol

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 1.0


class CheckpointedStore(Protocol):
    """The part of a store that knows its file."""

    def tend(self) -> None:
        """Begin a checkpoint that is due, or go on with the one that is under way."""
        ...


def job(store: CheckpointedStore, on_store: OnStore) -> Job:
    """Return the job."""
    return Job(name="checkpoints", every_seconds=EVERY_SECONDS, act=partial(on_store, store.tend))
