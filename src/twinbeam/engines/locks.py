"""File locks that die with their process, so that a killed holder never leaves one behind."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from twinbeam.core.errors import StorageBusy


class FileLock:
    """
    An exclusive lock on a file, held until closed or until the process ends.

    The file names its holder; `inherited` tells that the one before died without giving the lock back.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self.inherited = bool(os.pread(handle, 1, 0))
        os.ftruncate(handle, 0)
        self._is_named = False
        self.name_holder()

    def name_holder(self) -> None:
        """Write the holder into the file, unless that is done: a full disk keeps nobody from holding a lock."""
        if not self._is_named:
            with suppress(OSError):
                self._is_named = os.pwrite(self._handle, str(os.getpid()).encode(), 0) > 0

    @classmethod
    def take(cls, path: Path, *, wait_seconds: float = 0, what: str = "it") -> Self:
        """Take the lock, waiting a while for a dying predecessor; raises StorageBusy with the holder's pid."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while not _try(handle):
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
                os.close(handle)
                raise StorageBusy(f"{what} is in use by another Twinbeam process (pid {holder or 'unknown'})")
            time.sleep(0.05)
        return cls(path, handle)

    def release(self) -> None:
        """Give the lock back."""
        os.ftruncate(self._handle, 0)
        os.close(self._handle)


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
