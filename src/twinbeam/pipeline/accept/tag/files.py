"""
The files of the browser tag, as `tag/` builds them: each under a name that holds the beginning of a hash.

`t.js` is the one file whose content may change under its name, so it is kept for less than a minute; it begins with
what the owner of the key's pixel decided, and there is nothing to it while that pixel is stopped.
"""

import gzip
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

import brotli
import msgspec
from msgspec import Struct

from twinbeam.core.rules import STAGES
from twinbeam.pipeline.accept.asgi import Header, Headers, Reply
from twinbeam.pipeline.accept.routing import RoutedPixel

FRESH_SECONDS = 50  #: with the time in which a command reaches the intake less than a minute
NAME_CHARS = 10  #: of a SHA-256 in base64url

STOPPED = b"// The pixel of this page is stopped.\n"

_FRESH = b"public, max-age=%d" % FRESH_SECONDS

_COMMON: tuple[Header, ...] = (
    (b"content-type", b"text/javascript; charset=utf-8"),
    (b"access-control-allow-origin", b"*"),  # a script with `integrity` is fetched as CORS wants it
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"accept-encoding"),
)


class Manifest(Struct, frozen=True):
    """What the build says of its files."""

    chunks: str  #: names all parts that only some pages need, by what they hold
    integrity: dict[str, str]  #: of each file, as an `integrity` attribute wants it


class Built(Struct, frozen=True):
    """What the build made: the text of each file, and what it says of them."""

    texts: Mapping[str, bytes]
    manifest: Manifest

    @property
    def whole(self) -> str:
        """The name under which the tag with its inline part never changes: the beginning of its SHA-256."""
        digest = self.manifest.integrity["whole"].removeprefix("sha256-")
        return digest.replace("+", "-").replace("/", "_")[:NAME_CHARS]


@lru_cache(maxsize=1)
def built() -> Built:
    """Read the files that lie in this package."""
    folder = files(__package__) / "built"
    manifest = msgspec.json.decode((folder / "tag.json").read_bytes(), type=Manifest)
    return Built({file: (folder / f"{file}.js").read_bytes() for file in manifest.integrity}, manifest)


def is_stopped(pixels: Iterable[RoutedPixel]) -> bool:
    """Return whether every web pixel of a key is stopped, so that its tag has nothing to do."""
    web = [pixel for pixel in pixels if pixel.event_source == "web"]
    return bool(web) and all(pixel.stopped for pixel in web)


def decided(pixels: Sequence[RoutedPixel]) -> dict[str, object]:
    """Return what the tag has to know of a key's pixels: of their rules the strictest, and which are stopped."""
    known = [pixel.rules for pixel in pixels]
    off = {pixel.code: 1 for pixel in pixels if pixel.stopped and pixel.event_source == "web"}
    found: dict[str, object] = {"off": off} if off else {}
    furthest = max((STAGES.index(each.purchase_means) for each in known), default=0)
    if furthest:
        found["purchase"] = STAGES[furthest]
    if any(each.value == "margin" for each in known):
        found["purchase"] = "server"  # any word but the first stage keeps purchases, and their revenue, from the script
    if without := sorted({source for each in known for source in each.tag_without}):
        found["without"] = without
    if known and all(each.page_view_as == "ViewContent" for each in known):
        found["view"] = "ViewContent"
    return found | {"ids": "order"} if any(each.event_id_from == "order" for each in known) else found


class Files:
    """The answers to requests for files."""

    def __init__(self, its: Built) -> None:
        self._its = its
        parts = its.texts.keys() - {"main", "whole", "inline", "look"}
        self._fixed = {f"/{its.manifest.chunks}/{part}.js": its.texts[part] for part in parts}
        self._fixed[f"/{its.whole}.js"] = its.texts["whole"]

    def fixed(self, path: str, headers: Headers) -> Reply | None:
        """Return a file that never changes, by its path below the tag's name; None where there is none."""
        text = self._fixed.get(path)
        return None if text is None else _reply(text, b"public, max-age=31536000, immutable", headers)

    def stopped(self, headers: Headers, *, whole: bool = False) -> Reply:
        """
        Return what stands in the tag's place while its pixels are stopped.

        What is inline keeps the page's calls to TikTok's queue to itself, and nobody comes to take them.
        """
        return _reply(self._its.texts["inline"] if whole else STOPPED, _FRESH, headers)

    def main(self, given: Mapping[str, object], headers: Headers, *, whole: bool = False, looks: bool = False) -> Reply:
        """
        Return the tag, behind what was decided for the key that asks.

        `whole` is with the snippet's inline part, and what `looks` where TikTok's base code stands comes behind it.
        """
        text = _with(self._its.texts["whole" if whole else "main"], msgspec.json.encode(given, order="sorted"))
        return _reply(text + self._its.texts["look"] if looks else text, _FRESH, headers)


@lru_cache(maxsize=64)
def _with(text: bytes, given: bytes) -> bytes:
    return text if given == b"{}" else b"window.__twinbeam=%s;%s" % (given, text)


@lru_cache(maxsize=128)
def _packed(text: bytes, coding: bytes) -> bytes:
    """Return a text compressed; of 12 kB Brotli takes 20 ms once and saves a tenth of what gzip leaves."""
    packed: bytes = brotli.compress(text) if coding == b"br" else gzip.compress(text, 9, mtime=0)
    return packed


@lru_cache(maxsize=128)
def _tag(text: bytes) -> bytes:
    return b'W/"%s"' % sha256(text).hexdigest()[:16].encode()


def _coding(headers: Headers) -> bytes:
    """Return the best of the codings that a browser takes; Brotli is asked for by TLS alone. None: empty."""
    asked = {each.partition(b";")[0].strip() for each in headers.get(b"accept-encoding", b"").split(b",")}
    return next((coding for coding in (b"br", b"gzip") if coding in asked), b"")


def _reply(text: bytes, caching: bytes, headers: Headers) -> Reply:
    tag = _tag(text)
    common = (*_COMMON, (b"cache-control", caching), (b"etag", tag))
    if headers.get(b"if-none-match") == tag:
        return Reply(304, common)
    coding = _coding(headers)
    if coding:
        return Reply(200, (*common, (b"content-encoding", coding)), _packed(text, coding))
    return Reply(200, common, text)
