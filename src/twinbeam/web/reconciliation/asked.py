"""What the page of orders is asked for: which days, which orders, added up by what. Pure; `view.py` serves it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace
from starlette.datastructures import QueryParams

from twinbeam.admin.reconciling import DAYS, MOST_DAYS, OrderScope, last_days
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rules import MAIN
from twinbeam.core.story import PixelRow
from twinbeam.orders.reconciliation import NO_PIXEL, Days, Result
from twinbeam.orders.sums import BY, NO_DAY, OrderGroup

PATH = "/reconciliation"
PERIODS = (1, 7, 28)
PAGE = 50
NONE = "none"  #: stands for what has no pixel or no currency
#: What sums may be added up by, as the page offers it.
GROUPINGS: Mapping[str, Sequence[str]] = {
    "all": BY,
    "day": ("day",),
    "pixel": ("pixel",),
    "day-pixel": ("day", "pixel"),
    "channel": ("channel",),
    "source": ("source",),
    "currency": (),
}
_LONGEST = 200  #: of a word in the address
_MOST_PAGES = 200  #: the file has all
_EPOCH = date(1970, 1, 1)
_NUMBERS = ("days", "page")


class OrderQuestion(Struct, frozen=True):
    """What is to be shown; what is left empty stands for any."""

    days: int = DAYS
    told: str = "orders"
    workspace: str = ""
    pixel: str = ""
    result: str = ""
    reason: str = ""
    cause: str = ""  #: a MoneyCause
    day: str = ""
    channel: str = ""
    currency: str = ""
    source: str = ""
    preview: str = ""  #: yes: what can be sent again, however many there are
    each: str = ""  #: yes: all orders, where nothing else asks for a list
    by: str = "all"  #: of GROUPINGS
    page: int = 1

    @property
    def wants_list(self) -> bool:
        """Whether orders are to be listed, and not added up."""
        return bool(self.result or self.reason or self.cause or self.each)

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """By what it is narrowed, beside the days: name and word."""
        names = ("workspace", "pixel", "day", "channel", "currency", "source")
        return [(name, word) for name in names if (word := getattr(self, name))]

    def address(self, path: str = PATH, **changes: object) -> str:
        """Return the address of the same, or of its like; other orders begin at their first page."""
        its = replace(self, **{"page": 1} | changes)
        said = {name: str(word) for name, word in asdict(its).items() if word != getattr(_ALL, name)}
        return f"{path}?{urlencode(said)}" if said else path

    def of_place(self, place: OrderGroup, result: str = "") -> str:
        """Return the address of the orders that are added up together."""
        by = GROUPINGS[self.by]
        changes: dict[str, object] = {"currency": place.currency or NONE, "result": result, "each": "yes"}
        if "day" in by and place.day != NO_DAY:
            changes["day"] = str(as_date(place.day))
        if "pixel" in by:
            changes |= {"workspace": place.workspace, "pixel": place.pixel or NONE}
        changes |= {name: getattr(place, name) for name in ("channel", "source") if name in by}
        return self.address(PATH, **changes)

    def question(self, pixels: Sequence[PixelRow], now_ms: int) -> OrderScope:
        """Return what is to be read."""
        days = last_days(now_ms, self.days, self.workspace)
        if self.day:
            day = (date.fromisoformat(self.day) - _EPOCH).days
            days = Days(day, day, self.workspace)
        return OrderScope(
            days,
            "leads" if self.told == "leads" else "orders",
            self._pixel(pixels),
            self.channel,
            None if not self.currency else "" if self.currency == NONE else self.currency,
            self.source,
            self.result,
            self.reason,
            self.cause,
        )

    def _pixel(self, pixels: Sequence[PixelRow]) -> tuple[str, str] | None:
        """Return workspace and code of the pixel that is asked for; without a workspace the first of that code."""
        if not self.pixel:
            return None
        code = NO_PIXEL if self.pixel == NONE else self.pixel
        known = (row.workspace for row in pixels if row.code == code)
        return self.workspace or next(known, MAIN), code


_ALL = OrderQuestion()


def as_date(day: int) -> date:
    """Return a UTC day as a date."""
    return _EPOCH + timedelta(days=day)


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def day_at(now_ms: int) -> date:
    """Return the UTC date of a moment."""
    return as_date(now_ms // MS_PER_DAY)


def read_question(query: QueryParams) -> OrderQuestion | None:
    """Return what is asked for, or None where nothing can be meant."""
    days, page = _number(query.get("days", str(DAYS)), MOST_DAYS), _number(query.get("page", "1"), _MOST_PAGES)
    usual = {"told": _ALL.told, "by": _ALL.by}
    words = {
        name: query.get(name, usual.get(name, "")) for name in OrderQuestion.__struct_fields__ if name not in _NUMBERS
    }
    if not days or not page or max(map(len, words.values())) > _LONGEST:
        return None
    known = (words["result"] in ("", *Result), words["told"] in ("orders", "leads"), words["by"] in GROUPINGS)
    return OrderQuestion(days=days, page=page, **words) if all(known) and _is_day(words["day"]) else None


def read_date(text: str) -> date | None:
    """Return a date as an address holds it, or None."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-23") else None
    except ValueError:
        return None


def _is_day(text: str) -> bool:
    return not text or read_date(text) is not None


def _number(text: str, most: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if is_number and 0 < int(text) <= most else 0
