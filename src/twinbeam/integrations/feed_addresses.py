"""
Which addresses a feed may be read from: public ones, and those of networks that the operator listed.

A name is looked up once, and the connection goes to just what was looked at: a second look-up that answers otherwise
has no effect. Whoever may type an address must not reach what only this machine can.
"""

import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from twinbeam.core.networks import Allowed


class PrivateAddress(OSError):  # noqa: N818 -- reads as the state it reports
    """A name that leads into a private network."""


class GuardedResolver(AbstractResolver):
    """Looks names up, and answers only where all of their addresses may be connected to."""

    def __init__(self, allowed: Allowed, *, only_listed: bool = False) -> None:
        self._takes = allowed.lists if only_listed else allowed.takes
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name; raises PrivateAddress and OSError."""
        found = await self._resolver.resolve(host, port, family)
        if not all(self._takes(each["host"]) for each in found):
            raise PrivateAddress(0, "private address")
        return found

    async def close(self) -> None:
        """Close the resolver."""
        await self._resolver.close()
