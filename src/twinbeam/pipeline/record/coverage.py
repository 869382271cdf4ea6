"""
What the conversions of a pixel, an event and a day were seen by, and what those that TikTok accepted carried.

The law: each number equals the rows it counts. A conversion counts under the sides that reported it as long as it
stands for itself (it is no tombstone, no test, and not counted in another); its match keys count while TikTok has
accepted it. Both change only in the transaction that changes the row, as counters do. What is finer than a column,
such as which side brought which key, is counted beside (beside.py), at the same moments.
"""

from collections.abc import Iterable, Iterator

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.pixel_counts import CountKind, joined
from twinbeam.core.values import MATCH, Side
from twinbeam.pipeline.record.beside import PixelCounts
from twinbeam.pipeline.record.conversion import BARE, Conversion, both_channels
from twinbeam.pipeline.record.counted import CountedNames

#: The match keys that are told, in TikTok's order of strength (tiktok.md 11.4).
KEYS = ("ttclid", "email", "phone", "external_id", "ttp", "ip")
#: What is counted of a place, in the order in which it is stored.
COLUMNS: tuple[str, ...] = (*(side.value for side in Side), "both", "delivered", *KEYS)

CoverageKey = tuple[int, str, str, str]
"""(day, workspace, pixel, event)"""

_BOTH, _DELIVERED, _FIRST_KEY = len(Side), len(Side) + 1, len(Side) + 2
_BITS = tuple(MATCH[key] for key in KEYS)
_SIDES = {Side.BROWSER.value: 0, Side.SERVER.value: 1, "webhook": 1, "file": 1}  # what nearly all are seen by


class Coverage:
    """Changes to what is counted of places, summed up before they are written."""

    def __init__(self, names: CountedNames) -> None:
        self._names = names
        self._changes: dict[CoverageKey, list[int]] = {}
        self.beside = PixelCounts()

    def seen(self, conversion: Conversion, n: int) -> None:
        """Count a conversion into (n=1) or out of (n=-1) the sides that have reported it by now."""
        row = self._at(_key(conversion))  # which is there for each event that was ever recorded: searches go by that
        if _stands(conversion):
            row[side_of(conversion.channels)] += n

    def join(self, conversion: Conversion) -> None:
        """Count a conversion out, before it is counted in another one; the time between its sides was counted once."""
        self.seen(conversion, -1)
        if _stands(conversion) and both_channels(conversion.channels):
            self.beside.joined(self._place(_key(conversion)))

    def report(self, conversion: Conversion, channels: str, at_ms: int) -> None:
        """Let a conversion be seen by these channels from a moment on."""
        if channels == conversion.channels:
            return
        before, after = COLUMNS[side_of(conversion.channels)], COLUMNS[side_of(channels)]
        is_delivered = conversion.state is State.DELIVERED and before != after
        if is_delivered:
            self._carried_of(conversion, -1)
        self.seen(conversion, -1)
        conversion.channels = channels
        self.seen(conversion, 1)
        if is_delivered:
            self._carried_of(conversion, 1)
        if after == "both" and before != after and _stands(conversion):
            self.beside.gap(self._place(_key(conversion)), before, at_ms - conversion.received_ms)

    def delivered(self, conversion: Conversion, n: int) -> None:
        """Count what a conversion carried when TikTok accepted it."""
        if not conversion.test_code:
            key, channels = _key(conversion), conversion.channels
            self.carried(key, conversion.match, conversion.conditions, channels, n)

    def carried(self, key: CoverageKey, match: int, conditions: int, channels: str, n: int) -> None:
        """Count so many conversions that TikTok accepted with some match keys, and by which sides they were seen."""
        row = self._at(key)
        row[_DELIVERED] += n
        if not conditions & BARE:
            for place, bit in enumerate(_BITS, start=_FIRST_KEY):
                if match & bit:
                    row[place] += n
        self._carried_by(key, match, conditions, channels, n)

    def _carried_of(self, conversion: Conversion, n: int) -> None:
        if not conversion.test_code:
            self._carried_by(_key(conversion), conversion.match, conversion.conditions, conversion.channels, n)

    def _carried_by(self, key: CoverageKey, match: int, conditions: int, channels: str, n: int) -> None:
        """Count what was carried once more, by the sides behind it."""
        side, (day, workspace, pixel, event) = COLUMNS[side_of(channels)], self._place(key)
        keys = [] if conditions & BARE else [name for name, bit in zip(KEYS, _BITS, strict=True) if match & bit]
        for name in ("", *keys):
            self.beside.add((day, workspace, pixel, CountKind.CARRIED, event, joined(side, name)), n)
        for counted in (event, "") if conditions & BARE else ():
            self.beside.add((day, workspace, pixel, CountKind.BARE, counted, side), n)

    def __iter__(self) -> Iterator[tuple[CoverageKey, list[int]]]:
        return iter(sorted(self._changes.items()))

    def _at(self, key: CoverageKey) -> list[int]:
        place = self._place(key)
        row = self._changes.get(place)
        if row is None:
            row = self._changes[place] = [0] * len(COLUMNS)
        return row

    def _place(self, key: CoverageKey) -> CoverageKey:
        """Return where something is counted: under the name that its event has there."""
        return (*key[:3], self._names.of(*key))


def side_of(channels: str) -> int:
    """Return the column of the sides that are behind a conversion's channels."""
    place = _SIDES.get(channels)
    return place if place is not None else _BOTH if both_channels(channels) else 1


def coverage_of(rows: Iterable[Conversion], names: CountedNames) -> dict[CoverageKey, list[int]]:
    """Count anew what the law says of some rows."""
    coverage = Coverage(names)
    for row in rows:
        coverage.seen(row, 1)
        if row.state is State.DELIVERED:
            coverage.delivered(row, 1)
    return {key: row for key, row in coverage if any(row)}


def _stands(conversion: Conversion) -> bool:
    """Return whether a conversion is counted under its sides."""
    return not (conversion.test_code or conversion.united or conversion.state is State.DROPPED)


def _key(conversion: Conversion) -> CoverageKey:
    return day_of(conversion.received_ms), conversion.workspace, conversion.pixel, conversion.event
