"""Less of a page's address: its host for a pixel that may tell no more, no query for a visitor without identifiers."""

import re

from twinbeam.core.values import Page

_HOST = re.compile(r"(https?://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)(?=[/?#\\]|\Z)", re.IGNORECASE)
_REST = re.compile(r"[;?#].*", re.DOTALL)


def hosts_only(page: Page) -> Page:
    """Keep `https://host/`; an address without a host is left out."""
    return Page(url=_host(page.url), referrer=_host(page.referrer))


def without_queries(page: Page) -> Page:
    """Cut off where click ids and visitor ids stand: query, fragment and path parameters."""
    return Page(url=_base(page.url), referrer=_base(page.referrer))


def _host(url: str | None) -> str | None:
    found = _HOST.match(url) if url else None
    return f"{found[1]}/" if found else None


def _base(url: str | None) -> str | None:
    return (_REST.sub("", url) or None) if url else None
