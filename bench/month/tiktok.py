"""TikTok's side of one set-up: the emulator, which takes what reaches it and counts as TikTok does."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from tiktok_emulator.accounts import DEFAULT_PIXEL, DEFAULT_TOKEN
from tiktok_emulator.answers import Answer, encode, portal_status
from tiktok_emulator.browser.collector import collect
from tiktok_emulator.call import Call
from tiktok_emulator.clock import Clock
from tiktok_emulator.ledger import Counted
from tiktok_emulator.switches import Switches
from tiktok_emulator.track import track
from tiktok_emulator.world import World

PIXEL, TOKEN = DEFAULT_PIXEL, DEFAULT_TOKEN
_HEADERS = ((b"access-token", TOKEN.encode()), (b"content-type", b"application/json"))


class Answered(Struct, frozen=True):
    """What TikTok answers to a request of a server."""

    status: int
    body: bytes


class TikTok:
    """One advertiser's pixel, at a time that is told with each request."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._clock.freeze()
        self._world = World(self._clock, Switches())
        self._requests = 0

    def script(self, beacon: bytes, address: str, at_ms: int) -> None:
        """Take what TikTok's own script sends from a page."""
        collect(self._world, self._call("/api/v2/pixel", beacon, at_ms, client=address))

    def server(self, body: bytes, at_ms: int) -> Answered:
        """Take a request of the Events API."""
        answer: Answer = track(self._world, self._call("/event/track/", body, at_ms, headers=_HEADERS))
        status = portal_status(answer.code) if answer.status is None else answer.status
        return Answered(status, encode(answer, f"month-{self._requests}"))

    def purchases(self) -> dict[str, list[Counted]]:
        """Return what counts as purchases, by order id."""
        found: dict[str, list[Counted]] = defaultdict(list)
        for counted in self._world.ledger.counted:
            if counted.event == "Purchase":
                found[counted.order_id or ""].append(counted)
        return found

    def faults(self) -> Sequence[str]:
        """Name the grave faults that TikTok's side found in what it took."""
        return [f"{fault.rule.value} at {fault.path or 'the request'}" for fault in self._world.faults.grave()]

    def _call(
        self, path: str, body: bytes, at_ms: int, client: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> Call:
        self._clock.set(at_ms)
        self._requests += 1
        return Call(
            method="POST", path=path, body=body, at_ms=at_ms, request=self._requests, client=client, headers=headers
        )
