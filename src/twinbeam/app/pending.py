"""One question about the journals: do they hold this event id, accepted but not yet recorded."""

from collections.abc import Callable, Mapping
from pathlib import Path

from twinbeam.core.errors import StorageBusy
from twinbeam.core.values import Signal
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.pipeline.journal.codec import decode_each

#: Looking through more would cost the reader more than the answer is worth; the lag says enough by then.
MOST_EVENTS = 20_000


class Pending:
    """Reads journals beside their recorder; keeps nothing open."""

    def __init__(self, folder: Path, ring: KeyRing, cursors: Callable[[], Mapping[str, tuple[int, int]]]) -> None:
        self._folder = folder
        self._ring = ring
        self._cursors = cursors

    def holds(self, workspace: str, event_id: str) -> bool:
        """Return whether an accepted event of this id, or of an order of this id, waits to be recorded."""
        return any(self._in(path, workspace, event_id) for path in slots(self._folder))

    def _in(self, path: Path, workspace: str, event_id: str) -> bool:
        try:
            reader = SqliteJournalReader(path, self._ring)
        except StorageBusy:
            return False  # nothing was appended to it yet
        try:
            after, _ = self._cursors().get(reader.journal_id, (0, 0))
            groups = reader.read(after, limit=MOST_EVENTS)
        finally:
            reader.close()
        whole = (group.body for group in groups if not group.damaged)
        signals = (item for body in whole for item in decode_each(body) if isinstance(item, Signal))
        ours = (signal for signal in signals if signal.workspace == workspace)
        return any(event_id in (signal.event_id, signal.order_id) for signal in ours)
