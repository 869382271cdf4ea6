"""What connecting accounts and importing from them needs: of a store, and of TikTok."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from twinbeam.core.accounts import (
    AccountToken,
    AccountTrouble,
    Advertiser,
    AdvertiserSeen,
    ConnectedAccount,
    DeveloperApp,
    EventStat,
    Granted,
    ImportedPixel,
    ImportRun,
    PixelProfile,
    WeekStat,
)

T = TypeVar("T")


class BegunConnection(Struct, frozen=True):
    """What was begun, by the hash of what TikTok has to bring back."""

    hash: bytes
    holder: bytes  #: hash of the session that began it
    workspace: str
    reconnects: str  #: the connection that it is to renew; empty for a new one
    made_ms: int
    used_ms: int | None = None


class AccountReads(Protocol):
    """What pages and commands show of connected accounts. Synchronous; each call sees one committed state."""

    def app_id(self) -> str:
        """Return the id of the app that was saved here; "" where none was."""
        ...

    def connections(self) -> list[ConnectedAccount]:
        """Return all connections, the oldest first."""
        ...

    def advertisers(self, connection: str) -> list[Advertiser]:
        """Return the ad accounts of a connection, by their names."""
        ...

    def undone(self, connection: str, run: int) -> list[str]:
        """Return the chosen ad accounts that an import has not done yet."""
        ...

    def imported_pixels(self, connection: str, advertiser: str | None = None) -> list[ImportedPixel]:
        """Return the pixels of a connection, or of one of its ad accounts, by their codes."""
        ...

    def stats(self, connection: str, *, since_day: int) -> list[EventStat]:
        """Return the counts of a connection's pixels from a UTC day on."""
        ...

    def week_stats(self, connection: str, *, since_day: int) -> list[WeekStat]:
        """Return the same, added up over the days."""
        ...

    def run(self, connection: str) -> ImportRun | None:
        """Return the newest import of a connection."""
        ...

    def all_profiles(self) -> dict[tuple[str, str], PixelProfile]:
        """Return what is said of all pixels, by workspace and code."""
        ...

    def profiles(self, workspace: str) -> dict[str, PixelProfile]:
        """Return what is said of the pixels of a workspace, by their codes."""
        ...


class AccountStore(AccountReads, Protocol):
    """
    The part of a store that knows connected accounts. Synchronous; raises StorageError.

    It changes what it is told and nothing else; each change is durable when its call returns, or when the transaction
    it stands in does.
    """

    def app(self) -> DeveloperApp | None:
        """Return the app that was saved here; raises StorageDamaged where its secret cannot be opened."""
        ...

    def save_app(self, app: DeveloperApp, *, now_ms: int) -> None:
        """Keep the app, its secret sealed, instead of the one before."""
        ...

    def forget_app(self) -> None:
        """Forget the app that was saved here."""
        ...

    def begin(self, begun: BegunConnection, *, forget_before_ms: int) -> None:
        """Keep what TikTok has to bring back, and forget what was begun before a moment."""
        ...

    def begun(self, hash_: bytes) -> BegunConnection | None:
        """Return what was begun by its hash, used or not."""
        ...

    def use(self, hash_: bytes, *, now_ms: int) -> bool:
        """Note that a begun connection was taken up; False if it was before."""
        ...

    def save_connection(self, connection: ConnectedAccount, app: DeveloperApp, token: str) -> None:
        """Keep a connection with its secrets, sealed, instead of what was kept under its id."""
        ...

    def change_connection(self, id_: str, **values: Any) -> None:
        """Change fields of a connection."""
        ...

    def forget_secrets(self, id_: str) -> None:
        """Forget the token of a connection and the secret of its app."""
        ...

    def credentials(self, id_: str) -> tuple[DeveloperApp, str] | None:
        """Open the app and the token of a connection; None where they are gone or cannot be opened."""
        ...

    def save_advertisers(self, advertisers: Iterable[Advertiser]) -> None:
        """Add ad accounts, or change what is known of them."""
        ...

    def mark_done(self, connection: str, advertiser: str, run: int) -> None:
        """Note that an import has done an ad account, whatever came of it."""
        ...

    def save_imported(self, pixels: Iterable[ImportedPixel]) -> None:
        """Add pixels, or change what is known of them."""
        ...

    def save_stats(self, connection: str, pixel_ids: Sequence[str], day: int, stats: Iterable[EventStat]) -> None:
        """Keep the counts of pixels on a day, instead of those that were read before."""
        ...

    def forget_stats(self, *, before_day: int) -> None:
        """Remove counts of days before one."""
        ...

    def save_run(self, run: ImportRun) -> None:
        """Keep the newest import of a connection."""
        ...

    def save_profile(self, workspace: str, code: str, profile: PixelProfile) -> None:
        """Keep what is said of a pixel."""
        ...

    def pixel_tokens(self) -> dict[tuple[str, str], AccountToken]:
        """Return, by workspace and code, the token of the account that a pixel came from, where it is usable."""
        ...

    def is_asked(self) -> bool:
        """Return whether an import was asked for that has not begun."""
        ...


class AccountApi(Protocol):
    """What connecting and disconnecting asks of TikTok; each call returns what came, or the AccountTrouble."""

    def consent_url(self, app_id: str, state: str, redirect_uri: str) -> str:
        """Return the address at which an advertiser gives an app access."""
        ...

    async def exchange(self, app: DeveloperApp, auth_code: str) -> Granted | AccountTrouble:
        """Exchange a code, which is good once, for a token."""
        ...

    async def advertisers(self, app: DeveloperApp, token: str) -> tuple[AdvertiserSeen, ...] | AccountTrouble:
        """List the ad accounts that a token covers."""
        ...

    async def revoke(self, app: DeveloperApp, token: str) -> AccountTrouble | None:
        """Make a token useless."""
        ...

    async def subscribe_to_status(self, app: DeveloperApp, token: str, address: str) -> str | AccountTrouble:
        """Let TikTok post its outages of the Events API to an address; return the subscription's id."""
        ...


class Doing(Protocol):
    """Runs a function of this room in the name of whoever asks, where the store may be written."""

    async def __call__(self, do: "Callable[[Any], T]", /) -> T:
        """Return what it returns, raise what it raises."""
        ...
