"""Files whose tests take longest begin: what is listed is there, and goes before the rest."""

from pathlib import Path

import longest_first
from longest_first import LONGEST

TESTS = Path(__file__).parents[1]
MAKEFILE = TESTS.parent / "Makefile"


def test_every_file_of_the_list_is_there():
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_what_is_listed_begins_and_the_rest_keeps_its_order():
    rest = ["tests/admin/test_rules.py::test_b[tests/journeys/test_axe.py]", "tests/web/test_access.py::test_a"]
    listed = [f"tests/{name}::test_it" for name in LONGEST]
    assert sorted([*rest, *reversed(listed)], key=longest_first.place) == [*listed, *rest]


def test_workers_keep_to_that_order():
    """Left to itself, `--dist loadfile` begins with the files of the most tests, and ends with journeys of one."""
    commands = [line for line in MAKEFILE.read_text().splitlines() if "--dist loadfile" in line]
    assert commands
    assert [line for line in commands if "--no-loadscope-reorder" not in line] == []
