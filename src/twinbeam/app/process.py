"""What every process of ours does: serve on inherited sockets, end when its parent ends, run parts side by side."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
import uvloop

from twinbeam.core.errors import TwinbeamError

KEEP_ALIVE_SECONDS = 30
BACKLOG = 2_048
#: How long a stop waits for requests under way. With the sender's own farewell it stays under the 10 seconds after
#: which container runtimes kill.
FAREWELL_SECONDS = 3


class Server(uvicorn.Server):
    """A server whose process handles its own signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def server(app: Any) -> Server:
    """Make a lean server: no access log, no extra headers, no lifespan."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FAREWELL_SECONDS,
        backlog=BACKLOG,
    )
    return Server(config)


async def serve(app: Any, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until told to stop; requests under way are answered first."""
    running = server(app)
    task = asyncio.create_task(running.serve(sockets=[listener]))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    running.should_exit = True
    stopped.cancel()
    await task


def end_with_parent(lifeline: int, stop: asyncio.Event) -> None:
    """Stop on SIGTERM or SIGINT, or when the parent's end of the pipe closes because it died."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def parent_gone() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, parent_gone)


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


async def every(seconds: float, stop: asyncio.Event, act: Callable[[], Awaitable[None]]) -> None:
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
    """Run a process's main coroutine on uvloop; an expected error ends it with one sentence."""
    calm_collector()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)
    except TwinbeamError as error:
        sys.exit(f"twinbeam: {error}")  # one sentence for the operator; the supervisor logs that we ended
