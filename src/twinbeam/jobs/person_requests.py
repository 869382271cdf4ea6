"""Erasures that shop systems pass on are carried out; what needs its owner's decision waits for them."""

from collections.abc import Callable

from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 5.0


def job(carry_out: Callable[[], None], on_store: OnStore, *, is_due: Callable[[], bool]) -> Job:
    """Return the job; `carry_out` asks for what follows, and notes what is done."""

    async def act() -> None:
        await on_store(carry_out)

    return Job(name="person_requests", every_seconds=EVERY_SECONDS, act=act, is_due=is_due)
