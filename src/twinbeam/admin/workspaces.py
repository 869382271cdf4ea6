"""Workspaces: an agency's clients, kept apart. A single shop has one and never needs to name it."""

import re
from collections.abc import Mapping

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.rules import changed
from twinbeam.core.rules import DEFAULT_WORKSPACE, MAIN, WorkspaceRules

#: Of workspaces and of shops: ids and hashes are made with it, so it has neither blank nor slash.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def add(admin: Admin, name: str) -> None:
    """Add a workspace; raises Invalid or Conflict."""
    if not NAME.fullmatch(name):
        raise Invalid(f"{name} is no name for a workspace: use small letters, digits, '-' and '_', such as hats.")
    with changing(admin) as audit:
        if name in listed(admin):
            raise Conflict(f"There is a workspace {name} already.")
        admin.store.save_workspace(name, DEFAULT_WORKSPACE)
        audit.tell(f"workspace {name}", "", "added")


def listed(admin: Admin) -> dict[str, WorkspaceRules]:
    """Return what was decided about each workspace, by its name, the first one first."""
    return {MAIN: DEFAULT_WORKSPACE} | admin.store.workspaces()


def known(admin: Admin, name: str) -> str:
    """Return the name of a workspace that was added, or that every installation has; raises NotFound."""
    if name not in listed(admin):
        raise NotFound(f"There is no workspace {name}; add it first: twinbeam workspaces add {name}")
    return name


def decide(admin: Admin, name: str, wanted: Mapping[str, str]) -> WorkspaceRules:
    """Change rules of a workspace, by their names; an empty value puts the default back. Raises AdminError."""
    with changing(admin) as audit:
        before = listed(admin)[known(admin, name)]
        rules = changed(before, wanted)
        admin.store.save_workspace(name, rules)
        audit.tell_rules(f"workspace {name}", before, rules)
    return rules


def meant_for(workspace: str) -> str:
    """Return what the command in a hint needs so that it is meant for a workspace: nothing for a single shop's."""
    return "" if workspace == MAIN else f" --workspace {workspace}"
