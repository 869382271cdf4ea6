"""Users of the pages: listed, given another role, disabled. There is always an owner left."""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.users import Role, UserRow

_NAME = re.compile(r"[\w.@+-]{1,64}")


def listed(admin: Admin) -> list[UserRow]:
    """Return all users, the earliest first."""
    return admin.store.users.users()


def known(admin: Admin, name: str) -> UserRow:
    """Return the user of a name; raises NotFound."""
    found = admin.store.users.user_named(name)
    if found is None:
        raise NotFound("There is no user of this name; twinbeam users list shows them.")
    return found


def check_name(name: str) -> None:
    """Raise Invalid unless a user can be called so."""
    if not _NAME.fullmatch(name):
        raise Invalid("Choose a name of at most 64 letters, digits and . _ + - @, such as ada or ada@shop.example.")


def check_place(admin: Admin, role: Role, workspace: str) -> None:
    """Raise Invalid or NotFound unless somebody of a role may be kept to a workspace; "" is all of them."""
    if not workspace:
        return
    if role is not Role.VIEWER:
        raise Invalid(f"Only a viewer is kept to one workspace; leave it out for the role {role}.")
    known_workspace(admin, workspace)


def decide(admin: Admin, name: str, role: Role, workspace: str = "") -> UserRow:
    """Change what a user may do, at once and on all their sessions; raises AdminError."""
    with changing(admin) as audit:
        before = known(admin, name)
        check_place(admin, role, workspace)
        return _save(admin, audit, before, replace(before, role=role, workspace=workspace))


def disable(admin: Admin, name: str) -> UserRow:
    """Sign a user out everywhere and let them in no more; raises AdminError."""
    with changing(admin) as audit:
        before = known(admin, name)
        if before.disabled_ms is not None:
            raise Conflict(f"{before.name} is disabled already.")
        after = _save(admin, audit, before, replace(before, disabled_ms=audit.at_ms))
        admin.store.users.end_sessions([it.id for it in admin.store.users.sessions() if it.user_id == before.id])
    return after


def enable(admin: Admin, name: str) -> UserRow:
    """Let a disabled user in again; raises AdminError."""
    with changing(admin) as audit:
        before = known(admin, name)
        if before.disabled_ms is None:
            raise Conflict(f"{before.name} is not disabled.")
        return _save(admin, audit, before, replace(before, disabled_ms=None))


def told(user: UserRow) -> str:
    """Return what the audit says of what a user may do."""
    where = f" of workspace {user.workspace}" if user.workspace else ""
    return f"{user.role}{where}{', disabled' if user.disabled_ms is not None else ''}"


def _save(admin: Admin, audit: Lines, before: UserRow, after: UserRow) -> UserRow:
    others = [user for user in listed(admin) if user.id != before.id]
    if _is_owner(before) and not _is_owner(after) and not any(map(_is_owner, others)):
        raise Conflict(f"{before.name} is the only owner. Make another user an owner first.")
    admin.store.users.decide_user(before.id, role=after.role, workspace=after.workspace, disabled_ms=after.disabled_ms)
    audit.tell(f"user {before.name}", told(before), told(after))
    return after


def _is_owner(user: UserRow) -> bool:
    return user.role is Role.OWNER and user.disabled_ms is None


def has_owner(users: Iterable[UserRow]) -> bool:
    """Return whether anybody may decide who may do what."""
    return any(map(_is_owner, users))
