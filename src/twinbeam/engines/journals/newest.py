"""
How far a journal was written: a small file beside it (`journal-0.newest`), so that a loss is noticed and counted.

The ingest process writes it after each durable append, in place and without a sync of its own: it may lag behind the
journal after a power failure, and is never ahead of what was acknowledged. Where it names more than the journal holds,
the difference was acknowledged and is gone: a write-ahead log was removed or damaged, or an older file was put back.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_BYTES = 96  #: the same place is written each time, so that a full disk does not matter after the first


class Newest(NamedTuple):
    """The newest group of a journal, and the events up to it."""

    journal_id: str = ""
    seq: int = 0
    events: int = 0


class Gap(NamedTuple):
    """Groups that were acknowledged, are not known to be recorded, and are not in the file."""

    journal: str
    after: int
    upto: int
    events: int  #: in them, at most


def newest_path(journal: Path) -> Path:
    """Name the file."""
    return journal.with_suffix(".newest")


def read_newest(journal: Path) -> Newest:
    """Read the note; nothing where there is none, or none that can be read."""
    try:
        journal_id, seq, events = newest_path(journal).read_bytes().split()
        return Newest(journal_id.decode(), int(seq), int(events))
    except (OSError, ValueError):
        return Newest()


class NewestFile:
    """The note of one journal, kept open; a disk that does not take it keeps no event from being taken."""

    def __init__(self, journal: Path) -> None:
        self._handle = os.open(newest_path(journal), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, newest: Newest) -> None:
        """Note how far the journal is written."""
        with suppress(OSError):
            os.pwrite(self._handle, f"{newest.journal_id} {newest.seq} {newest.events}".encode().ljust(_BYTES), 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)
