"""What the functions of this room need: a store to work on, who asks, and a clock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from twinbeam.admin.account_contract import AccountStore
from twinbeam.admin.alert_contract import AlertStore
from twinbeam.admin.dead_letter_contract import DeadLetterReads, ResendLog
from twinbeam.admin.issue_contract import IssueStore
from twinbeam.admin.product_contract import FeedStore
from twinbeam.admin.token_record import TokenChecks
from twinbeam.admin.user_contract import UserTable
from twinbeam.core.clock import Clock
from twinbeam.core.erasure import Erasure, Person, Receipt
from twinbeam.core.restored import Awaiting, Decision
from twinbeam.core.rules import PixelRules, Route, SourceRules, WorkspaceRules
from twinbeam.core.story import Change, Flow, KeyRow, PixelRow, SourceRow, Story
from twinbeam.core.values import Facts
from twinbeam.orders.ledger import OrderRow
from twinbeam.orders.reconciliation import KnownOrder, OrderReads
from twinbeam.orders.requests import RequestLedger
from twinbeam.pipeline.record.conversion import Copy
from twinbeam.pipeline.send.contract import RequestCounts


class Actor(Struct, frozen=True):
    """Who asks, as the audit names them: an account of the machine, or a user who signed in."""

    name: str


class StoredConversion(Struct, frozen=True):
    """One conversion of a person: its story, and the copies that are still kept."""

    story: Story
    copies: list[Copy]


class SubjectData(Struct, frozen=True):
    """All that is stored about a person: what an erasure at that moment would reach."""

    conversions: list[StoredConversion]
    visits: list[Facts]  #: what is still kept of each: click and browser keys, page, consent


class Reused(Struct, frozen=True):
    """A conversion that is held because its order's number was used before."""

    id: int
    event_id: str


class FlowTable(Protocol):
    """Which pixels are paused or drained; pixels tell it."""

    def save(self, workspace: str, code: str, flow: Flow | None) -> None:
        """Pause or drain a pixel; None lets it go on."""
        ...


