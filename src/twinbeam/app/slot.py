"""
An ingest process's slot: a journal that need not be open.

A process that ended where its disk is full would leave its callers without an answer, and start again without a word.
So it serves whatever its journal does: 507 while there is no room for it, 503 for any other trouble, and events as soon
as it can be opened. A file that is damaged is set aside, and a fresh one is begun. One that was removed while it was in
use can still be read here: what of it is not recorded is carried over.
"""

import errno
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from twinbeam.core.errors import StorageBusy, StorageDamaged, StorageError, StorageFull
from twinbeam.engines.journals.sqlite import Carried, SqliteJournal
from twinbeam.engines.keyring import NotOpenedHere
from twinbeam.pipeline.journal.contract import Backlog

REPEAT_SECONDS = 60.0  #: between two sentences about the same trouble

_NOTHING = Backlog(appended=0, pending=0, oldest_ms=None, used_bytes=0)


class Report(Protocol):
    """Told about what needs a log line."""

    def __call__(self, event: str, /, **fields: object) -> None:
        """Take note; never an identifier."""
        ...


class Slot:
    """See JournalWriter for the promises; `forget` is called each second."""

    def __init__(
        self, path: Path, opened: Callable[[], SqliteJournal], set_aside: Callable[[str], str], report: Report
    ) -> None:
        self._path = path
        self._opened = opened
        self._set_aside = set_aside
        self._report = report
        self._journal: SqliteJournal | None = None
        self._trouble: StorageError = StorageBusy("the journal was not opened yet")
        self._told_at = -inf
        self._carried: deque[Carried] = deque()  #: accepted, and in a file that is gone
        self.journal_id = ""  #: while it cannot be opened
        self._open()

    def append(self, at_ms: int, count: int, body: bytes) -> int:
        """Make one group durable; raises what keeps the journal from being opened, or from taking it."""
        if self._journal is None:
            raise self._trouble
        try:
            return self._journal.append(at_ms, count, body)
        except NotOpenedHere:
            raise  # the key ring's fault; nothing is lost
        except StorageDamaged as error:
            self._begin_anew(error)
            raise

    def forget(self) -> None:
        """Drop recorded groups, or try to open the journal where it is not; raises StorageError for the former."""
        if self._journal is None:
            self._open()
        elif self._journal.is_gone():
            self._carry_over(self._journal)
            self._begin_anew(StorageDamaged("the file was removed or replaced while it was in use"))
        else:
            self._bring(self._journal)
            self._journal.forget()

    def backlog(self) -> Backlog:
        """Return what is still here and not confirmed."""
        return self._journal.backlog() if self._journal is not None else _NOTHING

    def has_room(self) -> bool:
        """Return whether an append would find room now."""
        return self._journal is not None and self._journal.has_room()

    def close(self) -> None:
        """Give the slot back."""
        if self._journal is not None:
            self._journal.close()

    def _open(self) -> None:
        try:
            self._take(self._opened())
        except StorageBusy:
            raise  # somebody else works here: whoever starts us says so
        except StorageDamaged as error:
            self._begin_anew(error)
        except StorageError as error:
            self._remember(error)
        except OSError as error:
            self._remember(_ours(error))

    def _begin_anew(self, error: StorageDamaged) -> None:
        """Set the file aside and begin a fresh one, now or at the next look."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        try:
            aside = self._set_aside(uuid4().hex[:8])
            self._take(self._opened())
        except (StorageError, OSError) as trouble:
            self._remember(trouble if isinstance(trouble, StorageError) else _ours(trouble))
            return
        self._report("journal.damaged", file=str(self._path), aside=aside, detail=str(error), fix=_FIX_DAMAGED)

    def _take(self, journal: SqliteJournal) -> None:
        self._journal, self.journal_id = journal, journal.journal_id
        self._bring(journal)

    def _carry_over(self, journal: SqliteJournal) -> None:
        with suppress(StorageError):  # what cannot be read any more is told as lost
            self._carried += journal.carry_over()

    def _bring(self, journal: SqliteJournal) -> None:
        """Append what was carried over, now or at the next look."""
        while self._carried:
            journal.append(*self._carried[0])
            self._carried.popleft()

    def _remember(self, trouble: StorageError) -> None:
        self._trouble = trouble
        now = time.monotonic()
        if now - self._told_at >= REPEAT_SECONDS:
            self._told_at = now
            fix = _FIX_FULL if isinstance(trouble, StorageFull) else _FIX_OTHER
            self._report(
                "journal.closed", file=str(self._path), error=type(trouble).__name__, detail=str(trouble), fix=fix
            )


def _ours(error: OSError) -> StorageError:
    kind = StorageFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
    return kind(f"{error.filename}: {error.strerror}")


_FIX_DAMAGED = "A fresh journal was begun; keep the file that was set aside, and look at the disk."
_FIX_FULL = "Make room on the disk of this file; events are answered with 507 until then."
_FIX_OTHER = "See the detail; events are answered with 503 until the file can be opened."
