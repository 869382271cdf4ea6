"""What the pages need: a read model, and a few questions the composition root can answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from msgspec import Struct

from twinbeam.admin.account_contract import AccountApi, AccountReads
from twinbeam.admin.alert_contract import AlertReads
from twinbeam.admin.contract import Administration
from twinbeam.admin.dead_letter_contract import DeadLetterReads, ResendReads
from twinbeam.admin.dead_letters import ResendTerms
from twinbeam.admin.issue_contract import IssueReads
from twinbeam.admin.pixel_facts import ClosedReads
from twinbeam.admin.product_contract import FeedReads
from twinbeam.admin.token_check import TokenTrial, TrialOf, Tried
from twinbeam.admin.token_record import KnownTokens, TokenVerdict
from twinbeam.admin.user_contract import UserReading
from twinbeam.core.accounts import DeveloperApp
from twinbeam.core.clock import Clock
from twinbeam.core.deliveries import SourceDeliveries
from twinbeam.core.fleet import PixelWeek
from twinbeam.core.outgoing import Outgoing
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.restored import AfterRestore
from twinbeam.core.sending_waits import NOTHING_WAITS, SendingWaits
from twinbeam.core.sightings import SightingReads
from twinbeam.core.story import WIDE, Covered, LastAnswer, Listed, Narrowed, PixelRow, SideSeen, Story, Total
from twinbeam.core.users import Vouched
from twinbeam.orders.preview import Preview, PreviewOf, ReadMapping
from twinbeam.orders.reconciliation import OrderReads
from twinbeam.pipeline.accept.client_address import NO_PROXIES, Proxies
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.search import Searched
from twinbeam.web.debugger.masks import NO_WIRE, WireRequests
from twinbeam.web.pixel.contract import PixelReads

T = TypeVar("T")


class ThrottledReads(ClosedReads, Protocol):
    """What waited for a limit on requests to TikTok, and for which pixels it takes none."""

    def throttled(self, day: int) -> Mapping[tuple[str, str], int]:
        """Return how many events of each pixel, by workspace and code, waited for one on a UTC day."""
        ...


class ReadModel(Searched, Protocol):
    """
    The reading side of a store: stories, lists, sums. Synchronous; called on the reader's own thread.

    Every call sees one committed state; two calls may see two. All raise StorageError.
    """

    @property
    def users(self) -> UserReading:
        """Return the rows of who may sign in."""
        ...

    def by_id(self, conversion_id: int) -> Story | None:
        """Return one conversion by its number, with its copies and attempts, or None where there is none."""
        ...

    def recent(self, *, limit: int) -> list[Story]:
        """Return the newest conversions and tombstones, newest first, without copies and attempts."""
        ...

    def in_state(
        self,
        states: Collection[str],
        *,
        limit: int,
        pixel: tuple[str, str] | None = None,
        before_id: int | None = None,
        narrowed: Narrowed = WIDE,
    ) -> Listed:
        """
        Return the newest conversions and tombstones in one of some states, of one pixel (workspace, code) or of all.

        A page is full unless nothing is left, whatever lies between; `next_id` leads on where something is. Ready,
        leased and waiting conversions are listed together or not at all (`core.lifecycle.SENDING`). What is narrowed to
        an event or a side is looked for among a bounded number of conversions: such a page may hold fewer, and
        `next_id` leads on.
        """
        ...

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """
        Return all counters from a UTC day on, added up over the days, from one moment: the accounting law holds.

        They are added up over the events as well unless `by_event`.
        """
        ...

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen and what the delivered ones carried, from a UTC day on."""
        ...

    def weeks(self) -> list[PixelWeek]:
        """Return the last week of each pixel as a job added it up; nothing where there are few pixels."""
        ...

    def pixels(self) -> list[PixelRow]:
        """Return the configured pixels."""
        ...

    def sides_seen(self) -> list[SideSeen]:
        """Return when each side of each pixel last reported each event."""
        ...

    def last_answers(self) -> list[LastAnswer]:
        """Return TikTok's newest answer with a code to each pixel, tests included."""
        ...

    @property
    def token_checks(self) -> KnownTokens:
        """TikTok's newest word on the token of each pixel."""
        ...

    @property
    def accounts(self) -> AccountReads:
        """The connected accounts and what was imported from them."""
        ...

    @property
    def orders(self) -> OrderReads:
        """The orders of the ledger with their purchases."""
        ...

    @property
    def alerts(self) -> AlertReads:
        """Alerts, and what is decided of them."""
        ...

    @property
    def request_counts(self) -> ThrottledReads:
        """What waited for a limit on requests."""
        ...

    @property
    def dead_letters(self) -> DeadLetterReads:
        """What TikTok refused."""
        ...

    @property
    def resends(self) -> ResendReads:
        """Orders to send dead letters again."""
        ...

    @property
    def issues(self) -> IssueReads:
        """What jobs found out for the checks, and since when something is wrong."""
        ...

    def after_restore(self) -> AfterRestore:
        """Return what the newest restore left for its owner to decide; of all workspaces."""
        ...

    @property
    def products(self) -> FeedReads:
        """The product feeds, and which content ids they know."""
        ...

    @property
    def pixel_reads(self) -> PixelReads:
        """What is counted of one pixel."""
        ...

    @property
    def sightings(self) -> SightingReads:
        """What the debugger shows of arrivals."""
        ...


