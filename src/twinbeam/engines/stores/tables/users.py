"""The rows of users, sessions and links."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Table, delete, insert, or_, select, update

from twinbeam.core.users import LinkRow, PresentedSession, Role, SessionRow, UserRow
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.users_schema import sign_in_link, user, user_session

_USER = [column for column in user.columns if column.name != "name_key"]


class UserRows:
    """See admin.user_contract.UserTable for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def users(self) -> list[UserRow]:
        """Return all users, the earliest first."""
        with self._tables.reading() as connection:
            rows = connection.execute(select(*_USER).order_by(user.c.id)).mappings()
            return [msgspec.convert(_plain(row), UserRow) for row in rows]

    def user_named(self, name: str) -> UserRow | None:
        """Return the user of a name."""
        return self._user(user.c.name_key == name.casefold())

    def user_of(self, subject: str) -> UserRow | None:
        """Return the user whom a provider knows by a subject."""
        return self._user(user.c.subject == subject) if subject else None

    def links(self) -> list[LinkRow]:
        """Return all links that are kept, the newest first."""
        with self._tables.reading() as connection:
            rows = connection.execute(select(sign_in_link).order_by(sign_in_link.c.id.desc())).mappings()
            return [msgspec.convert(_plain(row), LinkRow) for row in rows]

    def link_by(self, hash_: str) -> LinkRow | None:
        """Return the link with a hash."""
        return self._link(sign_in_link.c.hash == hash_)

    def sessions(self) -> list[SessionRow]:
        """Return all sessions that are kept, the newest first."""
        with self._tables.reading() as connection:
            rows = connection.execute(select(user_session).order_by(user_session.c.id.desc())).mappings()
            return [msgspec.convert(_plain(row), SessionRow) for row in rows]

    def presented(self, hash_: str) -> PresentedSession | None:
        """Return the session with a hash, and whom it stands for."""
        found = self._first(user_session, user_session.c.hash == hash_)
        if found is None:
            return None
        session = msgspec.convert(found, SessionRow)
        return PresentedSession(
            session,
            None if session.user_id is None else self._user(user.c.id == session.user_id),
            None if session.link_id is None else self._link(sign_in_link.c.id == session.link_id),
        )

    def add_user(self, row: UserRow) -> int:
        """Add a user and return the id."""
        return self._add(user, {**_values(row), "name_key": row.name.casefold()})

    def decide_user(self, user_id: int, *, role: Role, workspace: str, disabled_ms: int | None) -> None:
        """Change what a user may do."""
        self._change(user, user_id, role=role.value, workspace=workspace, disabled_ms=disabled_ms)

    def save_password(self, user_id: int, password_hash: str) -> None:
        """Change the hash of a user's password."""
        self._change(user, user_id, password_hash=password_hash)

    def save_subject(self, user_id: int, subject: str) -> None:
        """Change who a user is to the provider."""
        self._change(user, user_id, subject=subject)

    def add_link(self, row: LinkRow) -> int:
        """Add a link and return the id."""
        return self._add(sign_in_link, _values(row))

    def use_link(self, link_id: int, now_ms: int) -> None:
        """Note that a link was used up."""
        self._change(sign_in_link, link_id, used_ms=now_ms)

    def revoke_link(self, link_id: int, now_ms: int) -> None:
        """Make a link invalid."""
        self._change(sign_in_link, link_id, revoked_ms=now_ms)

    def add_session(self, row: SessionRow) -> int:
        """Add a session and return the id."""
        return self._add(user_session, _values(row))

    def see_session(self, session_id: int, now_ms: int) -> None:
        """Note that a session was used."""
        self._change(user_session, session_id, seen_ms=now_ms)

    def end_sessions(self, session_ids: list[int]) -> None:
        """Remove sessions."""
        with self._tables.transaction() as connection:
            connection.execute(delete(user_session).where(user_session.c.id.in_(session_ids)))

    def forget_before(self, ms: int) -> None:
        """Remove the links and sessions that ended before a moment."""
        over = or_(sign_in_link.c.expires_ms < ms, sign_in_link.c.used_ms < ms, sign_in_link.c.revoked_ms < ms)
        with self._tables.transaction() as connection:
            gone = select(sign_in_link.c.id).where(over)
            ended = or_(user_session.c.ends_ms < ms, user_session.c.link_id.in_(gone))
            connection.execute(delete(user_session).where(ended))
            connection.execute(delete(sign_in_link).where(over))

    def _user(self, which: ColumnElement[bool]) -> UserRow | None:
        found = self._first(user, which)
        if found is None:
            return None
        del found["name_key"]
        return msgspec.convert(found, UserRow)

    def _link(self, which: ColumnElement[bool]) -> LinkRow | None:
        found = self._first(sign_in_link, which)
        return None if found is None else msgspec.convert(found, LinkRow)

    def _first(self, table: Table, which: ColumnElement[bool]) -> dict[str, Any] | None:
        with self._tables.reading() as connection:
            row = connection.execute(select(table).where(which)).mappings().first()
            return None if row is None else _plain(row)

    def _add(self, table: Table, values: dict[str, Any]) -> int:
        with self._tables.transaction() as connection:
            key = connection.execute(insert(table).values(values)).inserted_primary_key
            return int(key[0]) if key is not None else 0

    def _change(self, table: Table, id_: int, **values: object) -> None:
        with self._tables.transaction() as connection:
            connection.execute(update(table).where(table.c.id == id_).values(values))


def _plain(row: RowMapping) -> dict[str, Any]:
    """Return a row by the names of its columns, which SQLAlchemy may have marked."""
    return {str(name): value for name, value in row.items()}


def _values(row: UserRow | LinkRow | SessionRow) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(row)
    del values["id"]
    return values
