"""
Currencies, and amounts in their minor unit.

Source: tiktok.md 2.6 (what TikTok lists).
"""

from math import isfinite

from twinbeam.core.money import to_minor
from twinbeam.core.rules import ORDER_EVENTS
from twinbeam.pipeline.identity.notices import Told, Trouble

_LISTED = """
AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR
ISK JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD
THB TRY TWD UAH USD VES VND ZAR
"""
#: What TikTok accepts (tiktok.md 2.6).
LISTED = frozenset(_LISTED.split())


def said_currency(raw: str | None, value: float | None, told: Told) -> str | None:
    """Return the currency in upper case; a value without one is told."""
    if raw is None:
        if value is not None:
            told.append(("properties.currency", Trouble.CURRENCY_MISSING))
        return None
    return raw.upper()


def look_at_value(event: str, value: float | None, told: Told) -> None:
    """Tell of an order without a value, or with one that no order has; other events need none."""
    if event not in ORDER_EVENTS:
        return
    if value is None:
        told.append(("properties.value", Trouble.VALUE_MISSING))
    elif value <= 0:
        told.append(("properties.value", Trouble.VALUE_NOT_POSITIVE))


def minor_units(value: float | None, currency: str | None) -> int | None:
    """Return an amount as it is sent in the currency's minor unit, such as cents; unknown without a currency."""
    if value is None or not currency or not isfinite(value):
        return None
    return to_minor(value, currency)
