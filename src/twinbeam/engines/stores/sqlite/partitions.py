"""
Keys and their ids packed together: 24 bytes an entry, in the partition that the first two bytes of its key name.

Keys are hashes, so they spread evenly over the partitions. Entries lie one behind the other in no order, and a
partition is searched from its end, so that of two entries for one key the later one counts. A partition looks the same
in memory and in the file, where it is one row.
"""

from collections.abc import Set as AbstractSet

from twinbeam.core.keys import KEY_BYTES
from twinbeam.engines.stores.sqlite.packed_rows import Entry

PARTITIONS = 65_536  #: as many as two bytes can name
_ID_BYTES = 8
ENTRY_BYTES = KEY_BYTES + _ID_BYTES


def partition_of(key: bytes) -> int:
    """Return which partition a key belongs to; partitions are in the order of their keys."""
    return key[0] << 8 | key[1]


def pack_entry(key: bytes, id_: int) -> bytes:
    """Make an entry."""
    return key + id_.to_bytes(_ID_BYTES, "big")


def id_in(partition: bytes, key: bytes) -> int | None:
    """Return the id that a key leads to, or None where the partition does not hold it."""
    at = partition.rfind(key)
    while at > 0 and at % ENTRY_BYTES:  # it begins inside an entry: that is no key
        at = partition.rfind(key, 0, at + KEY_BYTES - 1)
    return None if at < 0 else int.from_bytes(partition[at + KEY_BYTES : at + ENTRY_BYTES], "big")


def entries_in(partition: bytes) -> list[Entry]:
    """Take a partition apart."""
    return list(zip(keys_in(partition), ids_in(partition), strict=True))


def keys_in(partition: bytes) -> list[bytes]:
    """Return the keys of a partition, in the order in which they came."""
    return [partition[at : at + KEY_BYTES] for at in range(0, len(partition), ENTRY_BYTES)]


def ids_in(partition: bytes) -> list[int]:
    """Return the ids of a partition, in the order in which they came."""
    places = range(KEY_BYTES, len(partition), ENTRY_BYTES)
    return [int.from_bytes(partition[at : at + _ID_BYTES], "big") for at in places]


def merged(partition: bytes, later: bytes) -> bytes:
    """Put two partitions of one number together; of the later one, what the other holds already is left out."""
    entries = (later[at : at + ENTRY_BYTES] for at in range(0, len(later), ENTRY_BYTES))
    return partition + b"".join(entry for entry in entries if not _holds(partition, entry))


def _holds(partition: bytes, entry: bytes) -> bool:
    at = partition.find(entry)
    while at > 0 and at % ENTRY_BYTES:  # it begins inside an entry
        at = partition.find(entry, at + 1)
    return at >= 0


def without_ids(partition: bytes, gone: AbstractSet[int]) -> bytes:
    """Leave out of a partition all entries that lead to some ids."""
    return b"".join(pack_entry(key, id_) for key, id_ in entries_in(partition) if id_ not in gone)
