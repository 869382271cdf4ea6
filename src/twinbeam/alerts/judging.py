"""
Begin and end of alerts: pure, from a rule, readings, and what was watched before.

An episode is one row from the first reading beyond the threshold to its end. It is told of once when it has stood
there for the rule's duration, and once more when it has been back for the other one; what falls back before is
forgotten. Between both thresholds nothing happens. What is muted waits, and begins when the mute is over.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.alerts.kinds import KINDS, AlertKind
from twinbeam.alerts.rules import Rule

MOST_WATCHED = 50  #: of one kind; more are one alert together
GONE_MS = 24 * 3_600_000  #: an alert of which nothing was read for so long is over
_MS = 1_000

Muted = Callable[[str, str], bool]
"""Tells of a workspace and a pixel whether nobody is to be told."""


class AlertSubject(Struct, frozen=True, order=True):
    """What a reading is of: a pixel, a part of it, or the whole installation."""

    workspace: str = ""
    pixel: str = ""
    part: str = ""


#: What is watched beyond the bound, together.
OTHERS = AlertSubject(part="others")


class Measurement(Struct, frozen=True):
    """One measured value."""

    of: AlertSubject
    value: float


class AlertPhase(StrEnum):
    """How far an episode is."""

    RISING = "rising"  #: beyond the threshold, not told yet
    OPEN = "open"
    CLEARING = "clearing"  #: back, and not for long enough


class Why(StrEnum):
    """Why an alert ended."""

    BACK = "back"  #: its value is back
    OFF = "off"  #: its rule was turned off, or is no longer for this pixel
    GONE = "gone"  #: nothing was read of it any more


class Watched(Struct, frozen=True, kw_only=True):
    """An episode."""

    kind: AlertKind
    of: AlertSubject
    phase: AlertPhase
    since_ms: int  #: of this phase
    first_ms: int  #: when the value was first beyond the threshold
    seen_ms: int  #: when it was last read
    value: float
    worst: float
    began_ms: int = 0  #: when it was told; 0 while it is rising
    id: int = 0  #: a store gives it

    @property
    def is_told(self) -> bool:
        """Return whether its begin was told."""
        return self.phase is not AlertPhase.RISING


class Transition(Struct, frozen=True):
    """What becomes of an episode: it goes on, begins or ends."""

    before: Watched | None
    after: Watched | None
    begins: bool = False
    why: Why | None = None  #: of an end that is to be told


def judge(
    rule: Rule, readings: Sequence[Measurement] | None, state: Sequence[Watched], now_ms: int, muted: Muted
) -> list[Transition]:
    """Return what changes for one kind; readings that could not be taken are None, and change nothing by themselves."""
    covered = [it for it in readings or () if rule.on and rule.covers(it.of.workspace, it.of.pixel)]
    read = {it.of: float(it.value) for it in _bounded(rule, covered, state)}
    watched = {it.of: it for it in state}
    subjects = [*watched, *sorted(of for of in read if of not in watched)]
    changes = [_step(_rule_of(rule, of), of, read.get(of), watched.get(of), now_ms, muted) for of in subjects]
    return [change for change in changes if change is not None and change.before != change.after]


def _bounded(rule: Rule, readings: Iterable[Measurement], state: Sequence[Watched]) -> list[Measurement]:
    """Let what would be watched beyond the bound be one reading: how many there are."""
    known = {it.of for it in state}
    kept = [it for it in readings if it.of in known]
    new = [it for it in readings if it.of not in known and rule.begins(it.value)]
    new.sort(key=lambda it: (it.value if KINDS[rule.kind].falls else -it.value, it.of))
    room = max(0, MOST_WATCHED - len(known - {OTHERS}))
    left = len(new[room:])
    others = Measurement(OTHERS, -left if KINDS[rule.kind].falls else left)
    return [*kept, *new[:room], *([others] if left or OTHERS in known else [])]


def _rule_of(rule: Rule, of: AlertSubject) -> Rule:
    """Return the rule for a subject: the others begin with the first of them and end with the last."""
    if of != OTHERS:
        return rule
    return replace(rule, raise_at=0 if KINDS[rule.kind].falls else 1, clear_at=0)


def _step(
    rule: Rule, of: AlertSubject, value: float | None, it: Watched | None, now_ms: int, muted: Muted
) -> Transition | None:
    if it is None:
        return None if value is None or not rule.begins(value) else _rises(rule, _first(rule, of, value, now_ms), muted)
    if not rule.on or not rule.covers(of.workspace, of.pixel):
        return Transition(it, None, why=Why.OFF if it.is_told else None)
    if value is None:
        is_gone = now_ms - it.seen_ms > GONE_MS
        return Transition(it, None, why=Why.GONE if it.is_told else None) if is_gone else None
    read = replace(it, seen_ms=now_ms, value=value, worst=_worse(rule, it.worst, value))
    if not it.is_told:
        return _rises(rule, read, muted, before=it) if rule.begins(value) else Transition(it, None)
    return _clears(rule, it, read, now_ms)


def _first(rule: Rule, of: AlertSubject, value: float, now_ms: int) -> Watched:
    return Watched(
        kind=rule.kind,
        of=of,
        phase=AlertPhase.RISING,
        since_ms=now_ms,
        first_ms=now_ms,
        seen_ms=now_ms,
        value=value,
        worst=value,
    )


def _rises(rule: Rule, read: Watched, muted: Muted, before: Watched | None = None) -> Transition:
    now_ms = read.seen_ms
    stands = now_ms - read.since_ms >= rule.raise_after_seconds * _MS
    if not stands or muted(read.of.workspace, read.of.pixel):
        return Transition(before, read)
    return Transition(before, replace(read, phase=AlertPhase.OPEN, since_ms=now_ms, began_ms=now_ms), begins=True)


def _clears(rule: Rule, it: Watched, read: Watched, now_ms: int) -> Transition:
    if not rule.ends(read.value):
        phase_since = it.since_ms if it.phase is AlertPhase.OPEN else now_ms
        return Transition(it, replace(read, phase=AlertPhase.OPEN, since_ms=phase_since))
    since_ms = it.since_ms if it.phase is AlertPhase.CLEARING else now_ms
    if now_ms - since_ms >= rule.clear_after_seconds * _MS:
        return Transition(read, None, why=Why.BACK)
    return Transition(it, replace(read, phase=AlertPhase.CLEARING, since_ms=since_ms))


def _worse(rule: Rule, one: float, other: float) -> float:
    return min(one, other) if KINDS[rule.kind].falls else max(one, other)
