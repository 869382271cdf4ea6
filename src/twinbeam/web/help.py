"""
What the "?" beside a heading opens: the words of the documentation, by topic.

They stand in docs/ between `<!-- help: topic, Title -->` and `<!-- end of help -->`; `scripts/docs` copies them into
help.json, which is installed with the pages.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, json

from twinbeam.web.documentation.pages import names

_FILE = Path(__file__).parent / "help.json"


class Help(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of one topic."""

    title: str
    text: str  #: plain text, in which backticks stand around code
    page: str  #: the page of the documentation that says more
    anchor: str  #: of the section that it stands in; empty at the top of the page

    @property
    def address(self) -> str:
        """Where the pages show that page."""
        return f"/help/{self._name}{'#' if self.anchor else ''}{self.anchor}"

    @property
    def is_installed(self) -> bool:
        """Return whether they can."""
        return self._name in names()

    @property
    def _name(self) -> str:
        return self.page.removeprefix("docs/").removesuffix(".md")


def topics() -> Mapping[str, Help]:
    """Read what is said of each topic."""
    return json.decode(_FILE.read_bytes(), type=dict[str, Help])
