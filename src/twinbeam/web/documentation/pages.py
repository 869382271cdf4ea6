"""
Pages of the documentation, read plainly from their Markdown: headings, text, lists, tables and code. No HTML of theirs.

They come from the folder that the wheel puts beside this file, or from the checkout's own `docs/`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from posixpath import dirname, join, normpath

from msgspec import Struct

_HERE = Path(__file__).resolve()
_FOLDERS = (_HERE.parent / "docs", _HERE.parents[4] / "docs")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_NAMED = re.compile(r'<a id="([^"]*)"></a>')
_INLINE = re.compile(
    r'<a id="([^"]*)"></a>|'
    r"!?\[([^\]]+)\]\(([^)\s]+)\)|`([^`]+)`"
)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_FENCE = re.compile(r"^ *```")
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^[|: -]+$")


class Piece(Struct, frozen=True):
    """A piece of a line: text, code, or a link to another place of the documentation."""

    text: str
    href: str = ""
    is_code: bool = False
    anchor: str = ""  #: of a place that links lead to; such a piece has no text


class Block(Struct, frozen=True):
    """A heading, a paragraph, a table or a piece of code."""

    kind: str  #: `heading`, `text`, `table` or `code`
    level: int = 0  #: of a heading
    anchor: str = ""
    named: str = ""  #: another anchor, where the page gives it one
    rows: Sequence[Sequence[Sequence[Piece]]] = ()  #: of a table its cells; of a text its lines, each one cell
    code: str = ""


class Page(Struct, frozen=True):
    """One page."""

    title: str
    blocks: Sequence[Block]


@cache
def names() -> Mapping[str, Path]:
    """Return the file of each page, by its path without `.md`; nothing where no documentation is installed."""
    folder = next((it for it in _FOLDERS if it.is_dir()), None)
    return {str(file.relative_to(folder))[:-3]: file for file in sorted(folder.rglob("*.md"))} if folder else {}


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as the site of the documentation makes it."""
    return re.sub(r"[^\w\- ]", "", _LINK.sub(r"\1", heading).strip().lower()).replace(" ", "-")


@cache
def read(name: str) -> Page:
    """Read one of the pages; raises KeyError where there is none of that name."""
    blocks = list(_blocks(name, _COMMENT.sub("", names()[name].read_text())))
    title = next((it.code for it in blocks if it.kind == "heading"), name)
    return Page(title, [it for it in blocks if it.level != 1])


def _blocks(name: str, text: str) -> Iterator[Block]:
    within = False
    kinds: list[tuple[str, str]] = []
    for line in text.splitlines():
        if _FENCE.match(line):
            within = not within
            kinds.append(("fence", ""))
        else:
            kinds.append(("code" if within else _kind(line), line))
    for kind, lines in groupby(kinds, key=lambda pair: pair[0]):
        told = [line for _, line in lines]
        if kind == "heading":
            yield from map(_heading, told)
        elif kind == "code":
            yield Block("code", code="\n".join(told))
        elif kind == "table":
            yield Block("table", rows=[_cells(name, line) for line in told if not _RULE.match(line)])
        elif kind == "text":
            yield Block("text", rows=[[_parts(name, line)] for line in told])


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if re.match(r"#{1,6} ", line):
        return "heading"
    return "table" if line.lstrip().startswith("|") else "text"


def _heading(line: str) -> Block:
    marks, _, words = line.partition(" ")
    named = _NAMED.search(words)
    unnamed = _NAMED.sub("", words)
    plain = _LINK.sub(r"\1", unnamed).replace("`", "")
    return Block("heading", len(marks), anchor_of(unnamed), named[1] if named else "", code=plain)


def _cells(name: str, line: str) -> list[list[Piece]]:
    return [_parts(name, cell.strip().replace("\\|", "|")) for cell in _CELL.split(line.strip().strip("|"))]


def _parts(name: str, line: str) -> list[Piece]:
    parts, done = [], 0
    for found in _INLINE.finditer(line):
        parts.append(Piece(_plain(line[done : found.start()])))
        parts.append(_part(name, *found.groups()))
        done = found.end()
    return [part for part in [*parts, Piece(_plain(line[done:]))] if part.text or part.anchor]


def _part(name: str, anchor: str | None, text: str | None, target: str | None, code: str | None) -> Piece:
    if anchor:
        return Piece("", anchor=anchor)
    if code:
        return Piece(code, is_code=True)
    return Piece(_plain(text or "").replace("`", ""), _href(name, target or ""))


def _plain(text: str) -> str:
    return text.replace("**", "")


def _href(name: str, target: str) -> str:
    """Return where a link of a page leads to, here; nothing for what is not among the pages."""
    path, _, anchor = target.partition("#")
    place = normpath(join(dirname(name), path)).removesuffix(".md") if path else name
    if place not in names() or (path and not path.endswith(".md")):
        return ""
    return f"/help/{place}{'#' if anchor else ''}{anchor}"
