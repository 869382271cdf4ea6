"""
The steps between a received event and TikTok's answer, and which outcome and reason belongs to which. Pure.

Every outcome and reason belongs to one step, so that the steps below the first one add up to it (accounting.md).
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.story import Count, Narrowed
from twinbeam.pipeline.record.counters import FINDING, RECORDED
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.pixel.contract import Place
from twinbeam.web.pixel.period import Period


class PipelineStep(Struct, frozen=True):
    """One step, and what a person has to know of it."""

    key: str
    name: str
    means: str
    tone: str  #: gives it its colour


STEPS = (
    PipelineStep("received", "Received", "All that was recorded for this pixel, copies and tests among them.", "whole"),
    PipelineStep(
        "invalid",
        "Invalid",
        "Rejected on arrival, with the field and the fix; nothing of it is kept, so it is not among the received.",
        "quarantined",
    ),
    PipelineStep("foreign", "Foreign", "Came from a page that is not on a host of this pixel.", "dropped"),
    PipelineStep("bot", "Bot", "The user agent is a known crawler's.", "dropped"),
    PipelineStep("ignored", "Left out by a rule", "Tests, staging, and what your rules leave to others.", "dropped"),
    PipelineStep(
        "consent", "No consent yet", "Held until the visitor says yes; dropped where nothing can bring it.", "held"
    ),
    PipelineStep("declined", "Declined by the visitor", "Never sent; no content is kept.", "dropped"),
    PipelineStep(
        "duplicate", "Duplicate", "Came again when its conversion may have been sent: counted, not sent.", "duplicate"
    ),
    PipelineStep("merged", "Merged", "A further copy of a conversion, joined with it before it was sent.", "merged"),
    PipelineStep("confirmation", "Not confirmed yet", "Held until the shop's server or you confirm it.", "held"),
    PipelineStep("waiting", "Waiting", "Ready, in a request to TikTok, or to retry.", "waiting"),
    PipelineStep(
        "accepted",
        "Accepted by TikTok",
        "TikTok accepted it. Whether it matches a visitor is on the page of match keys.",
        "delivered",
    ),
    PipelineStep("rejected", "Rejected by TikTok", "Kept as dead letters, with TikTok's message.", "refused"),
    PipelineStep("ended", "Ended unsent", "Waited too long, was cancelled, or was erased on request.", "ended"),
)
BY_KEY = {step.key: step for step in STEPS}

_OF_DROPPED = {
    Reason.FOREIGN_HOST: "foreign",
    Reason.BOT: "bot",
    Reason.NO_CONSENT: "declined",
    Reason.DENIED_BY_ANOTHER_COPY: "declined",
    Reason.CONSENT_NOT_SAID: "consent",
    Reason.CONSENT_NEVER_SAID: "consent",
}
_OF_HELD = {Reason.CONSENT_NOT_SAID: "consent", Reason.CONSENT_CONTESTED: "consent"}
_OF_OUTCOME: Mapping[str, str] = {
    RECORDED: "received",
    Outcome.QUARANTINED: "invalid",
    Outcome.NOTED: "ignored",
    Outcome.MERGED: "merged",
    Outcome.DUPLICATE: "duplicate",
    State.WITHDRAWN: "declined",
    State.DELIVERED: "accepted",
    State.REFUSED: "rejected",
    State.EXPIRED: "ended",
    State.ERASED: "ended",
    **dict.fromkeys(SENDING, "waiting"),
}

_WAITING = State.WAITING.value

#: In which list the conversions of an outcome stand, by its name there; copies stand with their conversion.
_LISTS: Mapping[str, str] = {
    RECORDED: "",
    Outcome.MERGED: "",
    Outcome.DUPLICATE: "",
    **dict.fromkeys(SENDING, "waiting"),
    **{state: state.value for state in State if state not in SENDING},
}


class StepPart(Struct, frozen=True):
    """A part of a step: one outcome and reason, how many, how many before, and the list where they stand."""

    outcome: str
    reason: str
    n: int
    before: int
    asked: Asked | None = None  #: None of what is not stored
    code: str = ""  #: why it was rejected on arrival


class StepCount(Struct, frozen=True):
    """A step with its numbers."""

    step: PipelineStep
    n: int
    before: int
    parts: Sequence[StepPart]  #: the most frequent first


def step_of(outcome: str, reason: str) -> str:
    """Return the step of an outcome; "" of what is counted beside the steps."""
    if outcome == Outcome.DROPPED:
        return _OF_DROPPED.get(Reason(reason), "ignored") if reason else "ignored"
    if outcome == State.HELD:
        return _OF_HELD.get(Reason(reason), "confirmation") if reason else "confirmation"
    return _OF_OUTCOME.get(outcome, "")


def steps_of(counts: Iterable[Count], period: Period, place: Place) -> list[StepCount]:
    """Add counters of a period and the one before it up to steps."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for count in counts:
        if count.outcome == FINDING:
            continue
        sums = numbers.setdefault(_told_as(count), [0, 0])
        sums[count.day < period.since_day] += count.n
    by_step: dict[str, list[StepPart]] = {}
    for (outcome, reason), (n, before) in numbers.items():
        key = step_of(outcome, reason)
        if key and (n or before):
            part = StepPart(outcome, reason, n, before, _asked(outcome, reason, period, place))
            by_step.setdefault(key, []).append(part)
    return [_counted(step, by_step.get(step.key, [])) for step in STEPS]


def with_rejected(steps: Sequence[StepCount], counts: Mapping[str, int], period: Period) -> list[StepCount]:
    """Add what was rejected on arrival, by `<day>/<code>`; that is invalid, and was never recorded."""
    sums: dict[str, list[int]] = {}
    for name, n in counts.items():
        day, _, code = name.partition("/")
        if period.before_day <= int(day) <= period.today:
            sums.setdefault(code, [0, 0])[int(day) < period.since_day] += n
    parts = [StepPart("rejected", "", n, before, code=code) for code, (n, before) in sums.items()]
    return [_counted(it.step, [*it.parts, *parts]) if it.step.key == "invalid" else it for it in steps]


def _counted(step: PipelineStep, parts: list[StepPart]) -> StepCount:
    parts.sort(key=lambda part: (-part.n, part.outcome, part.reason))
    return StepCount(step, sum(part.n for part in parts), sum(part.before for part in parts), parts)


def _told_as(count: Count) -> tuple[str, str]:
    """Let what is being sent be one, since it is one list."""
    return (_WAITING if count.outcome in SENDING else count.outcome, count.reason)


def _asked(outcome: str, reason: str, period: Period, place: Place) -> Asked:
    several = outcome in (Outcome.MERGED, Outcome.DUPLICATE)
    narrowed = Narrowed(since_day=period.since_day, reason=reason, several=several)
    return Asked(_LISTS.get(outcome, ""), place, narrowed=narrowed)
