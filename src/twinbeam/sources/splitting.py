"""
Split a list out of a body that is no JSON as a whole, so that the part which is wrong is refused alone.

Only strings and brackets are looked at. A body whose brackets do not close, or that ends early, is not split.
"""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec import Raw

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*\[', re.DOTALL)
_CLOSES = {ord("]"): ord("["), ord("}"): ord("{")}
_MOST_TOKENS = 300_000  #: about 50 ms; a body of brackets alone is nobody's events
_LIST_DEPTH = 2  #: inside the body's object and its list


def split_list(body: bytes, field: str) -> list[Raw] | None:
    """Return the parts of the list that the body holds under this name; None where they cannot be told apart."""
    start = _start(body, field.encode())
    if start is None:
        return None
    parts: list[Raw] = []
    for begin, end, is_last in _parts(body, start):
        part = body[begin:end].strip()
        if not part:
            return None  # nothing between two commas, or behind one: the whole is malformed
        parts.append(Raw(part))
        if is_last:
            return parts if _ends(body, end + 1) else None
    return None


def _parts(body: bytes, start: int) -> Iterator[tuple[int, int, bool]]:
    """Find where each part begins and ends, and which is the last; ends early where brackets do not close."""
    opened, since = [ord("{"), ord("[")], start
    for token in islice(_TOKEN.finditer(body, start), _MOST_TOKENS):
        sign, place = body[token.start()], token.start()
        if sign in b"[{":
            opened.append(sign)
        elif sign in _CLOSES and opened.pop() != _CLOSES[sign]:
            return
        if len(opened) < _LIST_DEPTH:
            yield since, place, True
            return
        if sign == ord(",") and len(opened) == _LIST_DEPTH:
            yield since, place, False
            since = token.end()


def _start(body: bytes, field: bytes) -> int | None:
    """Find where the list begins: its name is the first one, or behind members that hold no brackets."""
    found = _KEY.search(body)
    if found is None or found[1] != field or body[: found.start()].count(b"{") != 1:
        return None
    return found.end()


def _ends(body: bytes, position: int) -> bool:
    """Return whether behind the list comes nothing but simple members and the end of the object."""
    rest = body[position:].rstrip()
    return rest.endswith(b"}") and not any(sign in rest[:-1] for sign in (b"[", b"{", b"]", b"}"))
