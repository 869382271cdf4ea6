"""
A pytest fixture that stands in for TikTok and fails the test in which a sender made a mistake.

Enable it with `pytest_plugins = ["tiktok_emulator.pytest_plugin"]` or `-p tiktok_emulator.pytest_plugin`. A test that
provokes a fault on purpose announces it: `tiktok.expect("unhashed_pii")`, or `tiktok.allow(...)` if it may stay away.
"""

from collections.abc import Iterator

import pytest

from tiktok_emulator.embed import Emulator

SHOWN = 20


@pytest.fixture(scope="session")
def tiktok_server() -> Iterator[Emulator]:
    """One running emulator for the whole session; tests take `tiktok` instead."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def tiktok(tiktok_server: Emulator) -> Iterator[Emulator]:
    """TikTok's side, empty; the test fails at teardown on any fault it did not announce."""
    tiktok_server.reset()
    yield tiktok_server
    complaints = tiktok_server.complaints()
    tiktok_server.reset()
    if complaints:
        shown = "\n".join(f"- {each}" for each in complaints[:SHOWN])
        pytest.fail(f"The emulator found {len(complaints)} faults:\n{shown}", pytrace=False)
