"""Read what the emulator saw, over HTTP, page by page."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

_PAGE = 1_000


def items(url: str, what: str, **query: str) -> list[dict[str, Any]]:
    """Give the whole of one of its lists, such as `counted` or `received`."""
    return list(_pages(f"{url}/_control/{what}", query))


def _pages(url: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
    after, more = 0, True
    while more:
        page = _ask(f"{url}?{urlencode({**query, 'after': after, 'limit': _PAGE})}")
        yield from page["items"]
        after, more = page["next"], page["more"]


def _ask(url: str) -> dict[str, Any]:
    with urlopen(url, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
