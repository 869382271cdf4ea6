"""What delivered events carried, and how long they took, is counted at a pace that no event waits for."""

from collections.abc import Callable

from twinbeam.core.clock import Clock
from twinbeam.jobs import content_matches
from twinbeam.jobs.content_matches import Counting
from twinbeam.jobs.contract import Job, OnStore


def job(begin: Callable[[], Counting], on_store: OnStore, clock: Clock) -> Job:
    """Return the job; it goes on as the counting of contents does."""
    return content_matches.job(begin, on_store, clock, name="delivered_counts")
