"""
Text of strangers as it may be shown in a terminal or a table: ids come from whoever holds a browser key.

A control character could move the cursor, colour what follows or write to the clipboard, and a mark that turns the
direction of writing could show one id as another.
"""

import re
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

#: C0 and C1 controls, line and paragraph separators, and the marks that embed, override or isolate a direction.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def visible(text: str) -> str:
    r"""Write characters that are not to be seen as Python does, such as \x1b."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def all_visible(value: T) -> T:
    """Return a value with every text in it made visible."""
    return msgspec.convert(_visible(msgspec.to_builtins(value)), type(value))


def _visible(value: object) -> object:
    match value:
        case str():
            return visible(value)
        case list():
            return list(map(_visible, value))
        case dict():
            return {name: _visible(inner) for name, inner in value.items()}
        case _:
            return value
