"""
The intake's own health, as a bare ASGI app: is it up, does it take events, are they recorded in time.

Anybody may ask, so no number is in the answer: how many events wait and how old they are tells a shop's volume. The
private side tells that.
"""

import msgspec

from twinbeam.core.clock import MS_PER_SECOND, Clock
from twinbeam.pipeline.accept.asgi import App, Receive, Reply, Scope, Send, write
from twinbeam.pipeline.accept.not_found import not_found
from twinbeam.pipeline.journal.contract import JournalWriter

#: A recorder this far behind is down, not slow.
BEHIND_SECONDS = 60.0

_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


class Health:
    """Serves /healthz and /readyz; hands everything else on."""

    def __init__(self, journal: JournalWriter, clock: Clock, fallback: App = not_found) -> None:
        self._journal = journal
        self._clock = clock
        self._fallback = fallback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/healthz":
            await write(send, Reply(200, _HEADERS, b'{"status":"ok"}'))
        elif path == "/readyz":
            await write(send, self._readiness())
        else:
            await self._fallback(scope, receive, send)

    def _readiness(self) -> Reply:
        backlog, has_room = self._journal.backlog(), self._journal.has_room()
        lag = lag_seconds(backlog.oldest_ms, self._clock.now_ms())
        ready = lag < BEHIND_SECONDS and has_room
        return Reply(200 if ready else 503, _HEADERS, msgspec.json.encode({"ready": ready, "has_room": has_room}))


def lag_seconds(oldest_ms: int | None, now_ms: int) -> float:
    """Return how old the oldest unrecorded event is."""
    return 0.0 if oldest_ms is None else max(0.0, (now_ms - oldest_ms) / MS_PER_SECOND)
