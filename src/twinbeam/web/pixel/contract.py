"""What the pages of one pixel read of a store, beside what all pages do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from twinbeam.core.pixel_counts import PixelCount
from twinbeam.core.story import Change, Count, Covered

Place = tuple[str, str]
"""(workspace, pixel)"""


class PixelReads(Protocol):
    """
    What is counted of one pixel on some UTC days, the last one included.

    But for `happened` it costs the same however many other pixels there are. Synchronous; all raise StorageError.
    """

    def happened(self, *, since_day: int, until_day: int) -> Mapping[Place, int]:
        """Return how many events were recorded and answered of each pixel of which any was."""
        ...

    def counts(self, place: Place, *, since_day: int, until_day: int) -> Sequence[Count]:
        """Return its counters."""
        ...

    def changes(self, place: Place, *, limit: int) -> Sequence[Change]:
        """Return the newest lines of the audit about it, among a bounded number of lines, newest first."""
        ...

    def beside(self, place: Place, kind: str, *, since_day: int, until_day: int) -> Sequence[PixelCount]:
        """Return what is counted of it beside states and sides, of one kind."""
        ...

    def coverage(self, place: Place, *, since_day: int, until_day: int) -> Sequence[Covered]:
        """Return by which sides its conversions were seen and what the delivered ones carried."""
        ...
