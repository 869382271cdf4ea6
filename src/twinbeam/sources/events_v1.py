"""
Twinbeam's own dialect: `POST /v1/events` with `{"events": [{...}, ...]}`.

A body that is right in every field costs one decode. Anything else is read again, event by event, so that a bad
event is refused alone and a small slip costs nothing but a notice.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from twinbeam.core.values import Item, Notice, Rejected, TestCode
from twinbeam.pipeline.accept.codes import Rejection, Remark
from twinbeam.pipeline.accept.contract import WHOLE_REQUEST, Reading
from twinbeam.pipeline.accept.problems import MOST_EVENTS, Problem, ProblemCode, problem
from twinbeam.sources import strict
from twinbeam.sources.envelope import MALFORMED, ListLimits, listed, opened
from twinbeam.sources.keyed import KeyedDialect
from twinbeam.sources.lenient import NUL_ESCAPE, read_item, remark
from twinbeam.sources.spelling import told_name
from twinbeam.sources.splitting import split_list
from twinbeam.sources.surrogates import mend_halves

PATH = "/v1/events"

_DECODER = msgspec.json.Decoder(strict.Events)
_TEST_CODE = msgspec.json.Decoder(TestCode | None)
_TEST_FIELD = "test_event_code"
_EVENTS = ListLimits(
    "events",
    MOST_EVENTS,
    misshapen=ProblemCode.BAD_SHAPE,
    empty=ProblemCode.NO_EVENTS,
    too_long=ProblemCode.TOO_MANY_EVENTS,
)


def read(body: bytes) -> Reading | Problem:
    """Read a request; takes any bytes."""
    events = _read_at_once(body)
    return _read_one_by_one(body) if events is None else Reading(events)


def _read_at_once(body: bytes) -> Sequence[Item | Rejected] | None:
    if NUL_ESCAPE in body:
        return None
    try:
        read = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return None
    return _marked(read.events, read.test_event_code) if read.test_event_code else read.events


def _marked(items: Sequence[Item | Rejected], code: str) -> Sequence[Item | Rejected]:
    """Make tests of the events of a body that names a test code for all of them."""
    return [
        item if isinstance(item, Rejected) or item.test_event_code else replace(item, test_event_code=code)
        for item in items
    ]


def _read_one_by_one(body: bytes) -> Reading | Problem:
    notices: list[Notice] = []
    envelope = _open(body, notices)
    if isinstance(envelope, Problem):
        return _read_apart(body, envelope)

    events = listed(envelope, _EVENTS)
    if isinstance(events, Problem):
        return events

    try:
        code = _TEST_CODE.decode(envelope.get(_TEST_FIELD, Raw(b"null")))
    except ValueError:
        return problem(ProblemCode.BAD_TEST_CODE, field=_TEST_FIELD)  # taken without it, tests would count
    for name in [name for name in envelope if name not in ("events", _TEST_FIELD)]:
        remark(notices, WHOLE_REQUEST, told_name(name), Remark.UNKNOWN_FIELD)
    items = [read_item(raw, index, notices) for index, raw in enumerate(events)]
    return Reading(_marked(items, code) if code else items, notices)


def _read_apart(body: bytes, problem: Problem) -> Reading | Problem:
    """Take the events that are JSON out of a body that is none; where there is no such event, it stays a problem."""
    is_test = _TEST_FIELD.encode() in body  # whether that stands beside the events cannot be told: they might count
    parts = split_list(mend_halves(body), "events") if problem.code in MALFORMED and not is_test else None
    if parts is None or len(parts) > MOST_EVENTS:
        return problem
    notices: list[Notice] = []
    items = [read_item(raw, index, notices) for index, raw in enumerate(parts)]
    nothing = all(isinstance(item, Rejected) and item.code == Rejection.UNREADABLE for item in items)
    return problem if nothing else Reading(items, notices)


def _open(body: bytes, notices: list[Notice]) -> dict[str, Raw] | Problem:
    """Split the outer object, mended where a lone half of a character kept it from being read."""
    envelope = opened(body, ProblemCode.BAD_SHAPE)
    if not isinstance(envelope, Problem) or envelope.code is not ProblemCode.BAD_JSON:
        return envelope

    mended = mend_halves(body)
    if mended == body:
        return envelope
    remark(notices, WHOLE_REQUEST, "events", Remark.BROKEN_CHARACTER)
    return opened(mended, ProblemCode.BAD_SHAPE)


EVENTS_V1 = KeyedDialect(PATH, read)
