"""The keys that wait in memory for the sweep, packed as in the file: a quarter of what a dictionary takes."""

from collections.abc import Iterable, Iterator

from twinbeam.engines.stores.sqlite.packed_rows import Entry
from twinbeam.engines.stores.sqlite.partitions import ENTRY_BYTES, PARTITIONS, id_in, ids_in, pack_entry, partition_of


class PendingKeys:
    """Entries by partition; a key that is added again leads to its newer id."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._partitions = [b""] * PARTITIONS
        self._count = 0
        self.add(entries)

    def __len__(self) -> int:
        """Count the entries."""
        return self._count

    def add(self, entries: Iterable[Entry]) -> None:
        """Take entries in."""
        partitions = self._partitions
        for key, id_ in entries:
            partitions[partition_of(key)] += pack_entry(key, id_)
            self._count += 1

    def id_of(self, key: bytes) -> int | None:
        """Return the id that a key leads to, or None where it does not wait."""
        return id_in(self._partitions[partition_of(key)], key)

    def between(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Return the partitions from one to before another that hold anything."""
        return ((first + place, partition) for place, partition in enumerate(self._partitions[first:end]) if partition)

    def count_in(self, partition: int) -> int:
        """Count the entries of a partition."""
        return len(self._partitions[partition]) // ENTRY_BYTES

    def drop(self, first: int, end: int) -> None:
        """Forget the partitions from one to before another."""
        self._count -= sum(map(len, self._partitions[first:end])) // ENTRY_BYTES
        self._partitions[first:end] = [b""] * (end - first)

    def lowest_id(self) -> int | None:
        """Return the lowest id that a key leads to."""
        return min((id_ for partition in self._partitions for id_ in ids_in(partition)), default=None)
