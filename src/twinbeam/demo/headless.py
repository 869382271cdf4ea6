"""
The demo without a person: `python -m twinbeam.demo` plays one finite day and reports on standard output.

Two lines of JSON: `{"environment": ...}` before the first request, when the truth file is complete, and
`{"played": ...}` when everything is delivered. The servers stay up for whoever wants to look, until standard input
ends.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from twinbeam.core.clock import MS_PER_SECOND, Clock, SystemClock
from twinbeam.core.errors import ConfigError
from twinbeam.demo.environment import PIXEL, DemoEnvironment, PreferredPorts, running_environment
from twinbeam.demo.pace import Pace
from twinbeam.demo.posts import posts_of
from twinbeam.demo.processes import DemoError
from twinbeam.demo.shop import plan
from twinbeam.demo.shutdown import run_until_stopped, stop_at_end_of_input
from twinbeam.demo.traffic import Endpoints, ResponseCounts, play
from twinbeam.demo.truth import write_truth
from twinbeam.demo.wait_idle import wait_idle

_IDLE_TIMEOUT_SECONDS = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, report, wait for the end of standard input; 1 if a part did not come up."""
    asked = _parser().parse_args(arguments)
    try:
        asyncio.run(run_until_stopped(_run_day(asked, SystemClock()), stop_at_end_of_input))
    except (ConfigError, DemoError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m twinbeam.demo", description="One finite day of the demo shop.")
    parser.add_argument("--seed", type=int, required=True, help="same seed, same day")
    parser.add_argument("--orders", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=24.0, help="length of the day")
    parser.add_argument("--directory", type=Path, required=True, help="where state, logs and truth.json go")
    parser.add_argument("--healthy", action="store_true", help="a day on which nothing goes wrong in the shop")
    parser.add_argument("--tiktok-url", help="send here instead of straight to the emulator")
    parser.add_argument("--intake-url", help="post here instead of straight to the gateway")
    return parser


async def _run_day(asked: argparse.Namespace, clock: Clock) -> None:
    pace = Pace(asked.seconds)
    rng = random.Random(asked.seed)  # noqa: S311 -- a shop, not a secret
    day = plan(rng, asked.orders, pace, healthy=asked.healthy)
    async with running_environment(
        asked.directory, PreferredPorts(), _overrides(asked, pace), pace.rules
    ) as environment:
        write_truth(asked.directory / "truth.json", day, seed=asked.seed, pixel=PIXEL)
        _say("environment", _describe(environment))
        posts, counts = posts_of(day, clock.now_ms() // MS_PER_SECOND, PIXEL), ResponseCounts()
        await environment.while_up(play(posts, _endpoints(asked, environment), counts))
        idle = await wait_idle(environment, _IDLE_TIMEOUT_SECONDS)
        _say("played", {"planned": len(posts), "idle": idle, **msgspec.to_builtins(counts)})
        await asyncio.Event().wait()


def _overrides(asked: argparse.Namespace, pace: Pace) -> dict[str, str]:
    window = {"TWINBEAM_JOIN_WINDOW_SECONDS": f"{pace.join_window:.3f}"}
    return window | ({"TWINBEAM_TIKTOK_URL": asked.tiktok_url} if asked.tiktok_url else {})


def _endpoints(asked: argparse.Namespace, environment: DemoEnvironment) -> Endpoints:
    return replace(environment.endpoints, url=asked.intake_url or environment.intake)


def _describe(environment: DemoEnvironment) -> dict[str, str]:
    return {
        "emulator": environment.emulator,
        "intake": environment.intake,
        "dashboard": environment.dashboard,
        "directory": str(environment.directory),
    }


def _say(what: str, facts: Mapping[str, object]) -> None:
    sys.stdout.write(msgspec.json.encode({what: facts}).decode() + "\n")
    sys.stdout.flush()
