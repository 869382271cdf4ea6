"""The documentation as a built site, and what its pages refer to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag, urljoin

ROOT = Path(__file__).resolve().parent.parent
#: What a browser fetches by itself: which attribute of which element. Links that a reader follows are not among them.
FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src",
    "object": "data", "link": "href", "use": "href", "input": "src", "track": "src",
}  # fmt: skip
#: Links in a page's head that are told and not fetched.
ONLY_TOLD = {"canonical", "prev", "next", "alternate", "edit", "license", "author", "me"}


class Reference(NamedTuple):
    """One address on a page."""

    page: str
    address: str


class Page(HTMLParser):
    """One page: its anchors, what it links to, what it makes a browser fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note the anchors and addresses of an element."""
        said = {name: value or "" for name, value in attributes}
        self.anchors |= {said[name] for name in ("id", "name") if said.get(name)}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if tag in FETCHED and said.get(FETCHED[tag]) and not set(said.get("rel", "").split()) & ONLY_TOLD:
            self.fetched.append(said[FETCHED[tag]])


class Site:
    """A built site in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def pages(self) -> dict[str, Page]:
        """Every page by its path in the site."""
        return {str(it.relative_to(self.folder)): Page(it.read_text()) for it in sorted(self.folder.rglob("*.html"))}

    def foreign(self) -> list[Reference]:
        """Find what pages and style sheets make a browser fetch from another host."""
        found = [
            Reference(name, address)
            for name, page in self.pages.items()
            for address in page.fetched
            if address.startswith(("http:", "https:", "//"))
        ]
        for sheet in sorted(self.folder.rglob("*.css")):
            text = sheet.read_text().replace("'", "").replace('"', "").replace(" ", "")
            found += [
                Reference(str(sheet.relative_to(self.folder)), start)
                for start in ("url(http", "url(//", "@importhttp", "@importurl(http")
                if start in text
            ]
        return found

    def broken(self) -> list[Reference]:
        """Find the links and pictures of the pages that lead to no file or no anchor of the site."""
        return [
            Reference(name, address)
            for name, page in self.pages.items()
            for address in (*page.links, *page.fetched)
            if not self._leads(name, address)
        ]

    def _leads(self, name: str, address: str) -> bool:
        if address.startswith(("http:", "https:", "mailto:", "data:", "javascript:")):
            return True
        if name == "404.html":
            return True  # shown at any depth, so its addresses begin at the root of wherever the site stands
        place, anchor = urldefrag(urljoin(f"/{name}", address))
        file = unquote(place).lstrip("/")
        file += "index.html" if file.endswith("/") or not file else ""
        if not (self.folder / file).is_file():
            return False
        return not anchor or file not in self.pages or unquote(anchor) in self.pages[file].anchors | {"__top", "top"}


def build(folder: Path) -> Site:
    """Build the site as `make docs` does, into a folder; raises with what the builder said."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or done.stderr.strip():
        raise AssertionError(f"the site does not build:\n{done.stdout}{done.stderr}")
    return Site(folder)


def named_in_nav(entry: object) -> Iterator[str]:
    """Give every page that an entry of `nav` names."""
    if isinstance(entry, str):
        yield entry
    for inner in entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else ():
        yield from named_in_nav(inner)
