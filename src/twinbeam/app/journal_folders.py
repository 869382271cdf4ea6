"""
Which folders this store's journals were in.

Who changes TWINBEAM_JOURNAL_FOLDER leaves behind what was accepted and not yet recorded. So the data folder remembers
each folder that was in use (`journal-folders.json`); the writer records what is left in an old one and forgets it.
"""

import json
import shutil
from pathlib import Path

from twinbeam.app.opening import Reporter
from twinbeam.core.errors import ConfigError, StorageBusy
from twinbeam.engines.locks import FileLock
from twinbeam.settings import Settings

FILE = "journal-folders.json"
RESTORED = "restored-journals"  #: in the data folder: those of a backup, until all of them is recorded
LOCK = "serve.lock"  #: of a data folder, and of a folder of journals elsewhere


def earlier_folders(settings: Settings) -> list[Path]:
    """List the folders that may still hold journals of this store, without the one in use."""
    return [folder for folder in _remembered(settings.data) if folder != settings.journal_folder]


def remember_folders(settings: Settings, earlier: list[Path]) -> bool:
    """Note the folder in use, and earlier ones; False where the disk does not take it."""
    folders = [settings.journal_folder, *earlier]
    if folders == _remembered(settings.data):
        return True
    draft = settings.data / f"{FILE}.draft"
    try:
        draft.touch(mode=0o600)
        draft.write_text(json.dumps([str(folder) for folder in folders]) + "\n")
        draft.replace(settings.data / FILE)
    except OSError:
        return False
    return True


def remove_restored(settings: Settings, folder: Path) -> None:
    """Remove the journals that came with a backup, all of which is recorded; others are left to their owner."""
    if folder == settings.data / RESTORED:
        shutil.rmtree(folder, ignore_errors=True)


def alone_in(folder: Path, what: str, variable: str) -> FileLock:
    """Take the place of the one gateway that works in a folder; raises ConfigError with the fix."""
    try:
        return FileLock.take(folder / LOCK, what=f"{what} {folder}")
    except StorageBusy as error:
        raise ConfigError(f"{error}. Stop that one, or give this one a folder of its own with {variable}.") from error


def left_behind(settings: Settings, reports: Reporter) -> list[Path]:
    """Return the earlier folders of journals that can be followed; tell of each, and why one cannot."""
    earlier = earlier_folders(settings)
    remember_folders(settings, earlier)
    followed = []
    for folder in earlier:
        detail = "what it still holds is recorded from there"
        try:
            FileLock.take(folder / LOCK, what=f"The folder {folder}")
            followed.append(folder)
        except (StorageBusy, OSError) as error:
            detail = f"it cannot be used ({error}); TWINBEAM_JOURNAL_FOLDER was changed while it may have held events"
        reports.happening("journals.left", folder=str(folder), detail=detail)
    return followed


def _remembered(data: Path) -> list[Path]:
    try:
        folders = json.loads((data / FILE).read_text())
    except (OSError, ValueError):
        return []
    return [Path(folder) for folder in folders if isinstance(folder, str)] if isinstance(folders, list) else []
