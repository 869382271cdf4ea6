"""Requests noted before they are made, as the model has them."""

from collections import Counter
from collections.abc import Mapping

from twinbeam.core.clock import day_of
from twinbeam.pipeline.send.contract import NotedRequests, NotedRow


class NotesOfRequests:
    """See send.contract.RequestCounts for the promises."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, int], list[NotedRow]] = {}
        self._throttled: Counter[tuple[int, str, str]] = Counter()
        self._closed: dict[tuple[str, str], int] = {}

    def note(self, scope: str, count: int, *, most: int, owner: str, now_ms: int) -> NotedRequests:
        """Note up to `count` requests of a scope for this UTC day before they are made."""
        rows = self._notes.setdefault((scope, day_of(now_ms)), [])
        before = tuple(rows)
        total = sum(row.count for row in rows)
        more = min(count, max(0, most - total)) if most else count
        if more:
            rows.append(NotedRow(owner, now_ms, more))
        return NotedRequests(more, total + more, before)

    def add_throttled(self, day: int, events: Mapping[tuple[str, str], int]) -> None:
        """Add to how many events of some pixels waited for a limit on a UTC day."""
        self._throttled.update({(day, *place): count for place, count in events.items()})

    def throttled(self, day: int) -> Mapping[tuple[str, str], int]:
        """Return how many events of each pixel waited for a limit on a UTC day."""
        return {(workspace, code): n for (on, workspace, code), n in self._throttled.items() if on == day}

    def keep_closed(self, until_ms: Mapping[tuple[str, str], int]) -> None:
        """Keep until when the destination takes no requests for some pixels, and forget all others."""
        self._closed = dict(until_ms)

    def closed(self, now_ms: int) -> Mapping[tuple[str, str], int]:
        """Return until when it takes none for each pixel, where that is not over."""
        return {place: until for place, until in self._closed.items() if until > now_ms}
