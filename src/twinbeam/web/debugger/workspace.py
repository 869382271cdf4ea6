"""The sightings of one workspace."""

from collections.abc import Mapping, Sequence

from twinbeam.core.sightings import ROOM, Seen, SightingReads
from twinbeam.core.story import Story

_STEP = 1_000


class SightingsOfWorkspace:
    """See core.sightings.SightingReads for the promises; all of it is of one workspace."""

    def __init__(self, found: SightingReads, workspace: str) -> None:
        self._all = found
        self._workspace = workspace

    def newest(self) -> int:
        """Return the number of the newest sighting of all workspaces: it tells no more than that time passes."""
        return self._all.newest()

    def since(self, number: int, *, limit: int) -> list[Seen]:
        """Return what came after a number, the newest of it, newest first."""
        return [it for it in self.before(None, limit=limit) if it.number > number]

    def before(self, number: int | None, *, limit: int) -> list[Seen]:
        """Return what came before a number, or the newest, newest first."""
        kept: list[Seen] = []
        while len(kept) < limit and (page := self._all.before(number, limit=min(_STEP, ROOM))):
            kept += self._own(page)
            number = page[-1].number
        return kept[:limit]

    def one(self, number: int) -> Seen | None:
        """Return one sighting, or None where it is gone or another workspace's."""
        found = self._all.one(number)
        return found if found is not None and found.workspace == self._workspace else None

    def of(self, conversions: Sequence[int]) -> list[Seen]:
        """Return the sightings of some conversions, newest first."""
        return self._own(self._all.of(conversions))

    def conversions(self, ids: Sequence[int]) -> Mapping[int, Story]:
        """Return conversions by their numbers, as they stand now."""
        found = self._all.conversions(ids)
        return {id_: story for id_, story in found.items() if story.workspace == self._workspace}

    def _own(self, found: Sequence[Seen]) -> list[Seen]:
        return [it for it in found if it.workspace == self._workspace]
