"""
The pages that stand in the head of every page, in one list: a page that is added stands here as well.

What people look at each day has a place of its own; the rest stands in a menu, so that the head holds it at any width.
"""

from collections.abc import Collection

from msgspec import Struct

from twinbeam.core.users import Role

#: Address, name, and who has it in the head of their pages.
ENTRIES = (
    ("/", "Live", Role.VIEWER),
    ("/pixels", "Pixels", Role.VIEWER),
    ("/issues", "Issues", Role.VIEWER),
    ("/conversions", "Conversions", Role.VIEWER),
    ("/debugger", "Debugger", Role.VIEWER),
    ("/reconciliation", "Orders", Role.VIEWER),
    ("/reconciliation/week", "Weekly report", Role.VIEWER),
    ("/dead-letters", "Dead letters", Role.MEMBER),
    ("/products", "Products", Role.VIEWER),
    ("/sources", "Sources", Role.MEMBER),
    ("/alerts", "Alerts", Role.MEMBER),
    ("/accounts", "Accounts", Role.VIEWER),
    ("/setup", "Set-up", Role.MEMBER),
    ("/users", "Users", Role.OWNER),
)
#: What stands outside the menu.
DAILY = frozenset({"/", "/pixels", "/issues", "/conversions", "/debugger", "/reconciliation"})


class Navigation(Struct, frozen=True):
    """Address and name of each page in the head of somebody's pages."""

    daily: list[tuple[str, str]]
    more: list[tuple[str, str]]


def entries(role: Role, served: Collection[str]) -> Navigation:
    """Return what a role has in the head, of the pages that are served."""
    shown = [(path, name) for path, name, needed in ENTRIES if role.covers(needed) and path in served]
    return Navigation([it for it in shown if it[0] in DAILY], [it for it in shown if it[0] not in DAILY])
