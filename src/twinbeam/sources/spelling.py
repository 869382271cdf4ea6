"""Take unknown fields out of an event, and guess what they were meant to be."""

from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from msgspec import Struct

from twinbeam.pipeline.identity.text import decoded, without_personal
from twinbeam.sources import strict
from twinbeam.sources.stated_orders import OrderMoney, OrderRefund, OrderStates, StatedOrder

_NESTED: dict[type[Struct], dict[str, type[Struct]]] = {
    strict.Item: {
        "user": strict.User,
        "page": strict.Page,
        "properties": strict.Properties,
        "consent": strict.Consent,
        "lead": strict.Lead,
    },
    strict.Properties: {"contents": strict.Content},
    strict.Statement: {"consent": strict.Consent},
    StatedOrder: {
        "states": OrderStates,
        "money": OrderMoney,
        "refunds": OrderRefund,
        "lines": strict.Content,
        "user": strict.User,
        "page": strict.Page,
        "consent": strict.Consent,
    },
}

#: Names of TikTok's older interface and of its browser script (tiktok.md 3.4), which no likeness would find.
_FORMER = {
    "timestamp": "event_time",
    "event_name": "event",
    "pixel_code": "pixel",
    "event_source_id": "pixel",
    "context": "user",
}

#: Where a field of this name lives; the outermost place wins.
_HOME = {
    field: f"{name}.{field}" for name, shape in _NESTED[strict.Item].items() for field in shape.__struct_fields__
} | {field: field for field in strict.Item.__struct_fields__}

_MOST_NAME_CHARS = 64  # likeness costs the square of the length
_LIKE = 0.75  # of 1; "emial" and "email" are at 0.8


class Unknown(Struct, frozen=True, gc=False):
    """A field that no event has."""

    path: str  #: dotted, inside the event
    name: str
    shape: type[Struct]  #: what it was found in


def told_name(name: str) -> str:
    """Return the name of an unknown field as it may be told: short, and without an e-mail address or phone number."""
    return without_personal(decoded(name[:_MOST_NAME_CHARS]), ())


def prune(event: dict[str, Any], shape: type[Struct] = strict.Item) -> tuple[dict[str, Any], list[Unknown]]:
    """Return a copy of an event without the fields that are not known, and those fields; null is as good as absent."""
    unknown: list[Unknown] = []
    return _prune_object(event, shape, "", unknown), unknown


def _prune_object(value: dict[str, Any], shape: type[Struct], path: str, unknown: list[Unknown]) -> dict[str, Any]:
    kept = {}
    for name, inner in value.items():
        if name not in shape.__struct_fields__:
            short = told_name(name)
            unknown.append(Unknown(path + short, short, shape))
        elif inner is not None:
            nested = _NESTED.get(shape, {}).get(name)
            kept[name] = inner if nested is None else _prune_inner(inner, nested, path + name, unknown)
    return kept


def _prune_inner(value: object, shape: type[Struct], path: str, unknown: list[Unknown]) -> object:
    if isinstance(value, dict):
        return _prune_object(value, shape, f"{path}.", unknown)
    if isinstance(value, list):
        return [
            _prune_object(each, shape, f"{path}[{position}].", unknown) if isinstance(each, dict) else each
            for position, each in enumerate(value)
        ]
    return value


def meant_by(field: Unknown) -> str | None:
    """Guess the field that was meant, as a dotted path; costs up to 1 ms, so ask only to tell somebody."""
    neighbour = _like(field.name.lower(), field.shape.__struct_fields__)
    if neighbour is not None:
        return field.path.removesuffix(field.name) + neighbour
    return _elsewhere(field.name.lower())


def _elsewhere(name: str) -> str | None:
    if name in _FORMER:
        return _FORMER[name]
    field = _like(name, tuple(_HOME))
    return None if field is None else _HOME[field]


@lru_cache(maxsize=512)
def _like(name: str, fields: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(name, fields, n=1, cutoff=_LIKE)), None)
