"""Wait until nothing is under way any more: all recorded, nothing unsent, nothing new at the emulator."""

import asyncio
from typing import Any

import aiohttp

from twinbeam.demo.environment import DemoEnvironment

_POLL_SECONDS = 0.25
_IDLE_POLLS = 8  #: 2 s without a change: longer than the gateway takes to refresh its gauges
_GAUGES = ("twinbeam_journal_pending", "twinbeam_unsent")


async def wait_idle(environment: DemoEnvironment, seconds: float) -> bool:
    """Return True once the gateway has nothing left to do, and False if it still has after so many seconds."""
    try:
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
            await _become_idle(session, environment)
    except TimeoutError:
        return False
    return True


async def _become_idle(session: aiohttp.ClientSession, environment: DemoEnvironment) -> None:
    polls, before = 0, -1
    while polls < _IDLE_POLLS:
        await asyncio.sleep(_POLL_SECONDS)
        waiting, arrived = await _pending(session, environment), await _arrived(session, environment)
        polls = polls + 1 if waiting == 0 and arrived == before else 0
        before = arrived


async def _pending(session: aiohttp.ClientSession, environment: DemoEnvironment) -> float:
    async with session.get(f"{environment.dashboard}/metrics") as response:
        lines = (await response.text()).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(_GAUGES))


async def _arrived(session: aiohttp.ClientSession, environment: DemoEnvironment) -> int:
    async with session.get(f"{environment.emulator}/_control/totals") as response:
        totals: dict[str, Any] = await response.json()
    return int(totals["received"])
