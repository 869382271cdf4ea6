"""What the page of orders is asked for: which days, which of their orders. Pure; `view.py` serves it."""

from datetime import date, timedelta
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace
from starlette.datastructures import QueryParams

from twinbeam.admin.reconciling import DAYS, MOST_DAYS, Reconciliation
from twinbeam.orders.reconciliation import Line, OrderGroup, Result, place_of

PATH = "/reconciliation"
PERIODS = (1, 7, 28)
PAGE = 50
NONE = "none"  #: stands for what has no pixel or no currency
_LONGEST = 200  #: of a word in the address
_MOST_PAGES = 100_000
_EPOCH = date(1970, 1, 1)


class OrderQuestion(Struct, frozen=True):
    """What is to be shown; what is left empty stands for any."""

    days: int = DAYS
    workspace: str = ""
    pixel: str = ""
    result: str = ""
    reason: str = ""
    day: str = ""
    channel: str = ""
    currency: str = ""
    source: str = ""
    each: str = ""  #: yes: all orders, where nothing else asks for a list
    page: int = 1

    @property
    def wants_list(self) -> bool:
        """Whether orders are to be listed, and not added up."""
        return any((self.result, self.reason, self.day, self.channel, self.currency, self.source, self.each))

    def address(self, **changes: object) -> str:
        """Return the address of the same, or of its like; other orders begin at their first page."""
        its = replace(self, **{"page": 1} | changes)
        said = {name: str(word) for name, word in asdict(its).items() if word != getattr(_ALL, name)}
        return f"{PATH}?{urlencode(said)}" if said else PATH

    def of_place(self, place: OrderGroup, result: str = "") -> str:
        """Return the address of the orders that are added up together."""
        return self.address(
            workspace=place.workspace,
            pixel=place.pixel or NONE,
            day=str(as_date(place.day)),
            channel=place.channel,
            currency=place.currency or NONE,
            source=place.source,
            result=result,
        )

    def listed(self, found: Reconciliation) -> list[Line]:
        """Return the orders that are asked for, the newest first."""
        return [line for line in found.listed(self.result, self.reason) if self._means(place_of(line))]

    def _means(self, place: OrderGroup) -> bool:
        said = (self.day, self.channel, self.currency, self.source)
        its = (str(as_date(place.day)), place.channel, place.currency or NONE, place.source)
        return all(word in ("", mine) for word, mine in zip(said, its, strict=True))


_ALL = OrderQuestion()


def as_date(day: int) -> date:
    """Return a UTC day as a date."""
    return _EPOCH + timedelta(days=day)


def read_question(query: QueryParams) -> OrderQuestion | None:
    """Return what is asked for, or None where nothing can be meant."""
    days, page = _number(query.get("days", str(DAYS)), MOST_DAYS), _number(query.get("page", "1"), _MOST_PAGES)
    words = {name: query.get(name, "") for name in OrderQuestion.__struct_fields__ if name not in ("days", "page")}
    if not days or not page or words["result"] not in ("", *Result) or max(map(len, words.values())) > _LONGEST:
        return None
    return OrderQuestion(days=days, page=page, **words)


def _number(text: str, most: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if is_number and 0 < int(text) <= most else 0
