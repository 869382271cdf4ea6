"""
The columns of a feed, whoever's they are, and a row read into a product.

Google: id, title, price, cost_of_goods_sold, item_group_id, gtin, mpn
(https://support.google.com/merchants/answer/7052112). TikTok: sku_id in the place of id, otherwise alike
(https://ads.tiktok.com/help/article/catalog-product-parameters). An amount is a number and a currency: 12.50 EUR.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from twinbeam.core.products import MICROS, FeedProduct, RowFault

#: Names of a column beside our own, in the order in which they are looked for.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("sku_id", "id", "content_id", "offer_id", "retailer_id"),
    "group_id": ("item_group_id", "group_id", "parent_id"),
    "sku": ("sku", "seller_sku", "variant_sku"),
    "gtin": ("gtin", "ean", "upc", "barcode"),
    "mpn": ("mpn",),
    "title": ("title", "name", "product_name"),
    "price": ("price",),
    "currency": ("currency",),
    "cost": ("cost_of_goods_sold", "cost", "cogs", "cost_per_item"),
}
KNOWN = frozenset(name for names in _NAMES.values() for name in names)
_IDS = frozenset((*_NAMES["id"], "sku"))

_LONGEST_ID = 256
_LONGEST_TITLE = 150
_MOST_MICROS = 10**15  #: a thousand million of any currency
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_PLAIN = re.compile(r"\d{1,12}(\.\d{1,6})?")
_COMMA = re.compile(r"\d{1,12},\d{1,2}")  #: 12,50; 1,234 may be either
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+\.\d{1,6}")  #: 1,234.56
_HOW = "Write a number and a currency, such as 12.50 EUR."


def plain_name(name: str) -> str:
    """Return a column's name without case, `g:` and spaces."""
    return name.strip().lower().removeprefix("g:").replace(" ", "_")


def is_head(names: Sequence[str]) -> bool:
    """Return whether a line names the columns of a feed."""
    return not _IDS.isdisjoint(names) and len(KNOWN.intersection(names)) > 1


def product_of(number: int, fields: Mapping[str, str]) -> tuple[FeedProduct | None, list[RowFault]]:
    """Read a row; None where it is no product, and what is wrong with it in words."""
    found = {name: _first(fields, names) for name, names in _NAMES.items()}
    id_ = found["id"] or found["sku"]
    if not fields:
        return None, [RowFault(number, "", "", "The row cannot be read. Look for a quote that does not end.")]
    if not id_:
        return None, [RowFault(number, "", "id", "Left out: it has no id. Give each product an id.")]
    if len(id_) > _LONGEST_ID:
        return None, [RowFault(number, id_[:40], "id", f"Left out: an id has at most {_LONGEST_ID} characters.")]
    faults: list[RowFault] = []
    price, currency = _amount(number, id_, "price", found["price"], found["currency"], faults)
    cost, cost_currency = _amount(
        number, id_, "cost_of_goods_sold", found["cost"], currency or found["currency"], faults
    )
    short = {name: found[name][:_LONGEST_ID] for name in ("group_id", "sku", "gtin", "mpn")}
    return FeedProduct(id_, **short, title=found["title"][:_LONGEST_TITLE], price_micros=price, currency=currency,
                   cost_micros=cost, cost_currency=cost_currency), faults  # fmt: skip


def _first(fields: Mapping[str, str], names: Sequence[str]) -> str:
    return next((text for name in names if (text := fields.get(name, "").strip())), "")


def _amount(
    number: int, id_: str, field: str, text: str, currency: str, faults: list[RowFault]
) -> tuple[int | None, str]:
    """Return millionths and currency of an amount; where that is none, nothing, and the fault is told."""
    if not text:
        return None, ""
    words = text.split()
    codes = [word for word in words if _CURRENCY.fullmatch(word)]
    rest = [word for word in words if word not in codes]
    code = (codes[0] if codes else currency).upper()
    value = _number("".join(rest))
    if value is None:
        faults.append(RowFault(number, id_, field, f"Not taken: no amount. {_HOW}"))
    elif not _CURRENCY.fullmatch(code) or len(codes) > 1:
        faults.append(RowFault(number, id_, field, f"Not taken: it has no currency. {_HOW}"))
    elif value * MICROS > _MOST_MICROS:
        faults.append(RowFault(number, id_, field, "Not taken: more than any product costs."))
    else:
        return int(value * MICROS), code
    return None, ""


def _number(text: str) -> Decimal | None:
    if _COMMA.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return Decimal(text) if _PLAIN.fullmatch(text) else None
