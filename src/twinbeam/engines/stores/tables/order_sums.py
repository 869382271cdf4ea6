"""
The sums of orders with one purchase at most, as SQL.

What is alike of a purchase is packed into one number, for SQLite sorts 100,000 numbers in a third of the time that it
takes for as many rows of texts; nothing is worked out for an order that the number does not hold.
"""

from collections.abc import Sequence
from typing import NamedTuple

from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.values import MATCH
from twinbeam.orders.causes import AFTERWARDS_MS, marks_of
from twinbeam.pipeline.record.conversion import BARE, FOUND

_STATES = (State.DELIVERED, *(state for state in State if state is not State.DELIVERED))  # the usual one first
_REASONS = ("", *Reason)
_CLICK, _FOUND = MATCH["ttclid"], FOUND[Finding.NATIVE_BLOCKED] | FOUND[Finding.CLICK_LOST]


class _Part(NamedTuple):
    """A part of the number: how it is worked out, and how many bits it takes."""

    name: str
    sql: str
    bits: int


def _code(column: str, values: Sequence[str]) -> str:
    """Return the place of a text among those it may be, from 1 on."""
    cases = " ".join(f"WHEN '{value}' THEN {n}" for n, value in enumerate(values, start=1))
    return f"CASE {column} {cases} ELSE 0 END"


#: The lowest bits first.
_PARTS = (
    _Part("state", _code("c.state", _STATES), 4),
    _Part("reason", _code("c.reason", _REASONS), 6),
    _Part("enriched", "(c.enriched <> 0)", 1),
    _Part("test", "(c.test_code <> '')", 1),
    _Part("page", "(instr(c.channels, 'browser') > 0)", 1),
    _Part("may_have", "(c.browser_at IS NOT NULL)", 1),
    _Part("click", f"(c.match & {_CLICK} <> 0)", 1),
    _Part("bare", f"(c.conditions & {BARE} <> 0)", 1),
    _Part("late", f"coalesce(c.event_time * 1000 - o.placed_ms > {AFTERWARDS_MS}, 0)", 1),
    _Part("priced", "(c.minor IS NOT NULL AND o.value_minor IS NOT NULL)", 1),
    _Part("found", f"(c.found & {_FOUND})", _FOUND.bit_length()),
)
_WIDTH = sum(part.bits for part in _PARTS)


def _packed() -> str:
    found, place = [], 0
    for part in _PARTS:
        found.append(f"({part.sql} << {place})")
        place += part.bits
    return " + ".join(found)


#: Sums by the number: of the pixel's and the currency's texts there are few.
_SUMS = f"""
SELECT (o.alike << {_WIDTH + 1}) + coalesce({_packed()}, 0)
    + ((l.conversion IS NOT NULL AND (f.id IS NULL OR f.event = :purchase)) << {_WIDTH}) AS packed,
    f.pixel, c.pixel, c.currency, count(*), sum(o.value_minor), sum(o.refunded_minor), sum(c.minor), {{margin}}
FROM shop_order AS o INDEXED BY shop_order_summed
LEFT JOIN shop_order_conversion AS l ON l."order" = o.id
LEFT JOIN conversion AS f ON f.id = l.conversion
LEFT JOIN conversion AS c ON c.id = CASE f.united WHEN 0 THEN f.id ELSE f.united END AND f.event = :purchase{{joined}}
WHERE o.day BETWEEN :first AND :last AND o.links < 2
GROUP BY packed, 2, 3, 4
"""  # noqa: S608 -- our own words only
SUMS = _SUMS.format(margin="0, 0", joined="")
#: The same with margins, which costs a look-up for each order: only where any margin is kept.
SUMS_WITH_MARGINS = _SUMS.format(
    margin="sum(g.products - g.cost), count(g.products - g.cost)",
    joined="\nLEFT JOIN conversion_margin AS g ON g.id = c.id",
)


class PackedPurchase(NamedTuple):
    """What a number says."""

    alike: int
    has_purchase: bool
    state: str
    reason: str
    enriched: bool
    test: bool
    priced: bool  #: order and purchase have a value each
    marks: int  #: as orders.causes says them


def unpacked(number: int) -> PackedPurchase:
    """Read what SUMS packed."""
    its, rest = {}, number
    for part in _PARTS:
        its[part.name] = rest & ((1 << part.bits) - 1)
        rest >>= part.bits
    marks = marks_of(
        "browser" if its["page"] else "",
        may_have=bool(its["may_have"]),
        blocked=bool(its["found"] & FOUND[Finding.NATIVE_BLOCKED]),
        click_lost=bool(its["found"] & FOUND[Finding.CLICK_LOST]),
        has_click=bool(its["click"] and not its["bare"]),
        since_placed_ms=(AFTERWARDS_MS + 1) * its["late"],
    )
    state, reason = its["state"], its["reason"]
    return PackedPurchase(
        alike=rest >> 1,
        has_purchase=bool(rest & 1),
        state=_STATES[state - 1] if state else "",
        reason=_REASONS[reason - 1] if reason else "",
        enriched=bool(its["enriched"]),
        test=bool(its["test"]),
        priced=bool(its["priced"]),
        marks=marks,
    )
