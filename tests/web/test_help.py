"""The "?" beside a heading: the words of the documentation, without a script."""

import re
from html import unescape
from pathlib import Path

import pytest

from builders import PIXEL, WORKSPACE
from twinbeam.admin.rules import hints
from twinbeam.core.rules import PixelRules
from twinbeam.web.help import topics
from twinbeam.web.pixel.frame import TABS

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "src" / "twinbeam" / "web"
TOPICS = topics()
PLACES = {
    "/pixels": "pixels",
    "/conversions": "conversions",
    "/reconciliation": "reconciliation",
    "/dead-letters": "dead letters",
    "/sources": "sources",
    "/": "live",
    "/setup": "setup",
    "/accounts": "accounts",
    "/users": "users",
    "/find": "find",
    "/products": "product feed",
    "/sign-in": "sign in",
    "/connect/tiktok": "connect",
    "/events/12": "conversions",
    "/debugger/12": "debugger",
    "/reconciliation/week/2026-09-21": "week",
    **{f"/pixels/{WORKSPACE}/{PIXEL}/{part}": f"pixel {part.replace('-', ' ')}" for part, *_ in TABS if part},
    f"/pixels/{WORKSPACE}/{PIXEL}": "pixels",
}
#: What tells by itself what to do, and what is the documentation.
NO_HELP = {"components/error.html", "documentation/page.html"}


def text_of(markup):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def asked_for():
    """Return every topic that a template asks for."""
    named = {topic for page in WEB.rglob("*.html") for topic in re.findall(r'\bhelp\("([^"]+)"\)', page.read_text())}
    return named | {f"pixel {part.replace('-', ' ')}" for part, *_ in TABS if part}


def test_every_topic_that_a_page_asks_for_is_explained_and_none_is_explained_in_vain():
    assert asked_for() | {f"rule {name}" for name, _ in hints(PixelRules)} == set(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_text_is_short_plain_and_as_its_page_of_the_documentation_has_it(topic):
    told = TOPICS[topic]
    assert len(told.text) <= 300
    assert not re.search(r"\]\(|\*|<", told.text)
    page = " ".join(re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", (ROOT / told.page).read_text()).replace("**", "").split())
    assert told.text in page


@pytest.mark.parametrize(("path", "topic"), PLACES.items())
def test_a_page_opens_the_text_without_a_script(busy, path, topic):
    answer = busy.get(path, who=None if path == "/sign-in" else "owner")
    [found] = re.findall(r'<details class="help">(.*?)</details>', answer.text, re.DOTALL)[:1]
    summary, text = found.split("</summary>")
    assert text_of(summary) == f"Help: {TOPICS[topic].title} ?"
    assert TOPICS[topic].text.replace("`", "") in text_of(text)


def test_every_page_with_a_heading_has_a_help_beside_it():
    headed = {str(page.relative_to(WEB)): page.read_text() for page in WEB.rglob("*.html") if "<h1" in page.read_text()}
    beside = re.compile(r"</h1>(?:(?!</div>).)*?{{ help\(", re.DOTALL)
    bare = {name for name, text in headed.items() if len(beside.findall(text)) < text.count("</h1>")}
    assert bare == NO_HELP
