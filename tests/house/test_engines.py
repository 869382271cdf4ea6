"""SQLite is known to its engines and to those who put the gateway together; everybody else asks a contract."""

import pytest

from house_tree import Module, imports, modules_in

ENGINES = "twinbeam/engines"

#: Who chooses the engines.
COMPOSITION = ("twinbeam/app", "twinbeam/cli/setup.py")

#: PENDING: still name it. Remove a line with its last import; a test names the lines that can go.
PENDING = (
    "twinbeam/cli/doctor/files.py",
    "twinbeam/cli/doctor/machine.py",
    "twinbeam/cli/doctor/network.py",
    "twinbeam/cli/doctor/pixels.py",
    "twinbeam/cli/doctor/storage.py",
    "twinbeam/cli/doctor/store.py",
)


def names_sqlite(module: Module) -> bool:
    return any("sqlite" in part for name in imports(module) for part in name.split("."))


def strangers() -> list[str]:
    """Give the files that name SQLite although they neither are an engine nor choose one."""
    allowed = {it.path for it in modules_in([ENGINES, *COMPOSITION])}
    return [it.path for it in modules_in(["twinbeam"]) if it.path not in allowed and names_sqlite(it)]


@pytest.mark.house("engines")
def test_nobody_else_names_sqlite(record_property):
    found = sorted(set(strangers()) - set(PENDING))
    record_property("figures", f"engines.sqlite named outside engines and composition: {len(found)}")
    assert found == []


def test_what_is_pending_still_names_it():
    """Remove these lines from PENDING."""
    assert sorted(set(PENDING) - set(strangers())) == []
