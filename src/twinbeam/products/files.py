"""
A feed's file, row by row, in bounded memory: text with commas, semicolons or tabs, or XML; gzip around either.

Google Merchant Center takes tab-delimited text and RSS 2.0 or Atom with `g:` elements
(https://support.google.com/merchants/answer/160567); TikTok's catalogue takes CSV whose head may stand below lines of
explanation (https://ads.tiktok.com/help/article/catalog-product-parameters).
A file is whatever somebody put behind an address, so each line, field and element has an end.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, NamedTuple

from twinbeam.core.errors import TwinbeamError
from twinbeam.products.columns import is_head, plain_name
from twinbeam.products.markup import xml_rows

MOST_BYTES = 4 * 1024**3  #: unpacked
MOST_ROWS = 5_000_000
_MOST_LINE = 1_048_576  #: characters
_HEAD_LINES = 40  #: TikTok's template explains itself in 16 lines above its head
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = "\t,;|"


class FeedUnreadable(TwinbeamError):  # noqa: N818 -- reads as the state it reports
    """A file that is no feed; the words say why and what to do."""


class FeedRow(NamedTuple):
    """One row: its line, or of XML the number of its item, and its fields by their plain names."""

    number: int
    fields: Mapping[str, str]


class FeedFile(NamedTuple):
    """What a file turned out to be, and its rows, which are read as they are asked for; raises FeedUnreadable."""

    kind: str  #: csv, tsv or xml
    rows: Iterator[FeedRow]


class _Bounded(io.RawIOBase):
    """A file that ends with an error where it gets too long, however well it was packed."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile) -> None:
        self._source = source
        self._left = MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        try:
            came = self._source.read(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FeedUnreadable("The file is damaged: it cannot be unpacked.") from error
        self._left -= len(came)
        if self._left < 0:
            raise FeedUnreadable(f"The file has more than {MOST_BYTES // 1024**3} GiB.")
        buffer[: len(came)] = came
        return len(came)


def opened(file: IO[bytes]) -> FeedFile:
    """Return what a file holds; raises FeedUnreadable, also while its rows are read."""
    begin = file.read(2)
    file.seek(0)
    bounded = io.BufferedReader(_Bounded(gzip.GzipFile(fileobj=file) if begin == _GZIP else file), 65_536)
    first = _peeked(bounded)
    if first.startswith(_UTF16) and b"<" not in first[:8]:
        raise FeedUnreadable("The file is not UTF-8. Save it as UTF-8, and try again.")
    if not first.strip():
        raise FeedUnreadable("The file is empty.")
    if first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return FeedFile("xml", _counted(xml_rows(bounded, FeedUnreadable)))
    return _delimited(bounded)


def _peeked(bounded: "io.BufferedReader[_Bounded]") -> bytes:
    try:
        return bounded.peek(4_096)[:4_096]
    except (OSError, EOFError, zlib.error) as error:
        raise FeedUnreadable("The file is damaged: it cannot be unpacked.") from error


def _delimited(bounded: "io.BufferedReader[_Bounded]") -> FeedFile:
    lines = _lines(io.TextIOWrapper(bounded, "utf-8-sig", errors="replace", newline=""))
    for number, line in enumerate(lines, start=1):
        delimiter = max(_DELIMITERS, key=line.count)
        names = [plain_name(name) for name in next(csv.reader([line], delimiter=delimiter), [])]
        if is_head(names):
            kind = "tsv" if delimiter == "\t" else "csv"
            return FeedFile(kind, _counted(_records(lines, delimiter, names, number + 1)))
        if number >= _HEAD_LINES:
            break
    raise FeedUnreadable(
        "No head was found. The first line names the columns; one is id (or sku_id), such as: id,title,price."
    )


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_MOST_LINE):
        if len(line) == _MOST_LINE:
            raise FeedUnreadable(f"A line has more than {_MOST_LINE} characters. This is no feed of products.")
        yield line


def _records(lines: Iterator[str], delimiter: str, names: list[str], first: int) -> Iterator[FeedRow]:
    reader = csv.reader(lines, delimiter=delimiter)
    number = first - 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a quote that never ends, most likely
            yield FeedRow(number, {})
            continue
        if any(cells):
            yield FeedRow(number, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell})


def _counted(rows: Iterator[tuple[int, Mapping[str, str]]]) -> Iterator[FeedRow]:
    for n, (number, fields) in enumerate(rows):
        if n >= MOST_ROWS:
            raise FeedUnreadable(f"The file has more than {MOST_ROWS} products.")
        yield FeedRow(number, fields)
