"""What TikTok answers to deliveries is written down of the tokens: since when one fails, and that one works."""

from collections.abc import Callable
from typing import Protocol

from twinbeam.admin.contract import Administration
from twinbeam.admin.token_check import learn
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.story import LastAnswer
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 5.0


class Answering(Administration, Protocol):
    """What the job needs of a store."""

    def last_answers(self) -> list[LastAnswer]:
        """Return TikTok's newest answer with a code to each pixel."""
        ...


def job(store: Answering, on_store: OnStore, verdict_of: Callable[[int], TokenVerdict]) -> Job:
    """Return the job; `verdict_of` says what a code of TikTok's means for a token."""

    def look() -> None:
        learn(store, store.last_answers(), verdict_of)

    async def act() -> None:
        await on_store(look)

    return Job(name="token_checks", every_seconds=EVERY_SECONDS, act=act)
