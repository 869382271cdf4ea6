"""
Orders by the shop's own server: `POST /v1/orders` with `{"orders": [{...}, ...]}`, by a server key.

Each order becomes what a shop system's delivery becomes: facts for the ledger, and the events that may follow. A bad
order is refused alone, and what an order can do without is left out with a notice.
"""

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw, ValidationError

from twinbeam.core.order import OrderFacts
from twinbeam.core.values import Channel, Item, Notice, Rejected
from twinbeam.orders.reports import events_of, facts_of
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark
from twinbeam.pipeline.accept.contract import (
    WHOLE_REQUEST,
    Acknowledgement,
    Answer,
    Greeting,
    Reading,
    Request,
    Statements,
)
from twinbeam.pipeline.accept.directory import Directory, Sender
from twinbeam.pipeline.accept.order_answers import place
from twinbeam.pipeline.accept.problems import MOST_ORDERS, Problem, ProblemCode, problem
from twinbeam.sources.complaints import complain, fix_of
from twinbeam.sources.envelope import MALFORMED, ListLimits, listed, opened
from twinbeam.sources.fields import Unfit
from twinbeam.sources.keyed import KeyedDialect
from twinbeam.sources.lenient import MOST_NOTICES, NUL_ESCAPE, nuls, plainly, remark
from twinbeam.sources.mending import mend
from twinbeam.sources.spelling import prune, told_name
from twinbeam.sources.splitting import split_list
from twinbeam.sources.stated_orders import StatedOrder, report_of

PATH = "/v1/orders"

_ORDER = msgspec.json.Decoder(StatedOrder)
_ORDERS = ListLimits(
    "orders",
    MOST_ORDERS,
    misshapen=ProblemCode.NO_ORDERS,
    empty=ProblemCode.NO_ORDERS,
    too_long=ProblemCode.TOO_MANY_ORDERS,
)
_SIDE = ("user", "page", "lines")  #: of which an order can do without a value that does not fit


class OrdersV1:
    """The dialect."""

    route = PATH

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return request.path == PATH and request.method == "POST"

    def authenticate(self, request: Request, directory: Directory) -> Sender | Problem:
        """Return the key of the request; a page's, which is public, states no orders."""
        sender = _keyed(0).authenticate(request, directory)
        if not isinstance(sender, Problem) and sender.channel is Channel.BROWSER:
            return problem(ProblemCode.ORDERS_NEED_SERVER_KEY)
        return sender

    def read(self, request: Request, body: bytes, received_ms: int) -> Reading | Statements | Problem:
        """Return facts and events of the orders of a body."""
        return _keyed(received_ms).read(request, body, received_ms)

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write JSON."""
        return _keyed(0).reply(result)


def _keyed(received_ms: int) -> KeyedDialect:
    return KeyedDialect(PATH, partial(read, received_ms=received_ms))


def read(body: bytes, received_ms: int) -> Reading | Problem:
    """Read a request; takes any bytes."""
    envelope = opened(body, ProblemCode.NO_ORDERS)
    if isinstance(envelope, Problem):
        parts = split_list(body, "orders") if envelope.code in MALFORMED else None
        return envelope if parts is None or len(parts) > MOST_ORDERS else _reading(parts, [], received_ms, envelope)
    raws = listed(envelope, _ORDERS)
    if isinstance(raws, Problem):
        return raws
    notices: list[Notice] = []
    for name in [name for name in envelope if name != "orders"]:
        remark(notices, WHOLE_REQUEST, told_name(name), Remark.UNKNOWN_FIELD)
    return _reading(raws, notices, received_ms)


def _reading(
    raws: list[Raw], notices: list[Notice], received_ms: int, broken: Problem | None = None
) -> Reading | Problem:
    """Read each order by itself; `broken` is the problem of a body whose parts are left of it."""
    items: list[Item | Rejected] = []
    facts: list[OrderFacts] = []
    origins: list[int] = []
    rejected: list[Rejected] = []
    for index, raw in enumerate(raws):
        order = _order(raw, index, notices)
        told = order if isinstance(order, Rejected) else _told(order, index, received_ms)
        if isinstance(order, StatedOrder):
            _remark_apart(order, index, notices)
        if isinstance(told, Rejected):
            rejected.append(told)
            continue
        facts.append(told[0])
        items += told[1]
        origins += [index] * len(told[1])
    if not facts:
        nothing = broken is not None and all(it.code == Rejection.UNREADABLE for it in rejected)
        return broken if nothing and broken else problem(ProblemCode.EVERY_ORDER_REJECTED, rejected=rejected)
    return Reading([*items, *rejected], notices, orders=facts, of=origins, count=len(raws))


def _remark_apart(order: StatedOrder, index: int, notices: list[Notice]) -> None:
    """Note refunds in another currency than the order's: amounts of two never meet."""
    code = order.money.currency.upper() if order.money is not None else ""
    for nth, back in enumerate(order.refunds if code else ()):
        if back.currency.upper() != code:
            remark(notices, index, place(index, f"refunds[{nth}].currency"), Remark.REFUND_APART)


