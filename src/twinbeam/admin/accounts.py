"""Accounts of TikTok: connected by an advertiser's consent, their ad accounts chosen, renewed, and ended."""

import secrets
from collections.abc import Collection, Sequence
from functools import partial
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.account_contract import AccountApi, AccountReads, BegunConnection, Doing
from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.developer_app import known_app
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.accounts import (
    AccountProblem,
    AccountTrouble,
    Advertiser,
    AdvertiserSeen,
    ConnectedAccount,
    DeveloperApp,
    Granted,
    ImportRun,
    account_name,
)

STATE_MINUTES = 10  #: an advertiser needs a login and a look at the list
_MS_PER_MINUTE = 60_000
_STATES_KEPT_MINUTES = 60  #: for longer than they are good, so that a late one is told why
_AGAIN = "Begin again at /connect/tiktok."


class Returned(Struct, frozen=True):
    """What TikTok's consent page sent back by the advertiser's browser."""

    state: str
    auth_code: str = ""
    error: str = ""


class Account(Struct, frozen=True):
    """A connection with its ad accounts and its newest import."""

    connection: ConnectedAccount
    advertisers: list[Advertiser]
    run: ImportRun | None

    @property
    def name(self) -> str:
        """What people call it."""
        return account_name(self.connection, self.advertisers)

    @property
    def chosen(self) -> list[Advertiser]:
        """The ad accounts whose pixels are imported."""
        return [each for each in self.advertisers if each.chosen]

    @property
    def in_trouble(self) -> list[Advertiser]:
        """The chosen ad accounts whose last import failed."""
        return [each for each in self.chosen if each.problem]


def begin(admin: Admin, workspace: str, holder: str, *, reconnects: str = "") -> str:
    """
    Begin a connection and return the state that TikTok has to bring back to the same session within 10 minutes.

    `holder` names the session, by something that only it knows. Raises AdminError.
    """
    if reconnects:
        workspace = known(admin, reconnects).workspace
    known_workspace(admin, workspace)
    state, now_ms = secrets.token_urlsafe(32), admin.clock.now_ms()
    begun = BegunConnection(_hash(state), _hash(holder), workspace, reconnects, now_ms)
    admin.store.accounts.begin(begun, forget_before_ms=now_ms - _STATES_KEPT_MINUTES * _MS_PER_MINUTE)
    return state


def take_up(admin: Admin, state: str, holder: str) -> BegunConnection:
    """Return what was begun under a state, which is good once and for its own session; raises Invalid or Conflict."""
    begun = admin.store.accounts.begun(_hash(state))
    if begun is None:
        raise Invalid(f"This answer does not belong to a connection that was begun here. {_AGAIN}")
    if not secrets.compare_digest(begun.holder, _hash(holder)):
        raise Invalid(
            "This connection was begun in another browser or session, or on the command line. Finish it there, or "
            "begin again here at /connect/tiktok."
        )
    if admin.clock.now_ms() - begun.made_ms > STATE_MINUTES * _MS_PER_MINUTE:
        raise Invalid(f"This connection was begun more than {STATE_MINUTES} minutes ago. {_AGAIN}")
    if not admin.store.accounts.use(begun.hash, now_ms=admin.clock.now_ms()):
        raise Conflict(f"This answer was used already; the account may be connected. Look at /accounts, or {_AGAIN}")
    return begun


async def finish(
    do: Doing, api: AccountApi, returned: Returned, holder: str, configured: DeveloperApp | None
) -> ConnectedAccount | AccountTrouble:
    """Exchange what came back for a token and keep the connection, or return why there is none; raises AdminError."""
    begun: BegunConnection = await do(partial(take_up, state=returned.state, holder=holder))
    app: DeveloperApp = await do(partial(known_app, configured=configured))
    if returned.error or not returned.auth_code:
        return AccountTrouble(AccountProblem.CONSENT_REFUSED)
    granted = await api.exchange(app, returned.auth_code)
    if isinstance(granted, AccountTrouble):
        return granted
    listed = await api.advertisers(app, granted.token)
    seen = tuple(map(AdvertiserSeen, granted.advertiser_ids)) if isinstance(listed, AccountTrouble) else listed
    return await do(partial(connect, begun=begun, app=app, granted=granted, seen=seen))


