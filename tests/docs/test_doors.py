"""What the readers' own pages say of the gateway is what the gateway does."""

import re
from pathlib import Path

import pytest

from twinbeam.core.rules import WorkspaceRules
from twinbeam.web.pixels import rates

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


def test_the_readme_shows_a_picture_of_the_pages_that_loads_quickly():
    """Taken by `scripts/picture`."""
    [picture] = re.findall(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)", (DOCS.parent / "README.md").read_text())
    assert 20_000 < (DOCS.parent / picture).stat().st_size <= 300_000


def test_every_symptom_of_the_other_doors_has_its_section():
    sections = re.findall(r"^## (.+)$", (DOCS / "troubleshoot.md").read_text(), re.MULTILINE)
    assert {
        "Inactive though traffic",
        "Invalid token",
        "Duplicate counts",
        "$0 value",
        "Events late",
        "Fewer purchases than orders",
    } <= set(sections)
