"""A thread of its own for all that may wait for a disk, so that the event loop never does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from twinbeam.engines.sqlite_file import translated

P = ParamSpec("P")
T = TypeVar("T")


class Thread:
    """One thread with a queue: whatever is called through it never runs beside itself."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def __call__(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a call on the thread and give what it gives; trouble with a file is a StorageError."""
        call = partial(fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(_translated, call))


def _translated(call: Callable[[], T]) -> T:
    with translated():  # look-ups outside a transaction are not, by themselves
        return call()
