"""
When each side of a pixel last reported, and whether one of them has fallen silent. Pure; looks at newest conversions.

A silent side is told by events that it used to report: what only the browser ever sends says nothing about a server.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.story import Story
from twinbeam.core.values import Channel, Side

Seen = dict[Side, int]

#: As many in a row without a side are no chance; a day without it needs fewer.
_MANY = 20
_SOME = 5
#: Until then a copy may be on its way: webhooks come late.
_PATIENCE_MS = 3_600_000


class Silence(Struct, frozen=True):
    """One side that reported an event, and does so no more."""

    side: Side
    event: str
    since_ms: int  #: when the last conversion began that it had a part in
    alone: int  #: how many of this event came since, from the other side alone


def last_seen(newest: Iterable[Story]) -> Seen:
    """Tell when each side last reported, as far as these conversions show it."""
    seen: Seen = {}
    for story in newest:
        for side in sides_of(story):
            seen[side] = max(story.received_ms, seen.get(side, 0))
    return seen


def fallen_silent(newest: Sequence[Story], now_ms: int) -> Silence | None:
    """Find the side whose silence cost most; `newest` are conversions of one pixel, newest first."""
    by_event: dict[str, list[Story]] = {}
    for story in newest:
        by_event.setdefault(story.event, []).append(story)
    found = (_silence(event, stories, side, now_ms) for event, stories in by_event.items() for side in Side)
    return max((one for one in found if one is not None), key=lambda one: one.alone, default=None)


def sides_of(story: Story) -> set[Side]:
    """Tell which sides reported a conversion."""
    return {Channel(channel).side for channel in story.channels}


def _silence(event: str, stories: Sequence[Story], side: Side, now_ms: int) -> Silence | None:
    alone = next((n for n, story in enumerate(stories) if side in sides_of(story)), None)
    if alone is None:
        return None
    since_ms = stories[alone].received_ms
    needed = _SOME if now_ms - since_ms >= MS_PER_DAY else _MANY
    long_ago = now_ms - since_ms >= _PATIENCE_MS
    return Silence(side, event, since_ms, alone) if long_ago and alone >= needed else None
