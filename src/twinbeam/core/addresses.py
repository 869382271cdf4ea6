"""Less of a page's address: its host for a pixel that may tell no more, no query for a visitor without identifiers."""

import re

_HOST = re.compile(r"(https?://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)(?=[/?#\\]|\Z)", re.IGNORECASE)
_REST = re.compile(r"[;?#].*", re.DOTALL)


def host_only(url: str | None) -> str | None:
    """Keep `https://host/`; of an address without a host nothing is kept."""
    found = _HOST.match(url) if url else None
    return f"{found[1]}/" if found else None


def without_query(url: str) -> str:
    """Cut off where click ids and visitor ids stand: query, fragment and path parameters."""
    return _REST.sub("", url)
