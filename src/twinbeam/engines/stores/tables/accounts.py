"""Connected accounts, their ad accounts and pixels, TikTok's own counts, and how far each import is."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy import Connection as Link
from sqlalchemy.dialects.sqlite import insert

from twinbeam.admin.account_contract import BegunConnection
from twinbeam.core.accounts import (
    AccountToken,
    Advertiser,
    ConnectedAccount,
    DeveloperApp,
    EventStat,
    ImportedPixel,
    ImportRun,
    PixelProfile,
)
from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.tables import account_schema as its
from twinbeam.engines.stores.tables.account_reading import SEALED, AccountReader
from twinbeam.engines.stores.tables.database import Tables

_USABLE = its.connection.c.state == "connected"


class AccountTable(AccountReader):
    """See admin.account_contract.AccountStore for the promises; secrets and tokens are sealed by the key ring."""

    def __init__(self, tables: Tables, ring: KeyRing) -> None:
        super().__init__(tables)
        self._ring = ring

    def app(self) -> DeveloperApp | None:
        """Return the app that was saved here; raises StorageDamaged where the key ring does not open its secret."""
        with self._tables.reading() as link:
            row = link.execute(select(its.developer_app)).mappings().first()
        return DeveloperApp(row["id"], self._opened(row["secret"], f"app {row['id']}")) if row else None

    def save_app(self, app: DeveloperApp, *, now_ms: int) -> None:
        """Keep the app, instead of the one before."""
        with self._tables.transaction() as link:
            link.execute(delete(its.developer_app))
            row = {"id": app.id, "secret": self._sealed(app.secret, f"app {app.id}"), "saved_ms": now_ms}
            link.execute(insert(its.developer_app).values(row))

    def forget_app(self) -> None:
        """Forget the app that was saved here."""
        with self._tables.transaction() as link:
            link.execute(delete(its.developer_app))

    def begin(self, begun: BegunConnection, *, forget_before_ms: int) -> None:
        """Keep what TikTok has to bring back, and forget what was begun before a moment."""
        with self._tables.transaction() as link:
            link.execute(delete(its.connect_state).where(its.connect_state.c.made_ms < forget_before_ms))
            link.execute(insert(its.connect_state).values(asdict(begun)))

    def begun(self, hash_: bytes) -> BegunConnection | None:
        """Return what was begun by its hash, used or not."""
        with self._tables.reading() as link:
            row = link.execute(select(its.connect_state).where(its.connect_state.c.hash == hash_)).mappings().first()
        return BegunConnection(**row) if row else None

    def use(self, hash_: bytes, *, now_ms: int) -> bool:
        """Note that a begun connection was taken up; False if it was before."""
        unused = (its.connect_state.c.hash == hash_) & its.connect_state.c.used_ms.is_(None)
        with self._tables.transaction() as link:
            return bool(link.execute(update(its.connect_state).where(unused).values(used_ms=now_ms)).rowcount)

    def save_connection(self, connection: ConnectedAccount, app: DeveloperApp, token: str) -> None:
        """Keep a connection with its secrets, instead of what was kept under its id."""
        sealed = {
            "secret": self._sealed(app.secret, f"secret {connection.id}"),
            "token": self._sealed(token, f"token {connection.id}"),
        }
        row = asdict(connection) | sealed | {"scopes": msgspec.json.encode(connection.scopes).decode()}
        with self._tables.transaction() as link:
            _put(link, its.connection, [row])

    def change_connection(self, id_: str, **values: Any) -> None:
        """Change columns of a connection, by their names in the value."""
        self._change(its.connection, its.connection.c.id == id_, values)

    def forget_secrets(self, id_: str) -> None:
        """Forget the token of a connection and the secret of its app."""
        self._change(its.connection, its.connection.c.id == id_, dict.fromkeys(SEALED))

    def credentials(self, id_: str) -> tuple[DeveloperApp, str] | None:
        """Open the app and the token of a connection; None where they are gone, or the key ring does not open them."""
        with self._tables.reading() as link:
            row = link.execute(select(its.connection).where(its.connection.c.id == id_)).mappings().first()
        if row is None or row["token"] is None or row["secret"] is None:
            return None
        try:
            app = DeveloperApp(row["app_id"], self._opened(row["secret"], f"secret {id_}"))
            return app, self._opened(row["token"], f"token {id_}")
        except StorageDamaged:
            return None

    def save_advertisers(self, advertisers: Iterable[Advertiser]) -> None:
        """Add ad accounts, or change what is known of them."""
        rows = [asdict(each) | {"chosen": int(each.chosen)} for each in advertisers]
        with self._tables.transaction() as link:
            _put(link, its.advertiser, rows)

    def mark_done(self, connection: str, advertiser: str, run: int) -> None:
        """Note that an import has done an ad account, whatever came of it."""
        mine = (its.advertiser.c.connection == connection) & (its.advertiser.c.id == advertiser)
        self._change(its.advertiser, mine, {"run": run})

    def save_imported(self, pixels: Iterable[ImportedPixel]) -> None:
        """Add pixels, or change what is known of them."""
        with self._tables.transaction() as link:
            _put(link, its.imported_pixel, [_pixel_row(pixel) for pixel in pixels])

    def save_stats(self, connection: str, pixel_ids: Sequence[str], day: int, stats: Iterable[EventStat]) -> None:
        """Keep the counts of pixels on a day, instead of those that were read before."""
        table = its.event_stat
        before = (table.c.connection == connection) & (table.c.day == day) & table.c.pixel_id.in_(pixel_ids)
        with self._tables.transaction() as link:
            link.execute(delete(table).where(before))
            _put(link, table, [asdict(stat) for stat in stats])

    def forget_stats(self, *, before_day: int) -> None:
        """Remove counts of days before one."""
        with self._tables.transaction() as link:
            link.execute(delete(its.event_stat).where(its.event_stat.c.day < before_day))

    def save_run(self, run: ImportRun) -> None:
        """Keep the newest import of a connection."""
        with self._tables.transaction() as link:
            _put(link, its.import_run, [asdict(run)])

    def save_profile(self, workspace: str, code: str, profile: PixelProfile) -> None:
        """Keep what is said of a pixel."""
        with self._tables.transaction() as link:
            _put(link, its.pixel_profile, [asdict(profile) | {"workspace": workspace, "code": code}])

    def pixel_tokens(self) -> dict[tuple[str, str], AccountToken]:
        """
        Return, by workspace and code, the token of the account that a pixel came from: the newest where it has several.

        Accounts that are broken or disconnected, and pixels that vanished, have none.
        """
        pixel, account = its.imported_pixel, its.connection
        listed = select(account.c.workspace, pixel.c.code, account.c.id, account.c.connected_ms).distinct()
        joined = listed.join(account, account.c.id == pixel.c.connection).join(
            its.advertiser,
            (its.advertiser.c.connection == account.c.id) & (its.advertiser.c.id == pixel.c.advertiser),
        )
        there = _USABLE & pixel.c.vanished_since_ms.is_(None) & (its.advertiser.c.chosen == 1)
        with self._tables.reading() as link:
            rows = link.execute(joined.where(there).order_by(account.c.connected_ms, account.c.id)).all()
        opened = {id_: self.credentials(id_) for id_ in {row.id for row in rows}}
        return {
            (row.workspace, row.code): AccountToken(found[1], row.connected_ms, row.id)
            for row in rows
            if (found := opened[row.id]) is not None
        }

    def is_asked(self) -> bool:
        """Return whether an import was asked for that has not begun."""
        with self._tables.reading() as link:
            asked = select(its.connection.c.id).where(_USABLE & its.connection.c.asked_ms.is_not(None)).limit(1)
            return link.execute(asked).first() is not None

    def _change(self, table: Table, which: ColumnElement[bool], values: dict[str, Any]) -> None:
        with self._tables.transaction() as link:
            link.execute(update(table).where(which).values(values))

    def _sealed(self, secret: str, place: str) -> bytes:
        return self._ring.seal(secret.encode(), account_context(place))

    def _opened(self, sealed: bytes, place: str) -> str:
        return self._ring.open_sealed(sealed, account_context(place)).decode()


def account_context(place: str) -> bytes:
    """Bind a secret to its place: a row copied elsewhere does not open."""
    return f"account {place}".encode()


def _put(link: Link, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; of those whose key is there, the columns that are given change."""
    if rows:
        keys = [column.name for column in table.primary_key]
        adding = insert(table)
        changed = {name: adding.excluded[name] for name in rows[0] if name not in keys}
        link.execute(adding.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _pixel_row(pixel: ImportedPixel) -> dict[str, Any]:
    seen = pixel.seen
    told = {"code": seen.code, "pixel_id": seen.pixel_id, "seen": msgspec.json.encode(seen).decode()}
    return asdict(pixel) | told
