"""Wait until nothing is under way any more: all recorded, nothing unsent, nothing new at the emulator."""

import asyncio
from typing import Any

import aiohttp

from twinbeam.demo.stage import Stage

_LOOK_SECONDS = 0.25
_CALM_LOOKS = 8  #: 2 s without a change: longer than the gateway takes to refresh its gauges
_GAUGES = ("twinbeam_journal_pending", "twinbeam_unsent")


async def wait_until_quiet(stage: Stage, seconds: float) -> bool:
    """Give True once the gateway has nothing left to do, and False if it still has after so many seconds."""
    try:
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
            await _calm(session, stage)
    except TimeoutError:
        return False
    return True


async def _calm(session: aiohttp.ClientSession, stage: Stage) -> None:
    looks, before = 0, -1
    while looks < _CALM_LOOKS:
        await asyncio.sleep(_LOOK_SECONDS)
        waiting, arrived = await _waiting(session, stage), await _arrived(session, stage)
        looks = looks + 1 if waiting == 0 and arrived == before else 0
        before = arrived


async def _waiting(session: aiohttp.ClientSession, stage: Stage) -> float:
    async with session.get(f"{stage.dashboard}/metrics") as response:
        lines = (await response.text()).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(_GAUGES))


async def _arrived(session: aiohttp.ClientSession, stage: Stage) -> int:
    async with session.get(f"{stage.emulator}/_control/totals") as response:
        totals: dict[str, Any] = await response.json()
    return int(totals["received"])
