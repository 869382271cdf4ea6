"""
Search files for raw identifiers in every spelling they could be stored in.

Thousands of patterns against tens of megabytes: the first 8 bytes of each pattern are compared as one integer with
every position of a file (eight shifted views of it), and only files where some matched are searched for the whole.
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

_HEAD = 8  # bytes of a pattern that are compared at once
_WINDOW = 1 << 20
_SHORTEST_NUMBER = 9  # digits; anything shorter turns up in timestamps by accident


class Find(NamedTuple):
    """One identifier in one file."""

    identifier: str
    spelling: str
    file: Path


def patterns_of(visitors: Iterable[dict[str, Any]]) -> dict[bytes, str]:
    """Map every spelling of every visitor's identifiers to what it spells."""
    found: dict[bytes, str] = {}
    for visitor in visitors:
        for text in _raw_identifiers(visitor):
            found |= dict.fromkeys(spellings(text), text)
        for phone in (visitor["phone"], *visitor["typed"]["phone"]):
            found |= dict.fromkeys(_numbers(phone), phone)
    return found


def _raw_identifiers(visitor: dict[str, Any]) -> Iterator[str]:
    yield from (visitor["email"], visitor["phone"], visitor["external_id"])
    for texts in visitor["typed"].values():
        yield from texts


def _numbers(phone: str) -> set[bytes]:
    """Give a phone's digits alone, as typed; the clean one gives those of E.164."""
    digits = re.sub(r"\D", "", phone)
    return spellings(digits) if len(digits) >= _SHORTEST_NUMBER else set()


def spellings(text: str) -> set[bytes]:
    """Give a text as typed, lower-cased, URL-encoded, JSON-escaped and in base64, without the blanks around it."""
    found: set[bytes] = set()
    for form in {text.strip(), text.strip().lower()}:
        raw = form.encode()
        found |= {raw, quote(form, safe="").encode(), quote(form).encode(), quote_plus(form).encode()}
        found |= {quote(form, safe="").lower().encode(), json.dumps(form)[1:-1].encode()}
        found |= set(_base64_forms(raw))
    return {pattern for pattern in found if len(pattern) >= _HEAD}


def _base64_forms(raw: bytes) -> Iterator[bytes]:
    """Give what stands in base64 of anything that contains `raw`: three alignments, without the shared edges."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw)
        first = (0, 2, 3)[before]
        last = len(encoded) - (0, 3, 2)[(before + len(raw)) % 3]
        inner = encoded[first:last]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def search(directories: Iterable[Path], patterns: dict[bytes, str]) -> list[Find]:
    """Find every pattern in every file below the directories; a file that vanishes meanwhile is passed over."""
    heads = {int.from_bytes(pattern[:_HEAD], sys.byteorder) for pattern in patterns}
    by_head: dict[int, list[bytes]] = {head: [] for head in heads}
    for pattern in patterns:
        by_head[int.from_bytes(pattern[:_HEAD], sys.byteorder)].append(pattern)
    return [
        Find(patterns[pattern], pattern.decode(), file)
        for file in _files(directories)
        for pattern in _in_file(_read(file), heads, by_head)
    ]


def _files(directories: Iterable[Path]) -> Iterator[Path]:
    for directory in directories:
        yield from sorted(path for path in directory.rglob("*") if path.is_file())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _in_file(data: bytes, heads: set[int], by_head: dict[int, list[bytes]]) -> list[bytes]:
    return [pattern for head in _heads_in(data, heads) for pattern in by_head[head] if pattern in data]


def _heads_in(data: bytes, heads: set[int]) -> set[int]:
    """Give those heads that stand anywhere in the data."""
    found: set[int] = set()
    for start in range(0, len(data), _WINDOW):
        window = memoryview(data)[start : start + _WINDOW + _HEAD]
        for shift in range(_HEAD):
            length = (len(window) - shift) // _HEAD * _HEAD
            found |= heads.intersection(window[shift : shift + length].cast("Q"))
    return found