def _told(order: StatedOrder, index: int, received_ms: int) -> tuple[OrderFacts, list[Item]] | Rejected:
    try:
        report = report_of(order, received_ms)
    except Unfit as unfit:
        return Rejected(index, unfit.code, SENTENCES[unfit.code], place(index, unfit.field), unfit.fix)
    facts = facts_of(report)
    return facts, [*events_of(report, facts)]


def _order(raw: Raw, index: int, notices: list[Notice]) -> StatedOrder | Rejected:
    """Read one order, whatever its bytes are; `notices` grows by what was mended."""
    if NUL_ESCAPE not in bytes(raw):
        try:
            return _ORDER.decode(raw)
        except (ValueError, RecursionError):
            pass
    try:
        said = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return _refused(Rejection.UNREADABLE, index, "", "Send the order as JSON in UTF-8, with plain numbers.")
    if not isinstance(said, dict):
        return _refused(Rejection.NOT_AN_OBJECT, index, "", 'Send {"order_id": "1001", ...}.')
    plain = plainly(said, StatedOrder.__struct_fields__, partial(place, index), index, notices)
    kept = _with_states(said, _without_unknown(plain, index, notices))
    mended = _mended(kept, index, notices)
    nul = next(nuls(mended, ""), None)
    if nul is not None:
        return _refused(Rejection.NUL_CHARACTER, index, nul, "Leave the NUL character out.")
    try:
        return _ORDER.decode(msgspec.json.encode(mended))
    except ValidationError as error:
        return complain(error, index, place)


def _without_unknown(order: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    known, unknown = prune(order, StatedOrder)
    for field in unknown[: MOST_NOTICES - len(notices)]:
        remark(notices, index, place(index, field.path), Remark.UNKNOWN_FIELD)
    return known


def _with_states(said: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """Keep the states that are null: elsewhere that is as good as absent, here it takes a state back."""
    states = said.get("states")
    if not isinstance(states, dict) or not isinstance(kept.get("states"), dict):
        return kept
    nulls = {name: None for name in ("paid", "shipped", "delivered", "cancelled") if states.get(name, 0) is None}
    return {**kept, "states": {**kept["states"], **nulls}}


def _mended(order: dict[str, Any], index: int, notices: list[Notice]) -> dict[str, Any]:
    """Put right what is clearly meant of buyer, page and lines, and leave out what the order can do without."""
    lines = order.get("lines")
    event: dict[str, Any] = {name: order[name] for name in ("user", "page") if name in order}
    mended, done = mend({**event, "properties": {"contents": lines}} if lines is not None else event)
    for field in done[: MOST_NOTICES - len(notices)]:
        code = Remark.VALUE_MENDED if field.kept else Remark.VALUE_LEFT_OUT
        path = field.path.replace("properties.contents", "lines", 1)
        remark(notices, index, place(index, path), code, fix_of(field.path))
    found: dict[str, Any] = {name: mended[name] for name in ("user", "page") if name in mended}
    contents = mended.get("properties", {}).get("contents")
    rest = {name: value for name, value in order.items() if name not in _SIDE}
    return {**rest, **found, **({} if contents is None else {"lines": contents})}


def _refused(code: Rejection, index: int, field: str, fix: str) -> Rejected:
    return Rejected(index, code, SENTENCES[code], place(index, field), fix)


ORDERS_V1 = OrdersV1()
