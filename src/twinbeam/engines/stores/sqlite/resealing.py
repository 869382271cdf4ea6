"""Everything in a store that the key ring itself seals, and putting it under the newest key, a little at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.keyring import KeyRing, day_context
from twinbeam.engines.signing import secret_context
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.erasing import erasure_context
from twinbeam.engines.stores.sqlite.payloads import held_key_context
from twinbeam.engines.stores.sqlite.setup import token_context
from twinbeam.engines.stores.tables.accounts import account_context
from twinbeam.engines.stores.tables.alerts import channel_context
from twinbeam.engines.stores.tables.person_requests import people_context
from twinbeam.engines.stores.tables.products import feed_context

_CHANNELS = "addresses of alerts"
ROWS_AT_ONCE = 500  #: in one transaction, so that the recorder waits for milliseconds


class SealedColumn(Struct, frozen=True):
    """A column that the key ring seals, its table's key, and what binds a value to its row."""

    what: str  #: as people call it
    table: str
    column: str
    key: tuple[str, ...]
    context: Callable[..., bytes]


PLACES = (
    SealedColumn("keys of days", "day_key", "wrapped", ("day",), day_context),
    SealedColumn("keys of held events", "held_key", "wrapped", ("id",), held_key_context),
    SealedColumn("tokens of pixels", "pixel", "token", ("workspace", "code"), token_context),
    SealedColumn("secrets of sources", "signed_source", "secret", ("name",), secret_context),
    SealedColumn("secrets of sources", "signed_source", "older_secret", ("name",), secret_context),
    SealedColumn("requests for erasure", "erasure", "hashes", ("id",), erasure_context),
    SealedColumn("requests for erasure", "person_request", "people", ("id",), people_context),
    SealedColumn("tokens of accounts", "connection", "token", ("id",), lambda id_: account_context(f"token {id_}")),
    SealedColumn("tokens of accounts", "connection", "secret", ("id",), lambda id_: account_context(f"secret {id_}")),
    SealedColumn("secret of the app", "developer_app", "secret", ("id",), lambda id_: account_context(f"app {id_}")),
    SealedColumn("addresses of feeds", "feed", "url", ("workspace",), feed_context),
    SealedColumn(_CHANNELS, "alert_channel", "address", ("name",), lambda name: channel_context(name, "address")),
    SealedColumn(_CHANNELS, "alert_channel", "secret", ("name",), lambda name: channel_context(name, "secret")),
)


class Resealing:
    """The part of a store that changes the key; short transactions, safe beside a running writer."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def reseal(self) -> Iterator[tuple[str, int, int]]:
        """Put everything under the newest key; yields, per step, what it was, how many, and how many nobody opens."""
        self._connection.ring.look()
        for place in PLACES:
            keys = self._under_others(place)
            for at in range(0, len(keys), ROWS_AT_ONCE):
                some = keys[at : at + ROWS_AT_ONCE]
                unopened = self._reseal(place, some)
                yield place.what, len(some) - unopened, unopened

    def under_older_keys(self) -> int:
        """Count what is sealed under another key than the newest."""
        self._connection.ring.look()
        return sum(len(self._under_others(place)) for place in PLACES)

    def _under_others(self, place: SealedColumn) -> list[Any]:
        head = _head(self._connection.ring)
        sql = (
            f"SELECT {', '.join(place.key)} FROM {place.table} "  # noqa: S608 -- constants only
            f"WHERE length({place.column}) > 0 AND substr({place.column}, 1, ?) <> ?"
        )
        return self._connection.db.execute(sql, (len(head), head)).fetchall()

    def _reseal(self, place: SealedColumn, keys: Sequence[Any]) -> int:
        """Put some values under the newest key, and tell how many the ring does not open; those stay as they are."""
        where = " AND ".join(f"{name} = ?" for name in place.key)
        find = f"SELECT {place.column} FROM {place.table} WHERE {where}"  # noqa: S608 -- constants only
        put = f"UPDATE {place.table} SET {place.column} = ? WHERE {where}"  # noqa: S608 -- constants only
        unopened = 0
        with self._connection.transaction():
            for key in keys:
                row = self._connection.db.execute(find, key).fetchone()
                if row is None or not row[0]:
                    continue  # it went meanwhile
                try:
                    anew = self._connection.ring.sealed_anew(row[0], place.context(*key))
                except StorageDamaged:
                    unopened += 1
                    continue
                if anew is not None:
                    self._connection.db.execute(put, (anew, *key))
        return unopened


def _head(ring: KeyRing) -> bytes:
    """Return the first bytes of everything that the newest key sealed."""
    name = ring.ids[0].encode()
    return bytes([len(name)]) + name
