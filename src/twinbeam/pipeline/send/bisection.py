"""
Into which parts a batch that was refused is split, until every culprit stands alone. Pure.

The event that the answer names goes alone (tiktok.md 4.4), and the rest in even parts. Thirds are cheaper than halves:
of 1,000 events one culprit is found by at most 20 further requests. A name may be a lie; it costs one request, and
then nothing that is said about this batch is believed any more. So no culprit ever costs more than 2·log2(n) + 2.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from twinbeam.core.delivery import Refused, Verdict

Positions = Sequence[int]
"""Places in a batch, in their order."""

_WAYS = (3, 2)  # more parts at once are never cheaper: four are two times two


def parts_of(count: int, named: int | None = None) -> list[Positions]:
    """Return the parts of a refused batch: the named event in front, and the rest in even ones."""
    if named is None:
        return _even(range(count))
    return [[named], *_even([*range(named), *range(named + 1, count)])]


def _even(positions: Positions) -> list[Positions]:
    count = len(positions)
    ways = min(_WAYS, key=lambda ways: _cost(count, ways)) if count > 1 else count
    ends = [count * number // ways for number in range(ways + 1)] if ways else []
    return [positions[begin:end] for begin, end in pairwise(ends)]


def _cost(count: int, ways: int) -> int:
    return ways + most_calls(-(-count // ways))


@cache
def most_calls(count: int) -> int:
    """Return how many further requests find one culprit among `count` events, where nothing is said of it."""
    return min(_cost(count, ways) for ways in _WAYS) if count > 1 else 0


class Names:
    """
    Whether what answers name is believed, for a refused batch and all that it is split into.

    One name at a time is tried; the next is heard when that event alone was refused as well.
    """

    def __init__(self) -> None:
        self._asked: int | None = None
        self._believed = True

    def believed(self, verdict: Refused, count: int) -> int | None:
        """Return the position that the answer to `count` events names, unless names are not believed by now."""
        named = verdict.named
        return named if self._believed and named is not None and 0 <= named < count else None

    def ask(self, batch: int) -> None:
        """Believe no other name until this batch, which holds the named event alone, was answered."""
        self._asked, self._believed = batch, False

    def hear(self, batch: int, verdict: Verdict) -> None:
        """Believe names again where the one that was asked for is a culprit."""
        if batch == self._asked and isinstance(verdict, Refused):
            self._asked, self._believed = None, True
