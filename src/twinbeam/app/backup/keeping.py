"""Which earlier backups go: all but the newest few whole ones."""

import re
import shutil
from pathlib import Path

from twinbeam.app.backup.manifest import FILE

NAME = "twinbeam-%Y%m%d-%H%M%S"  #: UTC, so that names sort by time
DRAFT = ".{}.part"

_NAMED = re.compile(r"twinbeam-\d{8}-\d{6}")


def backups_in(folder: Path) -> list[Path]:
    """List the whole backups in a folder, the newest first."""
    found = [path for path in folder.iterdir() if _NAMED.fullmatch(path.name) and (path / FILE).is_file()]
    return sorted(found, reverse=True)


def remove_older(folder: Path, keep: int) -> list[Path]:
    """Remove all whole backups but the newest few; returns those that went."""
    gone = backups_in(folder)[keep:]
    for path in gone:
        aside = path.with_name(DRAFT.format(path.name))
        path.rename(aside)  # half of it is never taken for a backup
        shutil.rmtree(aside)
    return gone
