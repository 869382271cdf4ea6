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

    def sees(self, workspace: str) -> bool:
        """Return whether they may see a workspace."""
        return self.workspace in ("", workspace)
