"""What waits for a pixel that was removed ends: of a request under way it may come back later."""

from collections.abc import Callable
from typing import Protocol

from twinbeam.core.clock import MS_PER_DAY, Clock
from twinbeam.jobs.contract import Job, OnStore

EVERY_SECONDS = 5.0  #: how late it may end
KNOWN_DAYS = 10  #: nothing is held, or waits to be sent, for longer
ENDED_AT_ONCE = 1_000  #: in one transaction, so that the recorder never waits for long


class RemovedPixelStore(Protocol):
    """The part of a store that ends things."""

    def removed_pixels(self, *, since_ms: int) -> list[tuple[str, str]]:
        """List the pixels that were removed since a moment, by workspace and code."""
        ...

    def end_held_of(self, workspace: str, code: str, now_ms: int, *, limit: int) -> int:
        """End what is held for a pixel, and tell how much ended."""
        ...

    def end_unsent_of(self, workspace: str, source_id: str, now_ms: int, *, limit: int) -> int:
        """End what waits to be sent to a pixel, and tell how much ended."""
        ...


def job(store: RemovedPixelStore, on_store: OnStore, clock: Clock, *, is_due: Callable[[], bool]) -> Job:
    """Return the job."""

    async def act() -> None:
        since_ms = clock.now_ms() - KNOWN_DAYS * MS_PER_DAY
        for workspace, code in await on_store(store.removed_pixels, since_ms=since_ms):
            for end in (store.end_held_of, store.end_unsent_of):
                now_ms, ended = clock.now_ms(), ENDED_AT_ONCE
                while ended == ENDED_AT_ONCE:
                    ended = await on_store(end, workspace, code, now_ms, limit=ENDED_AT_ONCE)

    return Job(name="removed", every_seconds=EVERY_SECONDS, act=act, is_due=is_due)
