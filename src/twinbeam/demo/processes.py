"""The demo's child processes: started in a clean environment, logged to files, and always stopped."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import twinbeam

HOST = "127.0.0.1"
_PARENT_DEATH_SIGNAL = Path(__file__).with_name("parent_death_signal.py")
_STOP_TIMEOUT_SECONDS = 25  #: longer than the gateway takes to finish its groups and batches


class DemoError(Exception):
    """A part of the demo did not come up or went away; the message says which, and where its log is."""


def free_port(preferred: int = 0) -> int:
    """
    Return the preferred port if nobody has it, else a free one.

    Drawn from below the kernel's range for outgoing connections (from 32768 on Linux), so that none of those takes
    it before the server does. Raises DemoError if none is free.
    """
    drawn = (20_000 + secrets.randbelow(12_000) for _ in range(100))
    for port in (*((preferred,) if preferred else ()), *drawn):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise DemoError(f"no free port on {HOST}")


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return an environment of these settings alone: a demo must never meet the real gateway's variables."""
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(Path(twinbeam.__file__).parents[1]),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": tempfile.gettempdir(),
        **settings,
    }


@asynccontextmanager
async def running(
    arguments: Sequence[str], log: Path, settings: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `python ARGUMENTS` for the length of the block; its output goes to `log`, out and err apart."""
    with log.with_suffix(".out").open("wb") as out, log.with_suffix(".err").open("wb") as err:
        process = await asyncio.create_subprocess_exec(
            *_ending_with_us(arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=clean_environment(settings),
            start_new_session=True,  # a Ctrl-C in the terminal reaches us alone, and we end the rest in order
        )
    try:
        yield process
    finally:
        await _stop(process)


async def run_once(arguments: Sequence[str], settings: Mapping[str, str], told: str = "") -> str:
    """Run `python ARGUMENTS` to its end with `told` on its standard input; give what it printed, or raise DemoError."""
    process = await asyncio.create_subprocess_exec(
        *_ending_with_us(arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(settings),
        start_new_session=True,
    )
    try:
        out, err = await process.communicate(told.encode())
    finally:
        _end(process)
    if process.returncode != 0:
        raise DemoError(f"`{' '.join(arguments)}` failed: {err.decode(errors='replace').strip()}")
    return out.decode()


def _ending_with_us(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-I", "-S", str(_PARENT_DEATH_SIGNAL), str(os.getpid()), sys.executable, *arguments]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask politely, wait, then end the whole session so that no grandchild stays."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_SECONDS):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        _end(process)
    await process.wait()


def _end(process: asyncio.subprocess.Process) -> None:
    """Kill whatever is left of the session the process leads."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
