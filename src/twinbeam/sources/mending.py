"""
Mend the values of one event: what is clearly meant is put right, and a side field beyond repair is left out.

    "149.97" -> 149.97    contents: {...} -> [{...}]    user: [] -> {}    quantity: 1.5 -> left out

What an event is (its name, time, source), what joins it (its ids and tokens) and what permits it are never left out:
where they cannot be mended the event is refused. The types of strict.py are the only rule.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from msgspec import Struct, inspect
from msgspec.inspect import (
    BoolType,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    UnionType,
)

from twinbeam.sources import strict
from twinbeam.sources.numbers import number_in

#: An event without it, or with another value of it, would be another event, or one that nobody permitted.
_ESSENTIAL = frozenset(
    {
        *("event", "event_time", "age_ms", "event_source", "pixel", "action", "native", "stage"),
        *("event_id", "order_id", "properties.order_id", "lead", "lead.lead_id"),
        *("visitor_id", "cart_token", "checkout_token", "order_token", "cart_line"),
        *("test", "livemode", "test_event_code", "consent", "consent_receipt", "limited_data_use"),
    }
)
#: Read elsewhere.
_UNTOUCHED = frozenset({"event", "event_time", "event_source", "consent", "consent_receipt"})
#: An empty text is none; the others that are essential say something by being empty.
_MAY_BE_EMPTY = frozenset(
    {"event_id", "order_id", "properties.order_id", "visitor_id", "cart_token", "checkout_token", "cart_line"}
)
_TRUTHS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}
_LONGEST_CODE = 8  #: characters of a currency's code with blanks around it


class Mended(NamedTuple):
    """What was done to a field."""

    path: str  #: dotted, inside the event
    kept: bool  #: False: it was left out


class _LostError(Exception):
    """Raised inside this file where a value cannot be mended."""


def mend(event: dict[str, Any]) -> tuple[dict[str, Any], list[Mended]]:
    """Return an event of known fields with its values mended, and what was done to which."""
    mender = _Mender(_currency_of(event))
    return mender.members(event, strict.Item, ""), mender.done


def _currency_of(event: dict[str, Any]) -> str:
    properties = event.get("properties")
    currency = properties.get("currency") if isinstance(properties, dict) else None
    return currency.strip() if isinstance(currency, str) and len(currency) <= _LONGEST_CODE else ""


class _Kind(NamedTuple):
    """What a field may hold, taken apart."""

    shape: type[Struct] | None
    list: ListType | None
    scalars: tuple[Any, ...]


class _Mender:
    """Mends the values of one event, and notes what it did."""

    def __init__(self, currency: str) -> None:
        self.done: list[Mended] = []
        self._currency = currency

    def members(self, value: dict[str, Any], shape: type[Struct], path: str) -> dict[str, Any]:
        """Mend each member of an object, and leave out what is lost and can be missed."""
        kinds, kept = _kinds(shape), {}
        for name, inner in value.items():
            place = path + name
            try:
                kept[name] = inner if place in _UNTOUCHED and inner != [] else self._mended(inner, kinds[name], place)
            except _LostError:
                if place in _ESSENTIAL and not (inner == "" and place in _MAY_BE_EMPTY):
                    kept[name] = inner
                else:
                    self.done.append(Mended(place, kept=False))
        return kept

    def _mended(self, value: object, kind: _Kind, path: str) -> object:
        if kind.shape is not None:
            return self._object(value, kind.shape, path)
        if kind.list is not None and (isinstance(value, list) or not kind.scalars):
            return self._list(value, kind.list, path)
        for one in kind.scalars:
            mended = _scalar(value, one, self._currency)
            if mended is not None:
                mended = _without_nul(mended, path)
                if type(mended) is not type(value) or mended != value:
                    self.done.append(Mended(path, kept=True))
                return mended
        raise _LostError

    def _object(self, value: object, shape: type[Struct], path: str) -> dict[str, Any]:
        if value == []:  # how PHP writes an empty object
            self.done.append(Mended(path, kept=True))
            return {}
        if not isinstance(value, dict):
            raise _LostError
        return self.members(value, shape, f"{path}.")

    def _list(self, value: object, kind: ListType, path: str) -> list[object]:
        values = value if isinstance(value, list) else [value] if value != {} else []
        if values is not value:
            self.done.append(Mended(path, kept=True))
        each_kind, kept = _kind(kind.item_type), []
        for position, each in enumerate(values):
            place = f"{path}[{position}]"
            try:
                kept.append(self._mended(each, each_kind, place))
            except _LostError:
                self.done.append(Mended(place, kept=False))
        return self._not_too_many(kept, kind, each_kind, path) if kept or not values else _lose()

    def _not_too_many(self, kept: list[object], kind: ListType, each: _Kind, path: str) -> list[object]:
        """Cut a list of texts; of a cart that is too long a part would add up to another order."""
        if kind.max_length is None or len(kept) <= kind.max_length:
            return kept
        if each.shape is not None:
            return _lose()
        self.done.append(Mended(f"{path}[{kind.max_length}]", kept=False))
        return kept[: kind.max_length]


def _without_nul(value: object, path: str) -> object:
    """Take a NUL out of a text that only describes; in what joins or permits it stays, and refuses the event."""
    if isinstance(value, str) and "\0" in value and path.partition("[")[0] not in _ESSENTIAL:
        return value.replace("\0", "")
    return value


def _lose() -> list[object]:
    raise _LostError


@cache
def _kinds(shape: type[Struct]) -> Mapping[str, _Kind]:
    """Take the types of a shape's fields apart."""
    info = inspect.type_info(shape)
    return {field.name: _kind(field.type) for field in info.fields} if isinstance(info, StructType) else {}


def _kind(hint: Any) -> _Kind:
    ways = [way for way in (hint.types if isinstance(hint, UnionType) else (hint,)) if not isinstance(way, NoneType)]
    return _Kind(
        next((way.cls for way in ways if isinstance(way, StructType)), None),
        next((way for way in ways if isinstance(way, ListType)), None),
        tuple(way for way in ways if not isinstance(way, StructType | ListType)),
    )


def _scalar(value: object, kind: Any, currency: str) -> object:
    """Return what a value means as one of a kind, or None."""
    match kind:
        case StrType():
            return _text(value, kind)
        case FloatType() | IntType():
            return _number(value, kind, currency)
        case BoolType():
            return _TRUTHS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
        case LiteralType():
            word = value.strip().lower() if isinstance(value, str) else None
            return next((known for known in kind.values if str(known).lower() == word), None)
    return None


def _text(value: object, kind: StrType) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip() if kind.pattern else value
    if kind.pattern and not (len(text) == strict.CURRENCY_LETTERS and text.isascii() and text.isalpha()):
        return None  # the one text with a pattern
    return text if (kind.min_length or 0) <= len(text) <= (kind.max_length or len(text)) else None


def _number(value: object, kind: FloatType | IntType, currency: str) -> float | int | None:
    number = number_in(value, currency) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    if isinstance(kind, IntType) and isinstance(number, float):
        if not number.is_integer():
            return None
        number = int(number)
    least, most = kind.ge, kind.le
    return number if (least is None or number >= least) and (most is None or number <= most) else None
