"""Checks of what is kept: whether the disk syncs, what an upgrade will change, what waits, and the last backup."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from twinbeam.cli.doctor.check_result import CheckResult
from twinbeam.cli.doctor.gateway import running
from twinbeam.cli.setup import opened_store
from twinbeam.core.clock import SystemClock
from twinbeam.core.delivery import RESEND_MS
from twinbeam.core.errors import StorageBusy, StorageError
from twinbeam.core.wording import utc
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.sqlite_file import open_reader
from twinbeam.engines.stores.sqlite.migrate import migrations, schema_version
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader
from twinbeam.engines.stores.tables.upgrade import HEAD, tables_version
from twinbeam.observe.health import BEHIND_SECONDS, lag_seconds
from twinbeam.settings import Settings

SLOW_MS = 50.0  #: an answer waits for one sync; a disk of a small server takes 1 to 10 ms
_TRIES = 5
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_OVER_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"})
_HOUR_MS = 3_600_000


def syncs(settings: Settings) -> Iterator[CheckResult]:
    """Measure how long the disk takes to sync, and look whether its files outlive the machine's power."""
    for folder in dict.fromkeys((settings.data, settings.journal_folder)):
        if not folder.is_dir():
            continue
        took = statistics.median(_sync_ms(folder) for _ in range(_TRIES))
        slow = f"Events are answered only after a sync. Move {folder} to a faster disk, or stop what else writes to it."
        yield CheckResult(f"A sync in {folder} takes {took:.1f} ms.", fix=slow if took > SLOW_MS else "")
        kind = _kind_of(folder)
        if kind in _IN_MEMORY:
            fix = "Name a folder on a disk with TWINBEAM_DATA or TWINBEAM_JOURNAL_FOLDER."
            yield CheckResult(f"{folder} lies in memory ({kind}): it is gone with the machine's power.", fix)
        if kind in _OVER_NETWORK:
            fix = "SQLite needs a local disk: name a folder on one with TWINBEAM_DATA or TWINBEAM_JOURNAL_FOLDER."
            yield CheckResult(f"{folder} lies on a network drive ({kind}), whose locks and syncs may not hold.", fix)


def pending_migrations(settings: Settings) -> Iterator[CheckResult]:
    """Yield what the schema of the store will be brought to; made before anything opens it for writing."""
    path = settings.data / FILE
    if not path.exists():
        return
    with closing(open_reader(path)) as db:
        found, known = (schema_version(db), tables_version(db)), (len(migrations()), HEAD)
    shown, brought = (f"{hot}/{tables or 'none'}" for hot, tables in (found, known))
    if found[0] > known[0] or found[1] > known[1]:
        fix = "Install the newer release again: this one cannot open it."
        yield CheckResult(f"The store {path} has schema {shown}, and this release knows {brought}.", fix)
    elif found != known:
        told = f"The store {path} had schema {shown}. This release brings it to {brought} as soon as it opens it"
        yield CheckResult(f"{told}, as these checks do; twinbeam backup leaves it as it is.", is_note=True)
    else:
        yield CheckResult(f"The store has schema {shown}, as this release makes it.")


def record_lag(settings: Settings) -> Iterator[CheckResult]:
    """Count what was accepted and is not recorded, and since when it waits."""
    if not (settings.data / FILE).exists() or not settings.keyring.exists():
        return
    ring = KeyRing.open(settings.keyring)
    with closing(SqliteReader(settings.data)) as store:
        cursors = store.cursors()
    waiting, oldest = 0, None
    for path in slots(settings.journal_folder):
        with suppress(StorageBusy), closing(SqliteJournalReader(path, ring)) as journal:
            seq, events = cursors.get(journal.journal_id, (0, 0))
            waiting += max(0, journal.newest()[1] - events)
            oldest = min((ms for ms in (oldest, journal.oldest_after(seq)) if ms is not None), default=None)
    lag = lag_seconds(oldest, SystemClock().now_ms())
    told = f"Accepted and not yet recorded: {waiting} events, the oldest for {lag:.0f} seconds."
    if lag < BEHIND_SECONDS:
        yield CheckResult(told)
    elif running(settings.data) is None:
        yield CheckResult(told, fix="Start the gateway: it records them before it sends anything.")
    else:
        yield CheckResult(told, fix="Look for record.crashed in the gateway's log, and at the disk of the store.")


def backup_age(settings: Settings) -> Iterator[CheckResult]:
    """Yield how old the newest good backup is."""
    if not (settings.data / FILE).exists():
        return
    try:
        with closing(SqliteReader(settings.data)) as store:
            newest = store.newest_backup_ms()
    except StorageError:
        return  # the check of the store tells why
    make = "twinbeam backup --to FOLDER, once a day: docs/howto/operate.md shows a timer"
    if newest is None:
        yield CheckResult(f"No backup was made of this store yet. To make one: {make}", is_note=True)
        return
    hours = (SystemClock().now_ms() - newest) / _HOUR_MS
    told = f"The newest good backup is of {utc(newest)}, {hours:.0f} hours ago."
    late = f"From one older than 47 hours, events that waited are held for you. Run {make}"
    yield CheckResult(told, fix=late if hours * _HOUR_MS >= RESEND_MS else "")


def restored(settings: Settings) -> Iterator[CheckResult]:
    """Count what is held since a restore."""
    if not (settings.data / FILE).exists():
        return
    with opened_store() as store:
        held = sum(it.count for it in store.awaiting_decision())
    if held:
        told = f"Events held since a restore, because TikTok may have them: {held}."
        yield CheckResult(told, fix="Send or discard them within seven days of the restore: twinbeam restored")


def _sync_ms(folder: Path) -> float:
    """Return how long it takes to write a small file, which has no name and leaves none, down to the disk."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"." * 4_096)
        file.flush()
        began = time.monotonic()
        os.fsync(file.fileno())
        return (time.monotonic() - began) * 1_000


def _kind_of(folder: Path) -> str:
    """Return the kind of file system that a folder lies on, as Linux tells it; elsewhere nothing."""
    place, kind = "", ""
    with suppress(OSError):
        for line in Path("/proc/mounts").read_text().splitlines():
            _, mount, found, *_ = line.split()
            if folder.absolute().is_relative_to(mount) and len(mount) >= len(place):
                place, kind = mount, found
    return kind
