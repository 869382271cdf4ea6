"""
Templates into responses: one Jinja environment, and the headers of every page.

The policy allows our own files, TikTok's script, and inline only what bears the page's nonce: what a shop with a strict
policy has to allow for the tag, as `twinbeam tag snippet --nonce` prints it.
"""

import secrets
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from twinbeam.demo.shop_pages.cart import COOKIE, read_cart
from twinbeam.demo.shop_pages.catalogue import price
from twinbeam.demo.shop_pages.config import NONCE, ShopConfig

HERE = Path(__file__).parent


class Templates:
    """Renders the shop's pages."""

    def __init__(self, config: ShopConfig) -> None:
        self._config = config
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters["price"] = price
        self._templates.globals.update(dashboard=config.dashboard, tiktok=config.tiktok, pixel=config.pixel)

    def respond(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a whole page; `events` are what it reports, each a name, its properties and its options."""
        nonce = secrets.token_urlsafe(12)
        usual = {
            "nonce": nonce,
            "head": self._config.head.replace(NONCE, nonce),
            "in_cart": read_cart(request.cookies.get(COOKIE, "")).count,
            "click": f"E.C.P.{secrets.token_urlsafe(30)}",
            "events": [],
            "identity": None,
        }
        text = self._templates.get_template(template).render(usual | values)
        return HTMLResponse(text, status, {"content-security-policy": self._policy(nonce), **_HEADERS})

    def _policy(self, nonce: str) -> str:
        theirs = self._config.tiktok
        return (
            f"default-src 'self'; script-src 'self' 'nonce-{nonce}' {theirs}; connect-src 'self' {theirs}; "
            f"img-src 'self' {theirs}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
        )


_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cache-control": "private, no-cache",
}
