"""
How a file writes amounts and times, told from its first rows or said by its owner, and both in one spelling.

A file is read in one way throughout: `1,234` is never one thing here and another there. What may mean two things and
is not said is refused, with what to say.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from twinbeam.core.errors import ConfigError
from twinbeam.core.order import PARTS
from twinbeam.sources.fields import Unfit
from twinbeam.sources.flat_orders import TIMES

Decimals = Literal["point", "comma"]
Dates = Literal["day-first", "month-first"]

AMOUNTS = frozenset((*PARTS, "refunded", "price"))
MOMENTS = frozenset(TIMES)

_PLAIN = re.compile(r"[+-]?\d*\.?\d+")
_GROUPED = {
    "point": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    "comma": re.compile(r"[+-]?(\d+|\d{1,3}([.  ']\d{3})+)(,\d+)?"),
}
#: What can be read in one way alone.
_SURELY = {
    "point": re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d+\.(\d{1,2}|\d{4,}))"),
    "comma": re.compile(r"[+-]?(\d{1,3}([. ']\d{3})+,\d+|\d+,(\d{1,2}|\d{4,}))"),
}
_AMOUNT = "Write an amount without its currency, such as 89.90."
_OTHERWISE = {
    "point": "Write an amount such as 89.90; where the file has a decimal comma, say --decimal comma.",
    "comma": "Write an amount such as 89,90; where the file has a decimal point, say --decimal point.",
}
_TIME = "Write a time such as 2026-11-20T11:05:00Z or 20.11.2026 11:05."
_WHICH = "Day or month first? Say --dates day-first or --dates month-first."

_STAMP = re.compile(
    r"(\d{1,4})([-./])(\d{1,2})\2(\d{4}|\d{1,2})"
    r"(?:(?:[T, ]\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s?([ap]\.?m\.?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")  #: as programs write it: most of large files
#: Days since 1899-12-30, as Excel counts those of 1954 to 2119 and its neighbours.
_SERIAL = re.compile(r"([2-7]\d{4})([.,]\d+)?")
_EXCELS_FIRST = datetime(1899, 12, 30)  # noqa: DTZ001 -- the zone is the file's


class Spelling(Struct, frozen=True):
    """How one file writes."""

    decimals: Decimals = "point"
    is_certain: bool = False  #: its owner said how decimals are written
    dates: Dates | None = None  #: of 11/12/2026; None: not said, and not to be told
    zone: str = "UTC"  #: of times that name none, such as Europe/Berlin

    def read(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row with its amounts and times in our spelling; raises Unfit."""
        return {
            name: self._amount(name, value)
            if name in AMOUNTS
            else self._moment(name, value)
            if name in MOMENTS
            else value
            for name, value in row.items()
        }

    def _amount(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or (self.decimals == "point" and _PLAIN.fullmatch(value)):
            return value
        written = value.strip().replace(" ", " ")
        if self.decimals == "point" and _PLAIN.fullmatch(written):
            return written
        if not _GROUPED[self.decimals].fullmatch(written) or self._is_open(written):
            raise Unfit(name, _OTHERWISE[self.decimals] if re.fullmatch(r"[-+\d.,' ]+", written) else _AMOUNT)
        if self.decimals == "comma":
            return re.sub(r"[.' ]", "", written).replace(",", ".")
        return written.replace(",", "")

    def _is_open(self, written: str) -> bool:
        """Return whether one thousand two hundred and thirty-four may be meant as well as one and a bit: `1,234`."""
        return not self.is_certain and "." not in written and written.count(",") == 1 and self.decimals == "point"

    def _moment(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return value
        if _ISO.fullmatch(value):
            return value
        written = value.strip()
        if _SERIAL.fullmatch(written):
            days = float(written.replace(",", "."))
            return _iso((_EXCELS_FIRST + timedelta(seconds=round(days * 86_400))).replace(tzinfo=zone_of(self.zone)))
        stamp = _STAMP.fullmatch(written)
        if stamp is None:
            if written.isdigit() or "T" in written:
                return written  # seconds, or ISO 8601 in one of its rarer forms
            raise Unfit(name, _TIME)
        try:
            return _iso(self._stamped(name, stamp))
        except (ValueError, OverflowError):
            raise Unfit(name, _WHICH if stamp[2] == "/" else _TIME) from None

    def _stamped(self, name: str, stamp: re.Match[str]) -> datetime:
        first, mark, second, third, hours, minutes, seconds, half, zone = stamp.groups()
        hour = int(hours or 0)
        if half:
            hour = hour % 12 + (12 if half[0] in "pP" else 0)
        clock = (hour, int(minutes or 0), int(seconds or 0))
        if len(first) == 4:
            return datetime(int(first), int(second), int(third), *clock, tzinfo=self._zone(zone))
        if len(third) != 4:
            raise Unfit(name, "Write the year with four digits.")
        dates = "day-first" if mark == "." else self.dates
        if dates is None:
            raise Unfit(name, _WHICH)
        day, month = (first, second) if dates == "day-first" else (second, first)
        return datetime(int(third), int(month), int(day), *clock, tzinfo=self._zone(zone))

    def _zone(self, written: str | None) -> tzinfo:
        if written is None:
            return zone_of(self.zone)
        return UTC if written.upper() in ("Z", "UTC", "GMT") else datetime.strptime(written, "%z").tzinfo or UTC


def decimals_of(rows: Iterable[Mapping[str, Any]]) -> Decimals:
    """Return how rows write decimals: with a comma where some surely do, and none with a point."""
    texts = [value.strip() for row in rows for name in AMOUNTS if isinstance(value := row.get(name), str)]
    surely = {way: any(map(pattern.fullmatch, texts)) for way, pattern in _SURELY.items()}
    return "comma" if surely["comma"] and not surely["point"] else "point"


def dates_of(rows: Iterable[Mapping[str, Any]]) -> Dates | None:
    """Return whether rows write the day or the month first, where a day beyond the twelfth shows it."""
    stamps = [
        stamp for row in rows for name in MOMENTS if (stamp := _STAMP.fullmatch(str(row.get(name) or "").strip()))
    ]
    pairs = [(int(it[1]), int(it[3])) for it in stamps if len(it[1]) < 4 and it[2] != "."]
    day_first, month_first = any(one > 12 for one, _ in pairs), any(two > 12 for _, two in pairs)
    if day_first == month_first:
        return None
    return "day-first" if day_first else "month-first"


@lru_cache(maxsize=8)
def zone_of(name: str) -> tzinfo:
    """Return a zone by its name; raises ConfigError where there is none."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # it is no name, or none that the system knows
        raise ConfigError(f"There is no time zone {name}; such as Europe/Berlin.") from None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
