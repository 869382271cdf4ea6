"""
Let scripts of any site talk to us with a browser key, and none with a secret one.

A browser key is public and no cookie means anything here, so any origin may use it. What a page sends with
credentials (`sendBeacon` with JSON, `fetch` with `include`) arrives only where the answer names its origin: that is
done for the hosts of the shop. To a request with a secret key the permission is missing, so that a page which gave
its secret away at least fails while it is being built.
"""

from collections.abc import Collection

from twinbeam.core.values import Channel
from twinbeam.pipeline.accept.asgi import NO_CONTENT, Header, Headers, Reply
from twinbeam.pipeline.accept.credentials import presented
from twinbeam.pipeline.accept.directory import Directory, Sender
from twinbeam.pipeline.accept.hosts import belongs, host_of

_ALLOW_ORIGIN = b"access-control-allow-origin"
_VARY: Header = (b"vary", b"origin")
_ANY_ORIGIN: tuple[Header, ...] = ((_ALLOW_ORIGIN, b"*"), _VARY)
_CREDENTIALS: Header = (b"access-control-allow-credentials", b"true")
_EXPOSED: Header = (b"access-control-expose-headers", b"retry-after")

_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-encoding, content-type, idempotency-key, x-requested-with, x-retry-count, x-write-key",
    ),
    (b"access-control-max-age", b"7200"),  # seconds; Chromium honours no more
)


def preflight(headers: Headers, query: bytes, directory: Directory) -> Reply:
    """
    Answer a preflight; its only key is the one in the URL.

    Without one it is asked on behalf of any key, so the hosts of all of them count: what comes of the request itself
    is decided by the key that it brings.
    """
    given = presented({}, query)
    key = directory.find(given.text) if given is not None else None
    hosts = directory.hosts if key is None else directory.routing(key).hosts
    return Reply(NO_CONTENT, (*_allowed(headers, hosts), *_PREFLIGHT))


def opened(reply: Reply, headers: Headers, sender: Sender | None, hosts: Collection[str]) -> Reply:
    """
    Add the permission to read the reply to a script, unless it asked with a secret that is known.

    `hosts` are those whose pages the key is for.
    """
    if sender is not None and sender.channel is not Channel.BROWSER:
        return reply
    return Reply(reply.status, (*reply.headers, *_allowed(headers, hosts), _EXPOSED), reply.body)


def _allowed(headers: Headers, hosts: Collection[str]) -> tuple[Header, ...]:
    """Name the origin where its host is one of the shop's; any other may ask and read without credentials."""
    origin = headers.get(b"origin", b"")
    host = host_of(origin.decode("latin-1"))
    if not host or not belongs(host, hosts):
        return _ANY_ORIGIN
    return ((_ALLOW_ORIGIN, origin), _CREDENTIALS, _VARY)
