"""Passwords are hashed beside the event loop, two at once: each takes 64 MiB and a core for a moment."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from twinbeam.admin.passwords import hashed, matches

T = TypeVar("T")

AT_ONCE = 2
MOST_WAITING = 20
RETRY_SECONDS = 5


class TooManyAtOnce(Exception):  # noqa: N818 -- reads as the state it reports
    """More people sign in than can be served; a little later there is room."""


class Hashing:
    """Hashes passwords, and bounds how much that may cost."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._asked = 0

    async def hashed(self, password: str) -> str:
        """Return a password's hash; raises TooManyAtOnce."""
        return await self._run(partial(hashed, password))

    async def matches(self, password_hash: str, password: str) -> bool:
        """Return whether a hash is a password's; raises TooManyAtOnce."""
        return await self._run(partial(matches, password_hash, password))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._asked >= AT_ONCE + MOST_WAITING:
            raise TooManyAtOnce
        self._asked += 1
        try:
            async with self._free:
                return await asyncio.to_thread(work)
        finally:
            self._asked -= 1
