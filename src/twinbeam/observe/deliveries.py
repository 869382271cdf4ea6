"""
What each ingest process heard of its sources, as a file that outlives it; the pages join the files.

Its size is bounded by the sources that there are.
"""

from collections.abc import Collection
from pathlib import Path

import msgspec

from twinbeam.core.deliveries import NOTHING_HEARD, Delivery, SourceDeliveries, hear, joined
from twinbeam.observe.kept_file import KeptFile

_PATTERN = "deliveries-*.json"
_DECODER = msgspec.json.Decoder(dict[str, SourceDeliveries])
_ENCODER = msgspec.json.Encoder()


class DeliveryLog:
    """The log of one slot's process."""

    def __init__(self, folder: Path, slot: int) -> None:
        self._file = KeptFile(folder / f"deliveries-{slot}.json")
        self._heard = _read(self._file.path)

    def hear(self, source: str, one: Delivery) -> None:
        """Note what came to the address of a source that there is."""
        self._heard[source] = hear(self._heard.get(source, NOTHING_HEARD), one)
        self._file.is_changed = True

    def flush(self, sources: Collection[str]) -> None:
        """Write down what was heard of the sources that there are, and forget the others."""
        self._file.flush(lambda: self._left(sources))

    def _left(self, sources: Collection[str]) -> bytes:
        self._heard = {name: heard for name, heard in self._heard.items() if name in sources}
        return _ENCODER.encode(self._heard)


def heard_of(folder: Path) -> dict[str, SourceDeliveries]:
    """Return what all processes heard, by the names of sources."""
    parts = [_read(file) for file in sorted(folder.glob(_PATTERN))]
    names = {name for part in parts for name in part}
    return {name: joined(part[name] for part in parts if name in part) for name in names}


def _read(file: Path) -> dict[str, SourceDeliveries]:
    try:
        return _DECODER.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}  # there is none, or power failed while it was written
