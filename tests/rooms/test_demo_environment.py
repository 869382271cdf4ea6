"""The demo's environment: work goes on only while every part of it is up."""

import asyncio
import sys
from pathlib import Path

import pytest

from twinbeam.demo.environment import DemoEnvironment
from twinbeam.demo.processes import DemoError


async def idle() -> asyncio.subprocess.Process:
    """Start a program that ends when it is told to."""
    return await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)


def in_an_environment(act):
    """Run an act in an environment, and a shop beside it."""

    async def run():
        gateway, shop = await idle(), await idle()
        environment = DemoEnvironment(Path("/demo"), "", "", "", "", {}, gateway, {}, {})
        try:
            await asyncio.wait_for(act(environment, shop), 20)
        finally:
            for process in (gateway, shop):
                if process.returncode is None:
                    process.kill()
                await process.wait()

    asyncio.run(run())


def test_work_that_ends_ends_the_watch():
    async def act(environment, shop):
        await environment.while_up(asyncio.sleep(0), shop=shop)
        assert environment.gateway.returncode is shop.returncode is None

    in_an_environment(act)


@pytest.mark.parametrize("which", ["gateway", "shop"])
def test_a_part_that_ends_ends_the_work_and_is_named(which):
    async def act(environment, shop):
        {"gateway": environment.gateway, "shop": shop}[which].kill()
        await environment.while_up(asyncio.Event().wait(), shop=shop)

    with pytest.raises(DemoError, match=f"the {which} ended; see /demo/logs"):
        in_an_environment(act)


def test_work_that_fails_says_why():
    async def fail():
        raise ValueError("no")

    async def act(environment, shop):
        await environment.while_up(fail(), shop=shop)

    with pytest.raises(ValueError, match="no"):
        in_an_environment(act)
