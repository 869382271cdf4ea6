"""What delivered events name of products is compared with the feeds, at a pace that no event waits for."""

from collections.abc import Callable

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 10.0
AT_ONCE = 50  #: conversions, about 5 ms of the store's thread
MOST_A_RUN = 20  #: of these; of what is delivered faster than that for long, a part is left out


def job(count: Callable[[int], bool], on_store: OnStore) -> Job:
    """Return the job; `count` counts so many conversions, on the store's thread, and tells whether there were any."""

    async def act() -> None:
        for _ in range(MOST_A_RUN):
            if not await on_store(count, AT_ONCE):
                return

    return Job(name="content_matches", every_seconds=EVERY_SECONDS, act=act)
