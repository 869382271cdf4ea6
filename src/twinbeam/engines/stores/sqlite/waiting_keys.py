"""The keys that wait in memory for the sweep, packed as in the file: a quarter of what a dictionary takes."""

from collections.abc import Iterable, Iterator

from twinbeam.engines.stores.sqlite.packed import Entry
from twinbeam.engines.stores.sqlite.shares import ENTRY_BYTES, SHARES, id_in, ids_in, pack, share_of


class WaitingKeys:
    """Entries by share; a key that is added again leads to its newer id."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._shares = [b""] * SHARES
        self._count = 0
        self.add(entries)

    def __len__(self) -> int:
        """Count the entries."""
        return self._count

    def add(self, entries: Iterable[Entry]) -> None:
        """Take entries in."""
        shares = self._shares
        for key, id_ in entries:
            shares[share_of(key)] += pack(key, id_)
            self._count += 1

    def id_of(self, key: bytes) -> int | None:
        """Return the id that a key leads to, or None where it does not wait."""
        return id_in(self._shares[share_of(key)], key)

    def between(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Return the shares from one to before another that hold anything."""
        return ((first + place, share) for place, share in enumerate(self._shares[first:end]) if share)

    def count_in(self, share: int) -> int:
        """Count the entries of a share."""
        return len(self._shares[share]) // ENTRY_BYTES

    def drop(self, first: int, end: int) -> None:
        """Forget the shares from one to before another."""
        self._count -= sum(map(len, self._shares[first:end])) // ENTRY_BYTES
        self._shares[first:end] = [b""] * (end - first)

    def lowest_id(self) -> int | None:
        """Return the lowest id that a key leads to."""
        return min((id_ for share in self._shares for id_ in ids_in(share)), default=None)
