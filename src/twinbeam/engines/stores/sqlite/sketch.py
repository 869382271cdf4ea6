"""
Which keys an index may hold, in memory: a bit for every beginning of a key.

Most arrivals bring keys that are new, and each would cost a look at a page of the index, only to find nothing there;
where the page is not in memory, a read from the disk. Keys are hashes, so their first bits are as good as any other
hash of them: with 8 to 16 bits for each key, about one of ten new keys is looked for in vain.

A sketch knows nothing at first. Whoever goes over the index anyway, share by share, shows it the keys that are there.
"""

from collections.abc import Iterable

from twinbeam.engines.stores.sqlite.shares import share_of

_BITS_PER_KEY = 8
_LEAST = 22  #: bits of a key that are looked at: half a megabyte
_MOST = 28  #: 32 MB; with more than 100 million keys it is of less and less use
_LOOKED_AT = 4  #: bytes of a key


class Sketch:
    """Knows the shares below `known`; of the others it says that they may hold anything."""

    def __init__(self, keys: int) -> None:
        self._width = min(max((keys * _BITS_PER_KEY - 1).bit_length(), _LEAST), _MOST)
        self._shift = 8 * _LOOKED_AT - self._width
        self._bits = bytearray(1 << self._width - 3)
        self.known = 0
        self._added = 0

    @property
    def crowded(self) -> bool:
        """Tell whether it was shown so many keys that it is of little use."""
        return self._width < _MOST and self._added * _BITS_PER_KEY > 2 << self._width

    @property
    def added(self) -> int:
        """Count the keys it was shown, those apart that it took for others."""
        return self._added

    def add(self, keys: Iterable[bytes]) -> list[bytes]:
        """
        Take note of keys that are there, or may soon be; gives those that may have been there before.

        A key that is not among those leads nowhere.
        """
        bits, shift, known = self._bits, self._shift, self.known
        before = []
        for key in keys:
            place = int.from_bytes(key[:_LOOKED_AT], "big") >> shift
            byte, bit = bits[place >> 3], 1 << (place & 7)
            if byte & bit:
                before.append(key)
                continue
            bits[place >> 3] = byte | bit
            self._added += 1
            if share_of(key) >= known:
                before.append(key)
        return before
