"""
What a request must show before a route answers it. Each route declares it; there is none without.

The private side has no sign-in yet: who reaches its address may read. The declaration is what a sign-in will enforce.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Answering = Callable[[Request], Awaitable[Response]]


class Access(StrEnum):
    """Who may ask."""

    ANYONE = "anyone"  #: tells nothing about events or visitors
    MONITOR = "monitor"  #: tells how much there is, and nothing about single events
    READ = "read"  #: shows single events; for the people who run the shop
    READ_KEY = "read_key"  #: shows single events of one workspace, to whoever sends a read key of it


class DeclaredRoute(Route):
    """A route that says what it needs."""

    def __init__(self, path: str, answer: Answering, *, needs: Access, methods: Sequence[str] = ("GET",)) -> None:
        super().__init__(path, answer, methods=list(methods))
        self.needs = needs
