"""What somebody may see of one pixel: nothing of another workspace's."""

from collections.abc import Mapping, Sequence

from twinbeam.core.pixel_counts import PixelCount
from twinbeam.core.story import Change, Count, Covered
from twinbeam.web.pixel.contract import PixelReads, Place


class PixelReadsOfWorkspace:
    """See pixel.contract.PixelReads for the promises; all of it is of one workspace."""

    def __init__(self, reads: PixelReads, workspace: str) -> None:
        self._all = reads
        self._workspace = workspace

    def happened(self, *, since_day: int, until_day: int) -> Mapping[Place, int]:
        """Return how many events were recorded and answered of each pixel of which any was."""
        found = self._all.happened(since_day=since_day, until_day=until_day)
        return {place: n for place, n in found.items() if self._is_own(place)}

    def counts(self, place: Place, *, since_day: int, until_day: int) -> Sequence[Count]:
        """Return the counters of a pixel."""
        return self._all.counts(place, since_day=since_day, until_day=until_day) if self._is_own(place) else ()

    def coverage(self, place: Place, *, since_day: int, until_day: int) -> Sequence[Covered]:
        """Return by which sides the conversions of a pixel were seen."""
        return self._all.coverage(place, since_day=since_day, until_day=until_day) if self._is_own(place) else ()

    def changes(self, place: Place, *, limit: int) -> Sequence[Change]:
        """Return the newest lines of the audit about a pixel."""
        return self._all.changes(place, limit=limit) if self._is_own(place) else ()

    def beside(self, place: Place, kind: str, *, since_day: int, until_day: int) -> Sequence[PixelCount]:
        """Return what is counted of a pixel beside states and sides, of one kind."""
        return self._all.beside(place, kind, since_day=since_day, until_day=until_day) if self._is_own(place) else ()

    def _is_own(self, place: Place) -> bool:
        return place[0] == self._workspace
