"""
Where TikTok tells of its own outages: `POST /in/tiktok-status/KEY`, as a bare ASGI app of the intake.

Whoever knows the key in the address is believed, and everybody else gets what an address without a route gets. It is
answered once what was told is kept; what is no notice of the Events API is answered as well, so that TikTok does not
repeat it for days.
"""

import hmac
from collections.abc import Callable, Collection, Sequence

from twinbeam.alerts.incidents import Incident, read_notice
from twinbeam.core.clock import Clock
from twinbeam.pipeline.accept.asgi import App, Receive, Reply, Scope, Send, write
from twinbeam.pipeline.accept.body import read_wire
from twinbeam.pipeline.accept.not_found import not_found

MOST_BYTES = 65_536
PREFIX = "/in/tiktok-status/"
_TEXT = (b"content-type", b"text/plain; charset=utf-8")

Keep = Callable[[Sequence[Incident]], None]
"""Keep what was announced, durably; raises OSError."""


class TikTokStatus:
    """Takes notices; hands everything else on."""

    def __init__(
        self, keys: Callable[[], Collection[str]], keep: Keep, clock: Clock, fallback: App = not_found
    ) -> None:
        self._keys = keys  # asked for each time: the key ring may have another one by then
        self._keep = keep
        self._clock = clock
        self._fallback = fallback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        path = scope["path"] if scope["type"] == "http" else ""
        if scope.get("method") != "POST" or not path.startswith(PREFIX) or not self._knows(path):
            await self._fallback(scope, receive, send)
            return
        body = await read_wire(receive, most_bytes=MOST_BYTES)
        await write(send, self._take(body) if isinstance(body, bytes) else Reply(413, (_TEXT,), b"too large\n"))

    def _knows(self, path: str) -> bool:
        given = path.removeprefix(PREFIX).encode("utf-8", "replace")
        return any(hmac.compare_digest(given, key.encode()) for key in self._keys())

    def _take(self, body: bytes) -> Reply:
        told = read_notice(body, self._clock.now_ms())
        if told is None:
            return Reply(400, (_TEXT,), b"no notice of the status of an API\n")
        try:
            if told:
                self._keep(told)
        except OSError:
            return Reply(503, ((b"retry-after", b"60"), _TEXT), b"it cannot be kept now\n")
        return Reply(200, (_TEXT,), b"ok\n")
