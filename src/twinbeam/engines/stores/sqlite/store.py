"""
The SQLite store, opened.

    recording.py   groups of arrivals -> conversions          one transaction a call
                   (loading.py before the fold, writing.py after it, payloads.py for what is sealed)
    resending.py   dead letters that are sent again           likewise
                   (dead_letters.py finds them)
    sightings.py   what the debugger shows of arrivals        part of recording's transactions
    backups.py     what came back with a backup               likewise
    leasing.py     batches: lease, reclaim, split             one transaction a call
    outgoing.py    what goes out of one conversion            reads only
    settling.py    batches: what became of them               one transaction a call
    setup.py       pixels, tokens, keys                       short transactions, from any process
    signing.py     sources that sign, and their secrets       likewise
    reading.py     stories, totals, lists                     reads only
                   (listing.py: what else the pages list; pixel_reading.py: the counts of one pixel)

    housekeeping.py  retention and erasure, a little at a time  one transaction a call
                   (tidying.py and erasing.py say what goes)
    exporting.py   stories of a workspace, all about a person reads only
                   (searching.py finds what is about them, for an erasure as well)

    deferred_index.py  keys and visit tokens: log, memory, sweep  part of recording's transactions
                   (pending_keys.py is the memory, partitions.py the rows, bloom_filter.py tells new keys apart)
    lookup_index.py  look-ups by the day, scanned             likewise
    consent_watchlist.py  what a visit's later word may reach  likewise

    durability.py  what the file itself holds, and is it there  for the writer and the journals
    alert_figures.py  what alerts go by                       reads only

    auditing.py    lines of the audit                         part of others' transactions

    kept_tables.py what SQLAlchemy keeps, in ../tables/       transactions of their own, or others'

    connection.py  sealing, lists, transactions               for all of them
                   (checkpoints.py brings the WAL into the file beside them)
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from twinbeam.core.clock import day_of
from twinbeam.core.fleet import PixelWeek
from twinbeam.core.restored import AfterRestore
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.locks import FileLock
from twinbeam.engines.sqlite_file import open_file, open_reader
from twinbeam.engines.stores.sqlite.alert_figures import AlertFigures
from twinbeam.engines.stores.sqlite.backups import (
    Backups,
    Restoring,
    after_restore,
    newest_backup_ms,
    since_restore,
)
from twinbeam.engines.stores.sqlite.checkpoints import Checkpoints
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.dead_letters import DeadLetters
from twinbeam.engines.stores.sqlite.durability import Durability
from twinbeam.engines.stores.sqlite.exporting import Exporting
from twinbeam.engines.stores.sqlite.housekeeping import ErasureRequests, Housekeeping, keep_by_default
from twinbeam.engines.stores.sqlite.kept_tables import KeptTables
from twinbeam.engines.stores.sqlite.listing import Listing
from twinbeam.engines.stores.sqlite.lookup_index import sort_some
from twinbeam.engines.stores.sqlite.migrate import migrate
from twinbeam.engines.stores.sqlite.outgoing import OutgoingEvents
from twinbeam.engines.stores.sqlite.pixel_reading import PixelReading
from twinbeam.engines.stores.sqlite.setup import Setup
from twinbeam.engines.stores.sqlite.signing import SignedSources
from twinbeam.engines.stores.sqlite.tidying import KeepDays
from twinbeam.engines.stores.tables.upgrade import bring_forward
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages

if TYPE_CHECKING:
    from twinbeam.engines.stores.sqlite.resealing import Resealing
    from twinbeam.engines.stores.tables.account_reading import AccountReader
    from twinbeam.engines.stores.tables.alert_reading import AlertReader
    from twinbeam.engines.stores.tables.database import Tables
    from twinbeam.engines.stores.tables.fleet import PixelWeekTable
    from twinbeam.engines.stores.tables.issues import IssueTable
    from twinbeam.engines.stores.tables.jobs import JobTable
    from twinbeam.engines.stores.tables.order_reading import OrderReader
    from twinbeam.engines.stores.tables.product_reading import ProductReader
    from twinbeam.engines.stores.tables.request_counts import RequestCountTable
    from twinbeam.engines.stores.tables.resends import ResendTable
    from twinbeam.engines.stores.tables.token_checks import TokenCheckTable
    from twinbeam.engines.stores.tables.users import UserRows

FILE = "store.db"


class SqliteStore(
    Restoring,
    OutgoingEvents,
    Setup,
    SignedSources,
    Housekeeping,
    ErasureRequests,
    Exporting,
    Listing,
    Durability,
    KeptTables,
    Backups,
):
    """All parts on one connection, for the one writer process; `close` gives the writer's lock back."""

    def __init__(
        self,
        connection: StoreConnection,
        lock: FileLock,
        *,
        policy: RecordPolicy,
        ages: Ages,
        keep_days_of: KeepDays = keep_by_default,
    ) -> None:
        policy = since_restore(policy, connection.db)
        Restoring.__init__(self, connection, policy, ages)
        OutgoingEvents.__init__(self, connection, policy, ages)
        Setup.__init__(self, connection)
        SignedSources.__init__(self, connection)
        Housekeeping.__init__(self, connection, self._dedup, self._visitor_keys, self._sighting_ring, keep_days_of)
        ErasureRequests.__init__(self, connection)
        Exporting.__init__(self, connection)
        Durability.__init__(self, connection, lock.path.with_name(FILE))
        self._held_lock = lock

    @classmethod
    def open_as_writer(
        cls,
        folder: Path,
        ring: KeyRing,
        *,
        policy: RecordPolicy,
        ages: Ages,
        keep_days_of: KeepDays = keep_by_default,
        wait_seconds: float = 0,
    ) -> Self:
        """Open for the writer process; raises StorageBusy when another writer holds the store."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as on_error:
            lock = FileLock.take(folder / "store.lock", wait_seconds=wait_seconds, what="The store")
            on_error.callback(lock.release)
            db = on_error.enter_context(closing(_open(folder)))
            checkpoints = on_error.enter_context(closing(Checkpoints(folder / FILE, db)))
            store = cls(
                StoreConnection(db, ring, checkpoints), lock, policy=policy, ages=ages, keep_days_of=keep_days_of
            )
            on_error.pop_all()
        return store

    @property
    def jobs(self) -> "JobTable":
        """Who runs the jobs: the lock tells that no other writer is alive, so nobody's lease is waited for."""
        return job_table(self._connection, alone=True)

    def sort_lookups(self, now_ms: int) -> bool:
        """Sort some look-ups, so that they are found sooner; tells whether there were so many."""
        with self._connection.transaction():
            return sort_some(self._connection.db, day_of(now_ms))

    def keep_weeks(self, weeks: Sequence[PixelWeek]) -> None:
        """Keep what was added up of every pixel, and forget what was before."""
        week_table(self._connection.tables).keep(weeks)

    def close(self) -> None:
        """Close the file and give the writer's lock back."""
        self._connection.close()
        self._held_lock.release()


