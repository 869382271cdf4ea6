"""What the functions about users need of a store: rows of users, sessions and links. It decides nothing."""

from typing import Protocol

from twinbeam.core.users import LinkRow, PresentedSession, Role, SessionRow, UserRow


class UserReading(Protocol):
    """What is read of users, sessions and links, also beside whoever writes; raises StorageError."""

    def users(self) -> list[UserRow]:
        """Return all users, the earliest first."""
        ...

    def user_named(self, name: str) -> UserRow | None:
        """Return the user of a name, however its letters are written."""
        ...

    def user_of(self, subject: str) -> UserRow | None:
        """Return the user whom a provider knows by a subject."""
        ...

    def links(self) -> list[LinkRow]:
        """Return all links that are kept, the newest first."""
        ...

    def link_by(self, hash_: str) -> LinkRow | None:
        """Return the link with a hash."""
        ...

    def sessions(self) -> list[SessionRow]:
        """Return all sessions that are kept, the newest first."""
        ...

    def presented(self, hash_: str) -> PresentedSession | None:
        """Return the session with a hash, and whom it stands for."""
        ...


class UserTable(UserReading, Protocol):
    """The rows of users, sessions and links; each change is a part of the transaction it stands in."""

    def add_user(self, user: UserRow) -> int:
        """Add a user, whose id is chosen here, and return the id."""
        ...

    def decide_user(self, user_id: int, *, role: Role, workspace: str, disabled_ms: int | None) -> None:
        """Change what a user may do."""
        ...

    def save_password(self, user_id: int, password_hash: str) -> None:
        """Change the hash of a user's password."""
        ...

    def save_subject(self, user_id: int, subject: str) -> None:
        """Change who a user is to the provider."""
        ...

    def add_link(self, link: LinkRow) -> int:
        """Add a link, whose id is chosen here, and return the id."""
        ...

    def use_link(self, link_id: int, now_ms: int) -> None:
        """Note that a link was used up."""
        ...

    def revoke_link(self, link_id: int, now_ms: int) -> None:
        """Make a link invalid."""
        ...

    def add_session(self, session: SessionRow) -> int:
        """Add a session, whose id is chosen here, and return the id."""
        ...

    def see_session(self, session_id: int, now_ms: int) -> None:
        """Note that a session was used."""
        ...

    def end_sessions(self, session_ids: list[int]) -> None:
        """Remove sessions."""
        ...

    def forget_before(self, ms: int) -> None:
        """Remove the links and sessions that ended before a moment."""
        ...
