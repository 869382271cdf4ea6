"""What the page of pixels is asked for: which of them, in which order, how many at once. Pure."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace
from starlette.datastructures import QueryParams

from twinbeam.web.pixels.table import PixelView

PATH = "/pixels"
PAGE = 50
LONGEST = 100  #: characters of what is typed
_MOST_PAGES = 100_000

#: How pixels may be sorted, by the word in the address: what the page calls it, and by what.
SORTS: Mapping[str, tuple[str, Callable[[PixelView], tuple[object, ...]]]] = {
    "": ("worst first", lambda it: (not it.is_broken, -it.losing, -len(it.issues))),
    "name": ("name", lambda _: ()),
    "events": ("most conversions", lambda it: (-it.conversions,)),
    "dedup": ("lowest deduplication", lambda it: (it.dedup is None, it.dedup.of_one if it.dedup else 0)),
    "match": ("lowest match estimate", lambda it: (it.match is None, it.match.score if it.match else 0)),
    "accepted": ("lowest accepted share", lambda it: (it.accepted is None, it.accepted.of_one if it.accepted else 0)),
    "last": ("longest silent", lambda it: (it.last_ms,)),
}
STATUSES = ("active", "inactive")


class PixelsAsked(Struct, frozen=True):
    """Which pixels, and in which order."""

    q: str = ""
    workspace: str = ""
    client: str = ""
    status: str = ""
    issues: str = ""  #: "1": only those with something to mend
    sort: str = ""
    group: str = ""  #: "client": those of one client together
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Return whether it leaves anything out."""
        return bool(self.q or self.workspace or self.client or self.status or self.issues)

    def address(self, **changes: object) -> str:
        """Return the address of this list, or of its like."""
        said = asdict(replace(self, **changes))
        query = {name: value for name, value in said.items() if value and not (name == "page" and value == 1)}
        return f"{PATH}?{urlencode(query)}" if query else PATH


class PixelsFound(Struct, frozen=True):
    """One page of what was asked for."""

    views: Sequence[PixelView]
    total: int
    pages: int
    broken: int  #: of all that were found, how many deliver nothing
    losing: int
    inactive: int
    issues: int  #: of all of them, without what is muted


def read_question(query: QueryParams) -> PixelsAsked:
    """Return what is asked for; what is not understood is left out."""
    words = {name: query.get(name, "").strip()[:LONGEST] for name in ("q", "workspace", "client")}
    page = query.get("page", "1")
    return PixelsAsked(
        **words,
        status=_one_of(STATUSES, query.get("status", "")),
        issues="1" if query.get("issues") else "",
        sort=_one_of(SORTS, query.get("sort", "")),
        group=_one_of(("client",), query.get("group", "")),
        page=min(int(page), _MOST_PAGES) if page.isascii() and page.isdigit() and len(page) < 7 and int(page) else 1,
    )


def answer(asked: PixelsAsked, views: Sequence[PixelView]) -> PixelsFound:
    """Return one page of the pixels that were asked for."""
    found = sorted((view for view in views if _is_meant(asked, view)), key=lambda view: _order(asked, view))
    first = (asked.page - 1) * PAGE
    return PixelsFound(
        views=found[first : first + PAGE],
        total=len(found),
        pages=-(-len(found) // PAGE),
        broken=sum(view.is_broken for view in found),
        losing=sum(view.losing > 0 and not view.is_broken for view in found),
        inactive=sum(not view.status.is_active for view in found),
        issues=sum(len(view.issues) for view in found),
    )


def _is_meant(asked: PixelsAsked, view: PixelView) -> bool:
    text = asked.q.casefold()
    words = (view.row.name, view.row.code, view.beside.whose, view.row.workspace)
    return (
        (not text or any(text in word.casefold() for word in words))
        and asked.workspace in ("", view.row.workspace)
        and asked.client in ("", view.beside.client)
        and asked.status in ("", "active" if view.status.is_active else "inactive")
        and (not asked.issues or bool(view.issues))
    )


def _order(asked: PixelsAsked, view: PixelView) -> tuple[object, ...]:
    group = (not view.beside.client, view.beside.client.casefold()) if asked.group else ()
    return (*group, *SORTS[asked.sort][1](view), (view.row.name or view.row.code).casefold(), view.row.code)


def _one_of(words: Sequence[str] | Mapping[str, object], word: str) -> str:
    return word if word in words else ""
