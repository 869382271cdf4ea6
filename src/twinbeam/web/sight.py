"""
What somebody may see: the read model as a page must ask it. A viewer of one workspace finds nothing of any other.

A page never reads by `context.read_model` itself, but by `seen_by(request, context)`.
"""

from collections.abc import Collection, Iterable
from heapq import nlargest
from typing import TypeVar

from starlette.requests import Request

from twinbeam.admin.account_contract import AccountReads
from twinbeam.admin.user_contract import UserReading
from twinbeam.core.lifecycle import State
from twinbeam.core.story import LastAnswer, Listed, PixelRow, SideSeen, Story, Total
from twinbeam.web.access import signed_in
from twinbeam.web.account_sight import AccountsOfWorkspace
from twinbeam.web.contract import LagView, ReadModel, RouteContext

Placed = TypeVar("Placed", LastAnswer, PixelRow, SideSeen, Story, Total)


def seen_by(request: Request, context: RouteContext) -> ReadModel:
    """Return the read model that shows what whoever makes a request may see."""
    return within(signed_in(request).workspace, context.read_model)


def within(workspace: str, read_model: ReadModel) -> ReadModel:
    """Return the read model of one workspace, or of all for an empty name."""
    return OneWorkspace(read_model, workspace) if workspace else read_model


def lag_within(workspace: str, lag: LagView) -> LagView:
    """Return how far the recorder is behind, without how much others sent."""
    return LagView(lag_seconds=lag.lag_seconds) if workspace else lag


class OneWorkspace:
    """See contract.ReadModel for the promises; all of it is of one workspace."""

    def __init__(self, read_model: ReadModel, workspace: str) -> None:
        self._all = read_model
        self._workspace = workspace

    @property
    def users(self) -> UserReading:
        """Return the rows of who may sign in: those are of no workspace."""
        return self._all.users

    @property
    def accounts(self) -> AccountReads:
        """Return the connected accounts of the workspace."""
        return AccountsOfWorkspace(self._all.accounts, self._workspace)

    def by_event_id(self, workspace: str, event_id: str) -> list[Story]:
        """Return what is known under an event id."""
        return self._all.by_event_id(workspace, event_id) if workspace == self._workspace else []

    def by_lookup(self, hashes: Iterable[bytes]) -> list[Story]:
        """Return the conversions that look-up hashes lead to."""
        return self._own(self._all.by_lookup(hashes))

    def by_id(self, conversion_id: int) -> Story | None:
        """Return one conversion by its number."""
        found = self._all.by_id(conversion_id)
        return found if found is not None and found.workspace == self._workspace else None

    def recent(self, *, limit: int) -> list[Story]:
        """Return the newest conversions and tombstones."""
        return self.in_state(tuple(State), limit=limit).stories

    def in_state(
        self, states: Collection[str], *, limit: int, pixel: tuple[str, str] | None = None, before_id: int | None = None
    ) -> Listed:
        """Return the newest conversions in one of some states: the newest of each pixel, merged."""
        if pixel is not None and pixel[0] != self._workspace:
            return Listed([], None)
        places = [pixel] if pixel is not None else sorted(self._places())
        pages = [self._all.in_state(states, limit=limit, pixel=place, before_id=before_id) for place in places]
        found = nlargest(limit, (story for page in pages for story in page.stories), key=lambda story: story.id)
        held = sum(len(page.stories) for page in pages)
        goes_on = held > len(found) or any(page.next_id is not None for page in pages)
        return Listed(found, found[-1].id if found and goes_on else None)

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """Return all counters from a UTC day on."""
        return self._own(self._all.totals(since_day=since_day, by_event=by_event))

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        return self._own(self._all.pixels())

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        return self._own(self._all.sides_seen())

    def last_answers(self) -> list[LastAnswer]:
        """Return TikTok's newest answer to each pixel."""
        return self._own(self._all.last_answers())

    def _places(self) -> set[tuple[str, str]]:
        """Return every pixel that ever got an event, removed ones too."""
        counted = {(total.workspace, total.pixel) for total in self.totals(by_event=False) if total.pixel}
        return counted | {(row.workspace, row.code) for row in self.pixels()}

    def _own(self, found: Iterable[Placed]) -> list[Placed]:
        return [it for it in found if it.workspace == self._workspace]
