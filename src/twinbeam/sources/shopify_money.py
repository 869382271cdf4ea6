"""
Shopify's amounts, all of an order in one currency: the shop's, or the one that its buyer saw.

Source: shopify.dev, "multi-currency" and the bodies of the admin API's webhooks. Every amount has a set with both; one
that is written alone is in the shop's currency, but for a transaction, which names its own, or none.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import compress, product
from typing import NamedTuple

from twinbeam.core.money import decimal_places
from twinbeam.core.order import UNKNOWN_CURRENCY, Money, Refund
from twinbeam.core.rules import SourceRules
from twinbeam.sources.fields import Fields

_SIDES = ("shop_money", "presentment_money")
_ZERO = Decimal(0)


def amounts_of(order: Fields, rules: SourceRules) -> dict[str, Money]:
    """
    Return the amounts of an order, all in one currency.

    What is bought after the checkout raises the current total alone; what goes back lowers it, and means nothing here.
    """
    totals = [it for name in ("total_price", "current_total_price") if (it := amount(order, name, order, rules))]
    found = {
        "value": max((it for it in totals if it.currency == totals[0].currency), default=None),
        "tax": amount(order, "total_tax", order, rules),
        "shipping": amount(order, "total_shipping_price", order, rules),
        "tips": amount(order, "total_tip_received", order, rules),
        "discounts": amount(order, "total_discounts", order, rules),
        "gift_cards": _gift_cards(order, rules),
    }
    told = {part: it for part, it in found.items() if it is not None}
    return {part: it for part, it in told.items() if it.currency == next(iter(told.values())).currency}


def amount(fields: Fields, name: str, order: Fields, rules: SourceRules) -> Money | None:
    """Return an amount of an order, or of something in it, with its currency."""
    told = _in_set(fields, name, _side(rules))
    if told is not None:
        return told
    written, shop, seen = fields.amount(name), order.text("currency"), order.text("presentment_currency")
    is_told = shop is not None and (rules.money == "shop" or seen in (None, shop))
    return Money(written, shop.upper()) if written is not None and shop is not None and is_told else None


def price(line: Fields, order: Fields, rules: SourceRules) -> Decimal | None:
    """Return what was paid for one of a line, its share of the discounts taken off; None where the basis has none."""
    each, quantity = amount(line, "price", order, rules), line.whole("quantity")
    if each is None:
        return None
    shares = [amount(it, "amount", order, rules) for it in line.each("discount_allocations")]
    taken_off = [it.amount for it in shares if it is not None and it.currency == each.currency]
    if len(taken_off) < len(shares):
        return None
    if not quantity or not any(taken_off):
        return each.amount
    cent = Decimal(1).scaleb(-decimal_places(each.currency))
    return ((each.amount * quantity - sum(taken_off, _ZERO)) / quantity).quantize(cent)


def _side(rules: SourceRules) -> str:
    return _SIDES[0] if rules.money == "shop" else _SIDES[1]


def _in_set(fields: Fields, name: str, side: str) -> Money | None:
    told = fields.inner(f"{name}_set").inner(side)
    written, currency = told.amount("amount"), told.text("currency_code")
    return Money(written, currency.upper()) if written is not None and currency is not None else None


def _gift_cards(order: Fields, rules: SourceRules) -> Money | None:
    """Sum up what was paid for gift cards: revenue only once they are used."""
    cards = [it for it in order.each("line_items") if it.flag("gift_card")]
    sums = [
        Money(each.amount * (it.whole("quantity") or 0), each.currency)
        for it in cards
        if (each := amount(it, "price", order, rules)) is not None
    ]
    return _total(sums) if sums else None


def refunds_of(order: Fields, rules: SourceRules) -> dict[str, Refund]:
    """Return the refunds that an order lists."""
    return {id_: refund for it in order.each("refunds") for id_, refund in refunds_in(it, order, rules).items()}


def refunds_in(refund: Fields, order: Fields, rules: SourceRules) -> dict[str, Refund]:
    """
    Return a refund by the money that moved: the record alone may stand for none.

    Where that was not in the currency of the basis, the refund's own figure in it stands beside it, if it has one.
    `order` is the refund itself where it comes alone.
    """
    id_, at_ms = refund.needed("id"), refund.moment_ms("created_at") or 0
    found: dict[str, Refund] = {}
    for moved in _moved(refund, order, rules):
        own = f"{id_} {moved.currency}" if found else id_
        figure = _figure(refund, moved, rules) or moved
        if moved.currency == UNKNOWN_CURRENCY:
            moved = figure  # noqa: PLW2901 -- it is known by now, where it can be
        found[own] = Refund(at_ms, str(moved))
        if figure.currency != moved.currency:
            found[f"{own} as {figure.currency}"] = Refund(at_ms, str(figure), same_as=own)
    return found


def _moved(refund: Fields, order: Fields, rules: SourceRules) -> list[Money]:
    """Return the money that moved, one sum for each currency."""
    done = [it for it in refund.each("transactions") if (it.text("kind"), it.text("status")) == ("refund", "success")]
    told = [money for it in done if (money := _of_transaction(it, refund, order, rules)) is not None]
    return [_total(it for it in told if it.currency == code) for code in sorted({it.currency for it in told})]


def _of_transaction(it: Fields, refund: Fields, order: Fields, rules: SourceRules) -> Money | None:
    told, written = _in_set(it, "amount", _side(rules)), it.amount("amount")
    if told is not None or written is None:
        return told
    return Money(written, (it.text("currency") or _currency_around(refund, order)).upper())


def _currency_around(refund: Fields, order: Fields) -> str:
    """Return the currency of a transaction that names none; empty where its order alone knows it, XXX of two."""
    around = {code.upper() for name in ("currency", "presentment_currency") if (code := order.text(name))}
    around |= {money.currency for part in _parts(refund) for money in part}
    return UNKNOWN_CURRENCY if len(around) > 1 else next(iter(around), "")


class _Both(NamedTuple):
    """A sum in the shop's currency and in the buyer's."""

    shop: Money
    seen: Money


def _figure(refund: Fields, moved: Money, rules: SourceRules) -> Money | None:
    """
    Return what moved in the currency of the basis, by the figures of what was given back.

    They are believed where the same figures in the money's own currency add up to what moved.
    """
    for both in _sums(_parts(refund)):
        if moved in both or (
            moved.currency == UNKNOWN_CURRENCY and moved.amount in (both.shop.amount, both.seen.amount)
        ):
            return both.shop if rules.money == "shop" else both.seen
    return None


def _sums(parts: Sequence[_Both]) -> Iterator[_Both]:
    """Yield what may have been given back: which of the parts were is not told."""
    for chosen in product((True, False), repeat=len(parts)):
        taken = list(compress(parts, chosen))
        if taken and len({(it.shop.currency, it.seen.currency) for it in taken}) == 1:
            yield _Both(_total(it.shop for it in taken), _total(it.seen for it in taken))


def _parts(refund: Fields) -> list[_Both]:
    """Return the figures of lines, taxes and shipping; an adjustment has a minus where it gives back."""
    asked = (
        ("refund_line_items", "subtotal", 1),
        ("refund_line_items", "total_tax", 1),
        ("refund_shipping_lines", "subtotal_amount", 1),
        ("order_adjustments", "amount", -1),
        ("order_adjustments", "tax_amount", -1),
    )
    parts = [_part(list(refund.each(those)), name, sign) for those, name, sign in asked]
    return [part for part in parts if part is not None]


def _part(its: Sequence[Fields], name: str, sign: int) -> _Both | None:
    shop, seen = ([money for it in its if (money := _in_set(it, name, side)) is not None] for side in _SIDES)
    if not its or len(shop) < len(its) or len(seen) < len(its):
        return None
    if len({(one.currency, other.currency) for one, other in zip(shop, seen, strict=True)}) > 1:
        return None
    return _Both(_total(shop, sign), _total(seen, sign))


def _total(amounts: Iterable[Money], sign: int = 1) -> Money:
    """Sum up amounts of one currency, one at least."""
    found = list(amounts)
    return Money(sum((it.amount for it in found), _ZERO) * sign, found[0].currency)
