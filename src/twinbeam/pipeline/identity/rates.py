"""
Amounts in a currency that TikTok does not list, by the operator's own dated table.

An amount is converted or left out, never put under another currency's name.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

from msgspec import Struct

from twinbeam.core.money import decimal_places
from twinbeam.pipeline.identity.money import LISTED

Rates = Mapping[str, Mapping[str, Mapping[str, float]]]
"""From currency -> day (2026-11-21) -> to currency -> rate."""

RatesOf = Callable[[str], Rates]
"""The rates of a workspace."""

OLDEST_DAYS = 31  #: an older rate says too little about today's value
_MOST = 1e15  #: no price; beyond it a decimal loses its cents
_EPOCH = date(1970, 1, 1)
_DAY_SECONDS = 86_400


class Rate(Struct, frozen=True):
    """How much of a listed currency one unit is worth."""

    currency: str
    rate: Decimal

    def convert(self, amount: float | None) -> float | None:
        """Return an amount in the listed currency, rounded to its minor unit; None where there is none to convert."""
        if amount is None or not isfinite(amount) or abs(amount) > _MOST:
            return None
        places = decimal_places(self.currency)
        exact = Decimal(repr(amount)) * self.rate
        rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        return float(rounded) if places else int(rounded)


def rate_for(rates: Rates, currency: str, event_time: int) -> Rate | None:
    """Return the newest rate of a day not after the event's and at most 31 days before it."""
    days = rates.get(currency)
    if not days:
        return None
    happened = _EPOCH + timedelta(days=event_time // _DAY_SECONDS)
    usable = sorted(filter(lambda day: 0 <= (happened - day).days <= OLDEST_DAYS, map(_day, days)), reverse=True)
    found = (_listed(days[day.isoformat()]) for day in usable)
    return next(filter(None, found), None)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return date.max  # after every event, so never used
    return day if day.isoformat() == text else date.max


def _listed(row: Mapping[str, float]) -> Rate | None:
    """Return the first rate of a day's row that leads to a currency TikTok lists."""
    for currency, rate in row.items():
        if currency in LISTED and 0 < rate < _MOST:
            return Rate(currency, Decimal(repr(rate)))
    return None
