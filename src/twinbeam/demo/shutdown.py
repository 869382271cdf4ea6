"""How the demo ends: when its work is done, when it is told to, or when nobody is left to tell it."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Watch = Callable[[asyncio.Event], None]


async def run_until_stopped(work: Coroutine[None, None, None], watch: Watch | None = None) -> None:
    """Run `work` until it ends, a signal comes, or `watch` sets its event; either way its clean-up runs to the end."""
    stop = asyncio.Event()
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if watch is not None:
        watch(stop)
    working, waiting = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    working.cancel()
    results = await asyncio.gather(working, waiting, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def stop_at_end_of_input(stop: asyncio.Event) -> None:
    """Watch standard input; its end means that the program which started this one has finished or died."""
    loop = asyncio.get_running_loop()

    def read_to_the_end() -> None:
        while os.read(sys.stdin.fileno(), 4096):  # not through sys.stdin: its lock would stop the interpreter's end
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=read_to_the_end, daemon=True).start()
