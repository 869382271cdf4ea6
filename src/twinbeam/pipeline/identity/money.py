"""
Currencies, and amounts in their minor unit.

Sources: tiktok.md 2.6 (what TikTok lists); ISO 4217 (how many decimals a currency has).
"""

from math import isfinite

from twinbeam.pipeline.identity.notices import Told, Trouble

_LISTED = """
AED ARS AUD BDT BHD BIF BOB BRL CAD CHF CLP CNY COP CRC CZK DKK DZD EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR
ISK JPY KES KHR KRW KWD KZT MAD MOP MXN MYR NGN NIO NOK NZD OMR PEN PHP PKR PLN PYG QAR RON RUB SAR SEK SGD
THB TRY TWD UAH USD VES VND ZAR
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

#: What TikTok accepts (tiktok.md 2.6).
LISTED = frozenset(_LISTED.split())

#: Minor units per unit where it is not 100 (ISO 4217).
_PER_UNIT = {
    **dict.fromkeys(_NO_DECIMALS.split(), 1),
    **dict.fromkeys(_THREE_DECIMALS.split(), 1_000),
    **dict.fromkeys(_FOUR_DECIMALS.split(), 10_000),
}


def checked_currency(raw: str | None, value: float | None, told: Told) -> str | None:
    """Give the currency in upper case; one that TikTok does not list is passed on and told."""
    if raw is None:
        if value is not None:
            told.append(("properties.currency", Trouble.CURRENCY_MISSING))
        return None
    currency = raw.upper()
    if currency not in LISTED:
        told.append(("properties.currency", Trouble.CURRENCY_UNKNOWN))
    return currency


def minor_units(value: float | None, currency: str | None) -> int | None:
    """Give an amount in the currency's minor unit, such as cents; unknown without a currency."""
    if value is None or not currency or not isfinite(value):
        return None
    return round(value * _PER_UNIT.get(currency, 100))
