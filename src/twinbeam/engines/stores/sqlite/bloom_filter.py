"""
A Bloom filter of the keys that an index may hold, in memory.

It has a byte for every beginning of a key, and two bits of that byte for each such key.

Most arrivals bring keys that are new, and each would cost a look at a page of the index, only to find nothing there;
where the page is not in memory, a read from the disk. Keys are hashes, so their bytes are as good as any other hash
of them: with one to two bytes of memory for each key, three to seven of a hundred new keys are looked for in vain.

A filter knows nothing at first. Whoever goes over the index anyway, partition by partition, shows it the keys that are
there.
"""

from collections.abc import Iterable

from twinbeam.engines.stores.sqlite.partitions import partition_of

_LEAST = 19  #: bits of a key that name its byte: half a megabyte
_MOST = 25  #: 32 MB; with more than 100 million keys it is of less and less use
_NAMES = 4  #: bytes of a key from which those bits are taken; the byte behind them chooses the pair


def _pair(number: int) -> int:
    first = number & 7
    return 1 << first | 1 << (first + 1 + (number >> 3) % 7 & 7)


#: Two different bits, by the value of a byte; a new key is taken for one that is there only where both are set.
_PAIRS = bytes(map(_pair, range(256)))


class BloomFilter:
    """Covers the partitions below `covered`; of the others it says that they may hold anything."""

    def __init__(self, keys: int) -> None:
        self._width = min(max((keys - 1).bit_length(), _LEAST), _MOST)
        self._shift = 8 * _NAMES - self._width
        self._bits = bytearray(1 << self._width)
        self.covered = 0
        self._added = 0

    @property
    def saturated(self) -> bool:
        """Return whether it was shown so many keys that it is of little use."""
        return self._width < _MOST and self._added > 2 << self._width

    @property
    def added(self) -> int:
        """Count the keys it was shown, those apart that it took for others."""
        return self._added

    def add(self, keys: Iterable[bytes]) -> list[bytes]:
        """
        Take note of keys that are there, or may soon be; gives those that may have been there before.

        A key that is not among those leads nowhere.
        """
        bits, shift, covered = self._bits, self._shift, self.covered
        before = []
        for key in keys:
            place = int.from_bytes(key[:_NAMES], "big") >> shift
            byte, pair = bits[place], _PAIRS[key[_NAMES]]
            if byte & pair == pair:
                before.append(key)
                continue
            bits[place] = byte | pair
            self._added += 1
            if partition_of(key) >= covered:
                before.append(key)
        return before
