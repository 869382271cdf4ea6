"""What every process of ours does: serve on inherited sockets, end when its parent ends, run parts side by side."""

import asyncio
import gc
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import uvloop

from twinbeam.core.errors import ConfigError, StorageError, TwinbeamError
from twinbeam.http_server.descriptors import raise_limit
from twinbeam.observe import logs

Act = Callable[[], Awaitable[None]]

HEARTBEAT_SECONDS = 1.0


def end_with_parent(lifeline: int, stop: asyncio.Event) -> None:
    """Stop on SIGTERM or SIGINT, or when the parent's end of the lifeline closes because it died."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def parent_gone() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, parent_gone)


async def beat(lifeline: int, stop: asyncio.Event) -> None:
    """Tell the supervisor again and again, through the lifeline, that this process's event loop turns."""
    os.set_blocking(lifeline, False)
    await every(HEARTBEAT_SECONDS, stop, partial(_beat, lifeline))


async def _beat(lifeline: int) -> None:
    with suppress(OSError):  # nobody listens, or has not listened for long
        os.write(lifeline, b".")


async def side_by_side(stop: asyncio.Event, *parts: Awaitable[None]) -> None:
    """Run parts until all end; the first that fails stops the others, and its error comes out."""
    tasks = [asyncio.ensure_future(_stopping(part, stop)) for part in parts]
    await asyncio.wait(tasks)
    for task in tasks:
        task.result()


async def _stopping(part: Awaitable[None], stop: asyncio.Event) -> None:
    try:
        await part
    finally:
        stop.set()


async def attempt(report: Callable[..., None], what: str, act: Act) -> None:
    """Act; trouble with the store, the disk or descriptors is reported, and events go on meanwhile."""
    try:
        await act()
    except (StorageError, OSError) as error:
        report("upkeep.crashed", what=what, error=type(error).__name__, detail=str(error))


async def every(seconds: float, stop: asyncio.Event, act: Act) -> None:
    """Act now and then every so often until told to stop."""
    while not stop.is_set():
        await act()
        await pause(seconds, stop)


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Sleep, unless told to stop."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def calm_collector() -> None:
    """
    Let the garbage collector look less often, and never at what the start-up made.

    Requests make few cycles; not looking for them so often saves about 2 us an event.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a process's main coroutine on uvloop; an error ends it with one sentence, which blocks nobody."""
    calm_collector()
    raise_limit()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)
    except TwinbeamError as error:
        sys.exit(f"twinbeam: {error}")  # one sentence for the operator; the supervisor logs that we ended
    except Exception as error:  # noqa: BLE001 -- a traceback would show its text
        sys.exit(f"twinbeam: {_traced(error)} ended this process; please report this line.")


def _traced(error: Exception) -> str:
    """Return an exception's type and the lines that led to it; its text is left out: it may quote an event."""
    lines = [f"{it.filename.rpartition('/')[2]}:{it.lineno}" for it in traceback.extract_tb(error.__traceback__)]
    return f"{type(error).__name__} at {' > '.join(lines)}"


def leave(error: ConfigError) -> NoReturn:
    """End at once with a sentence, and close nothing."""
    logs.say(f"twinbeam: {error}")
    os._exit(1)