class Administration(Protocol):
    """
    The part of a store that an owner sets up and asks, beside a running writer. Synchronous; raises StorageError.

    It changes what it is told and nothing else: who may, what it means and what the audit says of it is decided here.
    Each change is durable when its call returns, or when the transaction it stands in does.
    """

    @property
    def token_checks(self) -> TokenChecks:
        """TikTok's newest word on the token of each pixel."""
        ...

    @property
    def issues(self) -> IssueStore:
        """Since when something is wrong with a pixel, and what is muted."""
        ...

    @property
    def products(self) -> FeedStore:
        """The product feeds."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """The connected accounts and what was imported from them."""
        ...

    @property
    def users(self) -> UserTable:
        """Return the rows of who may sign in to the pages."""
        ...

    def workspaces(self) -> dict[str, WorkspaceRules]:
        """Return what was decided about each workspace, by its name; nothing may have been about the first one."""
        ...

    def shops(self, workspace: str) -> list[str]:
        """Return the names of a workspace's shops, its first one first."""
        ...

    def all_shops(self, workspace: str) -> list[str]:
        """Return the shops that a workspace has or had, as ids bear their names: the first one's is empty."""
        ...

    def pixels(self) -> list[PixelRow]:
        """Return the pixels and event sets of all workspaces."""
        ...

    def access_keys(self) -> list[KeyRow]:
        """Return the keys of all workspaces, revoked ones too."""
        ...

    def signed_sources(self) -> list[SourceRow]:
        """Return the sources of all workspaces, by their names; their secrets are sealed."""
        ...

    def unsent_of(self, workspace: str, code: str) -> tuple[int, int]:
        """Return how many conversions are held, and how many wait to be sent, for a pixel."""
        ...

    def changes(self, *, limit: int) -> list[Change]:
        """Return the latest lines of the audit, newest first."""
        ...

    def stories_of(self, workspace: str, *, since_ms: int = 0) -> Iterator[list[Story]]:
        """Return the stories of a workspace page by page, the oldest first."""
        ...

    def stored_about(self, person: Person) -> SubjectData:
        """Return all that is stored about a person."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all that is changed inside together, durably, or nothing; what is read inside is of one moment."""
        ...

    def add_changes(self, changes: Iterable[Change]) -> None:
        """Add lines to the audit."""
        ...

    def save_workspace(self, name: str, rules: WorkspaceRules) -> None:
        """Add a workspace, or change its rules."""
        ...

    def add_shop(self, workspace: str, name: str, *, now_ms: int) -> None:
        """Add a shop; one that was removed goes on under the ids it had."""
        ...

    def remove_shop(self, workspace: str, name: str, *, now_ms: int) -> None:
        """Take a shop from the list; what it reported stays, and is found as before."""
        ...

    def save_pixel(
        self, *, workspace: str, code: str, event_source: str, name: str, now_ms: int, rules: PixelRules = ...
    ) -> None:
        """Add a pixel or event set, or change its name and rules."""
        ...

    def save_token(self, *, workspace: str, code: str, token: str, now_ms: int) -> None:
        """Keep the access token of a pixel that is there, sealed."""
        ...

    def remove_pixel(self, *, workspace: str, code: str, now_ms: int) -> None:
        """Take a pixel and its token away; the writer ends what waits for it."""
        ...

    def stop_pixel(self, *, workspace: str, code: str, why: str, who: str, now_ms: int) -> None:
        """Let nothing be sent to a pixel that is there until it is started; one that is stopped stays as it was."""
        ...

    def start_pixel(self, *, workspace: str, code: str) -> None:
        """Let what waits for a stopped pixel be sent, and all that comes."""
        ...

    @property
    def request_counts(self) -> RequestCounts:
        """Requests to TikTok, counted for all processes."""
        ...

    @property
    def flows(self) -> FlowTable:
        """Which pixels are paused or drained."""
        ...

    @property
    def person_requests(self) -> RequestLedger:
        """What shop systems pass on of persons' rights."""
        ...

    @property
    def alerts(self) -> AlertStore:
        """Alerts, with what is decided of them and what is to be told."""
        ...

    @property
    def dead_letters(self) -> DeadLetterReads:
        """What TikTok refused."""
        ...

    @property
    def resends(self) -> ResendLog:
        """Orders to send dead letters again."""
        ...

    @property
    def orders(self) -> "ImportLedger":
        """The ledger of orders, and how far files were imported into it."""
        ...

    def add_key(self, key: KeyRow) -> None:
        """Keep a new key's hash and what it may do."""
        ...

    def save_routes(self, key_id: str, routes: Sequence[Route]) -> None:
        """Change where the events of a key go."""
        ...

    def revoke_key(self, key_id: str, now_ms: int) -> None:
        """Make a key invalid; one that was revoked before stays as it was."""
        ...

    def add_source(self, source: SourceRow, secret: bytes) -> None:
        """Keep a new source, its secret sealed."""
        ...

    def save_source_routes(self, name: str, routes: Sequence[Route]) -> None:
        """Change where the events of a source go."""
        ...

    def save_source_rules(self, name: str, dialect: str, rules: SourceRules) -> None:
        """Change what was decided about the orders of a source."""
        ...

    def rotate_source(self, name: str, secret: bytes, *, now_ms: int) -> None:
        """Let a new secret count beside the newest one."""
        ...

    def retire_secret(self, name: str) -> None:
        """Let the newest secret of a source alone count."""
        ...

    def remove_source(self, name: str) -> None:
        """Take a source away."""
        ...

    def ask_release(self, *, workspace: str, order_id: str, now_ms: int) -> list[Reused]:
        """Ask the writer to let go what is held because this order's number was used before; return what that is."""
        ...

    def awaiting_decision(self) -> list[Awaiting]:
        """Return how much is held because it came back with an old backup."""
        ...

    def decide_restored(self, decision: Decision, now_ms: int) -> None:
        """Ask the writer to send, or to end unsent, what is held because it came back with an old backup."""
        ...

    def ask_erasure(self, request: Erasure) -> None:
        """Note a request for erasure, which the writer carries out."""
        ...

    def erasures(self) -> set[str]:
        """Name all requests for erasure that are known."""
        ...

    def erasure(self, id_: str) -> Receipt | None:
        """Return the receipt of a request, or None while it is not carried out."""
        ...


class FileProgress(Struct, frozen=True):
    """How far a file was imported."""

    done: int = 0  #: records
    shift_ms: int = 0  #: by which its dates are moved


class ImportLedger(OrderReads, Protocol):
    """The part of a store that tells of orders, and knows how far files were imported."""

    def imported(self, digest: str) -> FileProgress:
        """Return how far a file was imported."""
        ...

    def note_import(self, digest: str, progress: FileProgress, now_ms: int) -> None:
        """Note how far a file is imported by now."""
        ...

    def numbered(self, workspace: str, shop: str, order_ids: Sequence[str]) -> list[KnownOrder]:
        """Return the orders of a shop with these numbers, a few hundred at most."""
        ...

    def orders_of(self, workspace: str, *, after: int = 0, limit: int = 1_000) -> list[OrderRow]:
        """Return a page of the orders of a workspace, by their ids."""
        ...


class Erasures(Protocol):
    """What an erasure needs beside the store: the journals, a log outside of it, and whoever carries it out."""

    def positions(self) -> Mapping[str, int]:
        """Return how far each journal is written; raises StorageError."""
        ...

    def remember(self, request: Erasure) -> None:
        """Write a request down outside the store, so that it outlives an older backup; raises OSError."""
        ...

    def carried_out(self, request_id: str) -> Receipt | None:
        """Wait until a request is carried out and return its receipt, or None when that takes too long."""
        ...


class Admin(Struct, frozen=True):
    """What every function here begins with: the store it works on, who asks, and what time it is."""

    store: Administration
    actor: Actor
    clock: Clock