class SqliteSetup(Setup, SignedSources, ErasureRequests, Exporting, KeptTables, Backups):
    """Set-up, requests and reads from a process beside the writer (the CLI)."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = _open(folder, cache_kib=2_048)
        connection = StoreConnection(db, ring)
        Setup.__init__(self, connection)
        SignedSources.__init__(self, connection)
        ErasureRequests.__init__(self, connection)
        Exporting.__init__(self, connection)
        self._changes_before = db.total_changes

    @property
    def connection(self) -> StoreConnection:
        """The file itself, for who looks into it."""
        return self._connection

    @property
    def ring(self) -> KeyRing:
        """The key ring that this store is opened with."""
        return self._ring

    def reseal(self) -> Iterator[tuple[str, int, int]]:
        """Put everything under the newest key of the ring; see resealing.py."""
        return self._resealing.reseal()

    def under_older_keys(self) -> int:
        """Count what is sealed under another key than the newest."""
        return self._resealing.under_older_keys()

    @cached_property
    def _resealing(self) -> "Resealing":
        """It knows all tables, and so SQLAlchemy, which is loaded only where it is asked for."""
        from twinbeam.engines.stores.sqlite.resealing import Resealing  # noqa: PLC0415

        return Resealing(self._connection)

    @property
    def has_changed(self) -> bool:
        """Whether anything was changed through here since it was opened."""
        return self._db.total_changes > self._changes_before

    @property
    def jobs(self) -> "JobTable":
        """The last runs of the jobs."""
        return job_table(self._connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class SqliteReader(Listing):
    """Reads only, on a connection of its own, so that a page never waits for a transaction."""

    def __init__(self, folder: Path) -> None:
        super().__init__(open_reader(folder / FILE))

    def newest_backup_ms(self) -> int | None:
        """Return of when the newest good backup is, None where there is none."""
        return newest_backup_ms(self._db)

    def after_restore(self) -> AfterRestore:
        """Return what the newest restore left for its owner to decide."""
        return after_restore(self._db)

    def weeks(self) -> list[PixelWeek]:
        """Return what was added up of every pixel, as of when its job last ran."""
        return week_table(self.tables).weeks()

    @cached_property
    def tables(self) -> "Tables":
        """The tables that SQLAlchemy keeps, for reading; it is loaded only where they are asked for."""
        from twinbeam.engines.stores.tables.database import Tables  # noqa: PLC0415

        return Tables(self._db)

    @property
    def token_checks(self) -> "TokenCheckTable":
        """TikTok's newest word on the token of each pixel."""
        from twinbeam.engines.stores.tables.token_checks import TokenCheckTable  # noqa: PLC0415

        return TokenCheckTable(self.tables)

    @property
    def users(self) -> "UserRows":
        """Who may sign in to the pages."""
        from twinbeam.engines.stores.tables.users import UserRows  # noqa: PLC0415

        return UserRows(self.tables)

    @property
    def accounts(self) -> "AccountReader":
        """The connected accounts, read beside the writer."""
        from twinbeam.engines.stores.tables.account_reading import AccountReader  # noqa: PLC0415

        return AccountReader(self.tables)

    @property
    def alerts(self) -> "AlertReader":
        """Alerts, read beside the writer."""
        from twinbeam.engines.stores.tables.alert_reading import AlertReader  # noqa: PLC0415

        return AlertReader(self.tables)

    @property
    def figures(self) -> AlertFigures:
        """Figures that alerts go by."""
        return AlertFigures(self._db)

    @property
    def dead_letters(self) -> DeadLetters:
        """What TikTok refused."""
        return DeadLetters(self._db)

    @property
    def resends(self) -> "ResendTable":
        """Orders to send dead letters again, read beside the writer."""
        from twinbeam.engines.stores.tables.resends import ResendTable  # noqa: PLC0415

        return ResendTable(self.tables)

    @property
    def request_counts(self) -> "RequestCountTable":
        """How many requests were noted, and what waited for a limit."""
        from twinbeam.engines.stores.tables.request_counts import RequestCountTable  # noqa: PLC0415

        return RequestCountTable(self.tables)

    @property
    def orders(self) -> "OrderReader":
        """The orders with their purchases, read beside the writer."""
        from twinbeam.engines.stores.tables.order_reading import OrderReader  # noqa: PLC0415

        return OrderReader(self.tables)

    @property
    def issues(self) -> "IssueTable":
        """What is wrong with pixels, since when, and what is muted, read beside the writer."""
        from twinbeam.engines.stores.tables.issues import IssueTable  # noqa: PLC0415

        return IssueTable(self.tables)

    @property
    def products(self) -> "ProductReader":
        """The product feeds, read beside the writer."""
        from twinbeam.engines.stores.tables.product_reading import ProductReader  # noqa: PLC0415

        return ProductReader(self.tables)

    @property
    def pixel_reads(self) -> PixelReading:
        """What is counted of one pixel."""
        return PixelReading(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def job_table(connection: StoreConnection, *, alone: bool = False) -> "JobTable":
    """Return the table of the jobs; SQLAlchemy is loaded only where it is asked for."""
    from twinbeam.engines.stores.tables.jobs import JobTable  # noqa: PLC0415

    return JobTable(connection.tables, alone=alone)


def week_table(tables: "Tables") -> "PixelWeekTable":
    """Return the table of what is added up of pixels; SQLAlchemy is loaded only where it is asked for."""
    from twinbeam.engines.stores.tables.fleet import PixelWeekTable  # noqa: PLC0415

    return PixelWeekTable(tables)


def _open(folder: Path, **options: int) -> sqlite3.Connection:
    """Open the file with this release's schema in it."""
    db = open_file(folder / FILE, **options)
    try:
        db.execute("PRAGMA secure_delete=ON")  # what is removed is overwritten, in whatever way SQLite was built
        migrate(db)
        bring_forward(db)
    except BaseException:
        db.close()
        raise
    return db
