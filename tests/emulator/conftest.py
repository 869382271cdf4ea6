"""The emulator's own tests use the fixture it ships."""

import pytest

from emulator_sender import Sender
from tiktok_emulator.embed import Emulator
from tiktok_emulator.pytest_plugin import tiktok, tiktok_server

__all__ = ["sender", "tiktok", "tiktok_server"]


@pytest.fixture
def sender(tiktok: Emulator):
    """A plain HTTP client of the emulator."""
    with Sender(tiktok.url) as client:
        yield client
