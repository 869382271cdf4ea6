"""Amounts in a currency's minor unit, such as cents (ISO 4217)."""

from decimal import Decimal

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

_PLACES = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(_FOUR_DECIMALS.split(), 4),
}


def decimal_places(currency: str) -> int:
    """Return how many decimals a currency has; two where it is not known."""
    return _PLACES.get(currency, 2)


def to_minor(value: float | Decimal, currency: str) -> int:
    """Return an amount in the minor unit."""
    per_unit: int = 10 ** decimal_places(currency)
    return round(value * per_unit)


def in_units(minor: int | None, currency: str) -> Decimal | None:
    """Return an amount in the currency's own unit with all its decimals, or None where it is not known."""
    return None if minor is None else Decimal(minor).scaleb(-decimal_places(currency))


def shown(minor: int, currency: str) -> str:
    """Write an amount in minor units as people do, such as 12.50 EUR."""
    places = decimal_places(currency)
    return f"{minor / 10**places:.{places}f} {currency}".strip()
