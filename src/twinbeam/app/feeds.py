"""Product feeds, joined: files of uploads and addresses, on the store, in the name of "feed"."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from twinbeam.admin import products
from twinbeam.admin.content_counts import ContentCounting
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.clock import Clock
from twinbeam.core.networks import Allowed
from twinbeam.core.products import Feed
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.integrations.feed_client import FeedClient
from twinbeam.jobs import content_matches, product_feeds
from twinbeam.jobs.contract import Job, OnStore
from twinbeam.jobs.product_feeds import DueFeed, FeedReading, Fetched, ProductLoading
from twinbeam.products.files import FeedUnreadable
from twinbeam.products.loading import FeedLoading
from twinbeam.settings import Settings

FOLDER = "feeds"
MOST_UPLOADED = 128 * 1024**2  #: by a page; a command takes more
ACTOR = Actor("feed")
_HOUR_MS = 3_600_000
_DROPPED = 250  #: products that are removed in one transaction
_UPLOADED, _TAKEN, _NAMED, _PART = ".upload", ".taken", ".name", ".part"


@dataclass(eq=False)
class FeedFiles:
    """See jobs.product_feeds.FeedDesk for the promises."""

    admin: Admin
    folder: Path
    unreadable: type[Exception] = field(default=FeedUnreadable, init=False)
    asked: bool = field(default=False, init=False)  #: there is something new to read

    def due(self) -> list[DueFeed]:
        """Return the feeds to be read now: uploaded ones first."""
        self.asked = False
        now_ms, store = self.admin.clock.now_ms(), self.admin.store
        for file in self.folder.glob(f"*{_UPLOADED}"):
            file.replace(file.with_suffix(_TAKEN))  # a file that is uploaded meanwhile stays for the next run
        uploads = [DueFeed(file.stem, self._name(file), file=file) for file in sorted(self.folder.glob(f"*{_TAKEN}"))]
        known = set(store.workspaces()) | {"main"}
        asked = [feed for feed in store.products.feeds() if feed.host and _is_due(feed, now_ms)]
        read = [
            DueFeed(feed.workspace, feed.host, store.products.address(feed.workspace), feed.etag, feed.modified)
            for feed in asked
        ]
        return [*(it for it in uploads if it.workspace in known), *read]

    def path(self, workspace: str) -> Path:
        """Return where what an address holds is kept while it is read."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder / f"{workspace}{_PART}"

    def begin(self, feed: DueFeed, file: Path) -> AbstractContextManager[ProductLoading]:
        """Open a file."""
        return _opened(
            partial(FeedLoading, loads=self.admin.store.products, workspace=feed.workspace, name=feed.name), file
        )

    def finish(self, feed: DueFeed, loading: ProductLoading, fetched: Fetched) -> None:
        """Put what was read in force."""
        assert isinstance(loading, FeedLoading)
        products.put_in_force(self.admin, loading, etag=fetched.etag, modified=fetched.modified)
        self._read(feed)

    def note(self, feed: DueFeed, trouble: str) -> None:
        """Note that a feed was looked at, and why nothing came of it."""
        where = f"{feed.name}: " if trouble else ""
        self.admin.store.products.note_try(
            feed.workspace, trouble=f"{where}{trouble}", now_ms=self.admin.clock.now_ms()
        )
        self._read(feed)

    def drop_some(self) -> bool:
        """Remove some products that are in force no more."""
        return self.admin.store.products.drop_some(self.admin.clock.now_ms(), limit=_DROPPED)

    def _read(self, feed: DueFeed) -> None:
        self.admin.store.products.ask(feed.workspace, asked=False)
        if feed.file is not None:
            feed.file.with_suffix(_NAMED).unlink(missing_ok=True)

    def _name(self, upload: Path) -> str:
        try:
            return upload.with_suffix(_NAMED).read_text("utf-8")
        except OSError:
            return "upload"


def _is_due(feed: Feed, now_ms: int) -> bool:
    """Return whether an address is to be read: when asked, in its time, and within the hour after it failed."""
    every_ms = min(feed.every_hours * _HOUR_MS, _HOUR_MS if feed.trouble else feed.every_hours * _HOUR_MS)
    return feed.is_asked or feed.tried_ms is None or now_ms >= feed.tried_ms + every_ms


@contextmanager
def _opened(make: Callable[..., FeedLoading], file: Path) -> Iterator[FeedLoading]:
    with file.open("rb") as source:
        yield make(file=source)


class Feeds:
    """The parts: the desk, which pages hand files to, and the jobs."""

    def __init__(self, settings: Settings, store: SqliteStore, clock: Clock) -> None:
        self.desk = FeedFiles(Admin(store, ACTOR, clock), settings.data / FOLDER)
        self._client = FeedClient(
            allowed=Allowed(settings.feed_networks), reserve_bytes=settings.disk_reserve_bytes, proxy=settings.proxy
        )
        self._store, self._clock = store, clock

    def ask(self) -> None:
        """Have the job look at once."""
        self.desk.asked = True

    async def take_upload(self, workspace: str, name: str, pieces: AsyncIterator[bytes]) -> bool:
        """Keep an uploaded file for the job; False where it is too large. Raises OSError."""
        part = self.desk.path(f"{workspace}.uploading")
        try:
            written = 0
            with part.open("wb") as file:
                async for piece in pieces:
                    written += len(piece)
                    if written > MOST_UPLOADED:
                        return False
                    file.write(piece)
            upload = self.desk.folder / f"{workspace}{_UPLOADED}"
            upload.with_suffix(_NAMED).write_text(name, "utf-8")
            part.replace(upload)
        finally:
            part.unlink(missing_ok=True)
        self.ask()
        return True

    def jobs(self, on_store: OnStore) -> list[Job]:
        """Return the jobs."""
        reading = FeedReading(desk=self.desk, api=self._client, on_store=on_store, clock=self._clock)
        return [
            product_feeds.job(reading, is_asked=lambda: self.desk.asked),
            content_matches.job(self._counting, on_store, self._clock),
        ]

    def _counting(self) -> ContentCounting:
        return ContentCounting(self._store.products, self._store.contents)
