"""
The facts about TikTok: every citation leads to one, none stands there uncited, and the lists agree with the code.

A citation is the page's name with section numbers, such as "tiktok.md 5.1 (names), 5.2 and 5.3" or "... 7.4 row 12";
the emulator's rules and switches give the numbers alone, as their `source`.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from house_tree import root
from tiktok_emulator.currencies import ACCEPTED
from tiktok_emulator.names import APP_STANDARD, PAGE_VIEW, RESERVED, WEB_STANDARD
from tiktok_emulator.rules import ABOUT
from tiktok_emulator.switches import explained
from twinbeam.core.foreign_names import ENUMS
from twinbeam.core.names import STANDARD
from twinbeam.destinations.tiktok.verdicts import CODES
from twinbeam.pipeline.identity.money import LISTED

ROOT = root()
FACTS = ROOT / "docs" / "reference" / "tiktok.md"
HERE = ROOT / "tests" / "docs" / Path(__file__).name
PAGE = FACTS.read_text()
FOLDERS = ("src", "tests", "docs", "spec", "bench", "demo", "scripts")
KINDS = {"", ".py", ".md", ".js", ".html", ".json", ".sql", ".toml"}

SECTION = r"\d+(?:\.\d+[a-z]?)?(?: row \d+)?"
NOTE = r"(?: \([^()]*\))?"
CITATION = re.compile(rf"tiktok\.md(?: (?P<sections>{SECTION}{NOTE}(?:(?:,? and |, | to ){SECTION}{NOTE})*)| [\\{{])")
#: Where the page is named without a section: as a file, a link to all of it, or by the sentence that explains citations.
WHOLE = re.compile(r'docs/reference/tiktok\.md|connect-tiktok\.md|"tiktok\.md" with a section number|`tiktok\.md N')


def texts() -> Iterator[tuple[str, str]]:
    """Give every text that may cite, as one line without Markdown's links, after its name."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in KINDS]
    for path in [*files, *sorted(ROOT.glob("*.md"))]:
        if path.is_file() and path not in (FACTS, HERE) and "__pycache__" not in path.parts:
            yield str(path.relative_to(ROOT)), in_one_line(path.read_text())


def in_one_line(text: str) -> str:
    unlinked = re.sub(r"\[([^\]\[]*)\]\([^()]*\)", r"\1", text)
    return re.sub(r"\s*\n\s*(?:(?:#:?|//|\*) )?", " ", unlinked)


@cache
def citations() -> tuple[tuple[str, str], ...]:
    """Give each citation with the place it stands in; one that cannot be read begins with a question mark."""
    return (*in_texts(), *in_the_emulator())


def in_texts() -> Iterator[tuple[str, str]]:
    for name, whole in texts():
        text = WHOLE.sub("", whole)
        for found in re.finditer(r"tiktok\.md", text):
            cited = CITATION.match(text, found.start())
            yield name, (cited["sections"] or "") if cited else f"? {text[found.start() : found.start() + 60]}"


def in_the_emulator() -> Iterator[tuple[str, str]]:
    """Give the sections that stand there without the page's name."""
    yield from ((f"the emulator's rule {rule}", about.source) for rule, about in ABOUT.items())
    yield from ((f"the emulator's switch {about.name}", about.source) for about in explained())
    endpoints = (FACTS.parent / "emulator.md").read_text().partition("## Endpoints")[2].partition("## ")[0]
    yield from (("emulator.md", section) for section in re.findall(r"\| (\d[\d.]*) \|", endpoints))


def sections_of(cited: str) -> list[str]:
    """Name all sections that a citation means, those inside of "3.1 to 3.4" as well."""
    bare = re.sub(NOTE, "", cited)
    ranges = re.findall(r"(\d+)\.(\d+) to \1\.(\d+)", bare)
    within = [f"{part}.{number}" for part, first, last in ranges for number in range(int(first), int(last) + 1)]
    return [*re.findall(SECTION, bare), *within]


def known() -> list[str]:
    """Name the sections of the page, and the rows of its cases."""
    sections = re.findall(r'^#+ <a id="([^"]+)"></a>\1\.? \S', PAGE, re.MULTILINE)
    return [*sections, *(f"7.4 row {row}" for row in re.findall(r"^\| (\d+) \|", section("7.4"), re.MULTILINE))]


def section(number: str) -> str:
    return PAGE.partition(f'<a id="{number}"></a>')[2].partition("<a id=")[0]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


