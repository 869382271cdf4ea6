"""
Rows of CSV and JSON Lines files as people have them: from Excel, from a shop's export, from a program.

A file is read a line at a time, none of which may be longer than a megabyte, so that no file costs memory. What no row
can be told from ends with a ConfigError that names the line; a row that is odd by itself is handed on as such.
"""

import codecs
import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TextIO

from msgspec import Struct

from twinbeam.core.errors import ConfigError

Row = Mapping[str, Any]

MOST_CHARACTERS = 1_000_000  #: in one line
_MOST_IN_FIELD = 131_072  #: in one field, as Python's csv has it: a quotation mark that is never closed ends there
_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
_JSON = frozenset({".jsonl", ".ndjson", ".json"})
_NAMED_BY = 100  #: rows of JSON Lines that are looked at for names
_MARKS: Sequence[tuple[bytes, str]] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN: Sequence[tuple[bytes, str]] = (
    (b"PK\x03\x04", "a workbook, such as Excel's. Save it there as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old Excel. Save it there as CSV UTF-8"),
    (b"\x1f\x8b", "compressed. Unpack it first, as by gunzip"),
    (b"%PDF", "a PDF. Export the orders as CSV"),
)


class FileRow(NamedTuple):
    """A row and the line of the file that it begins in; one that is odd has no values and says what it is."""

    line: int
    row: Row
    trouble: str = ""


class RowFile(Struct, frozen=True):
    """A file whose form is known."""

    path: Path
    encoding: str
    delimiter: str  #: empty for JSON Lines
    columns: tuple[str, ...]
    skipped: int = 0  #: lines before the header

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.path.stat().st_size

    def rows(self, *, exact: bool = True) -> "OpenRows":
        """Open it for its rows; numbers of JSON are decimals where they shall be exact."""
        return OpenRows(self, exact=exact)


class OpenRows:
    """The rows of an open file, and how far they are read."""

    def __init__(self, file: RowFile, *, exact: bool) -> None:
        self._file = file
        self._text = file.path.open(encoding=file.encoding, newline="")
        self._number = Decimal if exact else float

    def __iter__(self) -> Iterator[FileRow]:
        lines = _lines(self._text, self._file.path)
        try:
            yield from self._objects(lines) if not self._file.delimiter else self._records(lines)
        except UnicodeDecodeError:
            _refuse_encoding(self._file.path, self._file.encoding)
        finally:
            self._text.close()

    @property
    def position(self) -> int:
        """How many of its bytes are read, about."""
        return self._file.size if self._text.closed else self._text.buffer.raw.tell()  # type: ignore[attr-defined]

    def _objects(self, lines: Iterator[str]) -> Iterator[FileRow]:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line, parse_float=self._number)
            except (ValueError, RecursionError):
                row = None
            yield FileRow(number, row) if isinstance(row, dict) else FileRow(number, {}, "is no JSON object")

    def _records(self, lines: Iterator[str]) -> Iterator[FileRow]:
        columns, skipped = self._file.columns, self._file.skipped
        reader = csv.reader(islice(lines, skipped, None), delimiter=self._file.delimiter)
        before = 0
        try:
            for number, values in enumerate(reader):
                line, before = before + 1 + skipped, reader.line_num
                if not number or not any(values):
                    continue
                while len(values) > len(columns) and not values[-1]:
                    values.pop()
                if len(values) == len(columns):
                    yield FileRow(line, dict(zip(columns, values, strict=True)))
                else:
                    yield FileRow(line, {}, self._misfit(len(values)))
        except csv.Error as error:
            _refuse_record(self._file.path, before + 1 + skipped, error)

    def _misfit(self, count: int) -> str:
        columns, mark = len(self._file.columns), self._file.delimiter
        if count > columns:
            return f"has {count} columns, and the header {columns}: quote values that hold a {_NAMES.get(mark, mark)}"
        return f"has {count} columns, and the header {columns}: is a quotation mark not closed, or the line cut off?"


