"""
Known crawlers, by the user agent they name themselves: search engines, link previews, feed readers, monitors.

The list is that of crawler-user-agents. Two of its kinds are left out, since they name no crawler: libraries, under
which a shop's own relay or delivery network may come (`Amazon CloudFront`), and automated browsers, with which a shop
tries its own pages. What a program says of itself it may say at will: this keeps honest crawlers out of the numbers,
and nobody else.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # type: ignore[import-untyped]  # data, and no types

_NO_CRAWLERS = frozenset({"http-library", "browser-automation"})
_HEAD = 3  #: characters
_LONGEST = 512  #: characters that are looked at; crawlers name themselves in fewer
_LITERAL = re.compile(r"(?:[^\\\[\](){}^$*+?|.]|\\[^A-Za-z0-9])+")
_ESCAPED = re.compile(r"\\(.)")


def _patterns() -> list[str]:
    return [it["pattern"] for it in CRAWLER_USER_AGENTS_DATA if not _NO_CRAWLERS.intersection(it["tags"])]


def _by_head(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        found.setdefault(text[:_HEAD], []).append(text)
    return {head: tuple(those) for head, those in found.items()}


#: Most are plain texts, sought by how they begin: 20 us for all of them. As one expression they take up to 20 ms.
_TEXTS = _by_head(_ESCAPED.sub(r"\1", pattern) for pattern in _patterns() if _LITERAL.fullmatch(pattern))
_EXPRESSIONS = tuple(re.compile(pattern) for pattern in _patterns() if not _LITERAL.fullmatch(pattern))


def is_crawler(user_agent: str) -> bool:
    """Return whether a user agent is that of a known crawler."""
    return _is_listed(user_agent[:_LONGEST])


@lru_cache(maxsize=2048)  # 1 MB, whatever is written into the header
def _is_listed(text: str) -> bool:
    heads = ((at, text[at : at + _HEAD]) for at in range(len(text)))
    if any(text.startswith(_TEXTS[head], at) for at, head in heads if head in _TEXTS):
        return True
    return any(it.search(text) for it in _EXPRESSIONS)
