"""The copies of an event side by side, field by field, with what differs between them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Any

import msgspec
from msgspec import Struct

from twinbeam.core.outgoing import KeptCopy
from twinbeam.pipeline.record.authority import VISIT
from twinbeam.web.debugger.masks import HIDDEN, is_hidden

MOST_COPIES = 4
_MOST_FIELDS = 200
_NONE = "-"
#: Two clocks are never quite the same: below a minute nothing is wrong with either.
_NEAR_SECONDS = 60
_TIMES = frozenset({"event_time"})


class ComparedField(Struct, frozen=True):
    """One field, and what each copy has in it."""

    path: str
    values: list[str]
    differs: bool
    is_near: bool = False  #: the copies say another time, and less than a minute lies between them


class Compared(Struct, frozen=True):
    """Some copies of an event, and their fields."""

    copies: Sequence[KeptCopy]
    fields: list[ComparedField]
    left_out: int  #: copies that are not shown


def compared(copies: Sequence[KeptCopy], *, shows_hashes: bool) -> Compared | None:
    """Return the copies side by side; None where there is but one."""
    if len(copies) < 2:
        return None
    shown = list(copies[:MOST_COPIES])
    said = [dict(_flat(msgspec.json.decode(copy.body), "")) for copy in shown]
    paths = list(dict.fromkeys(path for one in said for path in one))[:_MOST_FIELDS]
    reports = [copy.channel != VISIT for copy in shown]
    fields = [_field(path, [one.get(path) for one in said], reports, shows_hashes=shows_hashes) for path in paths]
    return Compared(shown, fields, len(copies) - len(shown))


def _field(path: str, values: list[str | None], reports: list[bool], *, shows_hashes: bool) -> ComparedField:
    hides = is_hidden(path) and not shows_hashes
    told = [_NONE if value is None else HIDDEN if hides else value for value in values]
    # What an earlier visit left behind has few fields, and is no report that could disagree.
    said = set(compress(values, reports))
    is_near = path in _TIMES and len(said) > 1 and _is_near(said)
    return ComparedField(path, told, len(said) > 1 and not is_near, is_near)


def _is_near(said: Iterable[str | None]) -> bool:
    times = [int(it) if it is not None and it.isdecimal() else None for it in said]
    known = [it for it in times if it is not None]
    return len(known) == len(times) and max(known) - min(known) < _NEAR_SECONDS


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, it in value.items():
            yield from _flat(it, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(it, dict) for it in value):
        for place, it in enumerate(value):
            yield from _flat(it, f"{path}[{place}]")
    else:
        yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()
