"""
Which names the dashboard answers to.

A page of another site, opened in the operator's browser, could reach the dashboard under a name of its own that it
points at this machine (DNS rebinding), and ask what programs of this machine may; so a request must name an address,
localhost, or a name the operator has listed.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from twinbeam.pipeline.accept.asgi import App, Receive, Reply, Scope, Send, write

_MISDIRECTED = Reply(
    421,
    ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")),
    b"This dashboard does not answer to this name. Add it to TWINBEAM_DASHBOARD_HOSTS, or use its address.\n",
)


class KnownHosts:
    """Lets a request through whose Host is an address, localhost or one of `names`."""

    def __init__(self, app: App, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        if scope["type"] == "http" and not self._knows(dict(scope["headers"]).get(b"host", b"").decode("latin-1")):
            await write(send, _MISDIRECTED)
        else:
            await self._app(scope, receive, send)

    def _knows(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return name.lower() in self._names or _is_address(name.strip("[]"))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
