"""
Templates into responses: one Jinja environment, and the headers every page carries.

Everything is escaped by default. The policy allows nothing but our own files, so no template may hold a script, a
style attribute or a foreign address.
"""

import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from twinbeam.core import wording as core_wording
from twinbeam.core.outcomes import SENTENCES
from twinbeam.core.users import Role
from twinbeam.web import wording
from twinbeam.web.browser import current
from twinbeam.web.help import topics
from twinbeam.web.navigation import Navigation, entries

_HERE = Path(__file__).parent
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

HEADERS: Mapping[str, str] = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # addresses here hold event ids; our own forms must say where they come from
    "cache-control": "no-store",
}
_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}


class Asset:
    """One file of ours, read once; its address changes with its content, so browsers may keep it."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.kind = _KINDS[path.suffix]
        self.url = f"/static/{path.name}?v={zlib.crc32(self.content):08x}"


class PageRenderer:
    """Renders pages from the templates that lie beside their views."""

    def __init__(self, emulator_url: str | None = None) -> None:
        self._assets = {path.name: Asset(path) for kind in _KINDS for path in _HERE.rglob(f"*{kind}")}
        self.served: Collection[str] = ()  #: the addresses of all routes, once they are known
        self._templates = Environment(
            loader=FileSystemLoader(_HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters.update(_FILTERS)
        self._templates.globals.update(navigation=self._navigation, help_of=topics().__getitem__)
        self._templates.globals.update(emulator_url=emulator_url, asset=self._url, attempt_words=wording.ATTEMPT_WORDS)

    def respond(self, template: str, status: int = 200, **values: object) -> Response:
        """Return a whole page."""
        return HTMLResponse(self.render(template, browser=current(), **values), status, HEADERS)

    def render(self, template: str, **values: object) -> str:
        """Return the text of a template."""
        return self._templates.get_template(template).render(values)

    async def asset(self, request: Request) -> Response:
        """Answer GET /static/{name}."""
        found = self._assets.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return Response(found.content, headers={**_FOR_EVER, "content-type": found.kind})

    def _navigation(self, role: Role) -> Navigation:
        return entries(role, self.served)

    def _url(self, name: str) -> str:
        return self._assets[name].url


def _count(n: int) -> str:
    return f"{n:,}"


_FILTERS = {
    "amount": wording.money,
    "count": _count,
    "date": wording.date,
    "due_words": wording.due_words,
    "duration": core_wording.duration,
    "finding": wording.finding_sentence,
    "since_when": core_wording.since_when,
    "flowing_since": core_wording.flowing_since,
    "iso": wording.iso,
    "lapse": wording.lapse,
    "reason": lambda reason: SENTENCES[reason],
    "state_word": wording.state_word,
    "time": wording.time_of_day,
    "why": wording.why,
    "workspace_option": core_wording.workspace_option,
}
