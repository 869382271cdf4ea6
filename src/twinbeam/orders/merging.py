"""
Joining what is stated of one order: commutative, associative and idempotent.

Deliveries come in any order, repeat themselves, and some hold but a part. For each fact the statement of the newest
modification wins, of one moment the greater text; a state was first reached at the earliest moment that is told;
refunds are united by their ids, and one in no known currency gives way. So the set of deliveries says everything, and
their order nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from twinbeam.core.order import UNKNOWN_CURRENCY, OrderFacts, Refund, refund_since

MOST_REFUNDS = 1_000  #: of one order; of more the latest by their ids are left out, whatever came first


def merged(one: OrderFacts, other: OrderFacts) -> OrderFacts:
    """Return what both state together; they must be of one order."""
    if one == other:
        return one
    refunds = _greatest(one.refunds, other.refunds, _rank)
    since_ms = _earliest(one.since_ms, other.since_ms)
    if len(refunds) > MOST_REFUNDS:
        refunds = dict(sorted(refunds.items())[:MOST_REFUNDS])
        since_ms = _of_these(refunds, since_ms)
    return replace(
        one,
        system=min(one.system, other.system),
        stated=_greatest(one.stated, other.stated),
        since_ms=since_ms,
        began_as=max(one.began_as, other.began_as),
        refunds=refunds,
    )


def _rank(refund: Refund) -> tuple[int, bool, Refund]:
    """
    Rank what is told of one refund: the later, then what is in a known currency, then the greater text.

    Whether it is the order's currency is not asked: that may come later, and then another one would have been kept.
    """
    return refund.at_ms, not refund.amount.endswith(UNKNOWN_CURRENCY), refund


def _greatest(
    one: Mapping[str, Any], other: Mapping[str, Any], rank: Callable[[Any], Any] = lambda said: said
) -> dict[str, Any]:
    """Unite by name; of two statements under one name the greater counts: the later, then the greater text."""
    joined = dict(one)
    for name, said in other.items():
        known = joined.get(name)
        if known is None or rank(said) > rank(known):
            joined[name] = said
    return joined


def _of_these(refunds: Iterable[str], since_ms: Mapping[str, int]) -> dict[str, int]:
    """Leave out since when refunds are known that are left out themselves."""
    kept = {refund_since(id_) for id_ in refunds}
    return {name: at_ms for name, at_ms in since_ms.items() if name in kept or not name.startswith(refund_since(""))}


def _earliest(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    joined = dict(one)
    for name, at_ms in other.items():
        joined[name] = min(at_ms, joined.get(name, at_ms))
    return joined
