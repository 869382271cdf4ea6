"""
Keys and their ids packed together: 24 bytes an entry, in the share that the first two bytes of its key name.

Keys are hashes, so they spread evenly over the shares. Entries lie one behind the other in no order, and a share is
searched from its end, so that of two entries for one key the later one counts. A share looks the same in memory and in
the file, where it is one row.
"""

from collections.abc import Set as AbstractSet

from twinbeam.core.keys import KEY_BYTES
from twinbeam.engines.stores.sqlite.packed import Entry

SHARES = 65_536  #: as many as two bytes can name
_ID_BYTES = 8
ENTRY_BYTES = KEY_BYTES + _ID_BYTES


def share_of(key: bytes) -> int:
    """Return which share a key belongs to; shares are in the order of their keys."""
    return key[0] << 8 | key[1]


def pack(key: bytes, id_: int) -> bytes:
    """Make an entry."""
    return key + id_.to_bytes(_ID_BYTES, "big")


def id_in(share: bytes, key: bytes) -> int | None:
    """Return the id that a key leads to, or None where the share does not hold it."""
    at = share.rfind(key)
    while at > 0 and at % ENTRY_BYTES:  # it begins inside an entry: that is no key
        at = share.rfind(key, 0, at + KEY_BYTES - 1)
    return None if at < 0 else int.from_bytes(share[at + KEY_BYTES : at + ENTRY_BYTES], "big")


def entries_in(share: bytes) -> list[Entry]:
    """Take a share apart."""
    return list(zip(keys_in(share), ids_in(share), strict=True))


def keys_in(share: bytes) -> list[bytes]:
    """Return the keys of a share, in the order in which they came."""
    return [share[at : at + KEY_BYTES] for at in range(0, len(share), ENTRY_BYTES)]


def ids_in(share: bytes) -> list[int]:
    """Return the ids of a share, in the order in which they came."""
    places = range(KEY_BYTES, len(share), ENTRY_BYTES)
    return [int.from_bytes(share[at : at + _ID_BYTES], "big") for at in places]


def joined(share: bytes, later: bytes) -> bytes:
    """Put two shares of one number together; of the later one, what the other holds already is left out."""
    entries = (later[at : at + ENTRY_BYTES] for at in range(0, len(later), ENTRY_BYTES))
    return share + b"".join(entry for entry in entries if not _holds(share, entry))


def _holds(share: bytes, entry: bytes) -> bool:
    at = share.find(entry)
    while at > 0 and at % ENTRY_BYTES:  # it begins inside an entry
        at = share.find(entry, at + 1)
    return at >= 0


def without(share: bytes, gone: AbstractSet[int]) -> bytes:
    """Leave out of a share all entries that lead to some ids."""
    return b"".join(pack(key, id_) for key, id_ in entries_in(share) if id_ not in gone)