def opened(path: Path, encoding: str = "") -> RowFile:
    """Return a file with its form, which its beginning tells; raises ConfigError for one that holds no rows."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise ConfigError(f"{path} is {what}, and import that.")
    chosen = encoding or next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
    try:
        return _told(path, chosen)
    except UnicodeDecodeError:
        _refuse_encoding(path, chosen)
    except LookupError:
        raise ConfigError(f"There is no encoding {encoding}; there are utf-8, cp1252, utf-16 and others.") from None


def _told(path: Path, encoding: str) -> RowFile:
    with path.open(encoding=encoding, newline="") as file:
        lines = _lines(file, path)
        first = next((line for line in lines if line.strip()), "")
    if not first:
        raise ConfigError(f"{path} is empty: write a header and a row for each order into it.")
    if "\0" in first:
        raise ConfigError(f"{path} holds NUL characters, as in text of another encoding: say --encoding utf-16.")
    if path.suffix.lower() in _JSON:
        return _of_json(path, encoding, first)
    skipped = 1 if first.lower().startswith("sep=") else 0  # Excel's own way to name the delimiter
    if skipped:
        with path.open(encoding=encoding, newline="") as file:
            first = next(islice(_lines(file, path), 1, None), "")
    if first.lstrip().startswith(("{", "[")):
        raise ConfigError(f"{path} looks like JSON: name it .jsonl, with one object on each line.")
    return _of_csv(path, encoding, first, skipped)


def _of_csv(path: Path, encoding: str, first: str, skipped: int) -> RowFile:
    try:
        headers = {mark: next(csv.reader([first], delimiter=mark)) for mark in _DELIMITERS}
    except csv.Error as error:
        _refuse_record(path, 1 + skipped, error)
    delimiter = max(_DELIMITERS, key=lambda mark: len(headers[mark]))
    columns = [name.strip() for name in headers[delimiter]]
    while columns and not columns[-1]:
        columns.pop()
    twice = [name for name, times in Counter(columns).items() if times > 1 and name]
    if twice:
        raise ConfigError(f"{path}: two columns are called {twice[0]}; rename one of them.")
    return RowFile(path, encoding, delimiter, tuple(columns), skipped)


def _of_json(path: Path, encoding: str, first: str) -> RowFile:
    if first.lstrip().startswith("[") or first.strip() == "{":
        raise ConfigError(f"{path} is one JSON text: write one object on each line, as by jq -c '.[]'.")
    file = RowFile(path, encoding, "", ())
    rows = list(islice(file.rows(), _NAMED_BY))
    names = dict.fromkeys(name for it in rows for name in it.row)
    if not names:
        raise ConfigError(f"{path}: its first lines are no JSON objects.")
    return RowFile(path, encoding, "", tuple(names))


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(MOST_CHARACTERS + 1):
        number += 1
        if len(line) > MOST_CHARACTERS:
            raise ConfigError(
                f"{path}: line {number} is longer than {MOST_CHARACTERS:,} characters. This is no list of orders, or "
                "its lines do not end where they should."
            )
        yield line


def _refuse_record(path: Path, line: int, error: csv.Error) -> NoReturn:
    if "field limit" in str(error):
        what = f"a field is longer than {_MOST_IN_FIELD:,} characters: is a quotation mark never closed?"
    else:
        what = f"it is no CSV ({error})."
    raise ConfigError(f"{path}: in the row that begins in line {line}, {what}")


def _refuse_encoding(path: Path, encoding: str) -> NoReturn:
    with path.open("rb") as file:
        pieces = enumerate(iter(lambda: file.readline(MOST_CHARACTERS), b""), 1)
        line = next((number for number, raw in pieces if not _is_in(raw, encoding)), 1)
    raise ConfigError(
        f"{path}: line {line} is not in {encoding.upper()}. Save the file as CSV UTF-8, or say what it is in: "
        "--encoding cp1252 is what Excel writes in Western Europe and America."
    )


def _is_in(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
