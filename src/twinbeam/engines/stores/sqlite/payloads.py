"""
The copies of a conversion, sealed: as usual under the key of a day, while it is held under a key of its own.

A held payload must be unreadable from the moment at which it is refused or comes to nothing, while its neighbours of
the same day stay readable. So it has a key of its own, wrapped by the key ring, which is overwritten and then removed.
"""

import os
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from twinbeam.core.errors import StorageDamaged
from twinbeam.engines.keyring import NotOpenedHere
from twinbeam.engines.stores.sqlite.connection import StoreConnection, payload_context
from twinbeam.pipeline.record.conversion import Copy

_OWN = b"\x02"  #: the first byte of what is sealed under a key of its own; DayKeys begins with another
_NONCE = 12
_KEY_BITS = 256
_MOST_REWRITTEN = 20_000  #: keys at once, about 30 ms


class Payloads:
    """Reads and writes payloads; call inside a transaction."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._db = connection.db

    def copies_of(self, ids: Iterable[int]) -> dict[int, list[Copy]]:
        """Return the kept copies of those conversions that have a payload; of one that is damaged, none."""
        sql = "SELECT payload.id, body, wrapped FROM payload LEFT JOIN held_key USING (id) WHERE payload.id IN ({})"
        found = self._connection.select_in(sql, ids)
        return {id_: self._copies(id_, sealed, wrapped) for id_, sealed, wrapped in found}

    def write(self, copies: Iterable[tuple[int, Sequence[Copy]]], held: set[int], now_ms: int) -> None:
        """Keep copies; those of `held` under keys of their own."""
        packed = {id_: self._connection.pack_copies(kept) for id_, kept in copies}
        apart = {id_: packed.pop(id_) for id_ in held & packed.keys()}
        plain = [(content, payload_context(id_)) for id_, content in packed.items()]
        sealed = self._connection.keys.seal_all(self._connection.sealing_day(now_ms), plain)
        self._put(list(zip(packed, sealed, strict=True)))
        self._put([(id_, self._sealed_apart(id_, content)) for id_, content in apart.items()])

    def _put(self, rows: Iterable[tuple[int, bytes]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO payload VALUES (?,?)", rows)

    def purge(self, ids: Iterable[int]) -> None:
        """Remove payloads, and make what was sealed apart unreadable wherever a copy of it may still lie."""
        gone = [(id_,) for id_ in ids]
        self.destroy_keys(id_ for (id_,) in gone)
        self._db.executemany("DELETE FROM payload WHERE id=?", gone)

    def destroy_keys(self, ids: Iterable[int]) -> None:
        """Overwrite and remove the keys of payloads that are not held any more."""
        gone = [(id_,) for id_ in ids]
        if not gone:
            return
        self._connection.scrub_due = True
        self._db.executemany("UPDATE held_key SET wrapped=zeroblob(length(wrapped)) WHERE id=?", gone)
        self._db.executemany("DELETE FROM held_key WHERE id=?", gone)

    def rewrite_keys(self) -> None:
        """Write the keys that are left anew: pages that were split or joined may hold what was removed since."""
        if self._db.execute("SELECT count(*) FROM held_key").fetchone()[0] > _MOST_REWRITTEN:
            return
        rows = self._db.execute("SELECT id, wrapped FROM held_key ORDER BY id").fetchall()
        self._db.execute("DELETE FROM held_key")
        self._db.executemany("INSERT INTO held_key VALUES (?,?)", rows)

    def _sealed_apart(self, id_: int, encoded: bytes) -> bytes:
        key, nonce = AESGCM.generate_key(_KEY_BITS), os.urandom(_NONCE)
        wrapped = self._connection.ring.seal(key, held_key_context(id_))
        self._db.execute("INSERT OR REPLACE INTO held_key VALUES (?,?)", (id_, wrapped))
        return _OWN + nonce + AESGCM(key).encrypt(nonce, encoded, payload_context(id_))

    def _copies(self, id_: int, sealed: bytes, wrapped: bytes | None) -> list[Copy]:
        try:
            return self._connection.unpack_copies(self._opened(id_, sealed, wrapped))
        except NotOpenedHere:
            raise
        except StorageDamaged:
            return []

    def _opened(self, id_: int, sealed: bytes, wrapped: bytes | None) -> bytes:
        if sealed[:1] != _OWN:
            return self._connection.keys.open_sealed(sealed, payload_context(id_))
        if wrapped is None:
            raise StorageDamaged(f"the key of the held payload {id_} was destroyed")
        key = AESGCM(self._connection.ring.open_sealed(wrapped, held_key_context(id_)))
        try:
            return key.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], payload_context(id_))
        except InvalidTag as error:
            raise StorageDamaged(f"the held payload {id_} failed its check") from error


def held_key_context(id_: int) -> bytes:
    """Bind the key of a held payload to its conversion."""
    return b"held %d" % id_
