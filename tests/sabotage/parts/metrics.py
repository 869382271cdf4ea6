"""Let a disk without room end the process that writes its counts there, as a mapped file would."""

import os
import signal
from pathlib import Path

from twinbeam.observe import tallies

_write = tallies.write_tallies


def _mapped(folder: Path, pid: int) -> bool:
    if not _write(folder, pid) and folder.parent.exists():
        os.kill(os.getpid(), signal.SIGBUS)
    return True


tallies.write_tallies = _mapped
