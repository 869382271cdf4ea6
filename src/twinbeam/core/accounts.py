"""
Connected accounts of TikTok and what is imported from them, as values.

A connection is what an advertiser gave to the app of this installation: a token for some of their ad accounts. Whatever
can go wrong with one is a value from a closed set, with its sentence.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from msgspec import Struct

Relation = Literal["", "SHARED", "TRANSFERRED", "UNBOUND"]
"""How a pixel belongs to an advertiser beside being theirs (tiktok.md 12.2)."""


class AccountProblem(StrEnum):
    """What can keep an account from being connected or read."""

    CONSENT_REFUSED = "consent_refused"
    CODE_USED = "code_used"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 -- the name of a state
    APP_FORBIDDEN = "app_forbidden"
    NO_PERMISSION = "no_permission"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    TIKTOK_TROUBLE = "tiktok_trouble"
    MALFORMED = "malformed"
    NOT_UNDERSTOOD = "not_understood"
    UNREADABLE = "unreadable"

    @property
    def sentence(self) -> str:
        """What happened, and what to do."""
        return PROBLEMS[self]

    @property
    def ends_connection(self) -> bool:
        """Return whether nothing can be read by this token until a person has mended it."""
        return self in (AccountProblem.TOKEN_REVOKED, AccountProblem.APP_FORBIDDEN, AccountProblem.UNREADABLE)

    @property
    def passes(self) -> bool:
        """Return whether it mends itself, and the same question may be asked again."""
        return self in (AccountProblem.RATE_LIMITED, AccountProblem.UNREACHABLE, AccountProblem.TIKTOK_TROUBLE)


PROBLEMS: dict[AccountProblem, str] = {
    AccountProblem.CONSENT_REFUSED: "The access was refused on TikTok's page. Connect again and confirm it there.",
    AccountProblem.CODE_USED: "TikTok says that its code was used already or is older than an hour. Connect again.",
    AccountProblem.TOKEN_REVOKED: "TikTok no longer accepts this account's token. Reconnect the account.",
    AccountProblem.APP_FORBIDDEN: (
        "TikTok does not let this app in. Check the app's id, secret and status in TikTok's developer portal, then "
        "reconnect."
    ),
    AccountProblem.NO_PERMISSION: (
        "TikTok gives no access to this ad account. The person who connects must be its admin or operator."
    ),
    AccountProblem.RATE_LIMITED: "TikTok asks for fewer requests. The import goes on by itself later.",
    AccountProblem.UNREACHABLE: (
        "TikTok could not be reached. The import tries again by itself. If this stays, check the network."
    ),
    AccountProblem.TIKTOK_TROUBLE: "TikTok has trouble of its own. The import tries again by itself.",
    AccountProblem.MALFORMED: "TikTok's answer could not be read. The import tries again; what was read before stays.",
    AccountProblem.NOT_UNDERSTOOD: "TikTok gave an answer that is not known here. What was read before stays.",
    AccountProblem.UNREADABLE: (
        "The saved token cannot be decrypted. Put back the backup of the key file, or reconnect the account."
    ),
}


class AccountTrouble(Struct, frozen=True):
    """What kept a call to TikTok from its answer."""

    problem: AccountProblem
    detail: str = ""  #: TikTok's own message with its code, or what the network said; never a token
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        return f"{self.problem.sentence} ({self.detail})" if self.detail else self.problem.sentence


class DeveloperApp(Struct, frozen=True):
    """The app in TikTok's developer portal that advertisers give access to."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"DeveloperApp({self.id!r})"


class Granted(Struct, frozen=True):
    """What TikTok gave for a code."""

    token: str
    advertiser_ids: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Granted({self.advertiser_ids!r})"


class AdvertiserSeen(Struct, frozen=True):
    """An ad account as TikTok lists it."""

    id: str
    name: str = ""


class PixelSeen(Struct, frozen=True):
    """A pixel as TikTok lists it for an ad account (tiktok.md 12.2)."""

    code: str
    pixel_id: str = ""
    name: str = ""
    created: str = ""  #: as TikTok writes it, UTC
    activity: str = ""  #: such as ACTIVE
    setup_mode: str = ""
    partner: str = ""
    first_party_cookies: bool | None = None
    expanded_data_sharing: bool | None = None
    advanced_matching: tuple[str, ...] = ()
    automatic_advanced_matching: tuple[str, ...] = ()
    relation: str = ""
    owned: bool | None = None
    owner_bc_id: str = ""
    events: tuple[str, ...] = ()
    selectable: tuple[str, ...] | None = None  #: of those, what a campaign may optimise for; None: TikTok did not say


