"""
What an order is, by all that is stated of it: its states, its kind, its money, and the one word that the fold asks for.

    placed ─▶ paid ─▶ shipped ─▶ delivered     each by itself: cash on delivery is shipped before it is paid
       └───────┴── cancelled, refunded ──┘     whole: no purchase any more; partly: a purchase all the same
"""

from typing import Literal, get_args

from msgspec import Struct

from twinbeam.core.order import CANCELLED, FIRST, IGNORED, PARTS, STATES, YES, Money, OrderFacts, money_of
from twinbeam.orders.refunds import apart, deltas, summed

Kind = Literal["test", "draft", "point_of_sale", "marketplace", "agent", "renewal", "no_order"]
"""What an order is besides an order of the shop's own pages; "" is such a one."""

KINDS: tuple[Kind, ...] = get_args(Kind)

RefundedPart = Literal["", "part", "whole"]
Shown = Literal["placed", "paid", "shipped", "delivered", "cancelled", "refunded"]
"""The state that an order is listed under: the last of what it has become."""

NO_ORDER: Kind = "no_order"
RENEWAL: Kind = "renewal"
_TELLING = frozenset({*STATES, *PARTS} - {CANCELLED})  #: what nobody tells of anything but an order


class OrderState(Struct, frozen=True):
    """An order as it stands."""

    reached: frozenset[str]  #: of STATES
    since_ms: dict[str, int]  #: when each was first reached
    kind: str
    money: dict[str, Money]  #: by PARTS, as far as told
    refunded: Money | None  #: all that went back in the currency of its value
    apart: tuple[Money, ...]  #: what went back and is known in other currencies alone, or before its value is
    refunded_part: RefundedPart
    revised_ms: int  #: its newest modification
    is_known: bool  #: somebody told of it, and not of what went back or was deleted alone

    @property
    def listed_kind(self) -> str:
        """The kind that it is listed and added up under: what waits for its order counts nowhere."""
        return self.kind if self.is_known else NO_ORDER

    @property
    def shown(self) -> Shown:
        """The state that it is listed under."""
        if self.refunded_part == "whole":
            return "refunded"
        if CANCELLED in self.reached:
            return "cancelled"
        last = [state for state in ("delivered", "shipped", "paid") if state in self.reached]
        return last[0] if last else "placed"


def state_of(facts: OrderFacts) -> OrderState:
    """Return what an order is by now."""
    flags = {state for state in STATES if (said := facts.stated.get(state)) and said.text == YES}
    named = {part: money_of(said.text) for part in PARTS if (said := facts.stated.get(part))}
    money = {part: amount for part, amount in named.items() if amount is not None}
    value = money.get("value")
    went_back = deltas(facts, basis := value.currency if value else "")
    refunded, others = summed(went_back, basis), apart(went_back, basis)
    part = _part(facts, value, refunded, others)
    if part == "whole" and (refunded is None or others):
        refunded, others = value, ()  # whatever it was told in, it is all that was paid
    return OrderState(
        reached=frozenset({"placed", *flags}),
        since_ms=facts.since_ms,
        kind=_kind(facts),
        money=money,
        refunded=refunded,
        apart=others,
        refunded_part=part,
        revised_ms=max((said.at_ms for said in facts.stated.values()), default=0),
        is_known=not _TELLING.isdisjoint(facts.stated) or "placed" in facts.since_ms,
    )


def stage_of(facts: OrderFacts) -> str:
    """Return how far an order is, in the word that the fold compares with its owner's."""
    state = state_of(facts)
    if state.kind not in ("", "test"):
        return IGNORED
    if CANCELLED in state.reached or state.refunded_part == "whole":
        return CANCELLED
    return "+".join(word for word in STATES if word in state.reached)


def _kind(facts: OrderFacts) -> str:
    kind, first = facts.stated.get("kind"), facts.stated.get(FIRST)
    is_first = kind is not None and kind.text == RENEWAL and first is not None and first.text == YES
    return kind.text if kind is not None and not is_first else ""


def _part(facts: OrderFacts, value: Money | None, refunded: Money | None, others: tuple[Money, ...]) -> RefundedPart:
    """Return how much went back; amounts are compared in one currency alone."""
    said = facts.stated.get("refunded")
    if said is not None and said.text == "whole":
        return "whole"
    if refunded is not None and refunded.amount > 0:
        return "whole" if value is not None and refunded.amount >= value.amount else "part"
    return "part" if others or (said is not None and said.text == "part") else ""
