"""
An estimate of match quality per event over 7 days.

TikTok says: a weighted average of the coverage of all match keys (tiktok.md 11.4). It publishes no weights, so the
score is an estimate under the weights of the switch `match_weights`, and must never be read as TikTok's number.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tiktok_emulator.clock import MS_PER_DAY
from tiktok_emulator.ledger import Counted
from tiktok_emulator.world import World

DAYS = 7

#: The newest events that are looked at, so that a page stays fast after a long load.
SAMPLE = 20_000


class Quality(msgspec.Struct, frozen=True):
    """The estimate for one event, with what it rests on."""

    score: float  #: 0 to 10.
    events: int
    coverage: dict[str, float]  #: Share of events that carry each key, 0 to 1.
    estimated: bool = True


def recent(world: World, source_id: str, days: float) -> Iterator[Counted]:
    """List the events of a pixel or set that counted in the last days, newest first, from the newest `SAMPLE`."""
    since_ms = world.clock.now_ms() - days * MS_PER_DAY
    for counted in reversed(world.ledger.counted[-SAMPLE:]):
        if counted.first_ms < since_ms:
            return
        if counted.source_id == source_id and counted.first_ms <= world.ready_ms:
            yield counted


def qualities(world: World, source_id: str) -> dict[str, Quality]:
    """Estimate the match quality of each event of a pixel or set received in the window."""
    weights = world.switches.match_weights
    events: Counter[str] = Counter()
    have: Counter[tuple[str, str]] = Counter()
    for counted in recent(world, source_id, DAYS):
        events[counted.event] += 1
        have.update((counted.event, key) for key in weights if has_key(counted, key))
    return {
        event: _quality(weights, count, {key: have[event, key] for key in weights}) for event, count in events.items()
    }


def _quality(weights: dict[str, float], events: int, have: dict[str, int]) -> Quality:
    coverage = {key: have[key] / events for key in weights}
    score = 10 * sum(weights[key] * coverage[key] for key in weights) / (sum(weights.values()) or 1)
    return Quality(score=round(score, 1), events=events, coverage=coverage)


def has_key(counted: Counted, key: str) -> bool:
    """Return whether an event carries a key; address and user agent only count together (tiktok.md 2.3)."""
    if key == "ip_user_agent":
        return {"ip", "user_agent"} <= counted.user_keys
    return key in counted.user_keys
