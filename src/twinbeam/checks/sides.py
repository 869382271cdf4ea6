"""
When each side of a pixel last reported, and whether one of them has fallen silent. Pure; looks at what records keep.

A silent side is told by events that it used to report: what only the browser ever sends says nothing about a server.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.story import SideSeen
from twinbeam.core.values import Side

Seen = Mapping[Side, int]
"""When each side last reported, in ms; a side that never did is missing."""

#: As many in a row without a side are no chance; a day without it needs fewer.
_MANY = 20
_SOME = 5
#: Until then a copy may be on its way: webhooks come late.
_PATIENCE_MS = 3_600_000


class Silence(Struct, frozen=True):
    """One side that reported an event, and does so no more."""

    side: Side
    event: str
    since_ms: int  #: when it last reported the event
    alone: int  #: how many conversions the other side has opened since


def by_place(sides: Iterable[SideSeen]) -> dict[tuple[str, str], list[SideSeen]]:
    """Return what was seen of each pixel, by workspace and code."""
    found: dict[tuple[str, str], list[SideSeen]] = {}
    for side in sides:
        found.setdefault((side.workspace, side.pixel), []).append(side)
    return found


def last_seen(sides: Iterable[SideSeen]) -> Seen:
    """Return when each side of one pixel last reported anything."""
    seen: dict[str, int] = {}
    for side in sides:
        if side.at_ms > seen.get(side.side, 0):
            seen[side.side] = side.at_ms
    return {Side(side): at_ms for side, at_ms in seen.items()}


def fallen_silent(sides: Sequence[SideSeen], now_ms: int) -> Silence | None:
    """Return the side of one pixel whose silence cost most, if any has fallen silent."""
    silent = (side for side in sides if side.event and _is_silent(side, now_ms))
    worst = max(silent, key=lambda side: side.alone, default=None)
    return None if worst is None else Silence(Side(worst.side), worst.event, worst.at_ms, worst.alone)


def _is_silent(side: SideSeen, now_ms: int) -> bool:
    ago_ms = now_ms - side.at_ms
    return ago_ms >= _PATIENCE_MS and side.alone >= (_SOME if ago_ms >= MS_PER_DAY else _MANY)
