"""
What TikTok knows of the orders in the ledger: each order of each pixel is accepted, ignored or missing, for one reason.

    orders = accepted + ignored + missing        accuracy = (accepted + ignored) / orders

Ignored is what its owner or its visitor decided. All else is missing until TikTok has accepted it, also while it is on
its way. Pure: the order of what is given means nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.order import OrderFacts
from twinbeam.core.outcomes import Reason

PURCHASE = "Purchase"
LEADS = ("Lead", "CompleteRegistration")  #: what is a lead where a server, a CRM or a file told of it
NO_PIXEL = ""  #: of an order that led to no event


class Result(StrEnum):
    """What became of an order for a pixel, the best last."""

    MISSING = "missing"
    IGNORED = "ignored"
    ACCEPTED = "accepted"


class Cause(StrEnum):
    """Why an order is ignored or missing, where no reason of its conversion says so."""

    NOT_YET = "not_yet"
    BEING_SENT = "being_sent"
    NO_EVENT = "no_event"
    REMOVED = "removed"


_CAUSES = {
    Cause.NOT_YET: "The pixel counts an order from a later state on; it is sent once the order is there.",
    Cause.BEING_SENT: "It is on its way to TikTok, or waits for another try.",
    Cause.NO_EVENT: (
        "The shop told of this order, but no event followed: its source leads to no pixel, or a rule of the pixel "
        "dropped the event on arrival."
    ),
    Cause.REMOVED: "Its conversion was removed after the time for which it is kept, so what became of it is not known.",
}

#: What an owner or a visitor decided.
DECIDED = frozenset(
    {
        Reason.NO_CONSENT,
        Reason.DENIED_BY_ANOTHER_COPY,
        Reason.NEVER_CONFIRMED,
        Reason.ORDER_CANCELLED,
        Reason.ORDER_IGNORED,
        Reason.LEFT_TO_BROWSER,
        Reason.FOREIGN_HOST,
        Reason.TEST_ORDER,
        Reason.STAGING,
        Reason.BOT,
        Reason.ERASURE_ASKED,
        Reason.PIXEL_REMOVED,
        Reason.PIXEL_STOPPED,
        Reason.DISCARDED,
    }
)

_NO_ORDER = "no_order"

BASIS = (
    "TikTok's value less the shop's, over the accepted orders of which both are known in one currency. The shop's is "
    "what the buyer pays, before refunds."
)


class OrderConversion(Struct, frozen=True):
    """A purchase that follows from an order, as the store has it; where two are united, the one that counts."""

    id: int
    pixel: str
    state: str  #: empty where its row is gone
    reason: str
    value_minor: int | None
    currency: str
    enriched: bool = False  #: it was accepted, and then sent once more with what came later
    test: bool = False
    marks: int = 0  #: of orders.causes: what its copies tell of page, script and click
    margin_minor: int | None = None  #: what its products leave, where their costs are known


class KnownOrder(Struct, frozen=True):
    """An order of the ledger with its purchases, or a lead with its event."""

    workspace: str
    shop: str
    order_id: str
    source: str
    kind: str
    state: str
    placed_ms: int
    paid_ms: int | None
    currency: str
    value_minor: int | None
    refunded_minor: int | None
    conversions: Sequence[OrderConversion] = ()
    id: int = 0  #: its row's; of a lead the conversion
    event: str = PURCHASE  #: of a lead its name

    @property
    def net_minor(self) -> int:
        """What is left of its value: nothing of one that was cancelled or wholly refunded."""
        if self.state in ("cancelled", "refunded"):
            return 0
        return (self.value_minor or 0) - (self.refunded_minor or 0)


class Summed(Struct, frozen=True):
    """Orders that are alike in all that is told of them but their numbers and amounts, added up."""

    alike: KnownOrder  #: its amounts are the sums
    n: int
    compared: int = 0  #: the value of those of which TikTok's value is known in the same currency
    told: int = 0  #: TikTok's value of those
    margin: int = 0  #: of those of which it is known
    with_margin: int = 0  #: how many those are


class Counted(Struct, frozen=True):
    """The orders of some days, as a store adds them up."""

    alike: Sequence[Summed] = ()  #: those with one purchase at most
    several: Sequence[KnownOrder] = ()  #: those with more, one by one


class Days(Struct, frozen=True):
    """Some UTC days, days since the epoch, and whose orders of them; an empty name stands for all workspaces."""

    first: int
    last: int
    workspace: str = ""


class Sought(Struct, frozen=True):
    """What a list of orders is narrowed to before each is judged; what is left empty stands for any."""

    source: str = ""
    kind: str | None = None
    currency: str | None = None
    event: str = ""  #: of leads
    undelivered: bool = False  #: none whose one purchase TikTok accepted


ANY_ORDER = Sought()


class OrderReads(Protocol):
    """The part of a store that tells of orders together with their purchases. Synchronous; raises StorageError."""

    def counted(self, days: Days) -> Counted:
        """Return the orders placed on some days, added up; no content is read."""
        ...

    def listed(
        self, days: Days, sought: Sought = ..., *, before: tuple[int, int] | None = None, limit: int = ...
    ) -> list[KnownOrder]:
        """Return orders placed on some days, the newest first, behind one by its moment and id."""
        ...

    def leads_counted(self, days: Days) -> Counted:
        """Return the leads that came on some days, added up: those of LEADS that not only a browser told of."""
        ...

    def leads_listed(
        self, days: Days, sought: Sought = ..., *, before: tuple[int, int] | None = None, limit: int = ...
    ) -> list[KnownOrder]:
        """Return leads of some days, the newest first, behind one by its moment and id."""
        ...

    def with_refused(self, days: Days) -> list[KnownOrder]:
        """Return the orders of some days of which TikTok refused a purchase, the newest first."""
        ...

    def under_number(self, workspaces: Sequence[str], order_id: str) -> list[KnownOrder]:
        """Return the orders with a number in some workspaces, the newest first: each shop may have one."""
        ...

    def facts_of(self, workspace: str, order: int) -> OrderFacts | None:
        """Return all that is stated of an order, by its id; None where the workspace has no such order."""
        ...


class Line(Struct, frozen=True):
    """What became of one order for one pixel."""

    order: KnownOrder
    pixel: str
    result: Result
    reason: str = ""  #: a Reason or a Cause; empty where it is accepted
    conversion: int | None = None
    told_minor: int | None = None  #: what TikTok was told it is worth
    told_currency: str = ""
    marks: int = 0  #: as in OrderConversion
    margin_minor: int | None = None  #: in the currency of the order; None where it is not known

    @property
    def delta_minor(self) -> int | None:
        """TikTok's value less the shop's, where both are known in one currency."""
        if self.told_minor is None or self.order.value_minor is None or self.told_currency != self.order.currency:
            return None
        return self.told_minor - self.order.value_minor

    @property
    def sentence(self) -> str:
        """What became of it, in words."""
        return sentence(self.reason) if self.reason else "Accepted by TikTok."


def sentence(reason: str) -> str:
    """Return what a reason means."""
    return _CAUSES[Cause(reason)] if reason in list(Cause) else Reason(reason).sentence


def reconciled(orders: Iterable[KnownOrder], browser_only: Collection[str] = ()) -> list[Line]:
    """
    Return a line for each order and pixel, the newest first; what the shop's rules call no order has none.

    `browser_only` are the workspaces in which every pixel leaves purchases to TikTok's own script.
    """
    lines = [line for order in orders if order.kind != _NO_ORDER for line in _lines(order, browser_only)]
    return sorted(lines, key=_listed)


def by_order(lines: Iterable[Line]) -> list[Line]:
    """Return one line for each order: of several pixels the one of which most is to be told."""
    worst: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        place = (line.order.workspace, line.order.shop, line.order.order_id)
        worst[place] = min(worst.get(place, line), line, key=lambda it: (_RANK[it.result], it.pixel))
    return sorted(worst.values(), key=_listed)


_RANK = {result: rank for rank, result in enumerate(Result)}


def _listed(line: Line) -> tuple[int, str, str, str, str]:
    order = line.order
    return (-order.placed_ms, order.workspace, order.shop, order.order_id, line.pixel)


def _lines(order: KnownOrder, browser_only: Collection[str]) -> list[Line]:
    if not order.conversions:
        return [Line(order, NO_PIXEL, *_without_event(order, browser_only))]
    best: dict[str, Line] = {}
    for conversion in [it for it in order.conversions if it.state] or order.conversions:
        line = _line(order, conversion)
        best[line.pixel] = min(best.get(line.pixel, line), line, key=_best_first)
    return list(best.values())


def _best_first(line: Line) -> tuple[int, int]:
    """Of several purchases of an order the accepted one tells, else the one that may still be; then the newest."""
    may_be = (Result.ACCEPTED, Result.MISSING, Result.IGNORED)
    return may_be.index(line.result), -(line.conversion or 0)


def _line(order: KnownOrder, conversion: OrderConversion) -> Line:
    result, reason = _judged(conversion)
    id_, told = conversion.id if conversion.state else None, (conversion.value_minor, conversion.currency)
    if result is not Result.ACCEPTED:
        told = (None, "")
    margin = conversion.margin_minor if conversion.currency == order.currency else None
    return Line(order, conversion.pixel, result, reason, id_, *told, conversion.marks, margin)


def _judged(conversion: OrderConversion) -> tuple[Result, str]:
    if conversion.test:
        return Result.IGNORED, Reason.TEST_ORDER
    state = State(conversion.state) if conversion.state else None
    if state is State.DELIVERED or (conversion.enriched and state is not State.ERASED):
        return Result.ACCEPTED, ""
    if state in SENDING:
        return Result.MISSING, Cause.BEING_SENT
    reason = conversion.reason or _UNSAID.get(state, Cause.REMOVED)
    if state is State.HELD and reason == Reason.NOT_CONFIRMED:
        return Result.IGNORED, Cause.NOT_YET
    return Result.IGNORED if reason in DECIDED else Result.MISSING, reason


#: Why, where a row says nothing.
_UNSAID: Mapping[State | None, Reason] = {
    State.ERASED: Reason.ERASURE_ASKED,
    State.WITHDRAWN: Reason.DENIED_BY_ANOTHER_COPY,
    State.REFUSED: Reason.REFUSED_BY_TIKTOK,
}


def _without_event(order: KnownOrder, browser_only: Collection[str]) -> tuple[Result, str]:
    if order.kind == "test":
        return Result.IGNORED, Reason.TEST_ORDER
    if order.kind:
        return Result.IGNORED, Reason.ORDER_IGNORED
    if order.state in ("cancelled", "refunded"):
        return Result.IGNORED, Reason.ORDER_CANCELLED
    if order.workspace in browser_only:
        return Result.IGNORED, Reason.LEFT_TO_BROWSER
    return Result.MISSING, Cause.NO_EVENT
