"""A file that a form sends, piece by piece: its whole is never in memory (multipart/form-data, RFC 7578)."""

from collections.abc import AsyncIterator
from email.message import Message
from email.parser import BytesHeaderParser

from starlette.requests import ClientDisconnect, Request

_MOST_PARTS = 8
_MOST_HEAD = 8_192  #: bytes of a part's head
_LONGEST_BOUNDARY = 70  #: RFC 2046, 5.1.1
_LONGEST_NAME = 100


class NoFile(Exception):  # noqa: N818 -- reads as the state it reports
    """A form without a file, or one that ends too early."""


class Form:
    """The parts of a form, one after the other."""

    def __init__(self, request: Request) -> None:
        head = Message()
        head["content-type"] = request.headers.get("content-type", "")
        boundary = head.get_boundary("")
        if head.get_content_type() != "multipart/form-data" or not 0 < len(boundary) <= _LONGEST_BOUNDARY:
            raise NoFile
        self._mark = b"\r\n--" + boundary.encode()
        self._pieces = request.stream()
        self._kept = bytearray(b"\r\n")  # the first mark begins the body

    async def file(self) -> str:
        """Go to the file that a form holds and return its name; raises NoFile."""
        for _ in range(_MOST_PARTS):
            async for _ in self.content():
                pass  # of what stands before
            head = BytesHeaderParser().parsebytes(await self._head())
            name = head.get_param("name", header="content-disposition")
            if name == "file" and (filename := head.get_filename()):
                return _plain(filename)
        raise NoFile

    async def content(self) -> AsyncIterator[bytes]:
        """Yield what is left of a part, up to the next mark; raises NoFile where none comes."""
        while (end := self._kept.find(self._mark)) < 0:
            sure = len(self._kept) - len(self._mark)
            if sure > 0:
                yield self._taken(sure)
            await self._fill()
        if end:
            yield self._taken(end)
        del self._kept[: len(self._mark)]

    async def _head(self) -> bytes:
        while (end := self._kept.find(b"\r\n\r\n")) < 0:
            if len(self._kept) > _MOST_HEAD or self._kept.startswith(b"--"):
                raise NoFile
            await self._fill()
        head = self._taken(end)
        del self._kept[:2]  # what is left may be a mark at once
        return head.lstrip(b"\r\n")

    async def _fill(self) -> None:
        try:
            self._kept += await anext(self._pieces)
        except (StopAsyncIteration, ClientDisconnect) as error:
            raise NoFile from error

    def _taken(self, n: int) -> bytes:
        found = bytes(self._kept[:n])
        del self._kept[:n]
        return found


async def contents(form: Form) -> AsyncIterator[bytes]:
    """Yield a file's own bytes: those behind the line that ends its head."""
    first = True
    async for piece in form.content():
        yield piece[2:] if first else piece
        first = False


def _plain(name: str) -> str:
    """Return a file's name without its folders, as one line that a page shows as it is."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[:_LONGEST_NAME] or "upload"
