"""
The steps between a received event and TikTok's answer, and which outcome and reason belongs to which. Pure.

Every outcome and reason belongs to one step, so that the steps below the first one add up to it (accounting.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Outcome, Reason
from twinbeam.core.story import Count, Narrowed
from twinbeam.pipeline.accept.codes import SENTENCES as CODES
from twinbeam.pipeline.record.counted import OTHER
from twinbeam.pipeline.record.counters import FINDING, RECORDED
from twinbeam.web.conversions.lists import Asked
from twinbeam.web.debugger.asked import DebuggerQuestion
from twinbeam.web.debugger.rows import INVALID
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
MOST_EVENTS = 12  #: of one step by name; rarer ones stand together
_BY_EVENT = (Outcome.MERGED, Outcome.DUPLICATE)  #: what they have no reason for, they are parted by

#: What an outcome without a reason means.
_WORDS: Mapping[str, str] = {
    RECORDED: "All of them, by their conversions.",
    Outcome.NOTED: "Statements of consent that came without an event.",
    Outcome.QUARANTINED: "The stored event could not be read. It is kept, encrypted.",
    Outcome.MERGED: "Copies of rarer events.",
    Outcome.DUPLICATE: "Copies of rarer events.",
}
_SENTENCES: Mapping[str, str] = {str(code): sentence for code, sentence in CODES.items()}

#: In which list the conversions of an outcome stand, by its name there; copies stand with their conversion.
_LISTS: Mapping[str, str] = {
    RECORDED: "",
    Outcome.MERGED: "",
    Outcome.DUPLICATE: "",
    **dict.fromkeys(SENDING, "waiting"),
    **{state: state.value for state in State if state not in SENDING},
}


#: What is dropped for these leaves no conversion, whatever the visitor said.
_UNSTORED = frozenset(Reason) - {Reason.NO_CONSENT, *_OF_HELD}


class StepPart(Struct, frozen=True):
    """A part of a step: one outcome and reason, how many, how many before, and where they stand."""

    outcome: str
    reason: str
    n: int
    before: int
    asked: Asked | None = None  #: the list of their conversions; None where none is stored
    arrivals: DebuggerQuestion | None = None  #: what the debugger is asked for them
    code: str = ""  #: why it was rejected on arrival
    event: str = ""  #: of which event they are copies

    @property
    def query(self) -> str:
        """Return what tells it from the other parts of its step, as it stands in an address."""
        named = {"outcome": self.outcome, "reason": self.reason, "code": self.code, "event": self.event}
        return urlencode({name: text for name, text in named.items() if text})

    @property
    def address(self) -> str:
        """Return where all of them stand; empty where that is nowhere."""
        if self.asked is not None:
            return self.asked.address()
        return self.arrivals.address if self.arrivals is not None else ""

    @property
    def sentence(self) -> str:
        """Return why they are here."""
        if self.code:
            return _SENTENCES.get(self.code, "Its sender was told the field and the fix.")
        if self.reason:
            return Reason(self.reason).sentence
        if self.event:
            return f"Copies of {self.event}."
        return _WORDS.get(self.outcome) or f"{self.outcome.capitalize()}."


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
    numbers: dict[tuple[str, str, str], list[int]] = {}
    for count in counts:
        if count.outcome == FINDING:
            continue
        sums = numbers.setdefault(_told_as(count), [0, 0])
        sums[count.day < period.since_day] += count.n
    by_step: dict[str, list[StepPart]] = {}
    for told_as, (n, before) in _bounded(numbers).items():
        key = step_of(told_as[0], told_as[1])
        if key and (n or before):
            by_step.setdefault(key, []).append(_part(told_as, n, before, period, place))
    return [_counted(step, by_step.get(step.key, [])) for step in STEPS]


def with_rejected(
    steps: Sequence[StepCount], counts: Mapping[str, int], period: Period, place: Place
) -> list[StepCount]:
    """Add what was rejected on arrival, by `<day>/<code>`; that is invalid, and was never recorded."""
    sums: dict[str, list[int]] = {}
    for name, n in counts.items():
        day, _, code = name.partition("/")
        if period.before_day <= int(day) <= period.today:
            sums.setdefault(code, [0, 0])[int(day) < period.since_day] += n
    parts = [
        StepPart("rejected", "", n, before, None, _question(place, outcome=INVALID, reason=code), code)
        for code, (n, before) in sums.items()
    ]
    return [_counted(it.step, [*it.parts, *parts]) if it.step.key == "invalid" else it for it in steps]


def _counted(step: PipelineStep, parts: list[StepPart]) -> StepCount:
    parts.sort(key=lambda part: (-part.n, part.outcome, part.reason))
    return StepCount(step, sum(part.n for part in parts), sum(part.before for part in parts), parts)


def _told_as(count: Count) -> tuple[str, str, str]:
    """Let what is being sent be one, since it is one list; copies are told apart by their events."""
    event = count.event if count.outcome in _BY_EVENT else ""
    return (_WAITING if count.outcome in SENDING else count.outcome, count.reason, event)


def _bounded(numbers: Mapping[tuple[str, str, str], list[int]]) -> dict[tuple[str, str, str], list[int]]:
    """Let the rarer events of an outcome be one."""
    named: dict[tuple[str, str], int] = {}
    bounded: dict[tuple[str, str, str], list[int]] = {}
    for (outcome, reason, event), sums in sorted(numbers.items(), key=lambda it: -it[1][0]):
        place = (outcome, reason)
        named[place] = named.get(place, 0) + 1
        is_named = named[place] <= MOST_EVENTS and event != OTHER
        both = bounded.setdefault((*place, event if is_named else ""), [0, 0])
        bounded[*place, event if is_named else ""] = [one + other for one, other in zip(both, sums, strict=True)]
    return bounded


def _part(told_as: tuple[str, str, str], n: int, before: int, period: Period, place: Place) -> StepPart:
    """Return a part; of what leaves no conversion the debugger alone tells."""
    outcome, reason, event = told_as
    arrivals = None
    if outcome in (Outcome.DROPPED, *_BY_EVENT):
        arrivals = _question(place, outcome=outcome, reason=reason, event=event)
    is_stored = outcome in _LISTS and not (outcome == Outcome.DROPPED and reason in _UNSTORED)
    narrowed = Narrowed(event, since_day=period.since_day, reason=reason, several=outcome in _BY_EVENT)
    asked = Asked(_LISTS[outcome], place, narrowed=narrowed) if is_stored else None
    return StepPart(outcome, reason, n, before, asked, arrivals, event=event)


def _question(place: Place, **asked: str) -> DebuggerQuestion:
    return DebuggerQuestion(pixel="/".join(place), **asked)
