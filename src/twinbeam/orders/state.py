"""
What an order is, by all that is stated of it: its states, its kind, its money, and the one word that the fold asks for.

    placed ─▶ paid ─▶ shipped ─▶ delivered     each by itself: cash on delivery is shipped before it is paid
       └───────┴── cancelled, refunded ──┘     whole: no purchase any more; partly: a purchase all the same
"""

from collections import defaultdict
from decimal import Decimal
from typing import Literal, get_args

from msgspec import Struct

from twinbeam.core.order import CANCELLED, IGNORED, PARTS, STATES, YES, Money, OrderFacts, money_of

Kind = Literal["test", "draft", "point_of_sale", "marketplace", "agent", "renewal", "no_order"]
"""What an order is besides an order of the shop's own pages; "" is such a one."""

KINDS: tuple[Kind, ...] = get_args(Kind)

RefundedPart = Literal["", "part", "whole"]
Shown = Literal["placed", "paid", "shipped", "delivered", "cancelled", "refunded"]
"""The state that an order is listed under: the last of what it has become."""

_ZERO = Decimal(0)


class OrderState(Struct, frozen=True):
    """An order as it stands."""

    reached: frozenset[str]  #: of STATES
    since_ms: dict[str, int]  #: when each was first reached
    kind: str
    money: dict[str, Money]  #: by PARTS, as far as told
    refunded: Money | None  #: all that went back
    refunded_part: RefundedPart
    revised_ms: int  #: its newest modification

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
    kind = facts.stated.get("kind")
    named = {part: money_of(said.text) for part in PARTS if (said := facts.stated.get(part))}
    money = {part: amount for part, amount in named.items() if amount is not None}
    refunded = _refunded(facts)
    return OrderState(
        reached=frozenset({"placed", *flags}),
        since_ms=facts.since_ms,
        kind=kind.text if kind else "",
        money=money,
        refunded=refunded,
        refunded_part=_part(facts, money.get("value"), refunded),
        revised_ms=max((said.at_ms for said in facts.stated.values()), default=0),
    )


def stage_of(facts: OrderFacts) -> str:
    """Return how far an order is, in the word that the fold compares with its owner's."""
    state = state_of(facts)
    if state.kind not in ("", "test"):
        return IGNORED
    if CANCELLED in state.reached or state.refunded_part == "whole":
        return CANCELLED
    return "+".join(word for word in STATES if word in state.reached)


def _refunded(facts: OrderFacts) -> Money | None:
    """Sum up refunds: each by itself, or the greatest sum that was told of a charge."""
    if not facts.refunds:
        return None
    currency, total = "", _ZERO
    of_charge: defaultdict[str, Decimal] = defaultdict(Decimal)
    for refund in facts.refunds.values():
        amount = money_of(refund.amount)
        if amount is None:
            continue
        currency = max(currency, amount.currency)
        if refund.of:
            of_charge[refund.of] = max(of_charge[refund.of], amount.amount)
        else:
            total += amount.amount
    return Money(total + sum(of_charge.values(), _ZERO), currency)


def _part(facts: OrderFacts, value: Money | None, refunded: Money | None) -> RefundedPart:
    said = facts.stated.get("refunded")
    if said is not None and said.text == "whole":
        return "whole"
    if refunded is not None and refunded.amount > 0:
        return "whole" if value is not None and refunded.amount >= value.amount else "part"
    return "part" if said is not None and said.text == "part" else ""


def deltas(facts: OrderFacts) -> list[tuple[int, Money]]:
    """Return what went back and when, in the order of time; of sums that grow, by how much they grew."""
    found: list[tuple[int, Money]] = []
    upto: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _, refund in sorted(facts.refunds.items(), key=lambda pair: (pair[1], pair[0])):
        amount = money_of(refund.amount)
        if amount is None:
            continue
        if not refund.of:
            found.append((refund.at_ms, amount))
        elif (grown := amount.amount - upto[refund.of]) > 0:
            upto[refund.of] = amount.amount
            found.append((refund.at_ms, Money(grown, amount.currency)))
    return found