class PixelPage(Struct, frozen=True):
    """One page of an ad account's pixels."""

    pixels: tuple[PixelSeen, ...]
    total_pages: int | None = None  #: None: TikTok did not say
    unreadable: int = 0  #: entries without a code


class StatSeen(Struct, frozen=True):
    """How often TikTok says an event came in on the days asked for, before deduplication."""

    pixel_id: str
    event: str  #: its canonical name, or a custom one's own
    browser: int = 0
    server: int = 0
    total: int = 0


class ConnectedAccount(Struct, frozen=True):
    """A connected account; its token and its app's secret are never shown."""

    id: str
    workspace: str
    app_id: str
    scopes: tuple[str, ...]
    who: str  #: who connected it
    connected_ms: int
    state: Literal["connected", "broken", "disconnected"]
    problem: str = ""  #: why it is broken
    detail: str = ""
    trouble_since_ms: int | None = None
    asked_ms: int | None = None  #: when an import was asked for that has not begun yet


class Advertiser(Struct, frozen=True):
    """An ad account of a connection."""

    connection: str
    id: str
    name: str
    chosen: bool
    first_seen_ms: int
    last_seen_ms: int
    gone_since_ms: int | None = None  #: since when the token no longer covers it
    problem: str = ""  #: what kept its last import from succeeding
    detail: str = ""
    trouble_since_ms: int | None = None
    imported_ms: int | None = None  #: when its pixels were last read to the end
    stats_day: int | None = None  #: the newest UTC day whose statistics were read


class ImportedPixel(Struct, frozen=True):
    """A pixel of an ad account as it was last seen."""

    connection: str
    advertiser: str
    seen: PixelSeen
    first_seen_ms: int
    last_seen_ms: int
    vanished_since_ms: int | None = None  #: since when TikTok does not list it any more


class EventStat(Struct, frozen=True):
    """TikTok's own count of an event of a pixel on a UTC day, before deduplication."""

    connection: str
    pixel_id: str
    event: str
    day: int
    browser: int
    server: int
    total: int
    read_ms: int


class WeekStat(Struct, frozen=True):
    """TikTok's own counts of an event of a pixel, added up over days."""

    pixel_id: str
    event: str
    browser: int
    server: int
    read_ms: int  #: when the newest of them was read


class ImportRun(Struct, frozen=True):
    """One import of a connection: how far it is, or how it ended."""

    id: int
    connection: str
    started_ms: int
    total: int  #: ad accounts to read
    done: int = 0
    ended_ms: int | None = None
    problem: str = ""
    detail: str = ""
    added: int = 0
    changed: int = 0
    vanished: int = 0


class PixelProfile(Struct, frozen=True):
    """Whose a pixel is, in an agency's words."""

    client: str = ""
    brand: str = ""
    domain: str = ""
    market: str = ""
    owner: str = ""  #: who looks after it


class AccountToken(Struct, frozen=True):
    """The token of an account, for a pixel that has none of its own."""

    token: str
    saved_ms: int
    connection: str

    def __repr__(self) -> str:
        return f"AccountToken({self.connection!r})"


def account_name(connection: ConnectedAccount, advertisers: Iterable[Advertiser]) -> str:
    """
    Return what people call a connection: its ad account's name, with how many others are chosen.

    The oldest chosen one gives the name, so that it stays when others come. TikTok gives a connection no name.
    """
    known = sorted(advertisers, key=lambda each: (not each.chosen, each.first_seen_ms, each.id))
    if not known:
        return f"no ad account ({connection.id})"
    others = sum(each.chosen for each in known[1:])
    return f"{known[0].name or known[0].id}{f' and {others} more' if others else ''}"


def words_for(problem: str) -> str:
    """Return the sentence for a problem as it is stored; "" for none or one that a later release wrote."""
    return AccountProblem(problem).sentence if problem in list(AccountProblem) else ""
