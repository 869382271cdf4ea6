"""Which issues the page is asked for. Pure; `view.py` serves it."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from msgspec import Struct

from twinbeam.admin.pixel_facts import Place
from twinbeam.checks.contract import Weight
from twinbeam.checks.listing import BY_ID, OpenIssue

PATH = "/issues"
PAGE = 50
_LONGEST = 100  #: characters of what is typed
_MOST_PAGES = 100_000


class IssuesAsked(Struct, frozen=True):
    """Which issues; what is left empty narrows nothing."""

    workspace: str = ""
    pixel: str = ""
    check: str = ""
    weight: str = ""
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Return whether it leaves anything out."""
        return bool(self.workspace or self.pixel or self.check or self.weight)

    def address(self, page: int = 1) -> str:
        """Return the address of this list, or of another part of it."""
        said = {name: word for name in ("workspace", "pixel", "check", "weight") if (word := getattr(self, name))}
        query = said | ({"page": str(page)} if page > 1 else {})
        return f"{PATH}?{urlencode(query)}" if query else PATH


class IssuesFound(Struct, frozen=True):
    """One page of what was asked for, and what is muted of it."""

    issues: Sequence[OpenIssue]
    total: int
    pages: int
    broken: int
    muted: Sequence[OpenIssue]


def read_question(said: Mapping[str, str]) -> IssuesAsked:
    """Return what is asked for; what is not understood is left out."""
    words = {name: said.get(name, "").strip()[:_LONGEST] for name in ("workspace", "pixel", "check", "weight")}
    page = said.get("page", "1")
    return IssuesAsked(
        words["workspace"],
        words["pixel"],
        words["check"] if words["check"] in BY_ID else "",
        words["weight"] if words["weight"] in set(Weight) else "",
        min(int(page), _MOST_PAGES) if page.isascii() and page.isdigit() and len(page) < 7 and int(page) else 1,
    )


def answer(asked: IssuesAsked, found: Sequence[OpenIssue], names: Mapping[Place, str]) -> IssuesFound:
    """Return one page of the issues that were asked for, by their urgency."""
    meant = [it for it in found if _is_meant(asked, it, names)]
    told = [it for it in meant if it.mute is None]
    first = (asked.page - 1) * PAGE
    return IssuesFound(
        told[first : first + PAGE],
        len(told),
        -(-len(told) // PAGE),
        sum(it.issue.weight is Weight.BROKEN for it in told),
        [it for it in meant if it.mute is not None],
    )


def _is_meant(asked: IssuesAsked, it: OpenIssue, names: Mapping[Place, str]) -> bool:
    text = asked.pixel.casefold()
    return (
        asked.workspace in ("", it.workspace)
        and asked.check in ("", it.issue.check)
        and asked.weight in ("", it.issue.weight)
        and (text in it.pixel.casefold() or text in names.get((it.workspace, it.pixel), "").casefold())
    )
