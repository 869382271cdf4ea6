"""
How many issues are open, for the head of every page.

One counted query for all who see the same workspace, or all of them, every few seconds at most.
"""

from contextlib import suppress

from twinbeam.core.errors import StorageError
from twinbeam.core.users import SignedIn
from twinbeam.web.contract import RouteContext
from twinbeam.web.sight import within

FRESH_SECONDS = 5.0


class OpenIssueCount:
    """Counts what a job wrote down last; nothing is read while nobody looks."""

    def __init__(self, context: RouteContext) -> None:
        self._context = context
        self._counts: dict[str, int] = {}  #: by the workspace that is seen, empty for all
        self._read_at: dict[str, float] = {}

    async def of(self, who: SignedIn) -> int:
        """Return how many of those that somebody may see are open and not muted; while the store fails, as before."""
        now, seen = self._context.clock.monotonic(), who.workspace
        if now - self._read_at.get(seen, -FRESH_SECONDS) >= FRESH_SECONDS:
            self._read_at[seen] = now  # also where it fails: a store in trouble is not asked by every page
            issues = within(seen, self._context.read_model).issues
            with suppress(StorageError):
                self._counts[seen] = sum((await self._context.on_reader(issues.open_by_workspace)).values())
        return self._counts.get(seen, 0)
