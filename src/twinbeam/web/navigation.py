"""The pages that stand in the head of every page, in one list: a page that is added stands here as well."""

from collections.abc import Collection

from twinbeam.core.users import Role

#: Address, name, and who has it in the head of their pages.
ENTRIES = (
    ("/", "Live", Role.VIEWER),
    ("/pixels", "Pixels", Role.VIEWER),
    ("/issues", "Issues", Role.VIEWER),
    ("/conversions", "Conversions", Role.VIEWER),
    ("/reconciliation", "Orders", Role.VIEWER),
    ("/sources", "Sources", Role.MEMBER),
    ("/products", "Products", Role.VIEWER),
    ("/setup", "Set-up", Role.MEMBER),
    ("/accounts", "Accounts", Role.VIEWER),
    ("/users", "Users", Role.OWNER),
)


def entries(role: Role, served: Collection[str]) -> list[tuple[str, str]]:
    """Return address and name of each page in the head, for a role, of those that are served."""
    return [(path, name) for path, name, needed in ENTRIES if role.covers(needed) and path in served]
