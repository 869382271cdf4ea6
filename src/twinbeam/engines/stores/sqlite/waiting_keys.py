"""
Keys and their ids in memory, close together: 24 bytes an entry and little around it, a quarter of what a dict takes.

Keys are hashes, so they spread evenly over the shares that their first two bytes name. A share holds a few entries,
one behind the other, and is searched from end to end.
"""

from collections.abc import Iterable, Iterator

from twinbeam.core.keys import KEY_BYTES
from twinbeam.engines.stores.sqlite.packed import Entry

SHARES = 65_536  #: as many as two bytes can name
_ID_BYTES = 8
_ENTRY_BYTES = KEY_BYTES + _ID_BYTES


def share_of(key: bytes) -> int:
    """Tell which share a key belongs to; shares are in the order of their keys."""
    return key[0] << 8 | key[1]


class WaitingKeys:
    """Entries by share; a key that is added again leads to its newer id, which is the higher one."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._shares = [b""] * SHARES
        self._count = 0
        self.add(entries)

    def __len__(self) -> int:
        """Count the entries."""
        return self._count

    def add(self, entries: Iterable[Entry]) -> None:
        """Take entries in; those in the order of their keys are taken fastest."""
        shares = self._shares
        for key, id_ in entries:
            shares[key[0] << 8 | key[1]] += key + id_.to_bytes(_ID_BYTES, "big")
            self._count += 1

    def id_of(self, key: bytes) -> int | None:
        """Give the id that a key leads to, or None where it does not wait."""
        share = self._shares[key[0] << 8 | key[1]]
        at = share.rfind(key)
        while at > 0 and at % _ENTRY_BYTES:  # it begins inside an entry: that is no key
            at = share.rfind(key, 0, at + KEY_BYTES - 1)
        return None if at < 0 else int.from_bytes(share[at + KEY_BYTES : at + _ENTRY_BYTES], "big")

    def among(self, first: int, count: int) -> list[Entry]:
        """Give the entries of some neighbouring shares in the order of their keys."""
        entries = _sorted(self._shares[first : first + count])
        return [(entry[:KEY_BYTES], int.from_bytes(entry[KEY_BYTES:], "big")) for entry in entries]

    def count_in(self, share: int) -> int:
        """Count the entries of a share."""
        return len(self._shares[share]) // _ENTRY_BYTES

    def drop(self, first: int, count: int) -> None:
        """Forget some neighbouring shares."""
        self._count -= sum(map(len, self._shares[first : first + count])) // _ENTRY_BYTES
        self._shares[first : first + count] = [b""] * count

    def lowest_id(self) -> int | None:
        """Give the lowest id that a key leads to."""
        ids = (
            share[at : at + _ID_BYTES] for share in self._shares for at in range(KEY_BYTES, len(share), _ENTRY_BYTES)
        )
        lowest = min(ids, default=None)  # the highest byte comes first, so bytes are in the order of their numbers
        return None if lowest is None else int.from_bytes(lowest, "big")


def _sorted(shares: Iterable[bytes]) -> Iterator[bytes]:
    for share in filter(None, shares):
        yield from sorted(share[at : at + _ENTRY_BYTES] for at in range(0, len(share), _ENTRY_BYTES))
