"""
What the dialects of shop systems have in common: how a delivery becomes facts and events, and how it is answered.

A shop system ends its deliveries for good where answers tell of errors, and nobody there can mend a body. So what is
signed is answered with 2xx whatever it holds: what cannot be taken is counted, and named in the answer, which the
system's log of deliveries shows.
"""

from collections.abc import Callable

import msgspec

from twinbeam.core.rules import DEFAULT_SOURCE, SourceRules
from twinbeam.core.values import Notice, RequestNote
from twinbeam.orders.reports import OrderReport, events_of, facts_of
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Request
from twinbeam.pipeline.accept.directory import SignedSource
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem
from twinbeam.pipeline.accept.replies import json_reply
from twinbeam.sources.fields import Fields, Unfit, fields_of

_CONTENT = frozenset({400, 422})  #: of what a sender cannot mend
_ENCODER = msgspec.json.Encoder()
_JSON = ((b"content-type", b"application/json"),)


def rules_of(request: Request) -> SourceRules:
    """Return what was decided about the source that signed a request."""
    return request.sender.rules if isinstance(request.sender, SignedSource) else DEFAULT_SOURCE


class _Typed(msgspec.Struct):
    type: str = ""


_TYPED = msgspec.json.Decoder(_Typed)


def type_in(body: bytes) -> str:
    """Return what a body calls itself in its `type`; empty where it does not, or is compressed."""
    try:
        return _TYPED.decode(body).type
    except (ValueError, RecursionError):
        return ""


def read_delivery(
    body: bytes, tell: Callable[[Fields], OrderReport | RequestNote | str], idempotency: str | None
) -> Reading | Problem:
    """
    Return facts and events of a delivery, or what it passes on of somebody's rights.

    `tell` gives a sentence where it means nothing here.
    """
    fields = fields_of(body)
    if isinstance(fields, Problem):
        return fields
    try:
        told = tell(fields)
    except Unfit as unfit:
        return problem(ProblemCode.EVERY_EVENT_REJECTED, rejected=[unfit.rejected()])
    if isinstance(told, str):
        return Reading([], [Notice(0, "", "not_used", told)], idempotency, is_empty=True)
    if isinstance(told, RequestNote):
        return Reading([], requests=[told])
    facts = facts_of(told)
    return Reading(events_of(told, facts), [], idempotency, [facts])


def reply(result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
    """Write JSON: 2xx for all that is signed, unless it has to come again."""
    if isinstance(result, Problem) and result.status in _CONTENT:
        said = {"accepted": 0, "code": result.code, "message": result.message, "rejected": result.rejected}
        return Reply(200, _JSON, _ENCODER.encode(said))
    return json_reply(result)
