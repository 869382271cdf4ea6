"""The demo's stage: work goes on only while every part of it is up."""

import asyncio
import sys
from pathlib import Path

import pytest

from twinbeam.demo.processes import DemoError
from twinbeam.demo.stage import Stage


async def idle() -> asyncio.subprocess.Process:
    """Start a program that ends when it is told to."""
    return await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE)


def on_a_stage(act):
    """Run an act with a stage, and a shop beside it."""

    async def run():
        gateway, shop = await idle(), await idle()
        stage = Stage(Path("/demo"), "", "", "", "", {}, gateway, {})
        try:
            await asyncio.wait_for(act(stage, shop), 20)
        finally:
            for process in (gateway, shop):
                if process.returncode is None:
                    process.kill()
                await process.wait()

    asyncio.run(run())


def test_work_that_ends_ends_the_watch():
    async def act(stage, shop):
        await stage.while_up(asyncio.sleep(0), shop=shop)
        assert stage.gateway.returncode is shop.returncode is None

    on_a_stage(act)


@pytest.mark.parametrize("which", ["gateway", "shop"])
def test_a_part_that_ends_ends_the_work_and_is_named(which):
    async def act(stage, shop):
        {"gateway": stage.gateway, "shop": shop}[which].kill()
        await stage.while_up(asyncio.Event().wait(), shop=shop)

    with pytest.raises(DemoError, match=f"the {which} ended; see /demo/logs"):
        on_a_stage(act)


def test_work_that_fails_says_why():
    async def fail():
        raise ValueError("no")

    async def act(stage, shop):
        await stage.while_up(fail(), shop=shop)

    with pytest.raises(ValueError, match="no"):
        on_a_stage(act)
