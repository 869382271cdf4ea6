"""Programs as real processes, requests to them, and waiting for what they do: what journeys are made of."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import sabotaged
from twinbeam.demo import parent_death_signal
from twinbeam.demo.processes import clean_environment

T = TypeVar("T")

PATIENCE_SECONDS = 30.0


class Installation(NamedTuple):
    """Where the programs come from."""

    twinbeam: tuple[str, ...]
    emulator: tuple[str, ...]
    environment: Mapping[str, str]


CHECKOUT = Installation(
    (sys.executable, "-m", "twinbeam"), (sys.executable, "-m", "tiktok_emulator"), sabotaged.environment()
)


class Answer(NamedTuple):
    """A response, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    url: str, method: str = "GET", *, body: bytes = b"", headers: Mapping[str, str] | None = None, seconds: float = 30
) -> Answer:
    """Make one request on a connection of its own."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=seconds)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def wait_until(find: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Look until there is something to find, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.03)
    return found


def ending_with_us(arguments: Sequence[str]) -> list[str]:
    """Let a command end with this process, at the latest."""
    return [sys.executable, "-I", "-S", parent_death_signal.__file__, str(os.getpid()), *arguments]


class Program:
    """A Python program that runs until it is stopped, or at the latest until this process ends."""

    def __init__(self, arguments: list[str], log: Path, settings: Mapping[str, str], cwd: Path) -> None:
        with log.with_suffix(".out").open("ab") as out, log.with_suffix(".err").open("ab") as err:
            self.process = subprocess.Popen(
                ending_with_us(arguments),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=clean_environment(settings),
                start_new_session=True,
                cwd=cwd,
            )

    def stop(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Ask it to end, and insist after a while; gives its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def answers(url: str) -> bool:
    """Tell whether a GET is answered with 200."""
    try:
        return ask(url, seconds=5).status == 200
    except OSError:
        return False
