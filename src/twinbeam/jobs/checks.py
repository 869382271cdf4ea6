"""
Every pixel is checked, and it is written down since when what is wrong.

What the checks need beside counters is found out on a connection and a thread of its own, and kept for the pages.
"""

from collections.abc import Callable
from typing import TypeVar

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 60.0

Evidence = TypeVar("Evidence")
Looked = TypeVar("Looked")


def job(
    find: Callable[[], Evidence],
    keep_evidence: Callable[[Evidence], None],
    look: Callable[[], Looked],
    keep: Callable[[Looked], None],
    on_counter: OnStore,
    on_store: OnStore,
) -> Job:
    """Return the job; `find` and `look` read on the counter's thread, the others write on the store's."""

    async def act() -> None:
        await on_store(keep_evidence, await on_counter(find))
        await on_store(keep, await on_counter(look))

    return Job(name="checks", every_seconds=EVERY_SECONDS, act=act)
