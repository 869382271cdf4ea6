"""
TikTok's side is away for hours while events go on coming in: none is lost, and fresh ones do not wait for the old.

The clock is moved by hand. OUTAGE_HOURS says how long it is; `make check-delivery` takes six.
"""

import asyncio
import os
import sys
import time
from contextlib import closing

import pytest

from engines.kit.laws import assert_counters_add_up
from outages import Arrivals, StoredRoom
from sending import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.delivery("outage", "lose")]

HOURS = float(os.environ.get("OUTAGE_HOURS") or 0.05)
PER_SECOND = 100
TICK_SECONDS = 10
WORDS = {6: "six"}
EVENTS = int(HOURS * 3_600) * PER_SECOND // (TICK_SECONDS * PER_SECOND) * (TICK_SECONDS * PER_SECOND)
MOST_FRESH = 100 * 3_600
P99_SECONDS = 5.0
PATIENCE = 60 + EVENTS / 500


def test_hours_without_tiktok_lose_nothing_and_make_no_fresh_event_late(tmp_path, record_property):
    arrivals = Arrivals(EVENTS, MOST_FRESH)
    with closing(StoredRoom(tmp_path / "data", arrivals)) as room:
        megabytes = asyncio.run(go_through(room, arrivals))
        states = room.store.states()
        assert_counters_add_up(room.store)
    late = sorted(arrivals.late_seconds)
    p99 = late[int(len(late) * 0.99)]
    record_property(
        "figures",
        f"outage {WORDS.get(HOURS, format(HOURS, 'g'))} hours at {PER_SECOND} events/s, clock moved: lost {arrivals.lost}, {megabytes:.0f} MB, "
        f"fresh events' p99 while draining {p99:.1f} s ({P99_SECONDS:.0f})",
    )
    assert arrivals.refused > HOURS * 20, "hardly anything was tried"
    assert (arrivals.lost, arrivals.doubled) == (0, 0)
    assert {state for state, n in states.items() if n} == {"delivered"}
    assert p99 <= P99_SECONDS


async def go_through(room, arrivals):
    """Live through the outage and its end; gives the size of the store in between."""
    async with room.running() as sender:
        for first in range(0, EVENTS, TICK_SECONDS * PER_SECOND):
            await room.take("kept", first, TICK_SECONDS * PER_SECOND)
            room.clock.advance(seconds=TICK_SECONDS)
            sender.wake()
            if first % 100_000 == 0:
                tell(f"{first} of {EVENTS} wait")
        megabytes = room.megabytes()
        arrivals.is_away = False
        await until(lambda: noticed(room, arrivals, sender), 60)
        await drain(room, arrivals, sender)
    return megabytes


def noticed(room, arrivals, sender):
    """Let time pass until a probe finds out that TikTok's side is back: draining begins then."""
    room.clock.advance(seconds=1)
    sender.wake()
    return arrivals.took


async def drain(room, arrivals, sender):
    """Go on with fresh events until nothing else waits, and then until they are sent too."""
    fresh, begins, waiting = 0, time.monotonic(), EVENTS
    while waiting > PER_SECOND or fresh < PER_SECOND:
        assert time.monotonic() - begins < PATIENCE
        arrivals.posted_at |= dict.fromkeys(range(fresh, fresh + 10), time.monotonic())
        await room.take("fresh", fresh, 10)
        sender.wake()
        fresh += 10
        if fresh % PER_SECOND == 0:
            waiting = await room.waiting()
            tell(f"{waiting} of {EVENTS} wait")
        await asyncio.sleep(max(0.0, begins + fresh / PER_SECOND - time.monotonic()))
    while await room.waiting():
        sender.wake()
        await asyncio.sleep(0.05)


def tell(text):
    """Say how far it is; seen with -s."""
    sys.stderr.write(f"outage: {text}\n")
    sys.stderr.flush()
