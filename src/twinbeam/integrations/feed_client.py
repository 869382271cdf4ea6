"""
Product feeds by HTTP: an address is read into a file, within bounds of size and time, and only if it changed.

It never logs. What it tells of trouble holds no address, which may hold a password.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import aiohttp
from msgspec import Struct

from twinbeam.core.networks import Allowed, is_address
from twinbeam.integrations.feed_addresses import GuardedResolver, PrivateAddress
from twinbeam.jobs.product_feeds import DueFeed, Fetched

MOST_BYTES = 1024**3  #: on the way
MOST_SECONDS = 900.0
_SILENT_SECONDS = 60.0
_CONNECT_SECONDS = 15.0
_MOST_REDIRECTS = 5
_LOOK_BYTES = 16 * 1024**2  #: between two looks at the room that is left
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_MARK = 300  #: of what a server calls a version of its file


class _Unusable(Exception):  # noqa: N818 -- never leaves this file
    """An answer from which no file comes; the words say why and what to do."""


class _Answer(Struct, frozen=True):
    """What came of one request: a file that is written, the file of before, or another address."""

    is_new: bool = False
    etag: str = ""
    modified: str = ""
    moved_to: str = ""


@dataclass(kw_only=True, frozen=True)
class FeedClient:
    """
    See jobs.product_feeds.FeedApi for the promises.

    `reserve_bytes` of the disk stay free. `proxy` is the address of an HTTP proxy, which then looks names up itself.
    """

    allowed: Allowed
    reserve_bytes: int
    proxy: str = ""
    most_bytes: int = MOST_BYTES
    most_seconds: float = MOST_SECONDS

    async def fetch(self, feed: DueFeed, into: Path) -> Fetched:
        """Read an address into a file; trouble is told, and never raised."""
        try:
            url = feed.url
            for _ in range(_MOST_REDIRECTS + 1):
                self._check(url)
                answer = await self._ask(url, feed, into)
                if not answer.moved_to:
                    return Fetched(is_new=answer.is_new, etag=answer.etag, modified=answer.modified)
                url = urljoin(url, answer.moved_to)
            return Fetched(f"It redirects more than {_MOST_REDIRECTS} times. Give the address that it leads to.")
        except _Unusable as error:
            return Fetched(str(error))
        except TimeoutError:
            return Fetched(f"It did not come within {self.most_seconds:.0f} seconds, or was silent for a minute.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Fetched(_what_happened(error))

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("https", "http") or not host:
            raise _Unusable("It leads to what is no web address. Give one that begins with https://.")
        if is_address(host):
            takes = self.allowed.lists if parts.scheme == "http" else self.allowed.takes
            if not takes(host):
                raise _Unusable(_PLAIN if parts.scheme == "http" else _PRIVATE)

    async def _ask(self, url: str, feed: DueFeed, into: Path) -> _Answer:
        is_plain = urlsplit(url).scheme == "http"
        resolver = GuardedResolver(self.allowed, only_listed=is_plain)
        timeout = aiohttp.ClientTimeout(total=self.most_seconds, connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=1)
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout, auto_decompress=False
            ) as session,
            session.get(url, allow_redirects=False, proxy=self.proxy or None, headers=_headers(feed)) as response,
        ):
            if response.status in _REDIRECTS and response.headers.get("Location"):
                return _Answer(moved_to=response.headers["Location"])
            if response.status == 304 and (feed.etag or feed.modified):
                return _Answer(etag=feed.etag, modified=feed.modified)
            if response.status != 200:
                raise _Unusable(f"The server answers {response.status}. Open the address in a browser and see why.")
            await self._write(response, into)
            return _Answer(True, _mark(response, "ETag"), _mark(response, "Last-Modified"))

    async def _write(self, response: aiohttp.ClientResponse, into: Path) -> None:
        written, looked = 0, -_LOOK_BYTES
        with into.open("wb") as file:
            async for piece in response.content.iter_any():
                written += len(piece)
                if written > self.most_bytes:
                    raise _Unusable(f"It has more than {self.most_bytes // 1024**2} MiB. Send it packed with gzip.")
                if written - looked >= _LOOK_BYTES:
                    looked = written
                    if shutil.disk_usage(into.parent).free < self.reserve_bytes + _LOOK_BYTES:
                        raise _Unusable("There is no room for it on the gateway's disk.")
                file.write(piece)


_PLAIN = "It begins with http://, so anybody on the way could change it. Give an address with https://."
_PRIVATE = "It leads into a private network. If that is meant, list the network in TWINBEAM_FEED_NETWORKS."


def _headers(feed: DueFeed) -> Mapping[str, str]:
    marks = {"If-None-Match": feed.etag, "If-Modified-Since": feed.modified}
    return {"User-Agent": "twinbeam", "Accept-Encoding": "gzip"} | {name: text for name, text in marks.items() if text}


def _mark(response: aiohttp.ClientResponse, name: str) -> str:
    text = response.headers.get(name, "")
    return text if len(text) <= _LONGEST_MARK and text.isascii() and text.isprintable() else ""


def _what_happened(error: Exception) -> str:
    """Name what happened; of an error's text only what can hold neither an address nor a password."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, PrivateAddress) or isinstance(cause.__cause__, PrivateAddress):
        return _PRIVATE
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"The proxy answers {error.status}."
    if isinstance(cause, OSError) and cause.strerror:
        return f"The server cannot be reached: {cause.strerror}."
    return f"The server cannot be reached ({type(error).__name__})."
