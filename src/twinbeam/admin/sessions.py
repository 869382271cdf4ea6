"""
Who is signed in: sessions that begin, hold and end. Of a session's token only a hash is kept.

A session ends after 12 hours without a request, and after 14 days whatever is done with it.
"""

import secrets

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin import links
from twinbeam.admin.audit import Lines, changing
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import Conflict, NotFound
from twinbeam.admin.free_text import check_line
from twinbeam.admin.links import TOKEN_BYTES, fingerprint, opening
from twinbeam.admin.users import check_name, told
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.users import LinkRow, PresentedSession, Purpose, Role, SessionKind, SessionRow, SignedIn, UserRow

IDLE_MS = 12 * 3_600_000
LONGEST_MS = 14 * MS_PER_DAY
SEEN_EVERY_MS = 60_000  #: how exactly it is known when a session was last used
MOST_SESSIONS = 20  #: of one user, or of one link; the oldest one ends for another
_KEPT_MS = 30 * MS_PER_DAY  #: what ended longer ago is removed


class OpenedSession(Struct, frozen=True):
    """A new session, and the text of its cookie, which nobody can give again."""

    text: str
    row: SessionRow


def signed_in_by(found: PresentedSession | None, now_ms: int) -> SignedIn | None:
    """Return whom a session stands for at a moment, or None where it has ended."""
    if found is None or now_ms >= min(found.session.ends_ms, found.session.seen_ms + IDLE_MS):
        return None
    session, user, link = found.session, found.user, found.link
    if user is not None and user.disabled_ms is None:
        return SignedIn(user.name, user.role, user.workspace, session.id, user.id)
    if link is not None and link.is_valid(now_ms):
        return SignedIn(_visitor(link), link.role, link.workspace, session.id)
    return None


def sign_in(admin: Admin, user: UserRow, kind: SessionKind, *, replaced: str = "") -> OpenedSession:
    """Begin a session of a user who was found to be them; the one that a browser had before ends."""
    with changing(_as(admin, user.name)) as audit:
        now = admin.store.users.user_named(user.name)
        if now is None or now.disabled_ms is not None or now.password_hash != user.password_hash:
            raise Conflict("This user was changed a moment ago. Sign in again.")
        _end(admin, replaced)
        return _opened(admin, audit, SessionRow(0, "", kind, now.id, None, 0, 0, 0), user.name)


def accept(admin: Admin, text: str, name: str, password_hash: str, *, replaced: str = "") -> OpenedSession:
    """Use up a link: make its user, or change a user's password, and sign them in; raises AdminError."""
    link = opening(admin.store.users, text, admin.clock.now_ms())
    with changing(_as(admin, link.name or name)) as audit:
        link = opening(admin.store.users, text, audit.at_ms)  # of two who press at once, one comes too late
        if link.purpose is Purpose.WORKSPACE:
            raise NotFound(links.OVER)
        admin.store.users.use_link(link.id, audit.at_ms)
        if link.purpose is Purpose.PASSWORD:
            user = _with_password(admin, audit, link.name, password_hash)
        else:
            user = _new_user(admin, audit, link, link.name or name, password_hash)
        _end(admin, replaced)
        return _opened(admin, audit, SessionRow(0, "", SessionKind.PASSWORD, user.id, None, 0, 0, 0), user.name)


def visit(admin: Admin, text: str, *, replaced: str = "") -> OpenedSession:
    """Begin a session by the link of a workspace; raises NotFound."""
    link = opening(admin.store.users, text, admin.clock.now_ms())
    if link.purpose is not Purpose.WORKSPACE:
        raise NotFound(links.OVER)
    with changing(_as(admin, _visitor(link))) as audit:
        _end(admin, replaced)
        opened = SessionRow(0, "", SessionKind.LINK, None, link.id, 0, 0, link.expires_ms)
        return _opened(admin, audit, opened, _visitor(link))


def provided(admin: Admin, subject: str, name: str, role: Role, *, replaced: str = "") -> OpenedSession:
    """Sign in whom a provider vouches for, and make them a user at their first time; raises AdminError."""
    check_line("address", name)
    with changing(_as(admin, name)) as audit:
        user = admin.store.users.user_of(subject) or admin.store.users.user_named(name)
        if user is None:
            user = _added(admin, audit, UserRow(0, name, role, "", "", subject, audit.at_ms))
        elif user.subject != subject:
            raise Conflict(
                f"There is a user {user.name} who does not sign in by the provider. Sign in with the password, or "
                "ask an owner."
            )
        if user.disabled_ms is not None:
            raise Conflict(f"{user.name} is disabled. Ask an owner.")
        _end(admin, replaced)
        return _opened(admin, audit, SessionRow(0, "", SessionKind.PROVIDER, user.id, None, 0, 0, 0), user.name)


