"""The documentation on the pages: every page of it can be read there, without its HTML, and its links lead on."""

import re
from html import unescape
from pathlib import Path

import pytest

from reading import words
from twinbeam.web.documentation.pages import names, read
from twinbeam.web.help import topics

DOCS = Path(__file__).resolve().parents[3] / "docs"


def anchors_of(name):
    blocks = read(name).blocks
    parts = [part for block in blocks for row in block.rows for cell in row for part in cell]
    return {block.anchor for block in blocks} | {block.named for block in blocks} | {part.anchor for part in parts}


def test_every_page_of_the_documentation_is_there():
    assert {f"{name}.md" for name in names()} == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


@pytest.mark.parametrize("name", names())
def test_every_link_of_a_page_leads_to_a_page_and_its_section(name):
    for block in read(name).blocks:
        for part in (part for row in block.rows for cell in row for part in cell if part.href):
            page, _, anchor = part.href.removeprefix("/help/").partition("#")
            assert page in names()
            assert not anchor or anchor in anchors_of(page), f"{part.text} leads to {part.href}"


@pytest.mark.parametrize("topic", topics())
def test_more_leads_to_the_section_that_the_text_stands_in(room, topic):
    told = topics()[topic]
    page, _, anchor = told.address.partition("#")
    answer = room.get(page, who=None)
    assert answer.status == 200
    assert not anchor or f'id="{anchor}"' in answer.text
    assert told.text.replace("`", "") in " ".join(unescape(re.sub(r"<[^>]+>", "", answer.text)).split())


def test_headings_code_tables_and_links_are_read(room):
    answer = room.get("/help/concepts/retention")
    assert "twinbeam erase --email -" in words(answer)
    assert answer.text.count("<h2") > 3
    assert "<table>" in answer.text
    assert not re.search(r"&lt;!--|\*\*|\]\(|^\|", answer.text, re.MULTILINE)


@pytest.mark.parametrize("name", ["nothing", "../README", "reference/pages.md", "%2e%2e/README", ""])
def test_nothing_else_can_be_read(room, name):
    assert room.get(f"/help/{name}").status == 404
