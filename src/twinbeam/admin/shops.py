"""Shops: several on one pixel keep their orders, carts, checkouts and visitors apart."""

from msgspec import Struct

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.workspaces import NAME, meant_for
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.rules import FIRST_SHOP


class ShopRow(Struct, frozen=True):
    """A shop of a workspace."""

    name: str
    id_prefix: str  #: how the ids begin that are derived for it; empty for the first one, whose ids stay as they are
    keys: list[str]  #: the ids of the valid keys that write for it


def add(admin: Admin, workspace: str, name: str) -> None:
    """Add a shop to a workspace; raises AdminError."""
    if not NAME.fullmatch(name):
        raise Invalid(f"{name} is no name for a shop: use small letters, digits, '-' and '_', such as shop-fr.")
    with changing(admin) as audit:
        if name in admin.store.shops(known_workspace(admin, workspace)):
            raise Conflict(f"There is a shop {name} already.")
        alike = next((other for other in admin.store.all_shops(workspace)[1:] if _may_be_confused(name, other)), None)
        if alike is not None:
            raise Conflict(
                f"{name} and {alike} begin alike, so ids of one could be taken for the other's; choose another name."
            )
        admin.store.add_shop(workspace, name, now_ms=audit.at_ms)
        audit.tell(f"shop {workspace}/{name}", "", "added")


def listed(admin: Admin, workspace: str) -> list[ShopRow]:
    """Return the shops of a workspace, its first one first; raises NotFound."""
    names = admin.store.shops(known_workspace(admin, workspace))
    return [ShopRow(name, _prefix(name), _keys(admin, workspace, _in_ids(name))) for name in names]


def remove(admin: Admin, workspace: str, name: str) -> None:
    """Take a shop without valid keys from the list; what it reported stays. Raises AdminError."""
    with changing(admin) as audit:
        shop = known(admin, workspace, name)
        if not shop:
            raise Conflict(f"{name} is the shop that every workspace has; it cannot be removed.")
        if keys := _keys(admin, workspace, shop):
            revoke = f"twinbeam keys revoke {keys[0]}{meant_for(workspace)}"
            raise Conflict(f"Shop {name} has valid keys ({', '.join(keys)}); revoke them first: {revoke}")
        signing = [row.name for row in admin.store.signed_sources() if (row.workspace, row.shop) == (workspace, shop)]
        if signing:
            command = f"twinbeam sources remove {signing[0]}"
            raise Conflict(f"Source {signing[0]} sends for shop {name}; remove it first: {command}")
        admin.store.remove_shop(workspace, shop, now_ms=audit.at_ms)
        audit.tell(f"shop {workspace}/{shop}", "added", "removed")


def known(admin: Admin, workspace: str, name: str | None) -> str:
    """
    Return a shop as ids bear its name, which is empty for the workspace's first; raises AdminError.

    Nobody has to name the only one.
    """
    names = admin.store.shops(known_workspace(admin, workspace))
    if name is None and len(names) > 1:
        raise Invalid(f"There are several shops here; say which one is meant: --shop {' or --shop '.join(names)}.")
    if name is not None and name not in names:
        command = f"twinbeam shops add {name}{meant_for(workspace)}"
        raise NotFound(f"There is no shop {name}; known are {', '.join(names)}. Add it first: {command}")
    return "" if name is None else _in_ids(name)


def _in_ids(name: str) -> str:
    return "" if name == FIRST_SHOP else name


def _prefix(name: str) -> str:
    return "" if name == FIRST_SHOP else f"{name}-"


def _keys(admin: Admin, workspace: str, shop: str) -> list[str]:
    """Return the ids of the valid keys that write for a shop; who reads sees all of them."""
    return [
        key.id
        for key in admin.store.access_keys()
        if (key.workspace, key.shop) == (workspace, shop) and key.kind != "read" and key.revoked_ms is None
    ]


def _may_be_confused(name: str, other: str) -> bool:
    """Return whether order 2-7 of shop a and order 7 of shop a-2 would have one id."""
    return name != other and (name.startswith(f"{other}-") or other.startswith(f"{name}-"))
