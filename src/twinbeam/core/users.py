"""Who uses the pages, and what they may do there."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What a user may do; each role may all that the ones before it may."""

    VIEWER = "viewer"  #: reads, without what tells of a person
    MEMBER = "member"  #: changes what is sent and how
    OWNER = "owner"  #: decides who may do what, and connects accounts

    def covers(self, needed: "Role") -> bool:
        """Return whether this role may what another one may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


class SignedIn(Struct, frozen=True):
    """Who makes a request: as the audit names them, and what they may see and do."""

    name: str
    role: Role
    workspace: str = ""  #: the only one they may see; empty for all
    session_id: int = 0
    user_id: int | None = None  #: None for whoever came by a link of a workspace

    def sees(self, workspace: str) -> bool:
        """Return whether they may see a workspace."""
        return self.workspace in ("", workspace)


class Purpose(StrEnum):
    """What a link that we made is for."""

    FIRST_OWNER = "first owner"  #: printed at each start while nobody can sign in
    INVITATION = "invitation"  #: makes one user
    PASSWORD = "password"  #: lets one user choose a new password  # noqa: S105 -- a purpose
    WORKSPACE = "workspace"  #: shows one workspace to whoever holds it, until it expires


class SessionKind(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"  # noqa: S105 -- a way in
    LINK = "link"
    PROVIDER = "provider"  #: by OpenID Connect


class UserRow(Struct, frozen=True):
    """Somebody who can sign in; the hash of their password is for comparing alone."""

    id: int
    name: str
    role: Role
    workspace: str  #: the only one they may see; empty for all
    password_hash: str  #: empty for who has none yet, or signs in by a provider
    subject: str  #: who they are to the provider; empty for whoever never came from there
    created_ms: int
    disabled_ms: int | None = None


class LinkRow(Struct, frozen=True):
    """A link that lets somebody in; of its text only a hash is kept."""

    id: int
    hash: str
    purpose: Purpose
    name: str  #: the user's, or what the link of a workspace is called; empty where its holder chooses
    role: Role
    workspace: str
    created_ms: int
    created_by: str
    expires_ms: int
    used_ms: int | None = None  #: when it was used up
    revoked_ms: int | None = None

    def is_valid(self, now_ms: int) -> bool:
        """Return whether it lets anybody in."""
        return self.revoked_ms is None and self.used_ms is None and now_ms < self.expires_ms


class SessionRow(Struct, frozen=True):
    """Somebody who is signed in on one browser; of their cookie only a hash is kept."""

    id: int
    hash: str
    kind: SessionKind
    user_id: int | None
    link_id: int | None
    created_ms: int
    seen_ms: int
    ends_ms: int  #: whatever is done with it until then


class Vouched(Struct, frozen=True):
    """Whom an identity provider vouches for, and what they may do here."""

    subject: str
    name: str
    role: Role


class PresentedSession(Struct, frozen=True):
    """A session, and the user or the link that it stands for."""

    session: SessionRow
    user: UserRow | None = None
    link: LinkRow | None = None
