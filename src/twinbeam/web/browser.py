"""
Who looks at the page that is being made: for the frame around every page, which no view has to hand on.

The gate sets it at the beginning of each request, so it never is somebody of an earlier one.
"""

import secrets
from contextvars import ContextVar

from twinbeam.core.users import SignedIn
from twinbeam.web.cookies import form_cookie, form_token


class Browser:
    """One browser during one request: who looks by it, and what its forms carry."""

    def __init__(
        self, signed_in: SignedIn | None = None, *, text: str = "", form: str = "", secure: bool = False
    ) -> None:
        self.signed_in = signed_in
        self.secure = secure
        self.open_issues = 0  #: of those that they may see
        self.text = text  #: of the session's cookie; empty where it stands for nobody
        self._form = form
        self._fresh = ""

    @property
    def token(self) -> str:
        """What each form of theirs carries; asking for it ties forms to this browser where it is not signed in."""
        if not self.text and not self._form:
            self._fresh = self._form = secrets.token_urlsafe(16)
        return form_token(self.text or self._form)

    @property
    def is_known(self) -> bool:
        """Return whether forms of theirs can be told from those of others."""
        return bool(self.text or self._form)

    @property
    def browser(self) -> str:
        """What only this browser knows."""
        return self._form or self.token

    def cookies(self) -> list[str]:
        """Return the cookies that have to be set."""
        return [form_cookie(self._fresh, secure=self.secure)] if self._fresh else []


_current: ContextVar[Browser] = ContextVar("browser")


def current() -> Browser:
    """Return who looks; nobody outside of a request."""
    return _current.get(Browser())


def enter(browser: Browser) -> None:
    """Let somebody look from now on, within this request."""
    _current.set(browser)
