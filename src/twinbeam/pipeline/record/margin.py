"""
What a purchase is worth: its revenue, or the margin that its products leave, by the rule of its pixel.

It is settled once, when a server's copy is recorded: the copy is kept with the value that the rule gives, so that a
batch that is sent again has the same bytes, whatever the feed says by then. A number that would have to be guessed is
never sent, nor one that is not above zero: such a purchase goes without a value, or with its revenue if its owner
prefers that for costs that are not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from twinbeam.core.goods import Goods, Margin
from twinbeam.core.lifecycle import State
from twinbeam.core.money import decimal_places, in_units
from twinbeam.core.products import MICROS, UnitCost
from twinbeam.core.rules import ORDER_EVENTS, PixelRules
from twinbeam.core.values import Side, Signal
from twinbeam.pipeline.record.conversion import Conversion

Costs = Mapping[str, UnitCost]
"""What one piece of a product costs, by each id that it is named by."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode

#: States of rows that keep no amount.
_BLANK = frozenset({State.WITHDRAWN, State.ERASED, State.DROPPED})


def is_priced(signal: Signal, rules: PixelRules) -> bool:
    """Return whether a signal is a server's word on an order, whose worth is to be settled."""
    if signal.event not in ORDER_EVENTS or not signal.body or signal.channel.side is not Side.SERVER:
        return False
    return signal.goods is not None or (rules.value == "margin" and signal.minor is not None)


def ids_in(signals: Iterable[Signal]) -> dict[str, set[str]]:
    """Return the ids of products whose costs are asked for, by workspace."""
    asked: dict[str, set[str]] = {}
    for signal in signals:
        for line in signal.goods.lines if signal.goods is not None else ():
            asked.setdefault(signal.workspace, set()).update(line.ids)
    return asked


def priced(signal: Signal, rules: PixelRules, costs: Costs) -> tuple[Signal, Margin]:
    """Return a server's word on an order with the value that its pixel's rule gives, and what it is worth."""
    found = _margin(signal, costs)
    if rules.value != "margin":
        return signal, found
    if not found.trouble:
        return _with_value(signal, found.margin), replace(found, sends="margin")
    if rules.cost_unknown == "revenue" and found.trouble != "loss":
        return signal, found
    return _with_value(signal, None), replace(found, sends="nothing")


def settled(
    margins: Sequence[tuple[Signal, Margin]], known: Mapping[bytes, Conversion], stays: Iterable[int] = ()
) -> dict[int, Margin]:
    """
    Return what is kept of margins, by conversion: of several copies that of the one whose value goes out.

    `stays` are conversions whose margin is kept already; what was frozen before keeps it.
    """
    kept: dict[int, Margin] = {}
    there = set(stays)
    for signal, margin in margins:
        row = known.get(signal.key)
        if row is None or row.state in _BLANK or (row.frozen and row.id in there):
            continue
        if row.minor == signal.minor or row.id not in there | kept.keys():
            kept[row.id] = margin
    return kept


def _margin(signal: Signal, costs: Costs) -> Margin:
    goods = signal.goods
    if goods is None or goods.currency != signal.currency:
        return Margin(signal.minor, currency=signal.currency, trouble="lines" if goods is None else "currency")
    found = Margin(signal.minor, goods.minor, currency=signal.currency)
    prices = [next((costs[id_] for id_ in line.ids if id_ in costs), None) for line in goods.lines]
    if any(price is None for price in prices):
        return replace(found, trouble="cost" if all(line.ids for line in goods.lines) else "lines")
    if any(price is not None and price.currency != goods.currency for price in prices):
        return replace(found, trouble="currency")
    cost = _cost(goods, [price.micros for price in prices if price is not None])
    return replace(found, cost=cost, trouble="" if goods.minor > cost else "loss")


def _cost(goods: Goods, micros: Sequence[int]) -> int:
    """Return the cost of all lines in minor units, rounded once."""
    total = sum(each * line.quantity for each, line in zip(micros, goods.lines, strict=True))
    per_unit: int = 10 ** decimal_places(goods.currency)
    return (total * per_unit + MICROS // 2) // MICROS


def _with_value(signal: Signal, minor: int | None) -> Signal:
    """Return a signal that says a value, or none; the currency stays, for the prices of its lines."""
    event = _decode(signal.body)
    properties = event.get("properties", {})
    value = in_units(minor, signal.currency)
    if value is None:
        properties.pop("value", None)
    else:
        properties["value"] = float(value)
    if properties:
        event["properties"] = properties
    return replace(signal, body=_encode(event), minor=minor)
