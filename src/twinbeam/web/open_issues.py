"""How many issues are open, for the head of every page: one counted query for everybody, every few seconds at most."""

from twinbeam.core.errors import StorageError
from twinbeam.core.users import SignedIn
from twinbeam.web.contract import RouteContext

FRESH_SECONDS = 5.0


class OpenIssueCount:
    """Counts what a job wrote down last; nothing is read while nobody looks."""

    def __init__(self, context: RouteContext) -> None:
        self._context = context
        self._by_workspace: dict[str, int] = {}
        self._read_at = -FRESH_SECONDS

    async def of(self, who: SignedIn) -> int:
        """Return how many of those that somebody may see are open and not muted; while the store fails, as before."""
        now = self._context.clock.monotonic()
        if now - self._read_at >= FRESH_SECONDS:
            self._read_at = now  # also where it fails: a store in trouble is not asked by every page
            try:
                found = await self._context.on_reader(self._context.read_model.issues.open_by_workspace)
            except StorageError:
                return self._seen(who)
            self._by_workspace = dict(found)
        return self._seen(who)

    def _seen(self, who: SignedIn) -> int:
        return self._by_workspace.get(who.workspace, 0) if who.workspace else sum(self._by_workspace.values())
