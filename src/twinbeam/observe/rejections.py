"""
What each ingest process rejected, as a file that outlives it; the debugger joins the files.

What is too old goes once a day, also the file of a process that there is no more of.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND, day_of
from twinbeam.core.rejections import KEEP_DAYS, RejectedEvent, RejectedOfSender, noted, still_kept
from twinbeam.observe.kept_file import KeptFile

_PATTERN = "rejections-*.json"


class _File(msgspec.Struct):
    """What one process knows."""

    count: int = 0  #: of all, since counting began
    senders: dict[str, RejectedOfSender] = {}


_DECODER = msgspec.json.Decoder(_File)
_ENCODER = msgspec.json.Encoder()


class RejectionLog:
    """The log of one slot's process."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._file = KeptFile(folder / f"rejections-{slot}.json")
        self._slot = slot
        self._known = _read(self._file.path)
        self._looked = 0  #: the UTC day on which what is too old was last looked for

    def note(self, events: Iterable[RejectedEvent]) -> None:
        """Note what was rejected."""
        known = self._known
        for one in events:
            known.count += 1
            known.senders = noted(known.senders, [replace(one, number=f"r{self._slot}-{known.count}")])
            self._file.is_changed = True

    def flush(self, now_ms: int) -> None:
        """Write down what was rejected, and forget what is too old."""
        if day_of(now_ms) != self._looked:
            self._looked = day_of(now_ms)
            self._forget(now_ms)
        self._file.flush(lambda: _ENCODER.encode(self._known))

    def _forget(self, now_ms: int) -> None:
        kept = still_kept(self._known.senders, now_ms)
        self._file.is_changed |= kept != self._known.senders
        self._known.senders = kept
        for file in self._file.path.parent.glob(_PATTERN):
            with suppress(OSError):
                if file.stat().st_mtime * MS_PER_SECOND < now_ms - KEEP_DAYS * MS_PER_DAY:
                    file.unlink()  # whoever still writes it has nothing in it that is younger


class RejectionFiles:
    """Reads the files of all processes; one that has not changed is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._events: list[RejectedEvent] = []

    def __call__(self) -> list[RejectedEvent]:
        """Return what was rejected, the newest first."""
        files = sorted(self._folder.glob(_PATTERN))
        seen = tuple(mark for file in files if (mark := _mark(file)) is not None)
        if seen != self._seen:
            senders = [of for file in files for of in _read(file).senders.values()]
            found = [one for of in senders for one in of.last]
            self._events = sorted(found, key=lambda one: (one.at_ms, one.number), reverse=True)
            self._seen = seen
        return self._events


def _mark(file: Path) -> tuple[str, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return file.name, found.st_mtime_ns, found.st_size


def _read(file: Path) -> _File:
    try:
        return _DECODER.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return _File()  # there is none, or power failed while it was written
