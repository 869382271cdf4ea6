"""
The fields of a shop system's body, taken out one by one: what is there has to be what it is documented to be.

Numbers with a fraction are decimals, so that no amount is rounded. A field that is not understood is named, never its
value: it may be personal.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from twinbeam.core.values import Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection
from twinbeam.pipeline.accept.problems import Problem, ProblemCode, problem
from twinbeam.pipeline.identity.hashing import is_nothing

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_LONGEST = 256
_MOST = Decimal("1e12")  #: as in core/values.Properties
_MOST_PLACES = 100  #: behind the point, or zeros before it: written out, `1e-99999999` would be 100 MB
_TIME = "Send an ISO 8601 time with its zone, or seconds since 1970."
_AMOUNT = 'Send an amount such as "89.90".'
_TEXT = "Send a text or a number of at most 256 characters."


class Unfit(Exception):  # noqa: N818 -- never leaves the dialects
    """A field is missing, or is not what it is documented to be."""

    def __init__(self, field: str, fix: str, code: Rejection = Rejection.WRONG_TYPE) -> None:
        super().__init__(field)
        self.field = field
        self.fix = fix
        self.code = code

    def rejected(self) -> Rejected:
        """Return it as it is told to the sender."""
        return Rejected(0, self.code, SENTENCES[self.code], self.field, self.fix)


class Fields:
    """An object of a body; what is missing is None."""

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self._fields = fields
        self.path = path

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def items(self) -> Iterator[tuple[object, object]]:
        """Yield the fields with their values, as they are."""
        yield from self._fields.items()

    def raw(self, name: str) -> Any:
        """Return a field as it is."""
        return self._fields.get(name)

    def text(self, name: str, *, most: int = _LONGEST) -> str | None:
        """Return a text; a number is one as it is written, and an empty text is none."""
        value = self.raw(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise Unfit(self._at(name), _TEXT)
        written = value if isinstance(value, str) else str(value)
        if len(written) > most or "\0" in written:
            raise Unfit(self._at(name), _TEXT, Rejection.OUT_OF_RANGE)
        return written

    def cut(self, name: str, most: int = _LONGEST) -> str | None:
        """Return a text that only adds to an event: a longer one is cut, anything else is none."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return None
        return str(value).replace("\0", "")[:most] or None

    def needed(self, name: str) -> str:
        """Return a text that has to be there."""
        value = self.text(name)
        if value is None or is_nothing(value):
            raise Unfit(self._at(name), "Send the whole object, with this field.", Rejection.MISSING_FIELD)
        return value

    def flag(self, name: str) -> bool:
        """Return whether a field is true."""
        value = self.raw(name)
        if value is not None and not isinstance(value, bool):
            raise Unfit(self._at(name), "Send true or false.")
        return bool(value)

    def amount(self, name: str) -> Decimal | None:
        """Return an amount, written as a text or as a number."""
        value = self.raw(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise Unfit(self._at(name), _AMOUNT)
        try:
            return amount_of(self._at(name), Decimal(value))
        except InvalidOperation:
            raise Unfit(self._at(name), _AMOUNT) from None

    def whole(self, name: str) -> int | None:
        """Return a whole number."""
        amount = self.amount(name)
        if amount is None:
            return None
        if amount != amount.to_integral_value():
            raise Unfit(self._at(name), "Send a whole number.")
        return int(amount)

    def moment_ms(self, name: str, *, gmt: bool = False) -> int | None:
        """Return a time in ms since the epoch, from ISO 8601; with `gmt` it needs no zone."""
        value = self.raw(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise Unfit(self._at(name), _TIME)
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None and gmt:
                moment = moment.replace(tzinfo=UTC)
            at_ms = int(moment.timestamp() * 1_000) if moment.tzinfo is not None else -1
        except (ValueError, OverflowError):
            at_ms = -1
        if at_ms < 0:
            raise Unfit(self._at(name), _TIME)
        return at_ms

    def seconds_ms(self, name: str) -> int | None:
        """Return a time in ms since the epoch, from seconds."""
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**11:
            raise Unfit(self._at(name), _TIME)
        return value * 1_000

    def inner(self, name: str) -> "Fields":
        """Return an object of it; a missing one is empty."""
        value = self.raw(name)
        if value is None or value == []:  # PHP writes an empty object so
            return Fields({}, self._at(name))
        if not isinstance(value, dict):
            raise Unfit(self._at(name), "Send an object.")
        return Fields(value, self._at(name))

    def each(self, name: str) -> Iterator["Fields"]:
        """Yield the objects of a list; a missing one is empty."""
        value = self.raw(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise Unfit(self._at(name), "Send a list of objects.")
        for index, one in enumerate(value):
            if not isinstance(one, dict):
                raise Unfit(f"{self._at(name)}[{index}]", "Send an object.")
            yield Fields(one, f"{self._at(name)}[{index}]")

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def amount_of(field: str, amount: Decimal | None) -> Decimal | None:
    """Return an amount that is one; raises Unfit for what no till says."""
    if amount is not None and (not amount.is_finite() or abs(amount) > _MOST or _places(amount) > _MOST_PLACES):
        raise Unfit(field, _AMOUNT, Rejection.OUT_OF_RANGE)
    return amount


def _places(amount: Decimal) -> int:
    """Return how many digits of a finite amount its exponent alone makes."""
    return abs(int(amount.as_tuple().exponent))


def fields_of(body: bytes) -> Fields | Problem:
    """Take any bytes apart."""
    try:
        value = _DECODER.decode(body)
    except UnicodeDecodeError:
        return problem(ProblemCode.BAD_ENCODING)
    except (ValueError, RecursionError, InvalidOperation):
        return problem(ProblemCode.BAD_JSON)
    return Fields(value) if isinstance(value, dict) else problem(ProblemCode.BAD_SHAPE)
