"""
What went back of an order, each of it once.

An amount and its currency are one value: what went back in the order's own currency is summed up, and what is known in
another one alone is kept apart. Nothing is converted.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from twinbeam.core.order import Money, OrderFacts, Refund, money_of, refund_since

_ZERO = Decimal(0)


class Delta(NamedTuple):
    """Money that went back at a moment."""

    at_ms: int
    money: Money


def deltas(facts: OrderFacts, basis: str) -> list[Delta]:
    """
    Return what went back and when, in the order of time; of sums that grow, by how much they grew.

    `basis` is the currency of the order: what is told in several currencies counts in this one.
    """
    found: list[Delta] = []
    upto: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for at_ms, refund, money in sorted(_each_once(facts, basis)):
        if not refund.of:
            found.append(Delta(at_ms, money))
            continue
        charge = (refund.of, money.currency)
        if (grown := money.amount - upto[charge]) > 0:
            upto[charge] = money.amount
            found.append(Delta(at_ms, Money(grown, money.currency)))
    return found


def summed(went_back: Sequence[Delta], basis: str) -> Money | None:
    """Return what went back in the order's currency; None where nothing did."""
    amounts = [delta.money.amount for delta in went_back if delta.money.currency == basis]
    return Money(sum(amounts, _ZERO), basis) if amounts and basis else None


def apart(went_back: Sequence[Delta], basis: str) -> tuple[Money, ...]:
    """Return what went back in other currencies, one sum for each."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _, money in went_back:
        if money.currency != basis or not basis:
            sums[money.currency] += money.amount
    return tuple(Money(sums[currency], currency) for currency in sorted(sums) if sums[currency] > 0)


def _each_once(facts: OrderFacts, basis: str) -> Iterator[tuple[int, Refund, Money]]:
    """Yield each refund in one currency: the order's, else its own."""
    told: defaultdict[str, dict[str, tuple[int, Refund, Money]]] = defaultdict(dict)
    for id_, refund in facts.refunds.items():
        money = money_of(refund.amount)
        if money is not None:
            at_ms = refund.at_ms or facts.since_ms.get(refund_since(id_), 0)
            known = Money(money.amount, money.currency or basis)
            told[refund.same_as or id_][id_] = (at_ms, refund, known)
    for id_, ways in told.items():
        yield _in_basis(id_, ways, basis)


def _in_basis(id_: str, ways: Mapping[str, tuple[int, Refund, Money]], basis: str) -> tuple[int, Refund, Money]:
    """Return the telling in the order's currency, else that of the money that moved."""
    ranked = sorted(ways, key=lambda way: (ways[way][2].currency != basis, way != id_, way))
    return ways[ranked[0]]
