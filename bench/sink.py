"""The emulator's plain sink as a process: it answers success to everything, and counts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from processes import get, program, wait_for

from twinbeam.demo.processes import HOST, free_port


class Sink(Struct, frozen=True):
    """The emulator's plain sink, running."""

    pid: int
    port: int

    def events(self) -> int:
        """Ask how many events came, repeats included."""
        return int(msgspec.json.decode(get(self.port, "/"))["events"])


@contextmanager
def sink(log: Path, core: int | None = None) -> Iterator[Sink]:
    """Run the emulator's plain sink, on one core if one is named."""
    port = free_port()
    arguments = ["-m", "tiktok_emulator", "sink", "--host", HOST, "--port", str(port)]
    with program(arguments, log, {}) as process:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        wait_for(port, "/")
        yield Sink(process.pid, port)
