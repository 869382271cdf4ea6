"""What each ingest process rejected, as a file that outlives it; the debugger joins the files."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from twinbeam.core.rejections import RejectedEvent, RejectedOfSender, noted
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

    def note(self, events: Iterable[RejectedEvent]) -> None:
        """Note what was rejected."""
        known = self._known
        for one in events:
            known.count += 1
            known.senders = noted(known.senders, [replace(one, number=f"r{self._slot}-{known.count}")])
            self._file.is_changed = True

    def flush(self) -> None:
        """Write down what was rejected."""
        self._file.flush(lambda: _ENCODER.encode(self._known))


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
