"""
What somebody may see: the read model as a page must ask it.

A viewer of one workspace finds nothing of any other, and no viewer reads TikTok's own words: they may quote visitors.

A page never reads by `context.read_model` itself, but by `seen_by(request, context)`; what knows no request, by
`within` its reader's workspace.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from heapq import nlargest
from typing import TypeVar

from msgspec.structs import replace
from starlette.requests import Request

from twinbeam.admin.account_contract import AccountReads
from twinbeam.admin.alert_contract import AlertReads
from twinbeam.admin.dead_letter_contract import DeadLetterReads, ResendReads
from twinbeam.admin.issue_contract import IssueReads
from twinbeam.admin.product_contract import FeedReads
from twinbeam.admin.token_record import KnownTokens, TokenCheck
from twinbeam.admin.user_contract import UserReading
from twinbeam.core.fleet import PixelWeek
from twinbeam.core.lifecycle import State
from twinbeam.core.restored import AfterRestore
from twinbeam.core.sightings import SightingReads
from twinbeam.core.story import WIDE, Covered, LastAnswer, Listed, Narrowed, PixelRow, SideSeen, Story, Total
from twinbeam.core.users import Role
from twinbeam.orders.reconciliation import OrderReads
from twinbeam.web.access import signed_in
from twinbeam.web.account_sight import AccountsOfWorkspace
from twinbeam.web.contract import LagView, ReadModel, RouteContext, ThrottledReads
from twinbeam.web.dead_letters.sight import LettersSeen, ResendsSeen
from twinbeam.web.debugger.workspace import SightingsOfWorkspace
from twinbeam.web.feed_sight import FeedsOfWorkspace, FeedsWithoutAddresses
from twinbeam.web.issue_sight import IssuesOfWorkspace
from twinbeam.web.order_sight import OrdersOfWorkspace
from twinbeam.web.pixel.contract import PixelReads
from twinbeam.web.pixel.sight import PixelReadsOfWorkspace
from twinbeam.web.throttled_sight import ThrottledOf

Placed = TypeVar("Placed", Covered, LastAnswer, PixelRow, PixelWeek, SideSeen, Story, Total)


def seen_by(request: Request, context: RouteContext) -> ReadModel:
    """Return the read model that shows what whoever makes a request may see."""
    who = signed_in(request)
    return as_seen(who.role, who.workspace, context.read_model)


def as_seen(role: Role, workspace: str, read_model: ReadModel) -> ReadModel:
    """Return the read model that shows what a role may see of a workspace, or of all for an empty name."""
    found = within(workspace, read_model)
    return WithoutMessages(found) if role == Role.VIEWER else found


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
    def token_checks(self) -> KnownTokens:
        """TikTok's newest word on the token of each pixel."""
        return _TokensOf(self._all.token_checks, self._workspace)

    @property
    def accounts(self) -> AccountReads:
        """Return the connected accounts of the workspace."""
        return AccountsOfWorkspace(self._all.accounts, self._workspace)

    @property
    def orders(self) -> OrderReads:
        """Return the orders of the workspace."""
        return OrdersOfWorkspace(self._all.orders, self._workspace)

    @property
    def alerts(self) -> AlertReads:
        """Return the alerts: no page shows them to a viewer."""
        return self._all.alerts

    @property
    def request_counts(self) -> ThrottledReads:
        """Return what waited for a limit in the workspace."""
        return ThrottledOf(self._all.request_counts, self._workspace)

    @property
    def dead_letters(self) -> DeadLetterReads:
        """Return what TikTok refused in the workspace."""
        return LettersSeen(self._all.dead_letters, self._workspace)

    @property
    def resends(self) -> ResendReads:
        """Return the orders to send dead letters again."""
        return ResendsSeen(self._all.resends, self._workspace)

    def after_restore(self) -> AfterRestore:
        """Return what waits for a decision in the workspace since a restore."""
        found = self._all.after_restore()
        return replace(found, awaiting=[it for it in found.awaiting if it.workspace == self._workspace])

    @property
    def issues(self) -> IssueReads:
        """What jobs found out for the checks in the workspace."""
        return IssuesOfWorkspace(self._all.issues, self._workspace)

    @property
    def products(self) -> FeedReads:
        """Return the product feed of the workspace."""
        return FeedsOfWorkspace(self._all.products, self._workspace)

    @property
    def pixel_reads(self) -> PixelReads:
        """Return what is counted of a pixel of the workspace."""
        return PixelReadsOfWorkspace(self._all.pixel_reads, self._workspace)

    @property
    def sightings(self) -> SightingReads:
        """Return what the debugger shows of the workspace."""
        return SightingsOfWorkspace(self._all.sightings, self._workspace)

    def by_event_ids(self, workspaces: Sequence[str], event_id: str) -> list[Story]:
        """Return what is known under an event id in some workspaces."""
        return self._all.by_event_ids([it for it in workspaces if it == self._workspace], event_id)

    def by_order(self, workspaces: Sequence[str], order_id: str) -> list[Story]:
        """Return what follows from an order in the ledger of some workspaces."""
        return self._all.by_order([it for it in workspaces if it == self._workspace], order_id)

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
        self,
        states: Collection[str],
        *,
        limit: int,
        pixel: tuple[str, str] | None = None,
        before_id: int | None = None,
        narrowed: Narrowed = WIDE,
    ) -> Listed:
        """Return the newest conversions in one of some states: the newest of each pixel, merged."""
        if pixel is not None and pixel[0] != self._workspace:
            return Listed([], None)
        places = [pixel] if pixel is not None else sorted(self._places())
        ask = partial(self._all.in_state, states, limit=limit, before_id=before_id, narrowed=narrowed)
        pages = [ask(pixel=place) for place in places]
        # Older than where any of them goes on, something may be missing.
        reached = max((page.next_id for page in pages if page.next_id is not None), default=0)
        sure = [story for page in pages for story in page.stories if story.id >= reached]
        found = nlargest(limit, sure, key=lambda story: story.id)
        return Listed(found, found[-1].id if len(found) < len(sure) else reached or None)

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen and what the delivered ones carried, from a UTC day on."""
        return self._own(self._all.coverage(since_day=since_day))

    def weeks(self) -> list[PixelWeek]:
        """Return the last week of each pixel as a job added it up."""
        return self._own(self._all.weeks())

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


class _TokensOf:
    """See admin.token_record.KnownTokens for the promises; all of it is of one workspace."""

    def __init__(self, known: KnownTokens, workspace: str) -> None:
        self._known = known
        self._workspace = workspace

    def find(self, workspace: str, pixel: str) -> TokenCheck | None:
        """Return what is known of a pixel's token."""
        return self._known.find(workspace, pixel) if workspace == self._workspace else None

    def all(self) -> list[TokenCheck]:
        """Return what is known of all tokens."""
        return [check for check in self._known.all() if check.workspace == self._workspace]


