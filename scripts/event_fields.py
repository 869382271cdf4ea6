"""
The tables of docs/reference/event-fields.md: types from the schema, everything else from event_fields.toml.

A part of the file and a Struct of the schema have the same fields; `Rows` raises KeyError where one lacks the other's.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from twinbeam.core.verticals import VERTICAL
from twinbeam.sources import strict

TABLE = Path(__file__).with_name("event_fields.toml")
HEAD = ("field", "type", "example", "what it is", "taken from", "at TikTok")

#: The parts of an event in the order of the page, each with the Struct whose fields it explains.
PARTS: Mapping[str, type[Struct]] = {
    "events": strict.Events,
    "item": strict.Item,
    "user": strict.User,
    "page": strict.Page,
    "properties": strict.Properties,
    "contents": strict.Content,
    "consent": strict.Consent,
    "lead": strict.Lead,
}

#: The closed set of where a field's value may be taken from.
WHOSE = ("sender", "server", "connection", "sender, else visit", "connection, else visit")

#: The closed set of what becomes of a field that is sent, with its wording.
HOW = {"as said": "", "SHA-256": ", as SHA-256", "changed": ""}


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """What is told of one field by hand."""

    example: str
    meaning: str
    whose: str
    tiktok: str = ""
    how: str = ""
    note: str = ""


def rows() -> dict[str, dict[str, Row]]:
    """Read what is told by hand, by part and field."""
    return msgspec.convert(tomllib.loads(TABLE.read_text(encoding="utf-8")), dict[str, dict[str, Row]])


def explained(part: str) -> list[tuple[str, ...]]:
    """Give the cells of each field of a part, in the order of the schema; raises KeyError where a field has no row."""
    told, types = rows()[part], types_of(PARTS[part])
    return [_cells(name, types[name], told[name]) for name in fields_of(PARTS[part])]


def fields_of(shape: type[Struct]) -> Sequence[str]:
    """Name the fields of a Struct that are explained one by one; those of travel and vehicles are listed elsewhere."""
    own = [name for name in shape.__struct_fields__ if name not in VERTICAL]
    return own if issubclass(shape, strict.Properties) else shape.__struct_fields__


def types_of(shape: type[Struct]) -> dict[str, str]:
    """Word the type of each field as the JSON schema has it."""
    _, schemas = msgspec.json.schema_components((shape,), ref_template="{name}")
    return {name: " or ".join(worded(schema)) for name, schema in schemas[shape.__name__]["properties"].items()}


def worded(schema: Mapping[str, Any]) -> Iterator[str]:
    """Word each alternative of a schema once; null only says that a field may be left out."""
    if "anyOf" in schema:
        words = [word for each in schema["anyOf"] for word in worded(each)]
        yield from (word for word in words if word != "a whole number" or "a number" not in words)
    elif "enum" in schema:
        yield " or ".join(f"`{value}`" for value in schema["enum"])
    elif "$ref" in schema:
        yield "an object"
    elif schema["type"] != "null":
        yield _KINDS[schema["type"]](schema)


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        return f"a text like `{schema['pattern']}`"
    return f"a text{_up_to(schema, 'maxLength', ' characters')}"


def _whole(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema and schema["minimum"] >= 0:
        return f"a whole number from {schema['minimum']:,} to {schema['maximum']:,}"
    return "a whole number above 0" if "exclusiveMinimum" in schema else "a whole number"


def _list(schema: Mapping[str, Any]) -> str:
    """Word a list; what it holds may be objects or texts."""
    kind = "objects" if "$ref" in schema["items"] else "texts"
    return f"a list of {kind}{_up_to(schema, 'maxItems')}"


def _up_to(schema: Mapping[str, Any], limit: str, unit: str = "") -> str:
    return f" (up to {schema[limit]:,}{unit})" if limit in schema else ""


_KINDS = {
    "string": _text,
    "integer": _whole,
    "number": lambda _: "a number",
    "boolean": lambda _: "true or false",
    "array": _list,
}


def _cells(name: str, kind: str, row: Row) -> tuple[str, ...]:
    return f"`{name}`", kind, f"`{row.example}`", row.meaning, row.whose, _at_tiktok(row)


def _at_tiktok(row: Row) -> str:
    if not row.tiktok:
        return f"never sent{'; ' * bool(row.note)}{row.note}"
    place = f"`{row.tiktok[1:]}` of the request" if row.tiktok.startswith("/") else f"`{_shown(row.tiktok)}`"
    return f"{place}{HOW[row.how]}{'; ' * bool(row.note)}{row.note}"


def _shown(path: str) -> str:
    return path.replace(".0.", "[].")
