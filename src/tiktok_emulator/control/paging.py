"""Pages of long lists: everything after a sequence number, at most `limit`, with where to go on."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000


class Page(msgspec.Struct, frozen=True):
    """Which part of a list is asked for."""

    after: int
    limit: int


class ParameterError(ValueError):
    """A query parameter has no valid value; the message says which and what it may be."""


def page_of(request: Request) -> Page:
    """Read `after` and `limit` from the query; raises `ParameterError`."""
    after, limit = number(request, "after", 0), number(request, "limit", DEFAULT_LIMIT)
    return Page(max(0, after), min(max(1, limit), MAX_LIMIT))


def number(request: Request, name: str, default: int) -> int:
    """Read a whole number from the query; raises `ParameterError`."""
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ParameterError(f"`{name}` must be a whole number, not {text!r}.") from None


def listed(
    page: Page, items: Iterable[Any], seq: Callable[[Any], int], show: Callable[[Any], object]
) -> dict[str, object]:
    """Show a page of items; `next` is what to pass as `after` next time, `more` whether there is more now."""
    chosen = list(islice(items, page.limit + 1))
    shown = chosen[: page.limit]
    return {
        "items": [show(each) for each in shown],
        "next": seq(shown[-1]) if shown else page.after,
        "more": len(chosen) > page.limit,
    }


def answer(data: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(msgspec.json.encode(data), status_code=status, media_type="application/json")
