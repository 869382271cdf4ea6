"""What TikTok answers to deliveries is written down of the tokens: since when one fails, and that one works."""

from collections.abc import Callable

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 5.0


def job(learn: Callable[[], int], on_store: OnStore) -> Job:
    """Return the job; `learn` takes in the newest answers, on the store's thread."""

    async def act() -> None:
        await on_store(learn)

    return Job(name="token_checks", every_seconds=EVERY_SECONDS, act=act)
