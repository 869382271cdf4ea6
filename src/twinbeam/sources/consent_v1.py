"""
Twinbeam's own dialect of statements about consent: `POST /v1/consent` with `{"statements": [{...}, ...]}`.

A statement is read into an `Item` without an event; one that is wrong is refused alone.
"""

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw, ValidationError

from twinbeam.core.values import Item, Notice, Page, Rejected
from twinbeam.pipeline.accept.codes import Rejection, Remark
from twinbeam.pipeline.accept.contract import WHOLE_REQUEST, Statements
from twinbeam.pipeline.accept.problems import MOST_STATEMENTS, Problem, ProblemCode
from twinbeam.pipeline.accept.statements import place, refuse
from twinbeam.sources import strict
from twinbeam.sources.complaints import complain
from twinbeam.sources.envelope import MALFORMED, ListLimits, listed, opened
from twinbeam.sources.keyed import KeyedDialect
from twinbeam.sources.lenient import MOST_NOTICES, nuls, plainly, remark
from twinbeam.sources.spelling import prune, told_name
from twinbeam.sources.splitting import split_list

PATH = "/v1/consent"

_STATEMENTS = ListLimits(
    "statements",
    MOST_STATEMENTS,
    misshapen=ProblemCode.NO_STATEMENTS,
    empty=ProblemCode.NO_STATEMENTS,
    too_long=ProblemCode.TOO_MANY_STATEMENTS,
)


def read(body: bytes) -> Statements | Problem:
    """Read a request; takes any bytes."""
    envelope = opened(body, ProblemCode.NO_STATEMENTS)
    if isinstance(envelope, Problem):
        return _read_apart(body, envelope)

    raws = listed(envelope, _STATEMENTS)
    if isinstance(raws, Problem):
        return raws

    notices: list[Notice] = []
    for name in [name for name in envelope if name != "statements"]:
        remark(notices, WHOLE_REQUEST, told_name(name), Remark.UNKNOWN_FIELD)
    return Statements([_read(raw, index, notices) for index, raw in enumerate(raws)], notices)


def _read_apart(body: bytes, problem: Problem) -> Statements | Problem:
    """Take the statements that are JSON out of a body that is none; where there is none, it stays a problem."""
    parts = split_list(body, "statements") if problem.code in MALFORMED else None
    if parts is None or len(parts) > MOST_STATEMENTS:
        return problem
    notices: list[Notice] = []
    read_ones = [_read(raw, index, notices) for index, raw in enumerate(parts)]
    nothing = all(isinstance(each, Rejected) and each.code == Rejection.UNREADABLE for each in read_ones)
    return problem if nothing else Statements(read_ones, notices)


def _read(raw: Raw, index: int, notices: list[Notice]) -> Item | Rejected:
    try:
        said = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return refuse(Rejection.UNREADABLE, index, "", "Send the statement as JSON in UTF-8.")
    if not isinstance(said, dict):
        return refuse(Rejection.NOT_AN_OBJECT, index, "", 'Send {"visitor_id": "...", "consent": {...}}.')

    plain = plainly(said, strict.Statement.__struct_fields__, partial(place, index), index, notices)
    known, unknown = prune(plain, strict.Statement)
    for field in unknown[: MOST_NOTICES - len(notices)]:
        remark(notices, index, place(index, field.path), Remark.UNKNOWN_FIELD)
    return _checked(known, index)


def _checked(said: dict[str, Any], index: int) -> Item | Rejected:
    try:
        statement = msgspec.convert(said, strict.Statement)
    except ValidationError as error:
        return complain(error, index, place)

    nul = next(nuls(said, ""), None)
    if nul is not None:
        return refuse(Rejection.NUL_CHARACTER, index, nul, "Leave the NUL character out.")
    return Item(
        event="",
        consent=statement.consent,
        order_id=statement.order_id,
        visitor_id=statement.visitor_id,
        cart_token=statement.cart_token,
        checkout_token=statement.checkout_token,
        order_token=statement.order_token,
        page=Page(url=statement.page_url),
    )


CONSENT_V1 = KeyedDialect(PATH, read)