def connect(
    admin: Admin, begun: BegunConnection, app: DeveloperApp, granted: Granted, seen: Sequence[AdvertiserSeen]
) -> ConnectedAccount:
    """Keep a connection with its secrets, sealed; one that is renewed keeps its id and what was chosen."""
    id_ = begun.reconnects or secrets.token_hex(6)
    with changing(admin) as audit:
        connection = ConnectedAccount(
            id_, begun.workspace, app.id, granted.scopes, admin.actor.name, audit.at_ms, state="connected"
        )
        admin.store.accounts.save_connection(connection, app, granted.token)
        audit.tell(what(id_), "connected" if begun.reconnects else "", f"connected to {begun.workspace}")
        chosen = note_advertisers(admin, id_, seen, audit)
        if chosen:
            admin.store.accounts.change_connection(id_, asked_ms=audit.at_ms)
    return connection


def note_advertisers(admin: Admin, connection: str, seen: Sequence[AdvertiserSeen], audit: Lines) -> int:
    """Keep which ad accounts a token covers, tell what differs, and return how many are chosen; call in `changing`."""
    known_ones = {each.id: each for each in admin.store.accounts.advertisers(connection)}
    now_ms, listed = audit.at_ms, {each.id: each for each in seen}
    rows = [_advertiser(connection, each, known_ones.get(each.id), now_ms) for each in listed.values()]
    for id_, before in known_ones.items():
        if id_ not in listed and before.gone_since_ms is None:
            rows.append(replace(before, gone_since_ms=now_ms))
            audit.tell(f"{what(connection)} advertiser {id_}", "covered", "no longer covered")
    for row in rows:
        before_ = known_ones.get(row.id)
        if before_ and before_.gone_since_ms is not None and row.gone_since_ms is None:
            audit.tell(f"{what(connection)} advertiser {row.id}", "no longer covered", "covered")
    admin.store.accounts.save_advertisers(rows)
    return sum(row.chosen for row in rows)


def choose(admin: Admin, connection: str, ids: Collection[str]) -> Account:
    """Choose the ad accounts whose pixels are imported, and ask for an import; raises AdminError."""
    with changing(admin) as audit:
        _usable(admin, connection)
        advertisers = admin.store.accounts.advertisers(connection)
        if unknown := sorted(set(ids) - {each.id for each in advertisers}):
            raise Invalid(f"This account has no ad account {unknown[0][:40]}; see: twinbeam accounts show {connection}")
        changed = [each for each in advertisers if each.chosen != (each.id in ids)]
        admin.store.accounts.save_advertisers([replace(each, chosen=each.id in ids) for each in changed])
        admin.store.accounts.change_connection(connection, asked_ms=audit.at_ms)
        before, after = sum(each.chosen for each in advertisers), len(set(ids))
        audit.tell(f"{what(connection)} chosen", f"{before} ad accounts", f"{after} ad accounts")
    return account(admin, connection)


def import_now(admin: Admin, connection: str) -> None:
    """Ask for an import, which a running gateway begins within seconds; raises AdminError."""
    with changing(admin) as audit:
        _usable(admin, connection)
        if not any(each.chosen for each in admin.store.accounts.advertisers(connection)):
            raise Conflict("No ad account is chosen yet, so there is nothing to import. Choose one first.")
        admin.store.accounts.change_connection(connection, asked_ms=audit.at_ms)
        audit.tell(f"{what(connection)} import", "", "asked for")


