"""
Product feeds are read: what was uploaded, and what lies behind an address, every so many hours.

A file takes the place of the one before only when all of it is read; whatever goes wrong is noted, and the last good
feed stays. A run that is cut off begins that feed anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from twinbeam.core.clock import Clock
from twinbeam.core.products import FeedProduct
from twinbeam.jobs.contract import Job, OnStore

NAME = "product_feeds"
EVERY_SECONDS = 60.0
MOST_DROPPED = 2_000  #: steps of a run; the next one goes on


class DueFeed(Struct, frozen=True):
    """A feed to be read now."""

    workspace: str
    name: str  #: of the file, or the host of the address
    url: str = ""
    etag: str = ""
    modified: str = ""
    file: Path | None = None  #: that was uploaded


class Fetched(Struct, frozen=True):
    """What an address answered."""

    trouble: str = ""  #: why there is no file, in words
    is_new: bool = False  #: False: it is the file of before
    etag: str = ""
    modified: str = ""


class ProductLoading(Protocol):
    """A file that is being read."""

    def read(self) -> list[tuple[int, FeedProduct]]:
        """Return the next products; raises what `FeedDesk.unreadable` names."""
        ...

    def keep(self, numbered: Sequence[tuple[int, FeedProduct]], now_ms: int) -> None:
        """Keep them; raises StorageError."""
        ...


class FeedApi(Protocol):
    """Reads addresses."""

    async def fetch(self, feed: DueFeed, into: Path) -> Fetched:
        """Write what an address holds into a file; trouble is told, and never raised."""
        ...


class FeedDesk(Protocol):
    """Where feeds are taken in. What is not said otherwise is called from the store's thread; raises StorageError."""

    unreadable: type[Exception]

    def due(self) -> list[DueFeed]:
        """Return the feeds to be read now."""
        ...

    def path(self, workspace: str) -> Path:
        """Return where what an address holds is kept while it is read."""
        ...

    def begin(self, feed: DueFeed, file: Path) -> AbstractContextManager[ProductLoading]:
        """Open a file; from any thread. Raises `unreadable` and OSError."""
        ...

    def finish(self, feed: DueFeed, loading: ProductLoading, fetched: Fetched) -> None:
        """Put what was read in force; raises `unreadable`."""
        ...

    def note(self, feed: DueFeed, trouble: str) -> None:
        """Note that a feed was looked at, and why nothing came of it."""
        ...

    def drop_some(self) -> bool:
        """Remove some products that are in force no more; tells whether there were any."""
        ...


@dataclass(kw_only=True, frozen=True)
class FeedReading:
    """One run of the job."""

    desk: FeedDesk
    api: FeedApi
    on_store: OnStore
    clock: Clock

    async def __call__(self) -> None:
        """Read what is due, one feed after the other, and remove what was in force before."""
        for feed in await self.on_store(self.desk.due):
            await self._take_in(feed)
        for _ in range(MOST_DROPPED):
            if not await self.on_store(self.desk.drop_some):
                return

    async def _take_in(self, feed: DueFeed) -> None:
        file = feed.file or self.desk.path(feed.workspace)
        is_done = True
        try:
            fetched = Fetched(is_new=True) if feed.file else await self.api.fetch(feed, file)
            if fetched.trouble or not fetched.is_new:
                await self.on_store(self.desk.note, feed, fetched.trouble)
                return
            await self._read(feed, file, fetched)
        except OSError as error:
            words = f"The file cannot be read or written here ({error.strerror}). Make room, and it is tried again."
            await self.on_store(self.desk.note, feed, words)
        except asyncio.CancelledError:
            is_done = feed.file is None  # what was uploaded is read by whoever comes next
            raise
        finally:
            if is_done:
                file.unlink(missing_ok=True)

    async def _read(self, feed: DueFeed, file: Path, fetched: Fetched) -> None:
        try:
            with await asyncio.to_thread(self.desk.begin, feed, file) as loading:
                while products := await asyncio.to_thread(loading.read):
                    await self.on_store(loading.keep, products, self.clock.now_ms())
                await self.on_store(self.desk.finish, feed, loading, fetched)
        except self.desk.unreadable as error:
            await self.on_store(self.desk.note, feed, str(error))


def job(reading: FeedReading, *, is_asked: Callable[[], bool]) -> Job:
    """Return the job; it also runs as soon as it is asked for."""
    return Job(name=NAME, every_seconds=EVERY_SECONDS, act=reading, is_asked=is_asked, may_be_cut_off=True)
