"""Preview what a mapping makes of a body: the command and the page call this."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from twinbeam.core.values import plain
from twinbeam.orders.preview import Preview
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.sources.fields import fields_of
from twinbeam.sources.flat_orders import FIELDS, LINE, picked
from twinbeam.sources.mapped_orders import ITEMS, MappingError, mapping_of, read_mapped

#: What an order is the better for, and what for. Of several in one row one is enough.
_ADVISED = (
    (("value", "price"), "Without it no order is a purchase."),
    (("currency",), 'Without it amounts cannot be read; write it as "=EUR" where it is always the same.'),
    (("updated_at",), "Of two deliveries the newer modification counts; without it the last one that comes."),
    (("status", "paid_at"), "Without either every order counts as paid."),
    (("email", "phone"), "TikTok finds more buyers by them; they are hashed before anything is stored."),
    (("ttclid", "visitor_id", "cart_token", "checkout_token", "order_token"), "It ties the order to its visit."),
    (("consent_receipt", "ad_storage", "consent"), "Without a word on consent orders wait where the law asks for one."),
)
_SAID = ("event", "event_time", "progress", "cart_token", "checkout_token", "order_token", "visitor_id")


def preview(mapping_text: str, body: bytes, now_ms: int) -> Preview:
    """Return what is understood and what is missing; takes any text and any bytes."""
    try:
        mapping = mapping_of(mapping_text)
    except MappingError as error:
        return Preview(problem=str(error))
    named = sum(name in FIELDS or name == ITEMS for name in mapping)
    reading = read_mapped(body, mapping, now_ms, None)
    missing = [*_missing(mapping, body)]
    if isinstance(reading, Problem):
        told = [f"{it.field}: {it.message} {it.fix}" for it in reading.rejected]
        return Preview(problem=(told or [f"{reading.message} {reading.fix}"])[0], missing=missing, fields=named)
    (facts,), purchase = reading.orders, reading.items[0]
    stated = [(name, said.text or "-") for name, said in sorted(facts.stated.items())]
    return Preview(
        understood=[("order", facts.order_id), *stated, *((name, _text(value)) for name, value in _said(purchase))],
        missing=missing,
        advised=[("/".join(names), why) for names, why in _ADVISED if not any(name in mapping for name in names)],
        fields=named,
    )


def read_mapping(text: str) -> Mapping[str, str] | str:
    """Return a mapping, or why its text is none."""
    try:
        return mapping_of(text)
    except MappingError as error:
        return str(error)


def _missing(mapping: Mapping[str, str], body: bytes) -> Iterator[tuple[str, str]]:
    fields = fields_of(body)
    if isinstance(fields, Problem):
        return
    whole = dict(fields.items())
    lines = picked(whole, {ITEMS: mapping[ITEMS]}).get(ITEMS) if ITEMS in mapping else None  # type: ignore[arg-type]
    first = lines[0] if isinstance(lines, list) and lines and isinstance(lines[0], dict) else None
    for name, path in mapping.items():
        if path.startswith("=") or name not in (*FIELDS, ITEMS):
            continue
        place: Any = first if first is not None and name in LINE else whole
        if name not in picked(place, {name: path}):
            yield name, path


def _said(item: Any) -> Iterator[tuple[str, object]]:
    """Yield what an event says, by the names of its fields."""
    told = plain(item)
    yield from ((name, told[name]) for name in _SAID if told.get(name))
    for part in ("user", "page", "properties", "consent"):
        yield from ((f"{part}.{name}", value) for name, value in told.get(part, {}).items() if value is not None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
