"""What the tests of pages share: a store with a bit of everything, and what a person reads of a page."""

import re
from pathlib import Path

import pytest

from quick_passwords import HASHER
from showroom import Showroom, a_busy_day
from twinbeam.admin import passwords

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "pages.md"


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Hash passwords at no cost; what they cost is tried in tests/admin/test_passwords.py."""
    monkeypatch.setattr(passwords, "_hasher", lambda: HASHER)
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    yield room
    room.close()


@pytest.fixture
def busy(room):
    a_busy_day(room)
    return room


@pytest.fixture
def reference():
    """The reference of the pages, as it is written."""
    return REFERENCE.read_text()


@pytest.fixture
def documented(reference):
    """Give the first cells of the first table under a heading of the reference."""

    def cells(heading):
        section = reference.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        return re.findall(r"^\| (?!---)([^|]+) \|", section, re.MULTILINE)[1:]

    return cells
