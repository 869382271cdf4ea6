"""
What is in the cart: one product in the pixel's own short shape, pieces that cannot be, and the sum of priced items.

Sources: tiktok.md 2.4, 2.5 (value is the sum of price times quantity), 5.8 (a missing quantity is one), 15.2.
"""

from decimal import Decimal
from math import isfinite

from msgspec.structs import replace

from twinbeam.core.rules import ORDER_EVENTS
from twinbeam.core.values import Content, Properties
from twinbeam.pipeline.identity.notices import Told, Trouble


def understood_contents(event: str, said: Properties, told: Told) -> Properties:
    """Return the properties with their contents in TikTok's one shape, and with a value where they add up to one."""
    if said.contents is None and said.content_id is None and said.quantity is None:
        return said
    said = _with_one_product(said)
    said = _without_impossible_counts(said, told)
    if said.value is not None or event in ORDER_EVENTS or not said.currency:
        return said
    value = _sum(said.contents or [])
    if value is None:
        return said
    told.append(("properties.value", Trouble.VALUE_SUMMED))
    return replace(said, value=value)


def _with_one_product(said: Properties) -> Properties:
    """Turn `content_id` beside `price` and `quantity`, as the browser's pixel takes it, into the contents it means."""
    if said.content_id is None:
        return said
    if said.contents:
        return replace(said, content_id=None, content_ids=said.content_ids or [said.content_id])
    one = Content(
        content_id=said.content_id,
        content_category=said.content_category,
        content_name=said.content_name,
        brand=said.brand,
        price=said.price,
        quantity=said.quantity,
    )
    return replace(said, content_id=None, contents=[one])


def _without_impossible_counts(said: Properties, told: Told) -> Properties:
    """Leave out what is no number of pieces: TikTok knows no fewer than one."""
    if said.quantity is not None and said.quantity < 1:
        told.append(("properties.quantity", Trouble.QUANTITY_NOT_POSITIVE))
        said = replace(said, quantity=None)
    contents = said.contents
    if contents is None or not any(content.quantity is not None and content.quantity < 1 for content in contents):
        return said
    told.append(("properties.contents", Trouble.QUANTITY_NOT_POSITIVE))
    possible = [replace(it, quantity=None) if it.quantity is not None and it.quantity < 1 else it for it in contents]
    return replace(said, contents=possible)


def _sum(contents: list[Content]) -> float | None:
    """Add up all items, or none where one has no price; a missing quantity is one piece."""
    total = Decimal(0)
    for content in contents:
        if content.price is None or not isfinite(content.price) or content.price < 0:
            return None
        total += Decimal(repr(content.price)) * (1 if content.quantity is None else content.quantity)
    return float(total) if contents and 0 < total < _MOST else None


_MOST = 10**12  #: what a value may be at most
