"""
A file that one process writes anew again and again, so that what it knows outlives it.

It is for looking at: a second of it may be lost with a process, and where the disk takes nothing it stays as it was.
"""

from collections.abc import Callable
from pathlib import Path
from time import monotonic

_SHARE = 50  #: a write that took long is not repeated before so many times as long has passed


class KeptFile:
    """Writes what has changed; whoever changes something says so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_changed = False
        self._not_before = 0.0

    def flush(self, content: Callable[[], bytes]) -> None:
        """Write the file where something has changed; a disk that does not take it is tried with the next flush."""
        begun = monotonic()
        if not self.is_changed or begun < self._not_before:
            return
        written, draft = content(), self.path.with_suffix(".draft")
        try:
            draft.write_bytes(written)
            draft.replace(self.path)
            self.is_changed = False
        except OSError:
            pass
        self._not_before = monotonic() + _SHARE * (monotonic() - begun)
