"""
The gate: what stands between a request and every route. It finds out who asks, and whether they may.

A form must come from a page of ours. That is asked of every request that is no GET, in two ways: by what the browser
says of its origin, and by a token that only our own pages for this session carry. So no page can forget it.
"""

import hmac
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive

from twinbeam.admin.links import fingerprint
from twinbeam.admin.sessions import SEEN_EVERY_MS, signed_in_by
from twinbeam.core.errors import StorageError
from twinbeam.core.users import PresentedSession, Role, SignedIn
from twinbeam.pipeline.accept.credentials import may_operate, may_read, presented
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.web.access import ROLES, Access
from twinbeam.web.api.problems import key_refusal
from twinbeam.web.browser import Browser, current, enter
from twinbeam.web.contract import RouteContext
from twinbeam.web.cookies import FORM, SESSION, is_secure, read_cookie
from twinbeam.web.forms import TOKEN, fields, read_body
from twinbeam.web.open_issues import OpenIssueCount

TOKEN_HEADER = "x-csrf-token"  # noqa: S105 -- a name
_KEYS = {Access.READ_KEY: may_read, Access.OPERATE_KEY: may_operate}
_LOOKS = frozenset({"GET", "HEAD"})
_FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
_FORM_TYPES = ("", "application/x-www-form-urlencoded")


class NotAdmitted(HTTPException):
    """Somebody who may not; the detail says what happened and what to do."""


class Gate:
    """See access.Gatekeeper for the promises."""

    def __init__(self, context: RouteContext) -> None:
        self._context = context
        self._terms = context.terms
        self._open_issues = OpenIssueCount(context)
        self._own = urlsplit(context.terms.public_url).netloc.lower()

    async def admit(self, request: Request, needs: Access) -> tuple[Response | None, Receive]:
        """Return the answer for whoever is not let in, or None; and what the body is read from."""
        enter(Browser())
        if needs in _KEYS:
            return self._with_key(request, needs), request.receive
        if needs is Access.MONITOR and self._monitors(request):
            return None, request.receive
        # To a page for anyone, somebody who cannot be looked up now is nobody.
        with suppress(*((StorageError,) if needs is Access.ANYONE else ())):
            await self.meet(request)
        browser = current()
        if (refusal := _missing(request, browser.signed_in, needs)) is not None:
            return refusal, request.receive
        if request.method in _LOOKS:
            return None, request.receive
        return None, await self._own_form(request, browser)

    async def meet(self, request: Request) -> Browser:
        """Find out who asks, for the frame of the page and for the route."""
        secure = is_secure(request, self._terms.public_url)
        text, form = (read_cookie(request, name, secure=secure) for name in (SESSION, FORM))
        request.state.signed_in = None
        enter(Browser(form=form, secure=secure))
        if text and (found := await self._signed_in(text, is_used=True)) is not None:
            request.state.signed_in = found
            enter(Browser(found, text=text, form=form, secure=secure))
            current().open_issues = await self._open_issues.of(found)
        return current()

    async def still(self, request: Request) -> bool:
        """Return whether whoever began a long answer is still signed in. A page that is left open keeps nobody so."""
        text = read_cookie(request, SESSION, secure=is_secure(request, self._terms.public_url))
        before: SignedIn | None = request.state.signed_in
        return await self._signed_in(text, is_used=False) == before

    def added_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the cookies of whoever is not signed in."""
        return [(b"set-cookie", cookie.encode()) for cookie in current().cookies()]

    async def _signed_in(self, text: str, *, is_used: bool) -> SignedIn | None:
        look = partial(self._context.read_model.users.presented, fingerprint(text))
        found, now_ms = await self._context.on_reader(look), self._context.clock.now_ms()
        signed_in = signed_in_by(found, now_ms)
        if is_used and signed_in is not None and found is not None:
            await self._see(found, now_ms)
        return signed_in

    async def _see(self, found: PresentedSession, now_ms: int) -> None:
        """Note that a session is used, once a minute at most; a full disk signs nobody out."""
        if now_ms - found.session.seen_ms >= SEEN_EVERY_MS:
            see = partial(self._context.administration.users.see_session, found.session.id, now_ms)
            with suppress(StorageError):
                await self._context.on_store(see)

    def _with_key(self, request: Request, needs: Access) -> Response | None:
        given = presented(dict(request.scope["headers"]), request.scope["query_string"])
        key = _KEYS[needs](given, self._context.directory())
        if isinstance(key, Problem):
            return key_refusal(key)
        request.state.key = key
        return None

    def _monitors(self, request: Request) -> bool:
        if token := self._terms.monitor_token:
            given = request.headers.get("authorization", "").partition(" ")[2].strip()
            return hmac.compare_digest(given.encode(), token.encode())
        forwarded = any(name in request.headers for name in _FORWARDED)
        return not forwarded and request.client is not None and _is_loopback(request.client.host)

    async def _own_form(self, request: Request, browser: Browser) -> Receive:
        if not _from_here(request.headers, self._own):
            raise NotAdmitted(403, _FOREIGN)
        given = request.headers.get(TOKEN_HEADER) or request.query_params.get(TOKEN, "")
        receive = request.receive
        if not given and request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORM_TYPES:
            body = await read_body(request)
            given, receive = fields(body).get(TOKEN, ""), _again(body, receive)
        if not browser.is_known or not hmac.compare_digest(given.encode(), browser.token.encode()):
            raise NotAdmitted(403, _STALE)
        return receive


_FOREIGN = "The form was sent by a page of another site. Nothing was changed. Open the page here and send it again."
_STALE = "The form is of another sign-in, or too old. Nothing was changed. Go back, reload the page and send it again."
_TOO_LITTLE = {
    Role.MEMBER: "Viewers cannot do this. Ask an owner to make you a member.",
    Role.OWNER: "Only owners can do this. Ask one of them.",
}


def _missing(request: Request, signed_in: SignedIn | None, needs: Access) -> Response | None:
    """Return the way to the sign-in, or None for whoever may; raises NotAdmitted for whoever may not."""
    if needs is Access.ANYONE:
        return None
    if signed_in is None:
        return _ask_to_sign_in(request, needs)
    if needs is Access.MONITOR:
        if signed_in.workspace:
            raise NotAdmitted(403, "These numbers are of all workspaces, and you see one.")
        return None
    if not signed_in.role.covers(ROLES[needs]):
        raise NotAdmitted(403, _TOO_LITTLE[ROLES[needs]])
    return None


def _ask_to_sign_in(request: Request, needs: Access) -> Response:
    accepted = request.headers.get("accept", "")
    page = "text/html" in accepted or (needs is not Access.MONITOR and accepted in ("", "*/*"))
    if request.method not in _LOOKS or not page:
        raise NotAdmitted(401, "You are not signed in, or your sign-in has ended. Sign in and try again.")
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/sign-in?next={quote(asked, safe='/')}", 303, {"cache-control": "no-store"})


def _from_here(headers: Mapping[str, str], own: str) -> bool:
    """Return whether a browser says that a page of ours sent this; who says nothing is no browser of today."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    known = {own, headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()}
    try:
        return urlsplit(origin).netloc.lower() in known - {""}
    except ValueError:  # no browser writes an origin that cannot be taken apart
        return False


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then goes on."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_part() -> Message:
        return parts.pop() if parts else await receive()

    return next_part


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
