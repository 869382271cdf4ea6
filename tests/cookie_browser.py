"""A browser without a screen: it keeps cookies, fills in the forms of our pages, and says where it comes from."""

import asyncio
import re
from urllib.parse import urlencode

from asgi import Answer, ask


class CookieBrowser:
    """One visitor of an app of ours."""

    def __init__(self, app, *, address: str = "203.0.113.9", headers: dict[str, str] | None = None) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}
        self.headers = {"x-forwarded-for": address, "accept": "text/html", **(headers or {})}
        self.set: list[str] = []  #: every cookie line that ever came

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, b"", headers)

    def post(self, path: str, *, shown: str | None = None, headers: dict[str, str] | None = None, **fields) -> Answer:
        """Fill in the form of the page that is shown at `shown`, or at the same place."""
        page = self.get(shown or path)
        token = re.search(r'name="csrf" value="(\w+)"', page.text)
        known = {"csrf": token[1]} if token else {}
        return self.send(path, {**known, **fields}, headers)

    def send(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        """Post what a form would, without looking at it first."""
        return self._ask("POST", path, urlencode(fields).encode(), {"sec-fetch-site": "same-origin", **(headers or {})})

    def is_signed_in(self) -> bool:
        return self.get("/pixels").status == 200

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        cookie = {"cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items())} if self.cookies else {}
        answer = asyncio.run(ask(self.app, path, method=method, body=body, headers=self.headers | cookie | headers))
        if line := answer.headers.get("set-cookie"):
            self.set.append(line)
            name, _, text = line.partition(";")[0].partition("=")
            self.cookies[name] = text
            if "Max-Age=0" in line:
                del self.cookies[name]
        return answer
