"""
Which properties may leave, and with which value: the owner's rules for one pixel, and what never leaves.

    said ─▶ value without its parts ─▶ a listed currency ─▶ the chosen product id ─▶ names dropped ─▶ allow list

Most events are said just as they may leave; `leaves_as_said` finds that out first.
"""

from decimal import Decimal
from math import isfinite

from msgspec.structs import replace

from twinbeam.core.rules import DEFAULT_RULES, PixelRules
from twinbeam.core.values import Content, Properties
from twinbeam.core.verticals import VERTICAL
from twinbeam.pipeline.identity.money import LISTED
from twinbeam.pipeline.identity.notices import Told, Trouble
from twinbeam.pipeline.identity.rates import Rate, Rates, rate_for

#: Parts of the total: read by the rules, never sent.
PARTS = ("tax", "shipping", "gift_cards", "tips")
#: What of an event's own properties is never sent.
UNSENT = (*PARTS, "coupon")
#: Ids of a product beside `content_id`: read by the rules, never sent.
PRODUCT_IDS = ("sku", "variant_id", "group_id")
#: What a pixel's allow list may name.
PARAMETERS = (
    *(name for name in Properties.__struct_fields__ if name not in {*UNSENT, *VERTICAL, "content_id"}),
    *VERTICAL,
)
#: What a restricted pixel does not send, of an event and of each of its contents: what may tell of a person's life.
NAMES = ("content_name", "content_category", "brand", "description", "search_string", *VERTICAL)

_UNSENT = dict.fromkeys(UNSENT)
_NO_PRODUCT_IDS = dict.fromkeys(PRODUCT_IDS)
_NO_NAMES = dict.fromkeys(NAMES)
_NO_CONTENT_NAMES = {name: None for name in NAMES if name in Content.__struct_fields__}
_NO_MONEY = dict.fromkeys(("value", "currency", "price", "predicted_ltv"))
_CHOSEN = {"sku": "sku", "variant": "variant_id", "group": "group_id"}


def leaves_as_said(said: Properties, rules: PixelRules) -> bool:
    """Return whether these properties leave as they are; `currency` comes in upper case."""
    if rules is not DEFAULT_RULES and (
        rules.parameters or rules.restricted or rules.value_without or rules.product_id != "as_sent"
    ):
        return False
    if said.currency is not None and said.currency not in LISTED:
        return False
    if not (said.tax is None and said.shipping is None and said.gift_cards is None and said.tips is None):
        return False
    if said.coupon is not None:
        return False
    for content in said.contents or ():
        if not (content.sku is None and content.variant_id is None and content.group_id is None):
            return False
    return True


def outgoing(said: Properties, rules: PixelRules, rates: Rates, event_time: int, told: Told) -> Properties:
    """Return what may leave of the properties an event came with."""
    sent = _without_parts(said, rules, told)
    sent = _in_listed_currency(sent, rates, event_time, told)
    sent = _with_chosen_ids(sent, rules, told)
    if rules.restricted:
        contents = sent.contents and [replace(content, **_NO_CONTENT_NAMES) for content in sent.contents]
        sent = replace(sent, contents=contents, **_NO_NAMES)
    if rules.parameters:
        sent = replace(sent, **{name: None for name in PARAMETERS if name not in rules.parameters})
    return sent


def _without_parts(said: Properties, rules: PixelRules, told: Told) -> Properties:
    """Take the parts that the owner leaves out from the value; never below nothing."""
    if said.value is None or not rules.value_without:
        return replace(said, **_UNSENT)
    value = Decimal(repr(said.value))
    rest = value
    for part in rules.value_without:
        amount = getattr(said, part)
        if amount is None or not isfinite(amount) or amount < 0:
            told.append((f"properties.{part}", Trouble.VALUE_PART_MISSING))
        else:
            rest -= Decimal(repr(amount))
    return replace(said, value=said.value if rest == value else float(max(rest, min(value, Decimal(0)))), **_UNSENT)


def _in_listed_currency(said: Properties, rates: Rates, event_time: int, told: Told) -> Properties:
    """Convert every amount, or leave every amount out: a price without its currency would be read in another."""
    if said.currency is None or said.currency in LISTED:
        return said
    rate = rate_for(rates, said.currency, event_time)
    if rate is None:
        told.append(("properties.currency", Trouble.CURRENCY_UNKNOWN))
        contents = said.contents and [replace(content, price=None) for content in said.contents]
        return replace(said, contents=contents, **_NO_MONEY)
    return replace(
        said,
        value=rate.convert(said.value),
        currency=rate.currency,
        price=rate.convert(said.price),
        predicted_ltv=rate.convert(said.predicted_ltv),
        contents=said.contents and [_converted(content, rate) for content in said.contents],
    )


def _converted(content: Content, rate: Rate) -> Content:
    return replace(content, price=rate.convert(content.price))


def _with_chosen_ids(said: Properties, rules: PixelRules, told: Told) -> Properties:
    """
    Put the owner's choice of product id into the place of `content_id`, for all contents or for none.

    `content_type` speaks for all of them at once (tiktok.md 2.4), so ids of two kinds are not mixed.
    """
    if rules.product_id == "as_sent":
        return _without_product_ids(said)
    contents = said.contents or ()
    chosen = [getattr(content, _CHOSEN[rules.product_id]) for content in contents]
    if not contents and not said.content_ids:
        return _without_product_ids(said)
    if not chosen or not all(chosen):
        told.append(("properties.contents", Trouble.PRODUCT_ID_MISSING))
        return _without_product_ids(said)
    kind = "product_group" if rules.product_id == "group" else "product"
    renamed = [
        replace(content, content_id=own, content_type=content.content_type and kind, **_NO_PRODUCT_IDS)
        for content, own in zip(contents, chosen, strict=True)
    ]
    ids = list(dict.fromkeys(chosen)) if said.content_ids else said.content_ids
    return replace(said, contents=renamed, content_ids=ids, content_type=kind)


def _without_product_ids(said: Properties) -> Properties:
    if not said.contents:
        return said
    return replace(said, contents=[replace(content, **_NO_PRODUCT_IDS) for content in said.contents])