@pytest.mark.house("citations")
def test_every_citation_leads_to_a_rule_of_the_page(record_property):
    there = set(known())
    lost = [
        (place, cited) for place, cited in citations() if cited[:1] == "?" or not there.issuperset(sections_of(cited))
    ]
    record_property("figures", f"unresolved citations: {len(lost)}")
    assert lost == []


def test_the_page_holds_no_section_that_nobody_cites():
    cited = {re.sub(r" row \d+", "", number) for _, said in citations() for number in sections_of(said)}
    parts = {number.partition(".")[0] for number in cited}
    sections = [number for number in known() if "row" not in number]
    assert [number for number in sections if number not in (cited if "." in number else parts)] == []


def test_sections_stand_in_order_and_once():
    sections = [number for number in known() if "row" not in number]
    order = [[int(digits) for digits in re.findall(r"\d+", number)] for number in sections]
    assert order == sorted(order)
    assert len(set(sections)) == len(sections)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tiktok.md 7.1", ["7.1"]),
        ("tiktok.md 2.9 (names), 2.8 (no limits, so ours\n# only catch mistakes), 2.7", ["2.9", "2.8", "2.7"]),
        ("[tiktok.md 5.2](../reference/tiktok.md#5.2), [9.4b](../reference/tiktok.md#9.4b)", ["5.2", "9.4b"]),
        ("tiktok.md 3.1 to 3.3", ["3.1", "3.3", "3.1", "3.2", "3.3"]),
        ("tiktok.md 7.4 row 12", ["7.4 row 12"]),
        ("tiktok.md 8, 9 and 10.1, not", ["8", "9", "10.1"]),
    ],
)
def test_citations_are_understood_as_people_write_them(text, meant):
    assert sections_of(CITATION.match(in_one_line(text))["sections"]) == meant


def test_every_citation_of_a_section_in_the_docs_is_a_link():
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if page != FACTS:
            bare = re.findall(r"(?<!\[)\btiktok\.md`? \d[\d.]*", page.read_text())
            assert bare == [], page.name
            for number, target in re.findall(r"\[tiktok\.md ([^\]]+)\]\([^)#]*#([^)]+)\)", page.read_text()):
                assert number == target, page.name


def test_no_other_collection_is_cited():
    pattern = r"\b(?:interfaces|http-edge|measurements|peers|capabilities)\.md\b"
    assert [name for name, text in texts() if re.search(pattern, text)] == []


def test_every_rule_says_how_sure_it_is():
    marks = names_of_marks()
    for number in known():
        if "." in number and "row" not in number:
            assert re.search(rf"\*(?:{'|'.join(marks)})\*", section(number)), number


def names_of_marks() -> list[str]:
    marks = re.findall(r"^\| \*(\w+)\* \|", PAGE, re.MULTILINE)
    assert set(re.findall(r"(?<!\*)\*([a-zA-Z]+)\*(?!\*)", PAGE.lower())) <= {mark.lower() for mark in marks}
    return [*marks, *(mark.capitalize() for mark in marks)]


def test_the_currencies_are_those_of_the_code():
    listed = set(re.findall(r"\b[A-Z]{3}\b", section("2.6")))
    assert listed == set(LISTED) == set(ACCEPTED)


def test_the_standard_events_are_those_of_the_code():
    web, _, rest = section("5.1").partition("*official*")
    assert names_in(web) == WEB_STANDARD
    retiring = {"ClickButton", "PlaceAnOrder"}
    assert retiring <= names_in(section("5.2"))
    assert names_in(web) | retiring | {PAGE_VIEW} == set(STANDARD)
    assert PAGE_VIEW in names_in(rest)
    assert names_in(section("5.5")) - {"Registration", "Checkout"} == APP_STANDARD - {"Registration", "Checkout"}


def test_the_reserved_names_and_those_of_other_interfaces_are_those_of_the_code():
    rows = re.findall(r"^\| (`[^|]+`) \| `(\w+)`", section("5.3"), re.MULTILINE)
    reserved = {name: taken for names, taken in rows for name in re.findall(r"`(\w+)`", names)}
    assert {name: RESERVED.get(name, "Purchase") for name in reserved} == reserved
    assert set(RESERVED) - {"PageView"} <= set(reserved)
    assert set(ENUMS) <= names_in(section("5.4"))


def test_every_code_that_the_verdicts_know_is_explained():
    cells = re.findall(r"^\| (\d[\d, -]*) \|", section("4.3"), re.MULTILINE)
    runs = [run.partition("-") for cell in cells for run in cell.split(", ")]
    listed = [code for first, _, last in runs for code in range(int(first), int(last or first) + 1)]
    assert sorted(listed) == sorted(CODES)
