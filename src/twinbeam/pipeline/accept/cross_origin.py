"""
Let scripts of any site talk to us with a browser key, and none with a secret one.

A browser key is public and carries no cookie, so any origin may use it. To a request with a secret key the
permission is missing, so that a page which gave its secret away at least fails while it is being built.
"""

from twinbeam.core.values import KeyKind
from twinbeam.pipeline.accept.asgi import NO_CONTENT, Header, Headers, Reply
from twinbeam.pipeline.accept.directory import AccessKey

_ANY_ORIGIN: Header = (b"access-control-allow-origin", b"*")

PREFLIGHT = Reply(
    NO_CONTENT,
    (
        _ANY_ORIGIN,
        (b"access-control-allow-methods", b"POST, OPTIONS"),
        (
            b"access-control-allow-headers",
            b"authorization, content-encoding, content-type, idempotency-key, x-retry-count, x-write-key",
        ),
        (b"access-control-max-age", b"7200"),  # seconds; Chromium honours no more
    ),
)


def opened(reply: Reply, headers: Headers, key: AccessKey | None) -> Reply:
    """Add the permission to read a reply, where a script asked with a browser key or with none that is known."""
    secret = key is not None and key.kind is not KeyKind.BROWSER
    if secret or b"origin" not in headers:
        return reply
    return Reply(reply.status, (*reply.headers, _ANY_ORIGIN), reply.body)
