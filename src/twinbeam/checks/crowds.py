"""
Who stands behind many conversions of a day, in bounded memory, and without a name that anybody could read.

What is counted goes in as a hash under a key that is drawn for the day and never leaves this process: two days cannot
be compared, nothing here can be told from an address, and with the day all of it is gone. Only numbers come out.
"""

import secrets
from hashlib import blake2b

from twinbeam.checks.facts import Crowd

MOST_NAMES = 64  #: counted at once; whoever stands behind more than one in 64 is among them
MOST_VISITORS = 500  #: followed on one day; those that come later are not
_KEY_BYTES = 32
_HASH_BYTES = 8


class TopNames:
    """The space-saving sketch: whoever is most frequent is among few names, with a count that is never too high."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(_KEY_BYTES)
        self._counts: dict[bytes, list[int]] = {}  # count, and by how much that may be too high
        self.all = 0

    def add(self, name: str) -> None:
        """Count a name."""
        hashed = blake2b(name.encode(), key=self._key, digest_size=_HASH_BYTES).digest()
        self.all += 1
        if hashed in self._counts:
            self._counts[hashed][0] += 1
        elif len(self._counts) < MOST_NAMES:
            self._counts[hashed] = [1, 0]
        else:
            rarest = min(self._counts, key=lambda it: self._counts[it][0])
            before = self._counts.pop(rarest)[0]
            self._counts[hashed] = [before + 1, before]

    @property
    def crowd(self) -> Crowd:
        """How many stand under the most frequent name at least, of all."""
        return Crowd(max((n - error for n, error in self._counts.values()), default=0), self.all)


class Repeats:
    """How often the first visitors of a day did something."""

    def __init__(self) -> None:
        self._visitors: set[int] = set()
        self._n = 0

    def add(self, visitor: int) -> None:
        """Count what a visitor did; the number says which row of the store is theirs."""
        if visitor in self._visitors or len(self._visitors) < MOST_VISITORS:
            self._visitors.add(visitor)
            self._n += 1

    @property
    def crowd(self) -> Crowd:
        """How much was done, and by how many."""
        return Crowd(self._n, len(self._visitors))
