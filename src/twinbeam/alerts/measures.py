"""Readings of each kind of alert, from the facts of one moment; pure. None where nothing could be read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.alerts.facts import AlertFacts, Place, Source
from twinbeam.alerts.incidents import going_on
from twinbeam.alerts.judging import AlertSubject, Measurement
from twinbeam.alerts.kinds import AlertKind
from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND, day_of
from twinbeam.core.regular import days_by_event, is_regular
from twinbeam.core.story import Covered, PixelRow

Readings = Sequence[Measurement] | None
Measure = Callable[[AlertFacts], Readings]

FEWEST_ANSWERED = 20  #: fewer say nothing about a share
FEWEST_LAST_WEEK = 20  #: so with an hour of a week before
FEWEST_HEARD = 20  #: deliveries of a source that signs
LONGEST_GAP_MS = 3 * 3_600_000  #: between two of them, on average
WATCHED_MS = 7 * MS_PER_DAY  #: what has been silent for longer is no news
_MS_PER_HOUR = 3_600_000
_SIDES: Mapping[str, tuple[str, ...]] = {"browser": ("browser", "both"), "server": ("server", "both")}


def token_refused(facts: AlertFacts) -> Readings:
    """Return 1 for a pixel whose token TikTok refuses, and 0 for any other."""
    return (
        None
        if facts.refused is None
        else [Measurement(_of(row), (row.workspace, row.code) in facts.refused) for row in facts.pixels]
    )


def record_lag(facts: AlertFacts) -> Readings:
    """Return the age of the oldest event that is not recorded, in seconds."""
    return _one(facts.lag_seconds)


def queue_age(facts: AlertFacts) -> Readings:
    """Return how long the oldest conversion of a pixel waits, in seconds, unless its owner wants it to wait."""
    since = facts.waiting_since
    if since is None:
        return None
    found = ((row, since.get((row.workspace, row.code), facts.now_ms)) for row in facts.pixels if _is_sent(row))
    ages = ((row, 0 if _is_drained(row, since_ms) else facts.now_ms - since_ms) for row, since_ms in found)
    return [Measurement(_of(row), max(0, ms) / MS_PER_SECOND) for row, ms in ages]


def accepted_share(facts: AlertFacts) -> Readings:
    """Return the accepted share of what TikTok answered, in percent, where it answered enough."""
    shares = ((place, accepted, accepted + refused) for place, (accepted, refused) in (facts.answered or {}).items())
    enough = (it for it in shares if it[2] >= FEWEST_ANSWERED)
    return _known(facts, [Measurement(AlertSubject(*place), 100 * accepted / n) for place, accepted, n in enough])


def volume_drop(facts: AlertFacts) -> Readings:
    """Return the volume of the last full hour in percent of the same hour a week before, where that had enough."""
    pairs = (facts.volumes or {}).items()
    return _known(
        facts,
        [Measurement(AlertSubject(*of), 100 * now / then) for of, (now, then) in pairs if then >= FEWEST_LAST_WEEK],
    )


def source_silent(facts: AlertFacts) -> Readings:
    """Return for how many hours a side, or a source that signs, has been silent that used to report every day."""
    if facts.sides is None or facts.sources is None:
        return None
    last: dict[tuple[Place, str], int] = defaultdict(int)
    for it in facts.sides:
        key = ((it.workspace, it.pixel), it.side)
        last[key] = max(last[key], it.at_ms)
    days = _days(facts.covered)
    found = [
        Measurement(AlertSubject(*place, f"{side} side"), _hours(facts, at_ms))
        for (place, side), at_ms in last.items()
        if _was_regular(days.get((*place, side), {}), at_ms, facts.now_ms)
    ]
    signed = [it for it in facts.sources if _is_busy(it) and facts.now_ms - it.heard_ms <= WATCHED_MS]
    sources = [
        Measurement(AlertSubject(it.workspace, "", f"source {it.name}"), _hours(facts, it.heard_ms)) for it in signed
    ]
    return [*(_known(facts, found) or ()), *sources]


def event_silent(facts: AlertFacts) -> Readings:
    """Return for how many hours a standard event has not come that used to come every day."""
    if facts.sides is None:
        return None
    last: dict[tuple[str, str, str], int] = defaultdict(int)
    for it in facts.sides:
        if it.event:
            key = (it.workspace, it.pixel, it.event)
            last[key] = max(last[key], it.at_ms)
    days = days_by_event(facts.covered)
    regular = [key for key, at_ms in last.items() if _was_regular(days.get(key, {}), at_ms, facts.now_ms)]
    return _known(facts, [Measurement(AlertSubject(*key), _hours(facts, last[key])) for key in regular])


def dead_letters(facts: AlertFacts) -> Readings:
    """Return how many conversions of yesterday and today TikTok refused."""
    if facts.dead is None:
        return None
    return [Measurement(_of(row), facts.dead.get((row.workspace, row.code), 0)) for row in facts.pixels]


def disk(facts: AlertFacts) -> Readings:
    """Return how many MiB are left beyond the reserve."""
    return _one(facts.free_mib)


def clock(facts: AlertFacts) -> Readings:
    """Return 1 while the clock is wrong."""
    return _one(facts.clock_is_wrong)


def key_ring(facts: AlertFacts) -> Readings:
    """Return 1 while the key ring cannot be used."""
    return _one(facts.key_ring_is_wrong)


def backup_age(facts: AlertFacts) -> Readings:
    """Return the age of the newest backup in hours; nothing before the first one."""
    return _one(None if facts.backup_ms is None else _hours(facts, facts.backup_ms))


def tiktok_outage(facts: AlertFacts) -> Readings:
    """Return 1 for each announced outage, and 0 for those that are over."""
    if facts.incidents is None:
        return None
    open_ = {it.id for it in going_on(facts.incidents, facts.now_ms)}
    return [Measurement(AlertSubject(part=f"{it.level}, incident {it.id}"), it.id in open_) for it in facts.incidents]


MEASURES: Mapping[AlertKind, Measure] = {
    AlertKind.TOKEN_REFUSED: token_refused,
    AlertKind.RECORD_LAG: record_lag,
    AlertKind.QUEUE_AGE: queue_age,
    AlertKind.ACCEPTED_SHARE: accepted_share,
    AlertKind.VOLUME_DROP: volume_drop,
    AlertKind.SOURCE_SILENT: source_silent,
    AlertKind.EVENT_SILENT: event_silent,
    AlertKind.DEAD_LETTERS: dead_letters,
    AlertKind.DISK: disk,
    AlertKind.CLOCK: clock,
    AlertKind.KEY_RING: key_ring,
    AlertKind.BACKUP_AGE: backup_age,
    AlertKind.TIKTOK_OUTAGE: tiktok_outage,
}


class Measured(Struct, frozen=True):
    """What was measured at one moment, by kind."""

    now_ms: int
    readings: Mapping[AlertKind, Readings]
    names: Mapping[Place, str]  #: of the pixels


def measure(facts: AlertFacts) -> Measured:
    """Measure all kinds; of many pixels that takes some time, which no event should have to wait for."""
    names = {(row.workspace, row.code): row.name for row in facts.pixels}
    return Measured(facts.now_ms, {kind: MEASURES[kind](facts) for kind in AlertKind}, names)


def _of(row: PixelRow) -> AlertSubject:
    return AlertSubject(row.workspace, row.code)


def _one(value: float | None) -> Readings:
    return None if value is None else [Measurement(AlertSubject(), value)]


def _is_sent(row: PixelRow) -> bool:
    return row.stopped is None and (row.flow is None or row.flow.mode != "paused")


def _is_drained(row: PixelRow, since_ms: int) -> bool:
    """Return whether what waits since a moment came after its pixel was drained, and is to wait."""
    return row.flow is not None and row.flow.mode == "draining" and since_ms > row.flow.since_ms


def _known(facts: AlertFacts, readings: Iterable[Measurement]) -> Readings:
    """
    Leave out what is of a pixel that is not set up: anybody may send to any.

    Neither is anything told of one that is stopped: its browser tag does nothing, so that less comes.
    """
    places = {(row.workspace, row.code) for row in facts.pixels if row.stopped is None}
    return [it for it in readings if (it.of.workspace, it.of.pixel) in places]


def _hours(facts: AlertFacts, since_ms: int) -> float:
    return max(0, facts.now_ms - since_ms) / _MS_PER_HOUR


def _was_regular(days: Mapping[int, int], last_ms: int, now_ms: int) -> bool:
    """Return whether something came on most days of the week before it was last seen, and that was of late."""
    return is_regular(days, day_of(last_ms)) and now_ms - last_ms <= WATCHED_MS


def _is_busy(source: Source) -> bool:
    return source.heard >= FEWEST_HEARD and source.gap_ms <= LONGEST_GAP_MS


def _days(covered: Iterable[Covered]) -> dict[tuple[str, str, str], dict[int, int]]:
    """Count by side and day."""
    found: dict[tuple[str, str, str], dict[int, int]] = {}
    for row in covered:
        for side, columns in _SIDES.items():
            days = found.setdefault((row.workspace, row.pixel, side), {})
            days[row.day] = days.get(row.day, 0) + sum(getattr(row, column) for column in columns)
    return found
