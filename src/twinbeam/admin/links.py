"""
Links that let somebody in: the first owner, who was invited, who forgot a password, and an agency's client.

The first three work once. The link of a workspace works until it expires or is revoked, and shows that workspace alone.
Of a link's text only a hash is kept, so nobody can show it again.
"""

import secrets
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.admin.free_text import check_line
from twinbeam.admin.user_contract import UserReading
from twinbeam.admin.users import check_name, check_place, listed, told
from twinbeam.admin.users import known as known_user
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.users import LinkRow, Purpose, Role, UserRow

TOKEN_BYTES = 32  #: nobody guesses 256 bits
MINUTES = 30  #: of a link that makes an owner
INVITATION_DAYS = 7
PASSWORD_DAYS = 1
MOST_DAYS = 366  #: of the link of a workspace
MOST_LINKS = 200  #: that are valid at the same time
_MS_PER_MINUTE = 60_000


class MadeLink(Struct, frozen=True):
    """A new link, and its text, which nobody can give again."""

    text: str
    row: LinkRow

    @property
    def path(self) -> str:
        """Its place on the pages."""
        return f"/welcome/{self.text}"


def fingerprint(text: str) -> str:
    """Return what is kept of a link or of a session's cookie."""
    return sha256(text.encode()).hexdigest()


def first_owner(admin: Admin) -> MadeLink | None:
    """Make the link of the first owner, in the place of all such before; None where there is a user."""
    if listed(admin):
        return None
    with changing(admin) as audit:
        for link in _valid(admin, audit.at_ms):
            if link.purpose is Purpose.FIRST_OWNER:
                admin.store.users.revoke_link(link.id, audit.at_ms)
        return _made(admin, audit, Purpose.FIRST_OWNER, role=Role.OWNER, ms=MINUTES * _MS_PER_MINUTE)


def for_owner(admin: Admin, name: str = "") -> MadeLink:
    """Make a link for whoever is locked out: a new password of a user, or a new owner; raises AdminError."""
    if name:
        return for_password(admin, name, ms=MINUTES * _MS_PER_MINUTE)
    with changing(admin) as audit:
        return _made(admin, audit, Purpose.INVITATION, role=Role.OWNER, ms=MINUTES * _MS_PER_MINUTE)


def for_password(admin: Admin, name: str, *, ms: int = PASSWORD_DAYS * MS_PER_DAY) -> MadeLink:
    """Make a link by which a user chooses a new password; raises NotFound or Conflict."""
    with changing(admin) as audit:
        user = known_user(admin, name)
        if user.disabled_ms is not None:
            raise Conflict(f"{user.name} is disabled. Enable this user first: twinbeam users enable {user.name}")
        return _made(admin, audit, Purpose.PASSWORD, name=user.name, role=user.role, workspace=user.workspace, ms=ms)


def invite(admin: Admin, name: str, role: Role, workspace: str = "") -> MadeLink:
    """Make a link by which somebody becomes a user; raises AdminError."""
    check_name(name)
    with changing(admin) as audit:
        check_place(admin, role, workspace)
        if admin.store.users.user_named(name) is not None:
            raise Conflict(f"There is a user {name} already.")
        ms = INVITATION_DAYS * MS_PER_DAY
        return _made(admin, audit, Purpose.INVITATION, name=name, role=role, workspace=workspace, ms=ms)


def show_workspace(admin: Admin, name: str, workspace: str, *, days: int) -> MadeLink:
    """Make a link that shows one workspace to whoever holds it; raises AdminError."""
    check_line("name of the link", name)
    if not name.strip():
        raise Invalid("Write for whom the link is, such as hats or the client's name.")
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(f"A link is valid for 1 to {MOST_DAYS} days.")
    with changing(admin) as audit:
        known_workspace(admin, workspace)
        ms = days * MS_PER_DAY
        return _made(admin, audit, Purpose.WORKSPACE, name=name, role=Role.VIEWER, workspace=workspace, ms=ms)


def valid(admin: Admin) -> list[LinkRow]:
    """Return the links that still let somebody in, the newest first."""
    return _valid(admin, admin.clock.now_ms())


def revoke(admin: Admin, link_id: int) -> LinkRow:
    """Make a link invalid, and end what it opened; raises NotFound."""
    with changing(admin) as audit:
        found = next((link for link in _valid(admin, audit.at_ms) if link.id == link_id), None)
        if found is None:
            raise NotFound("There is no valid link of this number; twinbeam users list shows them.")
        admin.store.users.revoke_link(link_id, audit.at_ms)
        admin.store.users.end_sessions([it.id for it in admin.store.users.sessions() if it.link_id == link_id])
        audit.tell(_named(found), "valid", "revoked")
    return found


def opening(users: UserReading, text: str, now_ms: int) -> LinkRow:
    """Return the valid link of a text; raises NotFound."""
    found = users.link_by(fingerprint(text))
    if found is None or not found.is_valid(now_ms):
        raise NotFound(OVER)
    return found


#: The same for a link that was never made, so that nobody learns which was.
OVER = "This link is not valid: it was used, has expired, or was revoked. Ask whoever gave it to you for a new one."


def _made(  # noqa: PLR0913 -- one for each column
    admin: Admin, audit: Lines, purpose: Purpose, *, role: Role, ms: int, name: str = "", workspace: str = ""
) -> MadeLink:
    if len(_valid(admin, audit.at_ms)) >= MOST_LINKS:
        raise Conflict(f"There are {MOST_LINKS} valid links already. Revoke some first.")
    text = secrets.token_urlsafe(TOKEN_BYTES)
    row = LinkRow(
        id=0,
        hash=fingerprint(text),
        purpose=purpose,
        name=name,
        role=role,
        workspace=workspace,
        created_ms=audit.at_ms,
        created_by=admin.actor.name,
        expires_ms=audit.at_ms + ms,
    )
    row = replace(row, id=admin.store.users.add_link(row))
    audit.tell(_named(row), "", _told(row))
    return MadeLink(text, row)


def _valid(admin: Admin, now_ms: int) -> list[LinkRow]:
    return [link for link in admin.store.users.links() if link.is_valid(now_ms)]


def _named(link: LinkRow) -> str:
    return f"link {link.id}"


def _told(link: LinkRow) -> str:
    what = told(UserRow(0, link.name, link.role, link.workspace, "", "", 0))
    return f"{link.purpose}{f' for {link.name}' if link.name else ''}: {what}"
