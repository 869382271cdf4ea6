"""
Every 15 minutes the pixels of the connected accounts are imported, with TikTok's own counts of their events.

It may be cut off anywhere: each ad account is taken in as a whole and noted, and the next run goes on with the others.
No trouble of TikTok's ends it with an error: what is wrong is taken down with the ad account or the connection it
belongs to, and what was known before stays.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from twinbeam.core.accounts import (
    AccountProblem,
    AccountTrouble,
    Advertiser,
    AdvertiserSeen,
    DeveloperApp,
    PixelPage,
    PixelSeen,
    StatSeen,
)
from twinbeam.core.clock import Clock, day_of
from twinbeam.core.imports import CountedDay, Course, Harvest
from twinbeam.jobs.contract import Job, OnStore

NAME = "pixel_import"
EVERY_SECONDS = 900.0
AT_ONCE = 4  #: ad accounts that are read beside each other
MOST_PAGES = 250  #: of an ad account, 5,000 pixels; a listing that is longer is no listing
BATCH = 10  #: pixels in a question for statistics (tiktok.md 12.2)
FIRST_DAYS = 7  #: of statistics, for an ad account that is new here


class ImportApi(Protocol):
    """What an import asks of TikTok, at its own pace; each call returns what came, or the AccountTrouble."""

    async def advertisers(self, app: DeveloperApp, token: str) -> tuple[AdvertiserSeen, ...] | AccountTrouble:
        """List the ad accounts that a token covers."""
        ...

    async def pixel_page(self, token: str, advertiser_id: str, page: int) -> PixelPage | AccountTrouble:
        """Return one page of an ad account's pixels; pages count from 1."""
        ...

    async def event_stats(
        self, token: str, advertiser_id: str, pixel_ids: Sequence[str], day: int
    ) -> tuple[StatSeen, ...] | AccountTrouble:
        """Count the events of at most 10 pixels on one UTC day."""
        ...


class ImportDesk(Protocol):
    """Where an import is taken in. Synchronous; called from the store's own thread; raises StorageError."""

    def due(self) -> list[str]:
        """Return the connections to import now."""
        ...

    def begin(self, connection: str) -> Course | None:
        """Begin an import, or go on with the one that was cut off; None where it cannot be."""
        ...

    def take_advertisers(self, course: Course, seen: tuple[AdvertiserSeen, ...]) -> Course:
        """Take in which ad accounts the token covers."""
        ...

    def take(self, course: Course, harvest: Harvest) -> None:
        """Take in what came from one ad account."""
        ...

    def end(self, course: Course, trouble: AccountTrouble | None) -> None:
        """End an import."""
        ...


@dataclass(kw_only=True, frozen=True)
class PixelImport:
    """One run of the job."""

    desk: ImportDesk
    api: ImportApi
    on_store: OnStore
    clock: Clock

    async def __call__(self) -> None:
        """Import what is due, one connection after the other."""
        for connection in await self.on_store(self.desk.due):
            course = await self.on_store(self.desk.begin, connection)
            if course is not None:
                trouble = await self._read(course)
                await self.on_store(self.desk.end, course, trouble)

    async def _read(self, course: Course) -> AccountTrouble | None:
        """Read all ad accounts that are left; returns what ended that early."""
        if course.lists_accounts:
            seen = await self.api.advertisers(course.app, course.token)
            if isinstance(seen, AccountTrouble):
                return seen
            course = await self.on_store(self.desk.take_advertisers, course, seen)
        left = iter(course.left)
        ended: list[AccountTrouble] = []
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._read_some(course, left, ended))
        return ended[0] if ended else None

    async def _read_some(self, course: Course, left: Iterator[Advertiser], ended: list[AccountTrouble]) -> None:
        """Read one ad account after the other, until none is left or one tells that all would fail alike."""
        for advertiser in left:
            harvest = await self._harvest(course, advertiser)
            if harvest.trouble is not None and _is_everyones(harvest.trouble):
                ended.append(harvest.trouble)
                return
            await self.on_store(self.desk.take, course, harvest)
            if ended:
                return

    async def _harvest(self, course: Course, advertiser: Advertiser) -> Harvest:
        pixels = await self._pixels(course.token, advertiser.id)
        if isinstance(pixels, AccountTrouble):
            return Harvest(advertiser.id, None, trouble=pixels)
        today = day_of(self.clock.now_ms())
        days: list[CountedDay] = []
        for day in days_to_read(advertiser.stats_day, today):
            for pixel_ids in _batches(pixels):
                stats = await self.api.event_stats(course.token, advertiser.id, pixel_ids, day)
                if isinstance(stats, AccountTrouble):
                    return Harvest(advertiser.id, pixels, tuple(days), trouble=stats)
                days.append(CountedDay(day, pixel_ids, stats))
        return Harvest(advertiser.id, pixels, tuple(days), stats_day=today)

    async def _pixels(self, token: str, advertiser_id: str) -> tuple[PixelSeen, ...] | AccountTrouble:
        """Read all pages; a page without anything new is the last one, whatever the answer says."""
        found: dict[str, PixelSeen] = {}
        for page in range(1, MOST_PAGES + 1):
            said = await self.api.pixel_page(token, advertiser_id, page)
            if isinstance(said, AccountTrouble):
                return said
            if said.unreadable:
                return AccountTrouble(
                    AccountProblem.MALFORMED, f"page {page} lists {said.unreadable} pixels without a code"
                )
            new = {pixel.code: pixel for pixel in said.pixels if pixel.code not in found}
            found |= new
            if not new or (said.total_pages is not None and page >= said.total_pages):
                return tuple(found.values())
        return AccountTrouble(AccountProblem.MALFORMED, f"the list of pixels has more than {MOST_PAGES} pages")


def job(importing: PixelImport, *, is_asked: Callable[[], bool]) -> Job:
    """Return the job; it also runs as soon as it is asked for."""
    return Job(name=NAME, every_seconds=EVERY_SECONDS, act=importing, is_asked=is_asked, may_be_cut_off=True)


def days_to_read(read_until: int | None, today: int) -> range:
    """Return the UTC days whose counts are read: today and yesterday, and those that were missed, a week at most."""
    first = today - FIRST_DAYS + 1
    return range(first if read_until is None else min(max(first, read_until - 1), today - 1), today + 1)


def _batches(pixels: Sequence[PixelSeen]) -> Iterator[tuple[str, ...]]:
    ids = sorted({pixel.pixel_id for pixel in pixels} - {""})
    return (tuple(ids[at : at + BATCH]) for at in range(0, len(ids), BATCH))


def _is_everyones(trouble: AccountTrouble) -> bool:
    """Return whether all ad accounts of a connection would meet the same trouble."""
    return trouble.problem.ends_connection or trouble.problem.passes
