"""
`twinbeam demo`: the shop, the gateway and TikTok's side on this machine, going on until it is stopped.

After a short busy start the shop runs at the pace of a small real one; now and then TikTok's side has trouble.
"""

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import aiohttp
from msgspec import Struct

from twinbeam.core.clock import MS_PER_SECOND, Clock, SystemClock
from twinbeam.demo.environment import PIXEL, DemoEnvironment, PreferredPorts, running_environment
from twinbeam.demo.pace import Pace
from twinbeam.demo.ports import USUAL
from twinbeam.demo.posts import posts_of
from twinbeam.demo.processes import DemoError, run_once
from twinbeam.demo.shop import plan
from twinbeam.demo.shop_front import ShopFront, shop_open
from twinbeam.demo.shutdown import run_until_stopped
from twinbeam.demo.traffic import ResponseCounts, play
from twinbeam.destinations.tiktok.wire import TRACK_PATH

#: What goes wrong on TikTok's side at the start of a phase, in turn; each ends by itself.
_FAULTS: tuple[dict[str, object] | None, ...] = (
    None,
    {"kind": "rate_limit", "times": 2, "path": TRACK_PATH},  # a third would close the pixel for 5 minutes
    {"kind": "html_502", "times": 2, "path": TRACK_PATH},
    {"kind": "reset", "when": "after", "times": 1, "path": TRACK_PATH},
)

#: How long the gateway waits for TikTok's own script: nobody wants to watch the usual four minutes.
_RULES = ("native_wait_seconds=10",)
_SHOP_RULES = ("native_wait_seconds=3",)

_WELCOME = """
Twinbeam is running, on this machine only. Open this link within 30 minutes, once, and choose a password:

  {link}

Buy something, and watch it arrive:

  Shop        {shop}/       click through it, also on a narrow window
  Twinbeam    {dashboard}/       what became of every event
  TikTok      {emulator}/       what the emulator of TikTok's side counted
  Connect     {dashboard}/connect/tiktok       give access to two ad accounts, and import their pixels
  Intake      {intake}/v1/events

Seeded shoppers (seed {seed}) buy beside you, in both channels: ad blockers, refused and changed consent, reloads,
repeated webhooks, late copies, cancellations, copies that disagree on value, name or id, and purchases somebody made
up. Compare the pages: every permitted purchase is counted once. What nobody permitted or confirmed yet is held.

{moved}Stop with Ctrl-C. Files are in {directory}
"""

_REMOVED = "\nStopped; the demo's files are removed. `twinbeam demo --directory FOLDER` keeps them.\n"
_KEPT = "\nStopped. The demo's files are in {directory}\n"


class TrafficPhase(Struct, frozen=True):
    """One stretch of the endless day."""

    orders: int
    pace: Pace


def run_demo(
    *,
    seed: int | None = None,
    directory: Path | None = None,
    ports: PreferredPorts = USUAL,
    told: Sequence[str] = (),
    clock: Clock | None = None,
) -> int:
    """
    Run until stopped; 1 if a part fails.

    Files go to `directory`, or to a temporary one, which is removed unless something went wrong. `told` are sentences
    to print with the addresses.
    """
    clock = clock or SystemClock()
    seed = clock.now_ms() % 1_000_000 if seed is None else seed
    place = directory or Path(tempfile.mkdtemp(prefix="twinbeam-demo-"))
    try:
        asyncio.run(run_until_stopped(_run(seed, place, ports, clock, told)))
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if directory is None:
        shutil.rmtree(place, ignore_errors=True)
    sys.stdout.write(_KEPT.format(directory=directory) if directory else _REMOVED)
    return 0


def traffic_phases() -> Iterator[TrafficPhase]:
    """Yield a busy first quarter of a minute, so that pages are not empty, then quiet minutes without end."""
    yield TrafficPhase(orders=40, pace=Pace(15))
    while True:
        yield TrafficPhase(orders=25, pace=Pace(60))


async def _run(seed: int, directory: Path, ports: PreferredPorts, clock: Clock, told: Sequence[str]) -> None:
    async with (
        running_environment(directory, ports, {}, _RULES) as environment,
        shop_open(environment, ports.shop, _SHOP_RULES) as front,
    ):
        link = (await run_once(["-m", "twinbeam", "users", "link"], environment.settings)).strip()
        sys.stdout.write(_welcome(environment, front, seed, link, told))
        sys.stdout.flush()
        await environment.while_up(_play_on(environment, seed, clock), shop=front.process)


def _welcome(environment: DemoEnvironment, front: ShopFront, seed: int, link: str, told: Sequence[str]) -> str:
    places = {
        "shop": front.url,
        "dashboard": environment.dashboard,
        "emulator": environment.emulator,
        "intake": environment.intake,
    }
    moved = "".join(f"{line}\n" for line in told) + "\n" * bool(told)
    return _WELCOME.format(**places, moved=moved, link=link, seed=seed, directory=environment.directory)


async def _play_on(environment: DemoEnvironment, seed: int, clock: Clock) -> None:
    counts = ResponseCounts()
    for number, phase in zip(count(), traffic_phases(), strict=False):
        await _inject_fault(environment, _FAULTS[number % len(_FAULTS)])
        day = plan(random.Random(f"{seed}/{number}"), phase.orders, phase.pace)  # noqa: S311 -- a shop, not a secret
        await play(posts_of(day, clock.now_ms() // MS_PER_SECOND, PIXEL), environment.endpoints, counts)


async def _inject_fault(environment: DemoEnvironment, fault: dict[str, object] | None) -> None:
    if fault is None:
        return
    url = f"{environment.emulator}/_control/trouble"
    async with aiohttp.ClientSession() as session, session.post(url, json=fault) as answer:
        answer.raise_for_status()
