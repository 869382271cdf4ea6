"""Workspaces: added once, ruled, and always with the first one that nobody has to name."""

import pytest

from twinbeam.admin import audit, workspaces
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.core.rules import MAIN, WorkspaceRules


def test_every_installation_has_the_first_one():
    assert workspaces.meant_for(MAIN) == ""
    assert workspaces.meant_for("hats") == " --workspace hats"


def test_a_workspace_is_added_once(admin):
    workspaces.add(admin, "hats")
    assert workspaces.listed(admin) == {MAIN: WorkspaceRules(), "hats": WorkspaceRules()}
    for name in ("hats", MAIN):
        with pytest.raises(Conflict, match=f"There is a workspace {name} already"):
            workspaces.add(admin, name)


@pytest.mark.parametrize("name", ["", "Hats", "a b", "-a", "a/b", "a" * 41, "ü"])
def test_a_name_that_cannot_be_is_refused(admin, name):
    with pytest.raises(Invalid, match="such as hats"):
        workspaces.add(admin, name)
    assert list(workspaces.listed(admin)) == [MAIN]


def test_what_nobody_added_is_named_with_the_command_that_adds_it(admin):
    with pytest.raises(NotFound, match="There is no workspace hatz; add it first: twinbeam workspaces add hatz"):
        workspaces.decide(admin, "hatz", {"keep_days": "14"})


def test_rules_are_decided_and_put_back(admin):
    assert workspaces.decide(admin, MAIN, {"keep_days": "14", "hosts": "a.example"}).keep_days == 14
    assert workspaces.decide(admin, MAIN, {"keep_days": ""}) == WorkspaceRules(hosts=("a.example",))
    assert workspaces.listed(admin)[MAIN] == WorkspaceRules(hosts=("a.example",))
    lines = [(line.what, line.before, line.after) for line in reversed(audit.latest(admin, limit=9))]
    assert lines == [
        (f"workspace {MAIN} hosts", "", '["a.example"]'),
        (f"workspace {MAIN} keep_days", "", "14"),
        (f"workspace {MAIN} keep_days", "14", ""),
    ]