async def disconnect(do: Doing, api: AccountApi, connection: str) -> AccountTrouble | None:
    """Revoke a connection's token at TikTok and forget it; a AccountTrouble says that TikTok could not be told."""
    credentials = await do(partial(_credentials, connection=connection))
    trouble = AccountTrouble(AccountProblem.UNREADABLE) if credentials is None else await api.revoke(*credentials)
    await do(partial(forget, connection=connection))
    return None if trouble is not None and trouble.problem is AccountProblem.TOKEN_REVOKED else trouble


async def subscribe_to_status(do: Doing, api: AccountApi, connection: str, address: str) -> str | AccountTrouble:
    """
    Let TikTok post its outages to an address, which holds a secret; return the subscription's id or the trouble.

    Raises NotFound, and Conflict where the account has no token any more.
    """
    await do(partial(_usable, connection=connection))
    credentials = await do(partial(_credentials, connection=connection))
    if credentials is None:
        return AccountTrouble(AccountProblem.UNREADABLE)
    made = await api.subscribe_to_status(*credentials, address)
    if isinstance(made, str):
        await do(partial(_tell_subscribed, connection=connection, subscription=made))
    return made


def _tell_subscribed(admin: Admin, connection: str, subscription: str) -> None:
    with changing(admin) as audit:
        audit.tell(f"{what(connection)} status subscription", "", subscription)


def forget(admin: Admin, connection: str) -> None:
    """Forget a connection's token and its app's secret; what was imported stays. Raises NotFound."""
    with changing(admin) as audit:
        before = known(admin, connection)
        admin.store.accounts.forget_secrets(connection)
        admin.store.accounts.change_connection(connection, state="disconnected", asked_ms=None)
        audit.tell(what(connection), before.state, "disconnected")


def known(admin: Admin, connection: str) -> ConnectedAccount:
    """Return a connection; raises NotFound."""
    return account_in(admin.store.accounts, connection).connection


def account(admin: Admin, connection: str) -> Account:
    """Return a connection with its ad accounts and its newest import; raises NotFound."""
    return account_in(admin.store.accounts, connection)


def account_in(reads: AccountReads, connection: str) -> Account:
    """Return a connection with its ad accounts and its newest import; raises NotFound."""
    found = {each.id: each for each in reads.connections()}.get(connection)
    if found is None:
        raise NotFound(f"There is no account {connection[:40]}; see: twinbeam accounts list")
    return Account(found, reads.advertisers(connection), reads.run(connection))


def listed(admin: Admin, workspace: str = "") -> list[Account]:
    """Return the connected accounts of a workspace, or of all, the oldest first."""
    return listed_in(admin.store.accounts, workspace)


def listed_in(reads: AccountReads, workspace: str = "") -> list[Account]:
    """Return the connected accounts of a workspace, or of all, the oldest first."""
    return [
        Account(each, reads.advertisers(each.id), reads.run(each.id))
        for each in reads.connections()
        if workspace in ("", each.workspace)
    ]


def _usable(admin: Admin, connection: str) -> ConnectedAccount:
    found = known(admin, connection)
    if found.state == "disconnected":
        raise Conflict("This account is disconnected. Connect it again at /connect/tiktok.")
    if found.state == "broken":
        raise Conflict(AccountProblem(found.problem).sentence)
    return found


def _credentials(admin: Admin, connection: str) -> tuple[DeveloperApp, str] | None:
    known(admin, connection)
    return admin.store.accounts.credentials(connection)


def _advertiser(connection: str, seen: AdvertiserSeen, before: Advertiser | None, now_ms: int) -> Advertiser:
    if before is None:
        return Advertiser(connection, seen.id, seen.name, chosen=False, first_seen_ms=now_ms, last_seen_ms=now_ms)
    return replace(before, name=seen.name or before.name, last_seen_ms=now_ms, gone_since_ms=None)


def what(connection: str) -> str:
    """Return how the audit names a connection."""
    return f"account {connection}"


def _hash(text: str) -> bytes:
    return sha256(text.encode(errors="replace")).digest()
