"""
Commands carried out in this process, for what has to be there before a test begins: to start one costs more than it does.

What a test is about is run as a process, as an owner runs it (`Gateway.run`).
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from unittest.mock import patch

from click.testing import CliRunner

from twinbeam.cli.main import twinbeam
from twinbeam.demo.processes import clean_environment

T = TypeVar("T")


def arranged(settings: Mapping[str, str], *arguments: str, told: str = "") -> str:
    """Carry out a command that must work, and give what it printed."""
    done = at_home(settings, lambda: CliRunner().invoke(twinbeam, arguments, input=told))
    assert done.exit_code == 0, f"twinbeam {' '.join(arguments)}: {done.output}{done.exception!r}"
    return done.stdout


def at_home(settings: Mapping[str, str], do: Callable[[], T]) -> T:
    """
    Do something in the environment of a gateway, and in no other.

    On a thread of its own: some commands run an event loop, and Playwright has one on the thread of a test.
    """
    with patch.dict(os.environ, clean_environment(settings), clear=True), ThreadPoolExecutor(1) as thread:
        return thread.submit(do).result()
