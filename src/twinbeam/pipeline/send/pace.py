"""What keeps the turns going: it grants them when their time comes, and has requests noted before they are made."""

import asyncio
from collections.abc import Sequence

from twinbeam.core.clock import MS_PER_SECOND, day_of
from twinbeam.pipeline.send.contract import NotedRequests, RequestCounts
from twinbeam.pipeline.send.ports import Ports
from twinbeam.pipeline.send.report import surprise
from twinbeam.pipeline.send.turns import Scope, Turns

#: Requests noted at once: a kill costs the day's limit as many, at most.
MOST_NOTED = 1_000
#: What was made longer ago than this is in no minute any more, whatever it took to be answered.
LATELY_MS = 120_000
_SHORTEST_SECONDS = 0.001
_NOTED_PARTS = 100  #: a note takes at most this part of the smallest limit


class Pace:
    """Serves one `Turns`; belongs to the event loop's thread."""

    def __init__(self, ports: Ports, counts: RequestCounts | None) -> None:
        self._ports = ports
        self._counts = counts
        self._changed = asyncio.Event()
        self.turns = Turns(
            clock=ports.clock,
            rates=ports.rates,
            pixel_rates=ports.pixel_rates,
            changed=self._changed.set,
            notes=counts is not None,
        )

    async def run(self) -> None:
        """Grant turns until cancelled."""
        while True:
            try:
                await self._step()
            except Exception as error:  # noqa: BLE001 -- the store may come back
                self._ports.report("send.crashed", lane="", **surprise(error))
                await self._ports.sleep(self._ports.policy.restart_ms / MS_PER_SECOND)

    async def write_down(self) -> None:
        """Add what waited for a limit to the day's count; a kill loses what a second brought."""
        if self._counts is None or not self.turns.throttled:
            return
        throttled, self.turns.throttled = self.turns.throttled, {}
        day = day_of(self._ports.clock.now_ms())
        await self._ports.on_store(self._counts.add_throttled, day, throttled)
        for (_, code), events in throttled.items():
            self._ports.report("send.throttled", pixel=code, count=events)

    async def _step(self) -> None:
        self._changed.clear()
        seconds = self.turns.grant()
        if self.turns.short:
            await self._note(tuple(self.turns.short.values()))
            return
        await self.write_down()
        if seconds is None:
            await self._changed.wait()
        else:
            longest = self._ports.policy.look_ms / MS_PER_SECOND  # an owner may change a limit meanwhile
            await self._until_changed(min(max(seconds, _SHORTEST_SECONDS), longest))

    async def _note(self, scopes: Sequence[Scope]) -> None:
        """Note requests of some scopes before any is made."""
        assert self._counts is not None  # nothing is short of notes without
        ports, now_ms = self._ports, self._ports.clock.now_ms()
        for scope in scopes:
            most = scope.rates.per_day
            noted = await ports.on_store(
                self._counts.note, scope.name, _block(scope), most=most, owner=ports.owner, now_ms=now_ms
            )
            lately = lately_made(noted, ports.owner, now_ms)
            self.turns.noted(scope, noted.more, noted.total, lately)

    async def _until_changed(self, seconds: float) -> None:
        """Sleep by the sender's own sleep, or until something changes."""
        waits = [asyncio.ensure_future(self._ports.sleep(seconds)), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def lately_made(noted: NotedRequests, owner: str, now_ms: int) -> int:
    """
    Return how many requests others may have made within the last two minutes.

    A note is made when the one before it is used up: the last note of before may still have been used since.
    """
    before: dict[str, int] = {}
    since = 0
    for row in noted.rows:
        if row.owner == owner:
            continue
        if row.at_ms > now_ms - LATELY_MS:
            since += row.count
        else:
            before[row.owner] = row.count
    return since + sum(before.values())


def _block(scope: Scope) -> int:
    limits = [limit for limit in (scope.rates.per_minute, scope.rates.per_day) if limit]
    return max(1, min(MOST_NOTED, min(limits) // _NOTED_PARTS))
