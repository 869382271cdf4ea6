"""
The newest rows for everybody who watches: at most one reading in 200 ms, however many there are.

Nothing is read while nobody watches.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from twinbeam.core.lifecycle import UNSENT
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.sightings import Seen, SightingReads
from twinbeam.core.story import Story
from twinbeam.web.contract import RouteContext
from twinbeam.web.debugger.rows import DebuggerRow, rejected_row, rows_of
from twinbeam.web.debugger.sight import rejected_within
from twinbeam.web.places import Places, places
from twinbeam.web.sight import within

EVERY_SECONDS = 0.2
MOST = 500  #: of the newest rows; what came beside them in so short a time is in the list
_AGAIN_SECONDS = 1.0  #: until what is still on its way is looked at once more


class Glance(Struct, frozen=True):
    """The newest rows at one moment, the newest first."""

    recorded: Sequence[DebuggerRow] = ()
    rejected: Sequence[DebuggerRow] = ()
    places: Places = Places({}, several_workspaces=False)
    at_ms: int | None = None


class NewestRows:
    """What is watched of one workspace, or of all for an empty name."""

    def __init__(self, context: RouteContext, workspace: str) -> None:
        self._context = context
        self._workspace = workspace
        self._read_model = within(workspace, context.read_model)
        self._places = Places({}, several_workspaces=False)
        self._lock = asyncio.Lock()
        self._looked_at = self._asked_at = float("-inf")
        self._seen: list[Seen] = []
        self._newest = -1
        self._stories: dict[int, Story] = {}
        self._rejected: Sequence[RejectedEvent] = ()
        self._glance = Glance()

    async def look(self) -> Glance:
        """Return the newest rows, not older than 200 ms; raises StorageError."""
        async with self._lock:
            now = self._context.clock.monotonic()
            if now - self._looked_at >= EVERY_SECONDS:
                self._glance = await self._context.on_reader(partial(self._read, now))
                self._looked_at = now
            return self._glance

    def _read(self, now: float) -> Glance:
        reads, rejected = self._read_model.sightings, rejected_within(self._workspace, self._context)
        newest = reads.newest()
        is_new = newest != self._newest
        if not is_new and rejected == self._rejected and now - self._asked_at < _AGAIN_SECONDS:
            return self._glance
        if is_new:
            fresh = reads.since(self._newest, limit=MOST)
            self._seen, self._newest = [*fresh, *self._seen][:MOST], newest
        self._renew(reads, now)
        self._rejected = rejected
        recorded = rows_of(self._seen, self._stories)
        turned = [rejected_row(one) for one in rejected[:MOST]]
        return Glance(recorded, turned, self._places, self._context.clock.now_ms())

    def _renew(self, reads: SightingReads, now: float) -> None:
        """Look at the conversions that are new here, and once a second at those that are on their way."""
        ids = {it.sighting.conversion for it in self._seen} - {0}
        self._stories = {id_: story for id_, story in self._stories.items() if id_ in ids}
        wanted = ids - self._stories.keys()
        if now - self._asked_at >= _AGAIN_SECONDS:
            wanted |= {id_ for id_, story in self._stories.items() if story.state in UNSENT}
            self._places = places(self._read_model.pixels())
            self._asked_at = now
        if wanted:
            self._stories |= reads.conversions(sorted(wanted))


class NewestOfWorkspaces:
    """The newest rows of all workspaces, and one of each that somebody is kept to."""

    def __init__(self, context: RouteContext) -> None:
        self._context = context
        self._known: dict[str, NewestRows] = {}

    def of(self, workspace: str) -> NewestRows:
        """Return the newest rows of a workspace. Only workspaces that were added get here."""
        return self._known.setdefault(workspace, NewestRows(self._context, workspace))
