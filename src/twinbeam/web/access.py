"""
What a request must show before a route answers it. Each route declares it; there is none without.

The private side has no sign-in yet: who reaches its address may read. The declaration is what a sign-in will enforce.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from twinbeam.core.users import Role, SignedIn

Answering = Callable[[Request], Awaitable[Response]]


class Access(StrEnum):
    """Who may ask."""

    ANYONE = "anyone"  #: tells nothing about events or visitors
    MONITOR = "monitor"  #: tells how much there is, and nothing about single events
    VIEWER = "viewer"  #: shows single events, without what tells of a person
    MEMBER = "member"  #: changes what is sent and how; finds by e-mail or phone
    OWNER = "owner"  #: decides who may do what, and connects accounts
    READ_KEY = "read_key"  #: shows single events of one workspace, to whoever sends a read key of it


class DeclaredRoute(Route):
    """A route that says what it needs."""

    def __init__(self, path: str, answer: Answering, *, needs: Access, methods: Sequence[str] = ("GET",)) -> None:
        super().__init__(path, answer, methods=list(methods))
        self.needs = needs


def signed_in(request: Request) -> SignedIn:
    """Return who makes a request; call only where a route needs somebody who is signed in."""
    return getattr(request.state, "signed_in", SignedIn("dashboard", Role.OWNER))
