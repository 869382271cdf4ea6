"""What a request to a source's address was, in the words in which its owner sees it."""

import re

from twinbeam.core.deliveries import (
    NOT_KEPT,
    NOT_USED,
    PING,
    TAKEN,
    TOO_LARGE,
    UNREADABLE,
    WRONGLY_SIGNED,
    Delivery,
)
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Statements
from twinbeam.pipeline.accept.problems import Problem, ProblemCode

_UNSIGNED = {ProblemCode.INVALID_SIGNATURE: WRONGLY_SIGNED, ProblemCode.TOO_LARGE: TOO_LARGE}
_CONTENT = frozenset({400, 413, 422})
_TOPIC = re.compile(r"[A-Za-z0-9_./:-]{1,64}")


def delivery_of(
    result: Answer | Acknowledgement | Greeting | Problem, topic: str, at_ms: int, lag_ms: int | None, *, signed: bool
) -> Delivery:
    """Return what came; of a topic only what is plainly one is told."""
    told = topic if signed and _TOPIC.fullmatch(topic) else ""
    outcome, reason = _of_problem(result, signed=signed) if isinstance(result, Problem) else _of_answer(result)
    return Delivery(at_ms, told, outcome, reason, lag_ms)


def lag_of(reading: Reading | Statements, received_ms: int) -> int | None:
    """Return how late what is stated of orders comes, by the newest modification of them; None where nothing is."""
    if not isinstance(reading, Reading):
        return None
    moments = [said.at_ms for facts in reading.orders for said in facts.stated.values()]
    moments += [back.at_ms for facts in reading.orders if not facts.stated for back in facts.refunds.values()]
    return max(0, received_ms - max(moments)) if moments else None


def _of_problem(found: Problem, *, signed: bool) -> tuple[str, str]:
    if not signed:
        return _UNSIGNED.get(found.code, WRONGLY_SIGNED), ""
    if found.rejected:
        first = found.rejected[0]
        return UNREADABLE, f"{first.field or 'The body'}: {first.message} {first.fix}"
    outcome = UNREADABLE if found.status in _CONTENT else NOT_KEPT
    return outcome, f"{found.message} {found.fix}"


def _of_answer(result: Answer | Acknowledgement | Greeting) -> tuple[str, str]:
    if isinstance(result, Greeting):
        return PING, ""
    if not isinstance(result, Answer):
        return TAKEN, ""
    notices = [it for it in result.notices if it.code == "not_used"]
    if notices:
        return NOT_USED, notices[0].message
    waits = [*(it.message for it in result.held), *(it.message for it in result.dropped)]
    said = [f"{it.field}: {it.message}" for it in result.rejected]
    return TAKEN, (waits or said or [""])[0]
