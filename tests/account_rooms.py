"""The pages of accounts over a store, TikTok's side as a script, and a browser that keeps its cookies."""

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from accounting import APP, Accounts, a_pixel, importing
from asgi import Answer
from showroom import Showroom
from twinbeam.admin import sessions
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.users import SessionKind
from twinbeam.web.connect.view import COOKIE
from twinbeam.web.contract import Connecting


class AccountRoom(Showroom):
    """A showroom with TikTok's side."""

    def __init__(self, folder: Path, *, app: Any = APP, tiktok: Accounts | None = None, **parts: Any) -> None:
        self.tiktok = tiktok or Accounts({"1": [a_pixel(n) for n in range(1, 4)], "2": [a_pixel(50)]})
        self.next_ms: int | None = None
        connecting = Connecting(api=self.tiktok, app=app, next_import_ms=lambda: self.next_ms)
        super().__init__(folder, connecting=connecting, **parts)
        self.cookies: dict[str, str] = {}
        self.who = ("owner", "")

    @property
    def admin(self) -> Admin:
        return Admin(self.store, Actor("ada"), self.clock)

    def visit(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """Ask as a browser does."""
        usual = self.signed_in(*self.who)
        own = [f"{name}={value}" for name, value in self.cookies.items()]
        headers = usual | {"cookie": "; ".join([usual["cookie"], *own])}
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        method, body = ("GET", b"") if form is None else ("POST", urlencode(form).encode())
        answer = self.get(path, method=method, headers=headers, body=body)
        set_cookie = SimpleCookie(answer.headers.get("set-cookie", ""))
        self.cookies |= {name: morsel.value for name, morsel in set_cookie.items() if name == COOKIE}
        return answer

    def sign_in_as(self, name: str) -> None:
        """Let another owner, who was added, use the same browser."""
        self._signed_in["owner", name] = sessions.sign_in(
            self.admin, self.store.users.user_named(name), SessionKind.PASSWORD
        ).text
        self.who = ("owner", name)

    def begin(self, query: str = "") -> str:
        """Start, and return the state that TikTok was given."""
        answer = self.visit(f"/connect/tiktok/start{query}")
        assert answer.status == 303, answer.text
        return answer.headers["location"].split("/")[4]

    def come_back(self, state: str, **told: str) -> Answer:
        """Come back from TikTok."""
        return self.visit(f"/connect/tiktok/callback?{urlencode({'state': state, 'auth_code': 'code-1'} | told)}")

    def connect(self) -> str:
        """Connect an account, and return its id."""
        answer = self.come_back(self.begin())
        assert answer.status == 303, answer.text
        return answer.headers["location"].split("/")[2]

    def run_import(self) -> None:
        """Run the import once."""
        asyncio.run(importing(self.admin, self.tiktok)())