def sign_out(admin: Admin, session_id: int) -> None:
    """End one session."""
    with changing(admin) as audit:
        admin.store.users.end_sessions([session_id])
        audit.tell(f"sign-in {admin.actor.name}", "signed in", "signed out")


def sign_out_everywhere(admin: Admin, user_id: int, *, but: int = 0) -> int:
    """End all sessions of a user but one, and return how many that were."""
    with changing(admin) as audit:
        ended = [it.id for it in of_user(admin, user_id) if it.id != but]
        admin.store.users.end_sessions(ended)
        audit.tell(f"sign-in {admin.actor.name}", "signed in", f"signed out of {len(ended)} others")
    return len(ended)


def change_password(admin: Admin, user_id: int, before_hash: str, password_hash: str, *, keep: int) -> None:
    """Change a user's own password, and end their sessions but the one to keep; raises Conflict."""
    with changing(admin) as audit:
        user = next((it for it in admin.store.users.users() if it.id == user_id), None)
        if user is None or user.password_hash != before_hash:
            raise Conflict("The password was changed a moment ago. Nothing was done; try again.")
        admin.store.users.save_password(user_id, password_hash)
        admin.store.users.end_sessions([it.id for it in of_user(admin, user_id) if it.id != keep])
        audit.tell(f"user {user.name}", "", "password changed")


def of_user(admin: Admin, user_id: int) -> list[SessionRow]:
    """Return the sessions of a user that hold, the newest first."""
    now_ms = admin.clock.now_ms()
    return [it for it in admin.store.users.sessions() if it.user_id == user_id and _holds(it, now_ms)]


def _holds(session: SessionRow, now_ms: int) -> bool:
    return now_ms < min(session.ends_ms, session.seen_ms + IDLE_MS)


def _opened(admin: Admin, audit: Lines, wanted: SessionRow, who: str) -> OpenedSession:
    users, now_ms, text = admin.store.users, audit.at_ms, secrets.token_urlsafe(TOKEN_BYTES)
    users.forget_before(now_ms - _KEPT_MS)
    mine = [it.id for it in users.sessions() if (it.user_id, it.link_id) == (wanted.user_id, wanted.link_id)]
    users.end_sessions(mine[MOST_SESSIONS - 1 :])
    longest_ms = now_ms + LONGEST_MS
    row = replace(
        wanted,
        hash=fingerprint(text),
        created_ms=now_ms,
        seen_ms=now_ms,
        ends_ms=min(wanted.ends_ms, longest_ms) if wanted.ends_ms else longest_ms,
    )
    row = replace(row, id=users.add_session(row))
    audit.tell(f"sign-in {who}", "", f"signed in by {row.kind}")
    return OpenedSession(text, row)


def _end(admin: Admin, text: str) -> None:
    found = admin.store.users.presented(fingerprint(text)) if text else None
    if found is not None:
        admin.store.users.end_sessions([found.session.id])


def _with_password(admin: Admin, audit: Lines, name: str, password_hash: str) -> UserRow:
    user = admin.store.users.user_named(name)
    if user is None or user.disabled_ms is not None:
        raise NotFound(links.OVER)
    admin.store.users.save_password(user.id, password_hash)
    admin.store.users.end_sessions([it.id for it in admin.store.users.sessions() if it.user_id == user.id])
    audit.tell(f"user {user.name}", "", "password changed")
    return user


def _new_user(admin: Admin, audit: Lines, link: LinkRow, name: str, password_hash: str) -> UserRow:
    check_name(name)
    if admin.store.users.user_named(name) is not None:
        raise Conflict(f"There is a user {name} already. Choose another name.")
    return _added(admin, audit, UserRow(0, name, link.role, link.workspace, password_hash, "", audit.at_ms))


def _added(admin: Admin, audit: Lines, user: UserRow) -> UserRow:
    user = replace(user, id=admin.store.users.add_user(user))
    audit.tell(f"user {user.name}", "", told(user))
    for link in links.valid(admin):
        if link.purpose is Purpose.FIRST_OWNER:  # it stands in the gateway's log, and must let nobody in any more
            admin.store.users.revoke_link(link.id, audit.at_ms)
    return user


def _as(admin: Admin, name: str) -> Admin:
    return Admin(admin.store, Actor(name), admin.clock)


def _visitor(link: LinkRow) -> str:
    return f"link {link.name}"