class OnThread(Protocol):
    """Runs a call on a thread of its own, so that the event loop never waits for a disk."""

    async def __call__(self, fn: Callable[[], T], /) -> T:
        """Return what the call returns, and raise what it raises."""
        ...


class JournalLag(Struct, frozen=True):
    """How far the record room is behind one journal."""

    journal: str
    pending: int  #: events accepted and not yet recorded
    oldest_ms: int | None = None  #: when the oldest of them was accepted


class LagView(Struct, frozen=True):
    """How far the record room is behind all journals."""

    lag_seconds: float = 0.0  #: age of the oldest event not yet recorded
    pending: int = 0  #: events accepted and not yet recorded
    journals: tuple[JournalLag, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Connecting:
    """What connecting accounts needs beside the store."""

    api: AccountApi | None = None
    app: DeveloperApp | None = None  #: of the environment
    next_import_ms: Callable[[], int | None] = lambda: None  #: about when the next one begins


NOTHING_TO_CONNECT = Connecting()


#: No answer of TikTok's is taken for a proof that it holds nothing.
NEVER_CERTAIN = ResendTerms(never_taken=frozenset())


class Uploads(Protocol):
    """Where an uploaded product feed is kept until the job reads it."""

    def ask(self) -> None:
        """Have the job look at once."""
        ...

    async def take_upload(self, workspace: str, name: str, pieces: AsyncIterator[bytes]) -> bool:
        """Keep a file; False where it is too large. Raises OSError."""
        ...


class NoUploads:
    """Takes no file."""

    def ask(self) -> None:
        """Do nothing."""

    async def take_upload(self, _workspace: str, _name: str, _pieces: AsyncIterator[bytes]) -> bool:
        """Keep nothing."""
        return False


NO_UPLOADS = NoUploads()


def never() -> bool:
    """Return False: the process is not about to stop."""
    return False


class IdentityProvider(Protocol):
    """Signs people in elsewhere (OpenID Connect). Both raise NotVouched."""

    async def begin(self, *, browser: str, return_to: str) -> str:
        """Return the address to send a browser to; `browser` is what only this one knows."""
        ...

    async def finish(self, query: Mapping[str, str], *, browser: str) -> tuple[Vouched, str]:
        """Return who came back, by the query they came back with, and where they wanted to go."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInTerms:
    """What the operator decided about who may see the pages."""

    public_url: str = "http://127.0.0.1:8701"  #: where people reach the pages; links begin with it
    monitor_token: str = ""  #: what a monitor sends; without it, programs of this machine may ask
    proxies: Proxies = NO_PROXIES
    provider: IdentityProvider | None = None


def nothing_heard() -> Mapping[str, SourceDeliveries]:
    """Return that no source was heard of."""
    return {}


def nothing_rejected() -> Sequence[RejectedEvent]:
    """Return that nothing was rejected on arrival."""
    return ()


def nothing_outgoing(_conversion: int) -> Outgoing | None:
    """Return that the content of no conversion can be opened."""
    return None


def nothing_waits() -> SendingWaits:
    """Return that nothing keeps what is to be sent."""
    return NOTHING_WAITS


def none_rejected() -> Mapping[str, Mapping[str, int]]:
    """Return that no event was rejected, by pixel."""
    return {}


def no_mapping(_text: str) -> str:
    """Return that no mapping can be read."""
    return "Mappings are not read here."


def no_preview(_mapping: str, _body: bytes, _now_ms: int) -> Preview:
    """Return that nothing can be previewed."""
    return Preview(problem="There is no preview here.")


def unheard(_why: str) -> None:
    """Tell nobody."""


async def nobody_to_ask(_of: TrialOf, _token: str) -> Tried:
    """Return that a token was not tried."""
    return Tried(TokenVerdict.UNREACHABLE, message="nobody is asked")


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteContext:
    """
    What the routes share.

    `pending` tells whether an event id lies in a journal but is not yet recorded; `ready` gives reasons why not;
    `metrics` gives a body and its content type; `access_codes` are those with which TikTok refuses a token.
    `trial` asks TikTok about a token. `tag_path` and `intake_url` are where pages and servers reach the intake.
    `heard` tells what came to the addresses of sources, by their names; `rejected_counts` how many events of
    `<day>/<code>` were rejected on arrival, by the `directory.place` of a pixel; `preview` reads a sample by a mapping
    and `read_mapping` the mapping alone.
    `sign_in_failed` hears why a try to sign in failed: `password`, `link`, `provider` or `too_many`.
    `closing` ends the live streams, which would hold up a stop. `uploads` keeps files until a job
    reads them. `rejected` are samples of what was rejected on arrival, the newest first; `outgoing` opens the content
    of a conversion, on the store's thread, and `wire` puts requests together. `sending_waits` tells, on the event
    loop's thread, what keeps requests to TikTok just now. `alert_networks` are the private networks that alerts may be
    sent to.
    What a page changes, it changes by `administration` on the writer's thread: see `acting.py`.
    """

    read_model: ReadModel
    on_reader: OnThread
    administration: Administration
    on_store: OnThread
    directory: Callable[[], Directory]
    clock: Clock
    lag: Callable[[], LagView]
    pending: Callable[[str, str], Awaitable[bool]]
    metrics: Callable[[], tuple[bytes, str]]
    ready: Callable[[], list[str]]
    access_codes: Collection[int]
    terms: SignInTerms
    closing: Callable[[], bool] = never
    trial: TokenTrial = nobody_to_ask
    tag_path: str = "/t"
    intake_url: str = "http://127.0.0.1:8700"
    connecting: Connecting = NOTHING_TO_CONNECT
    heard: Callable[[], Mapping[str, SourceDeliveries]] = nothing_heard
    rejected_counts: Callable[[], Mapping[str, Mapping[str, int]]] = none_rejected
    preview: PreviewOf = no_preview
    read_mapping: ReadMapping = no_mapping
    sign_in_failed: Callable[[str], None] = unheard
    resend_terms: ResendTerms = NEVER_CERTAIN
    uploads: Uploads = NO_UPLOADS
    rejected: Callable[[], Sequence[RejectedEvent]] = nothing_rejected
    outgoing: Callable[[int], Outgoing | None] = nothing_outgoing
    wire: WireRequests = NO_WIRE
    sending_waits: Callable[[], SendingWaits] = nothing_waits
    alert_networks: Sequence[str] = ()
