"""
The two cookies of the pages: the session, and before there is one, what ties a form to a browser.

`SameSite` is Lax: with Strict, whoever comes back from an identity provider, from TikTok or by a link in a mail would
seem to be signed out. Forms do not rely on it (gate.py). Behind https they are Secure, and their names begin with
`__Host-`, so that no other host of the same domain can set them.
"""

import hmac
from hashlib import sha256
from urllib.parse import urlsplit

from starlette.requests import Request

SESSION = "twinbeam"
FORM = "twinbeam-form"
_FORM_SECONDS = 3_600


def is_secure(request: Request, public_url: str) -> bool:
    """Return whether a browser reached us by https, as far as can be told; who lies about it harms only themselves."""
    if request.headers.get("x-forwarded-proto", request.url.scheme) == "https":
        return True
    public = urlsplit(public_url)
    return public.scheme == "https" and public.netloc == request.headers.get("host")


def read_cookie(request: Request, name: str, *, secure: bool) -> str:
    """Return what a browser sent in one of our cookies, or an empty text."""
    return request.cookies.get(_full(name, secure=secure), "")


def session_cookie(text: str, *, seconds: int, secure: bool) -> str:
    """Write the cookie of a session; an empty text ends it."""
    return _written(SESSION, text, seconds if text else 0, secure=secure)


def form_cookie(text: str, *, secure: bool) -> str:
    """Write the cookie that ties forms to a browser that is not signed in."""
    return _written(FORM, text, _FORM_SECONDS, secure=secure)


def form_token(text: str) -> str:
    """Return the token of the forms of whoever has a cookie of this text; it does not tell the text."""
    return hmac.new(text.encode(), b"form", sha256).hexdigest() if text else ""


def _full(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _written(name: str, text: str, seconds: int, *, secure: bool) -> str:
    ending = "; Secure" if secure else ""
    return f"{_full(name, secure=secure)}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{ending}"
