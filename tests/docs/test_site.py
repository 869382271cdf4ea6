"""The documentation as a site: it builds strictly, leads nowhere wrong, and asks no other host for anything."""

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

from browsing import a_browser
from site_of_docs import ROOT, Page, Site, build, named_in_nav

sys.path.append(str(ROOT / "scripts"))

from site_pages import DIAGRAMS, diagrams_of, name_of, pages

DOORS = ("media-buyer", "agency-developer", "back-end-engineer", "privacy-lead")


class LooseLoader(yaml.SafeLoader):
    """Reads mkdocs.yml, whose functions are of no interest here."""


LooseLoader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture
def address(site) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site.folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    """A file server that prints nothing."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_every_page_of_docs_is_in_the_nav():
    nav = yaml.load((ROOT / "mkdocs.yml").read_text(), LooseLoader)["nav"]
    named = set(named_in_nav(nav))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    missing = sorted(page for page in pages - named if not re.match(r"decisions/\d", page))
    assert missing == [], f"Name these pages under `nav` in mkdocs.yml, or nobody finds them on the site: {missing}"


def test_every_link_and_anchor_of_the_site_leads_somewhere(site):
    assert len(site.pages) > 80
    assert site.broken() == []


def test_no_page_makes_a_browser_fetch_anything_from_another_host(site):
    assert site.foreign() == []


def test_every_diagram_is_a_picture_of_its_text_as_it_stands():
    shown = {name_of(text) for page in pages() for text in diagrams_of(page.read_text())}
    kept = {path.name for path in DIAGRAMS.glob("*.svg")}
    assert len(shown) >= 3
    assert kept == shown, "Draw them anew: .venv/bin/python scripts/diagrams"
    for name in kept:
        text = (DIAGRAMS / name).read_text()
        ET.fromstring(text)
        assert not re.search(r"<script|<image|<foreignObject|https?://(?!www\.w3\.org/)", text)


def test_the_site_shows_no_diagram_as_text_alone(site):
    text = (site.folder / "project" / "architecture" / "index.html").read_text()
    assert text.count("../../pictures/diagrams/") == 2
    assert "language-mermaid" not in text


def test_the_index_leads_to_a_door_for_each_reader(site):
    assert {f"doors/{name}/" for name in DOORS} <= set(site.pages["index.html"].links)


def test_programs_that_read_find_every_page_in_one_file(site):
    listed = set(re.findall(r"\]\(([^)]+)\)", (site.folder / "llms.txt").read_text()))
    pages = {name.removesuffix("index.html") or "./" for name in site.pages if name != "404.html"}
    assert listed == pages


def test_what_leads_nowhere_or_elsewhere_is_seen(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="gone/">x</a><a href="#gone">x</a><a href="#here" id="here">x</a>'
        '<script src="https://cdn.example/x.js"></script><link rel="stylesheet" href="//fonts.example/x.css">'
    )
    (tmp_path / "own.css").write_text("@import url( 'https://fonts.example/y.css' );")
    seen = Site(tmp_path)
    assert [it.address for it in seen.broken()] == ["gone/", "#gone", "//fonts.example/x.css"]
    assert len(seen.foreign()) == 4  # the style sheet's address is found by two of the spellings
    assert Page('<link rel="canonical" href="https://x.example/">').fetched == []


@pytest.mark.slow
def test_a_browser_reads_and_searches_the_site_without_another_host(site, address):
    with a_browser() as browser:
        page = browser.new_page()
        foreign: list[str] = []

        def only_ours(route):
            if route.request.url.startswith((address, "data:", "blob:")):
                route.continue_()
            else:
                foreign.append(route.request.url)
                route.abort()

        page.route("**/*", only_ours)
        for path in ("", "howto/first-event/", "concepts/consent/", "compare/"):
            page.goto(f"{address}/{path}", wait_until="load")
        page.locator("input[name=query]").click()  # only then is the index fetched
        page.wait_for_function("!/Initializing/.test(document.querySelector('.md-search-result__meta').textContent)")
        page.locator("input[name=query]").press_sequentially("dead letter")
        page.locator(".md-search-result__link").first.wait_for()
        assert foreign == []
