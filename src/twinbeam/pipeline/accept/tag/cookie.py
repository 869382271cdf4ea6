"""
The tag's cookie, set by the gateway on the shop's host: Safari removes what a page's scripts write after a week.

Only a page of the same site may ask for it, and only with the visitor's permission. What it holds the visitor's own
browser wrote, and it goes nowhere but back to it.
"""

import re
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from twinbeam.core.values import Said
from twinbeam.pipeline.accept.asgi import NO_CONTENT, Header, Headers, Reply
from twinbeam.pipeline.accept.hosts import belongs, host_of, plain_host

NAME = "_tb"
DAYS_90_SECONDS = 7_776_000
MOST_BYTES = 16_384  #: of the request's body

#: What `encodeURIComponent` leaves, and the bars between the parts: nothing that could end a cookie.
_Value = Annotated[str, Meta(max_length=3_900, pattern=r"^[A-Za-z0-9%|._~!*'()-]+$")]


class _Consent(Struct, frozen=True):
    """What the visitor answered, as far as a cookie needs it."""

    ad_storage: Said | None = None
    ad_user_data: Said | None = None


class _Wish(Struct, frozen=True):
    """The body of the request."""

    value: _Value
    consent: _Consent
    domain: Annotated[str, Meta(max_length=253)] | None = None


_DECODER = msgspec.json.Decoder(_Wish)


def cookie_reply(headers: Headers, body: bytes) -> Reply:
    """Set the cookie, or answer without one where it may not be set."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    page, here = host_of(origin), plain_host(_host(headers))
    readable = _readable(origin) if page and here and _same_site(page, here, headers) else ()
    if not readable:
        return Reply(NO_CONTENT)
    try:
        wish = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return Reply(NO_CONTENT, readable)
    if wish.consent.ad_storage != "granted" or wish.consent.ad_user_data == "denied":
        return Reply(NO_CONTENT, readable)
    return Reply(NO_CONTENT, (*readable, (b"set-cookie", _cookie(wish, page, here, origin).encode())))


def _host(headers: Headers) -> str:
    return re.sub(r":\d*$", "", headers.get(b"host", b"").decode("latin-1"))


def _same_site(page: str, here: str, headers: Headers) -> bool:
    """Return whether the page lies beside the gateway; browsers know best, and say so where they can."""
    if headers.get(b"sec-fetch-site") in {b"cross-site", b"none"}:
        return False
    return page == here or _shared(page, here).count(".") >= 1


def _shared(page: str, here: str) -> str:
    """Return the labels at the end that two hosts have in common."""
    labels: list[str] = []
    for one, other in zip(reversed(page.split(".")), reversed(here.split(".")), strict=False):
        if one != other:
            break
        labels.insert(0, one)
    return ".".join(labels)


def _readable(origin: str) -> tuple[Header, ...]:
    """Let the page send and get cookies with this one request."""
    return (
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
        (b"cache-control", b"no-store"),
    )


def _cookie(wish: _Wish, page: str, here: str, origin: str) -> str:
    domain = plain_host(wish.domain or "")
    fits = bool(domain) and "." in domain and belongs(page, {domain}) and belongs(here, {domain})
    where = f"; Domain={domain}" if fits else ""
    secure = "; Secure" if urlsplit(origin).scheme == "https" else ""
    return f"{NAME}={wish.value}; Path=/; Max-Age={DAYS_90_SECONDS}; SameSite=Lax{secure}{where}"
