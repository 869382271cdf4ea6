"""What waited for a limit, and what TikTok takes no requests for, of one workspace."""

from collections.abc import Mapping

from twinbeam.pipeline.send.contract import ALL_PIXELS
from twinbeam.web.contract import ThrottledReads


class ThrottledOf:
    """See web.contract.ThrottledReads for the promises."""

    def __init__(self, of_all: ThrottledReads, workspace: str) -> None:
        self._all = of_all
        self._workspace = workspace

    def throttled(self, day: int) -> Mapping[tuple[str, str], int]:
        """Return how many events of each pixel of the workspace waited for a limit on a UTC day."""
        return {place: count for place, count in self._all.throttled(day).items() if place[0] == self._workspace}

    def closed(self, now_ms: int) -> Mapping[tuple[str, str], int]:
        """Return until when TikTok takes no requests for each pixel of the workspace, or for all pixels."""
        found = self._all.closed(now_ms).items()
        return {place: until for place, until in found if place == ALL_PIXELS or place[0] == self._workspace}