class WithoutMessages:
    """See contract.ReadModel for the promises; of TikTok's answers it tells codes and request ids, never the words."""

    def __init__(self, read_model: ReadModel) -> None:
        self._all = read_model

    @property
    def users(self) -> UserReading:
        """Return the rows of who may sign in."""
        return self._all.users

    @property
    def token_checks(self) -> KnownTokens:
        """TikTok's newest word on the token of each pixel, by its code."""
        return _TokensByCode(self._all.token_checks)

    @property
    def orders(self) -> OrderReads:
        """Return the ledger of orders."""
        return self._all.orders

    def after_restore(self) -> AfterRestore:
        """Return what waits for a decision since a restore."""
        return self._all.after_restore()

    @property
    def issues(self) -> IssueReads:
        """What jobs found out for the checks: numbers, and nobody's words but those of a mute."""
        return self._all.issues

    @property
    def products(self) -> FeedReads:
        """Return the product feeds, without their addresses."""
        return FeedsWithoutAddresses(self._all.products)

    @property
    def sightings(self) -> SightingReads:
        """Return what the debugger shows."""
        return self._all.sightings

    @property
    def accounts(self) -> AccountReads:
        """Return the connected accounts."""
        return self._all.accounts

    @property
    def alerts(self) -> AlertReads:
        """Return the alerts: no page shows them to a viewer."""
        return self._all.alerts

    @property
    def request_counts(self) -> ThrottledReads:
        """Return what waited for a limit."""
        return self._all.request_counts

    @property
    def dead_letters(self) -> DeadLetterReads:
        """Return what TikTok refused, by its codes."""
        return LettersSeen(self._all.dead_letters, tells_words=False)

    @property
    def resends(self) -> ResendReads:
        """Return the orders to send dead letters again."""
        return self._all.resends

    @property
    def pixel_reads(self) -> PixelReads:
        """Return what is counted of a pixel."""
        return self._all.pixel_reads

    def by_event_ids(self, workspaces: Sequence[str], event_id: str) -> list[Story]:
        """Return what is known under an event id in some workspaces."""
        return _without_words(self._all.by_event_ids(workspaces, event_id))

    def by_order(self, workspaces: Sequence[str], order_id: str) -> list[Story]:
        """Return what follows from an order in the ledger of some workspaces."""
        return _without_words(self._all.by_order(workspaces, order_id))

    def by_lookup(self, hashes: Iterable[bytes]) -> list[Story]:
        """Return the conversions that look-up hashes lead to."""
        return _without_words(self._all.by_lookup(hashes))

    def by_id(self, conversion_id: int) -> Story | None:
        """Return one conversion by its number."""
        found = self._all.by_id(conversion_id)
        return None if found is None else _without_words([found])[0]

    def recent(self, *, limit: int) -> list[Story]:
        """Return the newest conversions and tombstones."""
        return _without_words(self._all.recent(limit=limit))

    def in_state(
        self,
        states: Collection[str],
        *,
        limit: int,
        pixel: tuple[str, str] | None = None,
        before_id: int | None = None,
        narrowed: Narrowed = WIDE,
    ) -> Listed:
        """Return the newest conversions in one of some states."""
        found = self._all.in_state(states, limit=limit, pixel=pixel, before_id=before_id, narrowed=narrowed)
        return replace(found, stories=_without_words(found.stories))

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen and what the delivered ones carried, from a UTC day on."""
        return self._all.coverage(since_day=since_day)

    def weeks(self) -> list[PixelWeek]:
        """Return the last week of each pixel as a job added it up."""
        return self._all.weeks()

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """Return all counters from a UTC day on."""
        return self._all.totals(since_day=since_day, by_event=by_event)

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        return self._all.pixels()

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        return self._all.sides_seen()

    def last_answers(self) -> list[LastAnswer]:
        """Return TikTok's newest answer to each pixel, by its code."""
        return [replace(answer, message="") for answer in self._all.last_answers()]


class _TokensByCode:
    """See admin.token_record.KnownTokens for the promises; of TikTok's answers it tells no words."""

    def __init__(self, known: KnownTokens) -> None:
        self._known = known

    def find(self, workspace: str, pixel: str) -> TokenCheck | None:
        """Return what is known of a pixel's token."""
        found = self._known.find(workspace, pixel)
        return None if found is None else replace(found, message="")

    def all(self) -> list[TokenCheck]:
        """Return what is known of all tokens."""
        return [replace(check, message="") for check in self._known.all()]


def _without_words(stories: Iterable[Story]) -> list[Story]:
    return [replace(it, log=[replace(attempt, message="") for attempt in it.log]) for it in stories]
