"""
Taking a backup beside a running gateway: journals first, then the store.

In that order nothing lies between the two: what a journal forgot before it was copied is in the store's copy.
"""

import shutil
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from twinbeam.app.backup import manifest as manifests
from twinbeam.app.backup.copying import check_database, copy_database
from twinbeam.app.backup.keeping import DRAFT, NAME
from twinbeam.app.erasures import log_path
from twinbeam.core.clock import Clock
from twinbeam.core.errors import ConfigError, StorageBusy, StorageDamaged, StorageError, StorageFull
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.locks import FileLock
from twinbeam.engines.sqlite_file import open_reader
from twinbeam.engines.stores.sqlite.migrate import migrations, schema_version
from twinbeam.engines.stores.sqlite.store import FILE, SqliteReader
from twinbeam.engines.stores.tables.upgrade import HEAD, tables_version
from twinbeam.pipeline.record.counters import RECORDED
from twinbeam.settings import Settings

LOCK = ".twinbeam-backup.lock"
_SPARE_BYTES = 16 * 1024**2

Progress = Callable[[str, int, int], None]
"""Told what is copied or checked, and how many bytes of how many are done."""


class Wish(Struct, frozen=True):
    """What whoever takes a backup wants."""

    folder: Path  #: in which backups are kept, each in a folder of its own
    with_keys: bool = False  #: the key ring lies in the backup


class TakenBackup(Struct, frozen=True):
    """A backup that was taken and verified."""

    place: Path
    manifest: manifests.BackupManifest
    bytes: int

    @property
    def is_current(self) -> bool:
        """Whether the store has this release's schema: an older one is left as it is, and its backup is not noted."""
        return (self.manifest.schema, self.manifest.tables) == (len(migrations()), HEAD)


def take(settings: Settings, ring: KeyRing, wish: Wish, clock: Clock, progress: Progress) -> TakenBackup:
    """Take a backup and verify it; raises ConfigError, with the file and the mend, and leaves no half one."""
    with ExitStack() as stack:
        draft, place = _begin(settings, wish, clock, stack)
        try:
            taken = _filled(settings, ring, wish, clock, progress, draft)
            draft.rename(place)
            manifests.sync(wish.folder)
        except BaseException as error:
            shutil.rmtree(draft, ignore_errors=True)
            if isinstance(error, StorageError | OSError):
                raise _told(settings, wish.folder, error) from error
            raise
    return TakenBackup(place, taken, sum(file.bytes for file in taken.files))


def _begin(settings: Settings, wish: Wish, clock: Clock, stack: ExitStack) -> tuple[Path, Path]:
    """Make the folder that is filled, while no other backup is taken into the same place."""
    folder, now = wish.folder, datetime.fromtimestamp(clock.now_ms() / 1_000, UTC)
    name = now.strftime(NAME)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock.take(folder / LOCK, what=f"The folder of backups {folder}")
        stack.callback(lock.release)
        for left in folder.glob(DRAFT.format("*")):
            shutil.rmtree(left)  # one was killed in the middle
        if (folder / name).exists():
            raise ConfigError(f"{folder / name} is there already. Take the next backup a second later.")
        _check_room(settings, folder)
        draft = folder / DRAFT.format(name)
        draft.mkdir(mode=0o700)
    except StorageBusy as error:
        raise ConfigError(f"{error}. Wait until that backup is done.") from error
    except OSError as error:
        told = f"Backups cannot be written to {folder} ({error.strerror})."
        raise ConfigError(f"{told} Let this account write there, or name another folder with --to.") from error
    return draft, folder / name


def _check_room(settings: Settings, folder: Path) -> None:
    files = [settings.data / FILE, *slots(settings.journal_folder)]
    needed = sum(_size(path) for file in files for path in (file, file.with_name(f"{file.name}-wal")))
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE_BYTES:
        told = f"The disk of {folder} has {free >> 20} MiB free, and the backup needs {(needed + _SPARE_BYTES) >> 20}."
        raise ConfigError(f"{told} Make room, keep fewer (--keep), or name another folder with --to.")


def _filled(
    settings: Settings, ring: KeyRing, wish: Wish, clock: Clock, progress: Progress, draft: Path
) -> manifests.BackupManifest:
    journals = _copy_journals(settings, ring, draft, progress)
    taken_ms = clock.now_ms()
    copy_database(settings.data / FILE, draft / FILE, lambda done, whole: progress("store", done, whole))
    names = [FILE, *(f"{manifests.JOURNALS}/{part.file}" for part in journals)]
    log = log_path(settings)
    if log.exists():
        names.append(_copied(log, draft / manifests.ERASURES))
    if wish.with_keys:
        names.append(_copied(settings.keyring, draft / manifests.KEYRING))
    progress("check", 0, 1)
    for name in names:
        if name.endswith(".db"):
            check_database(draft / name)
    made = _manifest(ring, draft, journals, names, taken_ms=taken_ms, now_ms=clock.now_ms(), with_keys=wish.with_keys)
    for name in names:
        manifests.sync(draft / name)
    manifests.write(draft, made)
    manifests.sync(draft)
    manifests.check_files(draft, manifests.read(draft).files)
    progress("check", 1, 1)
    return made


def _manifest(  # noqa: PLR0913 -- a parts list
    ring: KeyRing,
    draft: Path,
    journals: list[manifests.JournalPart],
    names: list[str],
    *,
    taken_ms: int,
    now_ms: int,
    with_keys: bool,
) -> manifests.BackupManifest:
    with closing(open_reader(draft / FILE)) as db:
        schema, tables = schema_version(db), tables_version(db)
    with closing(SqliteReader(draft)) as store:
        totals = store.totals(by_event=False)
        states, cursors = store.states(), {name: seq for name, (seq, _) in store.cursors().items()}
    return manifests.BackupManifest(
        schema=schema,
        tables=tables,
        taken_ms=taken_ms,
        finished_ms=now_ms,
        recorded=sum(total.n for total in totals if total.outcome == RECORDED),
        conversions=states,
        journals=journals,
        cursors=cursors,
        keys=ring.ids,
        has_key_ring=with_keys,
        files=[manifests.described(draft, name) for name in names],
    )


def _copy_journals(settings: Settings, ring: KeyRing, draft: Path, progress: Progress) -> list[manifests.JournalPart]:
    folder, parts = draft / manifests.JOURNALS, []
    folder.mkdir(mode=0o700)
    for path in slots(settings.journal_folder):
        with suppress(StorageBusy):  # it is still being made, and holds nothing
            reader = SqliteJournalReader(path, ring)
            reader.close()
            copy_database(path, folder / path.name, lambda done, whole: progress("journals", done, whole))
            with closing(SqliteJournalReader(folder / path.name, ring)) as copy:
                parts.append(manifests.JournalPart(path.name, copy.journal_id, *copy.newest()))
    return parts


def _copied(source: Path, target: Path) -> str:
    manifests.write_durably(target, source.read_bytes())
    return target.name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _told(settings: Settings, folder: Path, error: StorageError | OSError) -> ConfigError:
    if isinstance(error, StorageDamaged):
        told = f"The store or a journal in {settings.data} is damaged ({error}), so this backup is not good."
        return ConfigError(f"{told} Keep the earlier ones, and see twinbeam doctor.")
    if isinstance(error, StorageFull) or (isinstance(error, OSError) and error.errno in (28, 122)):
        told = f"The disk of {folder} became full, so there is no backup."
        return ConfigError(f"{told} Make room, keep fewer (--keep), or name another folder with --to.")
    return ConfigError(f"The backup into {folder} failed ({error}). Look at that disk, and at {settings.data}.")
