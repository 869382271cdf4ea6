"""
What a request must show before a route answers it. Each route declares it, and none answers without being asked.

`DeclaredRoute` asks the app's gate (gate.py) before the page's own function is called: no page can forget it.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

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
    OPERATE_KEY = "operate_key"  #: sends dead letters of one workspace again, for whoever sends an operate key of it


#: The role that a route asks for, where it asks for one.
ROLES = {Access.VIEWER: Role.VIEWER, Access.MEMBER: Role.MEMBER, Access.OWNER: Role.OWNER}


class Gatekeeper(Protocol):
    """Decides who is let in; one for the whole app."""

    async def admit(self, request: Request, needs: Access) -> tuple[Response | None, Receive]:
        """Return the answer for whoever is not let in, or None; and what the route reads the request's body from."""
        ...

    async def meet(self, request: Request) -> object:
        """Find out who asks, where no route answers."""
        ...

    def added_headers(self) -> list[tuple[bytes, bytes]]:
        """Return what belongs into the head of the answer beside what the route wrote."""
        ...


class DeclaredRoute(Route):
    """A route that says what it needs, and answers nobody who does not show it."""

    def __init__(self, path: str, answer: Answering, *, needs: Access, methods: Sequence[str] = ("GET",)) -> None:
        super().__init__(path, answer, methods=list(methods))
        self.needs = needs

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer who is let in; without a gate nobody is."""
        gate: Gatekeeper = scope["app"].state.gate
        request = Request(scope, receive)
        if self.methods and scope["method"] not in self.methods:
            await gate.meet(request)
            await super().handle(scope, receive, send)
            return
        refusal, body = await gate.admit(request, self.needs)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *gate.added_headers()]
            await send(message)

        if refusal is not None:
            await refusal(scope, body, send_on)
        else:
            await super().handle(scope, body, send_on)


def signed_in(request: Request) -> SignedIn:
    """Return who makes a request; call only where a route needs somebody who is signed in."""
    found: SignedIn = request.state.signed_in
    return found
