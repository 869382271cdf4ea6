"""
Google's XML, item by item: RSS 2.0 and Atom with elements of `http://base.google.com/ns/1.0`.

By expat itself, since a tree of a million items does not fit. No document type is taken, so there are no entities to
swell; depth, the length of a text, and what a parser holds back are bounded.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import IO
from xml.parsers import expat

from twinbeam.products.columns import KNOWN, plain_name

_ITEMS = frozenset({"item", "entry"})
_MOST_DEPTH = 64
_MOST_TEXT = 10_000  #: characters of a field; what is behind them is not read
_MOST_HELD = 4 * 1_048_576  #: bytes of one tag
_PIECE = 65_536


class _Refused(Exception):  # noqa: N818 -- never leaves this file
    """Something that no feed has; the words say what."""


class _Items:
    """Collects the fields of each item as the parser meets them."""

    def __init__(self) -> None:
        self.done: list[tuple[int, Mapping[str, str]]] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._depth = self._n = 0
        self._fields: dict[str, str] | None = None
        self._item_depth = 0
        self._name, self._is_google = "", False
        self._texts: list[str] = []
        self._length = 0

    def _begin(self, tag: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise _Refused("Its elements lie too deep in each other.")
        prefix, _, local = tag.rpartition(":")
        if self._fields is None:
            if local in _ITEMS:
                self._fields, self._item_depth = {}, self._depth
        elif self._depth == self._item_depth + 1 and plain_name(local) in KNOWN:
            self._name, self._is_google = plain_name(local), bool(prefix)
            self._texts, self._length = [], 0

    def _text(self, text: str) -> None:
        if self._name and self._length < _MOST_TEXT:
            self._texts.append(text)
            self._length += len(text)

    def _end(self, _tag: str) -> None:
        if self._fields is not None and self._depth == self._item_depth + 1 and self._name:
            if self._is_google or self._name not in self._fields:
                self._fields[self._name] = "".join(self._texts)[:_MOST_TEXT].strip()
            self._name = ""
        elif self._fields is not None and self._depth == self._item_depth:
            self._n += 1
            self.done.append((self._n, self._fields))
            self._fields = None
        self._depth -= 1

    def _doctype(self, *_: object) -> None:
        raise _Refused("It has a document type, which no feed needs. Remove the line with <!DOCTYPE.")


def xml_rows(file: IO[bytes], trouble: Callable[[str], Exception]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the number of each item, from 1, and its fields; raises `trouble` with the words."""
    items, fed, found = _Items(), 0, False
    while True:
        piece = file.read(_PIECE)
        fed += len(piece)
        try:
            items.parser.Parse(piece, not piece)
        except _Refused as error:
            raise trouble(str(error)) from error
        except expat.ExpatError as error:
            raise trouble(f"It is no XML: {expat.ErrorString(error.code)}, in line {error.lineno}.") from error
        found = found or bool(items.done)
        yield from items.done
        items.done = []
        if not piece:
            break
        if fed - max(items.parser.CurrentByteIndex, 0) > _MOST_HELD:
            raise trouble(f"A tag has more than {_MOST_HELD} bytes. This is no feed of products.")
    if not found:
        raise trouble("It holds no product: none of its elements is <item> or <entry>.")
