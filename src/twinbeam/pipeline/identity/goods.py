"""
What the products of an order are worth: its value less tax, shipping and tips, and the lines with their ids.

Discounts were taken off the value before. What is paid for gift cards is no product's price: it is revenue once the
card is used. A part that its sender does not tell cannot be taken off.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite

from msgspec.structs import replace

from twinbeam.core.goods import Goods, GoodsLine
from twinbeam.core.money import to_minor
from twinbeam.core.rules import ORDER_EVENTS
from twinbeam.core.values import Arrival, Channel, Content, Properties, Side
from twinbeam.pipeline.identity.outgoing import PARTS
from twinbeam.pipeline.identity.text import has_email, has_international_phone

_MOST_LINES = 1_000
_MOST_PIECES = 10**9


def goods_of(arrival: Arrival, said: Properties) -> Goods | None:
    """Return the products of an order that a server tells of; None where it says no value or no lines."""
    if arrival.event not in ORDER_EVENTS or arrival.origin.channel.side is not Side.SERVER:
        return None
    if not said.contents or said.value is None or not said.currency or not isfinite(said.value):
        return None
    parts = (getattr(said, part) for part in PARTS)
    rest = Decimal(repr(said.value)) - sum(map(_amount, parts), Decimal(0))
    return Goods(to_minor(rest, said.currency), said.currency, list(map(_line, said.contents[:_MOST_LINES])))


def without_value(arrival: Arrival, sent: Properties) -> Properties:
    """Return properties as a browser may say them: where margins are sent, the value of an order is the server's."""
    by_margin = arrival.rules.value == "margin" and arrival.event in ORDER_EVENTS
    is_browser = arrival.origin.channel is Channel.BROWSER
    return replace(sent, value=None) if by_margin and is_browser and sent.value is not None else sent


def _line(content: Content) -> GoodsLine:
    named: Sequence[str | None] = (content.content_id, content.variant_id, content.sku)
    ids = [id_ for id_ in dict.fromkeys(named) if id_ and not (has_email(id_) or has_international_phone(id_))]
    return GoodsLine(ids, min(content.quantity or 1, _MOST_PIECES))


def _amount(part: float | None) -> Decimal:
    return Decimal(repr(part)) if part is not None and isfinite(part) and part > 0 else Decimal(0)
