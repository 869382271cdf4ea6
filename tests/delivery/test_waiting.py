"""
A gateway with a million conversions waiting starts at once and in little memory; of a million dead letters one hears at
once what sending them again would do.

WAITING says how many; `make check-delivery` takes a million.
"""

import asyncio
import os
import re
import sys
import time
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from builders import PIXEL, WORKSPACE
from gateway import Gateway
from outages import Arrivals, StoredRoom
from running import wait_until
from sending import BAD
from twinbeam.admin import dead_letters
from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.sending import RESEND_TERMS
from twinbeam.core.clock import SystemClock
from twinbeam.core.dead_letters import LetterFilter
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.delivery("waiting")]

WAITING = int(os.environ.get("WAITING") or 20_000)
WHOLE = 1_000_000
#: Of the few that `make test` takes it is asked whether it works at all: a slow machine is slow at starting Python, too.
START_SECONDS, MOST_MEGABYTES, PREVIEW_SECONDS = 3.0 if WAITING >= WHOLE else 15.0, 250, 2.0
NOWHERE = "http://127.0.0.1:9"  #: where nobody listens
AT_ONCE = 1_000


def test_a_million_that_wait_are_a_burden_to_nobody(tmp_path, record_property):
    gateway = Gateway(tmp_path, NOWHERE, {})
    with closing(SqliteSetup(gateway.data, KeyRing.open_or_create(tmp_path / "keyring.json"))) as setup:
        place = {"workspace": WORKSPACE, "code": PIXEL, "now_ms": SystemClock().now_ms()}
        setup.save_pixel(**place, event_source="web", name="Shop")
        setup.save_token(**place, token="t" * 40)
    with closing(StoredRoom(gateway.data, Arrivals(0, 0))) as room:
        asyncio.run(fill(room))
    seconds, megabytes = starts(gateway)
    with closing(StoredRoom(gateway.data, Arrivals(0, 0))) as room:
        asyncio.run(refuse_all(room))
    with closing(SqliteSetup(gateway.data, KeyRing.open(tmp_path / "keyring.json"))) as setup:
        admin = Admin(setup, Actor("ada"), SystemClock())
        previewed = inf
        for _ in range(3):  # others may work beside it
            begins = time.monotonic()
            preview = dead_letters.preview(dead_letters.letter_judge(admin, RESEND_TERMS), LetterFilter(WORKSPACE))
            previewed = min(previewed, time.monotonic() - begins)
    record_property(
        "figures",
        f"{WAITING} waiting: start {seconds:.1f} s ({START_SECONDS:.0f}), {megabytes} MB ({MOST_MEGABYTES}), "
        f"replay preview {previewed:.1f} s ({PREVIEW_SECONDS:.0f})",
    )
    assert preview.count == WAITING
    assert seconds <= START_SECONDS
    assert megabytes <= MOST_MEGABYTES
    assert previewed <= PREVIEW_SECONDS


async def fill(room):
    """Let as many wait as are asked for."""
    for first in range(0, WAITING, AT_ONCE):
        await room.take("kept", first, AT_ONCE)
        tell("recorded", first)


def starts(gateway):
    """Start the gateway up to three times: others may work beside it; gives the shortest and the most memory."""
    seconds, megabytes = a_start(gateway)
    for _ in range(2):
        if seconds > START_SECONDS:
            again, more = a_start(gateway)
            seconds, megabytes = min(seconds, again), max(megabytes, more)
    return seconds, megabytes


def a_start(gateway):
    """Start the gateway and let it try; gives how long it took, and the most memory of its writer."""
    begins = time.monotonic()
    gateway.start()
    seconds = time.monotonic() - begins
    try:
        wait_until(lambda: any(line["event"] == "send.attempted" for line in gateway.lines()), "it tries to send", 60)
        status = Path(f"/proc/{gateway.pid('writer')}/status").read_text()
        return seconds, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1_024
    finally:
        gateway.stop()


async def refuse_all(room):
    """Let TikTok refuse all that waits."""
    room.clock.advance(seconds=3_600)  # past every backoff
    owner, now_ms, refused = "hand", room.clock.now_ms(), 0
    (lane,) = await room.on_store(room.store.due_lanes, now_ms)
    while lease := await room.on_store(
        room.store.lease, lane, limit=AT_ONCE, owner=owner, now_ms=now_ms, compose=compose
    ):
        await room.on_store(room.store.settle_refused, lease.batch, BAD.answer, owner=owner, now_ms=now_ms)
        refused += lease.count
        tell("refused", refused)


def tell(what, number):
    """Say how far it is; seen with -s."""
    if number % 100_000 == 0:
        sys.stderr.write(f"waiting: {number} of {WAITING} {what}\n")
        sys.stderr.flush()
