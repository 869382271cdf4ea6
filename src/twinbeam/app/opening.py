"""
The writer's start: opening the store, however long that takes, and what its pages say meanwhile.

A disk without room is no reason to end: the writer says so, waits, and works as soon as the store can be opened.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, Protocol, TypeVar

from twinbeam.app.process import pause
from twinbeam.core.clock import Clock
from twinbeam.core.errors import ConfigError, StorageDamaged, StorageError, StorageFull
from twinbeam.engines.stores.sqlite.store import FILE
from twinbeam.settings import Settings

T = TypeVar("T")

AGAIN_SECONDS = 1.0
REPEAT_SECONDS = 60.0  #: between two sentences about the same trouble

_WAITING = b'{"ready":false,"reasons":["the store cannot be opened; the log says why"]}'


class Reporter(Protocol):
    """Told about what needs a log line."""

    def happening(self, event: str, /, **fields: object) -> None:
        """Take note; never an identifier."""
        ...


class Pages:
    """An ASGI app that says 503 until there are pages to show."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Be an ASGI app."""
        if self.app is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            headers = [(b"content-type", b"application/json"), (b"retry-after", b"2"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": _WAITING})


async def opened(
    settings: Settings, open_it: Callable[[], Awaitable[T]], stop: asyncio.Event, clock: Clock, reports: Reporter
) -> T | None:
    """Open the store as soon as there is room for that; None when told to stop before. Raises what else is wrong."""
    told_at = -inf
    while not stop.is_set():
        try:
            return await open_it()
        except StorageFull as error:
            if clock.monotonic() - told_at >= REPEAT_SECONDS:
                told_at = clock.monotonic()
                fix = "Make room on its disk; the writer goes on by itself, and events wait in the journals."
                reports.happening("store.closed", file=str(settings.data / FILE), detail=str(error), fix=fix)
            await pause(AGAIN_SECONDS, stop)
    return None


def named(settings: Settings, error: StorageError) -> ConfigError:
    """Return which file is in trouble, and the mend."""
    store = settings.data / FILE
    if isinstance(error, StorageDamaged):
        mend = "Stop Twinbeam, keep a copy of the data folder, and put back the store's backup (docs/howto/operate.md)"
        return ConfigError(f"The store {store} is damaged ({error}). {mend}.")
    return ConfigError(f"The store {store} cannot be opened ({error}). Look at its disk, and at who may write to it.")


def gone(settings: Settings) -> ConfigError:
    """Return the error that the store went away while it was in use."""
    return ConfigError(
        f"The store {settings.data / FILE} was removed or replaced while it was in use. Nothing more is recorded into "
        "it, and events wait in the journals. Stop Twinbeam, put the store back, and start again."
    )
