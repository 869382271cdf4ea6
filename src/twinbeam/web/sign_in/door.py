"""What the pages of signing in share: the throttle, the hashing, and the cookie of whoever got in."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin.sessions import OpenedSession
from twinbeam.core.users import UserRow
from twinbeam.web.contract import RouteContext
from twinbeam.web.cookies import SESSION, is_secure, read_cookie, session_cookie
from twinbeam.web.sign_in.hashing import RETRY_SECONDS, Hashing, TooManyAtOnce
from twinbeam.web.sign_in.throttle import Throttle

BUSY = "Many people sign in right now. Wait a few seconds and try again."


class Wait(Exception):  # noqa: N818 -- reads as the state it reports
    """Somebody has to wait before the next try; the message says so."""

    def __init__(self, sentence: str, seconds: int, status: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds
        self.status = status


class Door:
    """Lets people in by a password, and by what only they have."""

    def __init__(self, context: RouteContext) -> None:
        self.context = context
        self.throttle = Throttle(context.clock)
        self.hashing = Hashing()

    async def user_by_password(self, request: Request, name: str, password: str) -> UserRow | None:
        """Return the user of a name and a password, or None as slowly for any other; raises Wait."""
        self.knock(request, name)
        user = await self.context.on_reader(partial(self.context.read_model.users.user_named, name))
        usable = user is not None and user.disabled_ms is None
        try:
            fits = await self.hashing.matches(user.password_hash if user and usable else "", password)
        except TooManyAtOnce as error:
            raise Wait(BUSY, RETRY_SECONDS, 503) from error
        if not fits:
            self.context.sign_in_failed("password")
            return None
        self.throttle.succeeded(name)
        return user

    async def hashed(self, password: str) -> str:
        """Return the hash of a new password; raises Wait."""
        try:
            return await self.hashing.hashed(password)
        except TooManyAtOnce as error:
            raise Wait(BUSY, RETRY_SECONDS, 503) from error

    def knock(self, request: Request, name: str) -> None:
        """Count a try; raises Wait where there were too many."""
        if wait := self.throttle.take(name, self._address(request)):
            self.context.sign_in_failed("too_many")
            minutes = -(-wait // 60)
            raise Wait(f"Too many tries. Wait {minutes} min and try again.", wait, 429)

    def let_in(self, request: Request, opened: OpenedSession, place: str) -> Response:
        """Return the way to a page, with the cookie of a new session."""
        answer = RedirectResponse(place, 303, {"cache-control": "no-store"})
        seconds = (opened.row.ends_ms - opened.row.created_ms) // 1_000
        answer.headers.append("set-cookie", session_cookie(opened.text, seconds=seconds, secure=self._secure(request)))
        return answer

    def let_out(self, request: Request, place: str = "/sign-in") -> Response:
        """Return the way out, and end the cookie."""
        answer = RedirectResponse(place, 303, {"cache-control": "no-store"})
        answer.headers.append("set-cookie", session_cookie("", seconds=0, secure=self._secure(request)))
        return answer

    def session_text(self, request: Request) -> str:
        """Return the cookie of the session that a browser has already, if any."""
        return read_cookie(request, SESSION, secure=self._secure(request))

    def _secure(self, request: Request) -> bool:
        return is_secure(request, self.context.terms.public_url)

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return self.context.terms.proxies.client_ip(peer, request.headers.get("x-forwarded-for", "")) or peer


def safe_place(text: str) -> str:
    """Return a page of ours that somebody wanted to see, or the first one: an address may come from anywhere."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/sign-", "/welcome")) and "\\" not in text
    return text if is_ours and text.isprintable() and len(text) <= _LONGEST_PLACE else "/"


_LONGEST_PLACE = 2_000
