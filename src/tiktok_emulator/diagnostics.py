"""
Diagnostics: what went wrong in the last 24 hours, each with trigger, evidence and fix (tiktok.md 11.3).

Most cards sum up findings on single events; a few compare events with each other.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from tiktok_emulator.clock import MS_PER_DAY, MS_PER_HOUR
from tiktok_emulator.dedup import Channel
from tiktok_emulator.faults import Fault
from tiktok_emulator.ledger import Counted
from tiktok_emulator.quality import recent
from tiktok_emulator.rules import ABOUT, Rule
from tiktok_emulator.world import World

HOURS = 24
EXAMPLES = 3

#: Fewer ids than this on a side say nothing about a mismatch.
ENOUGH_IDS = 10
MISMATCH_SHARE = 0.1
SAME_IP_SAMPLE = 50


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One diagnostic."""

    id: str
    severity: str
    title: str
    source_id: str
    event: str
    count: int
    evidence: tuple[str, ...]
    trigger: str
    fix: str
    source: str


def diagnostics(world: World, source_id: str = "") -> list[Card]:
    """List the cards of one pixel or set, or of all, gravest and most frequent first; dismissed ones are left out."""
    cards = [*_from_findings(world), *_from_comparisons(world)]
    wanted = (each for each in cards if source_id in ("", each.source_id))
    shown = (each for each in wanted if not _dismissed(world, each))
    return sorted(shown, key=lambda each: (each.severity != "fault", -each.count, each.id))


def _dismissed(world: World, card: Card) -> bool:
    """Return whether a card is dismissed; it comes back once there are more findings than there were then."""
    return card.count <= world.dismissed.get((card.id, card.source_id, card.event), 0)


def dismiss(world: World, card: Card) -> None:
    """Hide a card until it happens again."""
    world.dismissed[card.id, card.source_id, card.event] = card.count
    world.changed()


def _from_findings(world: World) -> Iterator[Card]:
    since_hour = (world.clock.now_ms() - HOURS * MS_PER_HOUR) // MS_PER_HOUR
    counts: Counter[tuple[Rule, str, str]] = Counter()
    for (hour, rule, source_id, event), count in world.faults.hourly.items():
        if hour >= since_hour:
            counts[rule, source_id, event] += count
    examples = _examples(world.faults.all())
    for key, count in counts.items():
        yield _card(key, count, tuple(examples.get(key, ())))


def _examples(faults: list[Fault]) -> dict[tuple[Rule, str, str], list[str]]:
    found: dict[tuple[Rule, str, str], list[str]] = {}
    for each in reversed(faults):
        kept = found.setdefault((each.rule, each.source_id, each.event), [])
        if len(kept) < EXAMPLES:
            kept.append(" ".join(filter(None, (each.event_id, each.path, each.evidence))))
    return found


def _card(key: tuple[Rule, str, str], count: int, evidence: tuple[str, ...]) -> Card:
    rule, source_id, event = key
    about = ABOUT[rule]
    return Card(
        id=rule.value,
        severity=about.severity.value,
        title=about.title,
        source_id=source_id,
        event=event,
        count=count,
        evidence=evidence,
        trigger=about.trigger,
        fix=about.fix,
        source=about.source,
    )


def _from_comparisons(world: World) -> Iterator[Card]:
    ledger = world.settled_ledger()
    for source_id in {owner for owner, _ in ledger.seen}:
        by_event: dict[str, list[Counted]] = {}
        for counted in recent(world, source_id, HOURS / 24):
            by_event.setdefault(counted.event, []).append(counted)
        for event, counted_events in by_event.items():
            yield from _ids(source_id, event, counted_events)
        yield from _funnel(source_id, by_event)
        yield from _one_address(world, source_id)
    yield from _old_test_codes(world)


def _ids(source_id: str, event: str, events: list[Counted]) -> Iterator[Card]:
    channels = {channel for each in events for channel in _channels(each)}
    if len(channels) < 2:
        return
    without = sum(not copy.event_id for each in events for copy in each.copies)
    if without:
        yield _card((Rule.MISSING_EVENT_ID_ON_OVERLAP, source_id, event), without, (f"{without} copies without id",))
    with_id = [each for each in events if each.event_id]
    browser = [each for each in with_id if Channel.BROWSER in _channels(each)]
    server = [each for each in with_id if Channel.SERVER in _channels(each)]
    joined = sum(len(_channels(each)) > 1 for each in with_id)
    fewer = min(len(browser), len(server))
    if fewer >= ENOUGH_IDS and joined < fewer * MISMATCH_SHARE:
        seen = f"browser {browser[0].event_id[:40]}, server {server[0].event_id[:40]}"
        yield _card((Rule.EVENT_ID_MISMATCH, source_id, event), fewer - joined, (seen,))


def _channels(counted: Counted) -> set[Channel]:
    return {each.channel for each in counted.copies}


def _funnel(source_id: str, by_event: dict[str, list[Counted]]) -> Iterator[Card]:
    carts, views = len(by_event.get("AddToCart", ())), len(by_event.get("ViewContent", ()))
    if carts > views:
        key = (Rule.FEWER_VIEWS_THAN_CARTS, source_id, "AddToCart")
        yield _card(key, carts - views, (f"{carts} AddToCart, {views} ViewContent",))


def _one_address(world: World, source_id: str) -> Iterator[Card]:
    """Look for a proxy's address: one IP in most of the last server events, for different people."""
    sample: list[dict[str, object]] = []
    since_ms = world.clock.now_ms() - HOURS * MS_PER_HOUR
    for copy in reversed(world.ledger.received[-SAME_IP_SAMPLE * 20 :]):
        if copy.source_id == source_id and copy.channel is Channel.SERVER and copy.at_ms >= since_ms:
            sample.append(copy.body().get("user") or {})
        if len(sample) == SAME_IP_SAMPLE:
            break
    addresses = Counter(str(user.get("ip")) for user in sample if user.get("ip"))
    if len(sample) < SAME_IP_SAMPLE or not addresses:
        return
    address, count = addresses.most_common(1)[0]
    people = {str(user.get("email") or user.get("external_id")) for user in sample if user.get("ip") == address}
    if count > SAME_IP_SAMPLE // 2 and len(people) > SAME_IP_SAMPLE // 5:
        yield _card((Rule.SAME_IP_MANY_USERS, source_id, ""), count, (f"{address}: {len(people)} people",))


def _old_test_codes(world: World) -> Iterator[Card]:
    now_ms = world.clock.now_ms()
    for (source_id, code), seen in world.ledger.test_codes.items():
        if seen.last_ms - seen.first_ms > MS_PER_DAY and now_ms - seen.last_ms <= MS_PER_DAY:
            days = (seen.last_ms - seen.first_ms) // MS_PER_DAY
            yield _card((Rule.TEST_CODE_IN_PRODUCTION, source_id, ""), 1, (f"{code[:40]}: {days} days",))
