"""What was held, or waited to be sent, for too long ends; what its owner released is let go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twinbeam.core.clock import Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 1.0  #: how late something may end
ENDED_AT_ONCE = 1_000  #: in one transaction, so that the recorder never waits for long


class OverdueStore(Protocol):
    """The part of a store that ends things."""

    def release_asked(self, now_ms: int) -> int:
        """Let go what owners released."""
        ...

    def end_confirming(self, now_ms: int) -> None:
        """Await no word any more of servers that went silent."""
        ...

    def pull_in(self, latest_ms: int, now_ms: int) -> int:
        """Make due now what is due later than anything may be, and tell how much of it there was."""
        ...

    def end_overdue(self, now_ms: int, *, limit: int) -> int:
        """End what was held for too long, and tell how much ended."""
        ...

    def end_stale(self, now_ms: int, *, limit: int) -> int:
        """End what has been due for too long, and tell how much ended."""
        ...


@dataclass(kw_only=True, frozen=True)
class Overdue:
    """One run of the job; while nobody can be sure of the time nothing ends."""

    store: OverdueStore
    on_store: OnStore
    clock: Clock
    is_sure: Callable[[], bool]
    wake: Callable[[], None]  #: tells the sender that something became due
    longest_wait_ms: int  #: nothing is due later, unless a clock was wrong

    async def __call__(self) -> None:
        """Run once."""
        await self.on_store(self.store.release_asked, self.clock.now_ms())
        if not self.is_sure():
            return
        await self.on_store(self.store.end_confirming, self.clock.now_ms())
        now_ms = self.clock.now_ms()
        while await self.on_store(self.store.pull_in, now_ms + self.longest_wait_ms, now_ms):
            self.wake()
        for end in (self.store.end_overdue, self.store.end_stale):
            while await self.on_store(end, self.clock.now_ms(), limit=ENDED_AT_ONCE) == ENDED_AT_ONCE:
                pass


def job(ending: Overdue, *, is_due: Callable[[], bool]) -> Job:
    """Return the job."""
    return Job(name="overdue", every_seconds=EVERY_SECONDS, act=ending, is_due=is_due)
