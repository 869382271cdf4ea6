"""
Putting a backup back into an empty folder.

All is made ready beside its place and checked there; the store takes its place last, so that a restore that is cut off
leaves none. The journals of the backup lie in a folder of their own: the writer records what is left in them and then
removes them, while new journals begin under ids of their own.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from twinbeam.admin.contract import Actor
from twinbeam.app import ownership
from twinbeam.app.backup import manifest as manifests
from twinbeam.app.backup.copying import check_database
from twinbeam.app.backup.unknown_requests import note_unknown
from twinbeam.app.erasures import ask_again, log_path, merge_log
from twinbeam.app.journal_folders import FILE as JOURNAL_FOLDERS
from twinbeam.app.journal_folders import RESTORED as LEFT
from twinbeam.app.journal_folders import remember_folders
from twinbeam.app.known_time import FILE as CLOCK
from twinbeam.app.known_time import MEND, accept_clock
from twinbeam.app.presence import remember_store
from twinbeam.core.clock import Clock
from twinbeam.core.errors import ConfigError, StorageDamaged, StorageError, StorageFull
from twinbeam.core.restored import Restore
from twinbeam.core.story import Change
from twinbeam.engines.journals.sqlite import slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.migrate import migrations
from twinbeam.engines.stores.sqlite.store import FILE, SqliteStore
from twinbeam.engines.stores.tables.upgrade import HEAD
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages
from twinbeam.settings import Settings

DRAFT = "restore.part"
_SPARE_BYTES = 16 * 1024**2
_MOST_NAMED = 3
#: What an earlier restore may have left that was cut off, and what a disk of its own brings.
_OURS = (DRAFT, LEFT, JOURNAL_FOLDERS, CLOCK, "lost+found")

Progress = Callable[[str], None]


class Restored(Struct, frozen=True):
    """What a restore came to."""

    manifest: manifests.BackupManifest
    conversions: Mapping[str, int]  #: by state, after it
    journal_events: int  #: accepted before the backup, and still to be recorded
    erased: int  #: requests for erasure that were carried out again
    held: int  #: events that wait for their owner's decision
    waiting: int  #: events that are sent at the next start
    used_up: Sequence[str] = ()  #: of whom a limit of the day counts as used: "" for all pixels, else workspace/code


class _Quiet:
    """Told about what needs a log line, where there is no log."""

    def happening(self, event: str, /, **fields: object) -> None:
        """Take no note: what cannot be read of a log is the torn last line of a request that nobody was promised."""


def restore(
    settings: Settings, backup: Path, actor: Actor, clock: Clock, progress: Progress, *, hold: bool = False
) -> Restored:
    """Put a backup back; raises ConfigError, with the file and the mend, and changes nothing then."""
    manifest = manifests.read(backup)
    _check_versions(backup, manifest)
    if clock.now_ms() < manifest.taken_ms:
        raise ConfigError(f"By the clock of this machine {backup} is of the future. {MEND}")
    _check_place(settings)
    progress("checking the backup")
    manifests.check_files(backup, manifest.files)
    _check_room(settings, manifest)
    ring = _ring(settings, backup, manifest)
    draft = settings.data / DRAFT
    try:
        for left in (draft, settings.data / LEFT):
            shutil.rmtree(left, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        progress("copying")
        _copy(backup, draft, manifest)
        if (backup / manifests.ERASURES).exists():
            merge_log(log_path(settings), backup / manifests.ERASURES)
        progress("carrying out erasures again")
        restored = _prepared(settings, ring, draft, backup, manifest, actor=actor, clock=clock, hold=hold)
        _place(settings, draft, clock.now_ms())
    except (StorageError, OSError) as error:
        raise _told(settings, backup, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return restored


def _check_versions(backup: Path, manifest: manifests.BackupManifest) -> None:
    if manifest.schema > len(migrations()) or manifest.tables > HEAD:
        raise ConfigError(
            f"{backup} was taken by Twinbeam {manifest.twinbeam}, whose store is newer than this release knows. "
            "Install that release, or a later one, and restore with it."
        )


def _check_place(settings: Settings) -> None:
    """Raise ConfigError unless there is nothing that a restore could overwrite."""
    there = sorted(path.name for path in settings.data.iterdir()) if settings.data.is_dir() else []
    if FILE not in there:
        there = [name for name in there if name not in _OURS]
    found = {settings.data: there}
    if settings.journal_folder != settings.data:
        found[settings.journal_folder] = [path.name for path in slots(settings.journal_folder)]
    for folder, names in found.items():
        if names:
            named = ", ".join(names[:_MOST_NAMED]) + (" and more" if len(names) > _MOST_NAMED else "")
            raise ConfigError(
                f"{folder} is not empty ({named}), and a restore overwrites nothing. Stop Twinbeam, move it aside "
                f"(mv {folder} {folder}.lost), and restore again."
            )


def _check_room(settings: Settings, manifest: manifests.BackupManifest) -> None:
    place = settings.data
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        ownership.check(settings)
        free = shutil.disk_usage(place).free
    except OSError as error:
        told = f"{place} cannot be made or written ({error.strerror})."
        raise ConfigError(f"{told} Let this account write there, or name another folder with TWINBEAM_DATA.") from error
    needed = sum(file.bytes for file in manifest.files) + _SPARE_BYTES
    if free < needed:
        told = f"The disk of {place} has {free >> 20} MiB free, and the restore needs {needed >> 20}."
        raise ConfigError(f"{told} Make room, or name another folder with TWINBEAM_DATA.")


def _ring(settings: Settings, backup: Path, manifest: manifests.BackupManifest) -> KeyRing:
    """Open the key ring, which comes out of the backup where it lies in it and none is there."""
    needed = ", ".join(manifest.keys)
    if not settings.keyring.exists():
        if not manifest.has_key_ring:
            raise ConfigError(
                f"The key ring {settings.keyring} is missing, and this backup has none in it. Put back the backup of "
                f"the key ring (its keys: {needed}), or set TWINBEAM_KEYRING to where it is."
            )
        settings.keyring.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        manifests.write_durably(settings.keyring, (backup / manifests.KEYRING).read_bytes())
    ring = KeyRing.open(settings.keyring)
    if not set(ring.ids) & set(manifest.keys):
        raise _wrong_ring(settings, manifest)
    return ring


def _wrong_ring(settings: Settings, manifest: manifests.BackupManifest) -> ConfigError:
    return ConfigError(
        f"The key ring {settings.keyring} does not open this backup. Put back the one whose keys are "
        f"{', '.join(manifest.keys)}, or set TWINBEAM_KEYRING to where it is."
    )


def _copy(backup: Path, draft: Path, manifest: manifests.BackupManifest) -> None:
    left = draft / LEFT
    left.mkdir(mode=0o700)
    needed = {part.file for part in manifest.journals if part.newest > manifest.cursors.get(part.id, 0)}
    copies = [(backup / FILE, draft / FILE)]
    copies += [(backup / manifests.JOURNALS / name, left / name) for name in sorted(needed)]
    for source, target in copies:
        target.touch(mode=0o600)
        shutil.copyfile(source, target)
        check_database(target)
        manifests.sync(target)


def _prepared(  # noqa: PLR0913 -- a parts list
    settings: Settings,
    ring: KeyRing,
    draft: Path,
    backup: Path,
    manifest: manifests.BackupManifest,
    *,
    actor: Actor,
    clock: Clock,
    hold: bool,
) -> Restored:
    """Bring the store's copy forward, and let be in it what is so since the backup."""
    now_ms, left = clock.now_ms(), draft / LEFT
    store = SqliteStore.open_as_writer(draft, ring, policy=RecordPolicy(), ages=Ages())
    with closing(store):
        if store.unopened_days():
            raise _wrong_ring(settings, manifest)
        store.begin_restored(Restore(manifest.taken_ms, now_ms))
        store.note_backup(manifest.taken_ms, str(backup), sum(file.bytes for file in manifest.files))  # it is older
        erased = ask_again(store, settings, ring, _Quiet(), folders=[left])
        while erased and store.tidy(now_ms, retention=False):
            pass
        used_up = note_unknown(store, settings, manifest.taken_ms, now_ms)
        held = store.hold_restored(now_ms, always=hold)
        told = f"taken {manifest.taken_ms}, held {held}"
        store.add_changes([Change(now_ms, actor.name, "store", "", f"restored from a backup, {told}")])
        pending = sum(part.events for part in manifest.journals) - sum(
            events for name, (_, events) in store.cursors().items() if name in {part.id for part in manifest.journals}
        )
        return Restored(
            manifest=manifest,
            conversions=store.states(),
            journal_events=max(0, pending),
            erased=erased,
            held=held,
            waiting=store.unsent(),
            used_up=used_up,
        )


def _place(settings: Settings, draft: Path, now_ms: int) -> None:
    """Let all take its place, the store last."""
    if slots(draft / LEFT):
        (draft / LEFT).rename(settings.data / LEFT)
        if not remember_folders(settings, [settings.data / LEFT]):
            raise StorageFull(f"{settings.data} takes no more files")
    if (draft / f"{FILE}-wal").exists():
        raise StorageError("its write-ahead log could not be brought into the file")
    accept_clock(settings.data, now_ms)  # a store that is days old must not make it look wrong
    (draft / FILE).rename(settings.data / FILE)
    manifests.sync(settings.data)
    remember_store(settings)


def _told(settings: Settings, backup: Path, error: StorageError | OSError) -> ConfigError:
    if isinstance(error, StorageDamaged):
        return ConfigError(f"{backup / FILE} is damaged ({error}). Restore an earlier backup.")
    if isinstance(error, StorageFull) or (isinstance(error, OSError) and error.errno in (28, 122)):
        return ConfigError(f"The disk of {settings.data} became full. Make room, and restore again.")
    return ConfigError(f"{backup} could not be restored into {settings.data} ({error}). Look at both disks.")
