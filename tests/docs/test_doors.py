"""What the readers' own pages say of the gateway is what the gateway does."""

import re
from pathlib import Path

import pytest

from showroom import Showroom
from twinbeam.checks.listing import BY_ID
from twinbeam.core import rates
from twinbeam.core.rules import WorkspaceRules
from twinbeam.web.access import Access
from twinbeam.web.navigation import ENTRIES
from twinbeam.web.pixel.frame import TABS

TAB = re.compile(r"\*([A-Z][a-z ]+)\*")

DOCS = Path(__file__).resolve().parents[2] / "docs"
PRIVACY = (DOCS / "doors" / "privacy-lead.md").read_text()
RETENTION = (DOCS / "concepts" / "retention.md").read_text()


def test_the_privacy_leads_table_names_the_times_of_retention():
    """`retention.md` has a test for each of its numbers."""
    days = {int(number) for number in re.findall(r"(\d+) days", PRIVACY)}
    assert days == {WorkspaceRules().keep_days, WorkspaceRules().keep_orders_days}
    assert days <= {int(number) for number in re.findall(r"(\d+) days", RETENTION)}


@pytest.mark.parametrize("step", ["twinbeam export --email -", "twinbeam erase --email -"])
def test_a_persons_request_is_told_step_by_step_as_the_concept_has_it(step):
    assert f"    {step}\n" in PRIVACY
    assert step in RETENTION


def test_what_is_healthy_is_what_the_pages_take_for_healthy():
    named = re.findall(r"(\d+) % or more is healthy", (DOCS / "doors" / "media-buyer.md").read_text())
    assert [int(number) / 100 for number in named] == [rates.HEALTHY_DEDUP]


def test_the_readme_shows_pictures_of_the_pages_that_load_quickly():
    """Taken by `scripts/picture`."""
    pictures = re.findall(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)", (DOCS.parent / "README.md").read_text())
    assert [Path(picture).stem for picture in pictures] == ["pixels", "issues", "trends"]
    sizes = [(DOCS.parent / picture).stat().st_size for picture in pictures]
    assert min(sizes) > 20_000
    assert sum(sizes) <= 300_000


def test_every_symptom_of_the_other_doors_has_its_section():
    sections = re.findall(r"^## (.+)$", (DOCS / "troubleshoot.md").read_text(), re.MULTILINE)
    assert {
        "Inactive though traffic",
        "Invalid token",
        "Duplicate counts",
        "$0 value",
        "Events late",
        "Fewer purchases than orders",
        "Another sender reports",
        "Consent contradicts itself",
        "Test events do not show",
        "Wrong amount or currency",
        "Few matches after a change",
    } <= set(sections)


def test_every_page_of_the_menu_stands_in_a_door():
    doors = "\n".join(door.read_text() for door in (DOCS / "doors").glob("*.md"))
    assert {path for path, *_ in ENTRIES} <= set(re.findall(r"`(/[a-z/-]*)`", doors))
    assert {name for _, name, _ in TABS} <= set(re.findall(r"\*([A-Z][a-z ]+)\*", doors))


def test_every_issue_belongs_to_a_symptom_which_names_the_tab_that_shows_it():
    text = (DOCS / "troubleshoot.md").read_text()
    named = set(re.findall(r"\]\(reference/issues\.md#([a-z_]+)\)", text))
    assert named == set(BY_ID), "name a new check under the symptom that people see, in docs/troubleshoot.md"
    tabs = {tab for line in re.findall(r"^Issues: .*Tabs?: (.*)$", text, re.MULTILINE) for tab in TAB.findall(line)}
    assert tabs <= {name for _, name, _ in TABS}
    assert text.count("\nIssues: ") == text.count("\n## ") - 1, "all but that the pages do not open"


def test_who_may_show_hashes_is_told_as_the_route_has_it(tmp_path):
    """That each time is noted first is tried in tests/web/debugger."""
    room = Showroom(tmp_path / "data")
    [route] = [it for it in room.app.routes if it.path == "/debugger/{key}/hashes"]
    room.close()
    assert route.needs is Access.OWNER
    assert "| an owner | all that. In the debugger an owner may show the hashes" in PRIVACY
