"""
The pace of the import: so many requests a second and no more, and none at all while TikTok asks for fewer.

It has nothing to do with the events' own limits: no event waits for it, and it takes nothing of theirs.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from twinbeam.core.accounts import AccountProblem, AccountTrouble, AdvertiserSeen, DeveloperApp, PixelPage, StatSeen
from twinbeam.core.doors import MINUTE_DOOR_SECONDS
from twinbeam.integrations.tiktok.client import MarketingClient

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
Monotonic = Callable[[], float]

A_SECOND = 8  #: requests; the figures of an app's level are not published (tiktok.md 4.6)
MOST_TRIES = 9  #: of one call: 2, 4, 8 ... 256 seconds, which is past the 5 minutes after a breach of a minute's limit
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = MINUTE_DOOR_SECONDS
_JITTER = 0.1
_PATIENCE = 3  #: more tries of a TikTok that does not answer; then the next import is left to it


@dataclass(kw_only=True, eq=False)
class Limiter:
    """Spaces requests evenly, and holds all of them back for as long as it was told to."""

    monotonic: Monotonic
    sleep: Sleep
    a_second: float = A_SECOND
    _free_at: float = field(default=0.0, init=False)

    async def turn(self) -> None:
        """Wait until a request may be made, and take its place."""
        while (wait := self._free_at - self.monotonic()) > 0:
            await self.sleep(wait)
        self._free_at = self.monotonic() + 1 / self.a_second

    def hold(self, seconds: float) -> None:
        """Let no request be made for so long."""
        self._free_at = max(self._free_at, self.monotonic() + seconds)

    @property
    def held_seconds(self) -> float:
        """How long no request will be made."""
        return max(0.0, self._free_at - self.monotonic())


@dataclass(kw_only=True, eq=False)
class PacedCalls:
    """The calls of an import: each waits for its turn, and is made again when what kept it from its answer passes."""

    client: MarketingClient
    limiter: Limiter
    rng: Random
    most_tries: int = MOST_TRIES

    async def advertisers(self, app: DeveloperApp, token: str) -> tuple[AdvertiserSeen, ...] | AccountTrouble:
        """List the ad accounts that a token covers."""
        return await self._asked(lambda: self.client.advertisers(app, token))

    async def pixel_page(self, token: str, advertiser_id: str, page: int) -> PixelPage | AccountTrouble:
        """Return one page of an ad account's pixels."""
        return await self._asked(lambda: self.client.pixel_page(token, advertiser_id, page))

    async def event_stats(
        self, token: str, advertiser_id: str, pixel_ids: Sequence[str], day: int
    ) -> tuple[StatSeen, ...] | AccountTrouble:
        """Count the events of at most 10 pixels on one UTC day."""
        return await self._asked(lambda: self.client.event_stats(token, advertiser_id, pixel_ids, day))

    async def _asked(self, call: Callable[[], Awaitable[T | AccountTrouble]]) -> T | AccountTrouble:
        for attempt in range(self.most_tries):
            await self.limiter.turn()
            said = await call()
            if not isinstance(said, AccountTrouble) or not said.problem.passes or attempt == self.most_tries - 1:
                return said
            if said.problem is not AccountProblem.RATE_LIMITED and attempt == _PATIENCE:
                return said
            self.limiter.hold(self._wait(said, attempt))
        raise AssertionError("the last try returns")

    def _wait(self, trouble: AccountTrouble, attempt: int) -> float:
        """Return how long to wait: as TikTok says, else twice as long each time."""
        asked = trouble.retry_after_seconds
        wait = min(FIRST_WAIT_SECONDS * 2**attempt, LONGEST_WAIT_SECONDS) if asked is None else asked
        return wait * self.rng.uniform(1.0, 1.0 + _JITTER)
