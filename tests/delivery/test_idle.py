"""
From an event's acceptance to TikTok's answer it takes less than a second on an idle gateway.

IDLE_EVENTS says how many are tried, one after the other.
"""

import os
import sqlite3
import time
from contextlib import closing

import pytest

from gateway import a_shop
from shoppers import a_view
from twinbeam.engines.stores.sqlite.store import FILE

pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.delivery("idle")]

EVENTS = int(os.environ.get("IDLE_EVENTS") or 40)
PAUSE_SECONDS = 0.1  #: so that each finds the gateway idle
#: Of the few that `make test` takes one that the machine kept waiting would be all of it.
P99_SECONDS = 1.0 if EVENTS >= 200 else 5.0
_TOOK = (
    "SELECT batch.answered_at - conversion.received FROM conversion JOIN batch ON batch.id = conversion.batch "
    "WHERE conversion.state = 'delivered'"
)


def test_a_lone_event_is_answered_within_a_second(tmp_path, record_property):
    with a_shop(tmp_path) as shop:
        for number in range(EVENTS):
            shop.post(a_view(f"lone-{number}"))
            time.sleep(PAUSE_SECONDS)  # an idle moment is what is tried
        shop.wait_steady()
        with closing(sqlite3.connect(f"file:{shop.gateway.data / FILE}?mode=ro", uri=True)) as db:
            took = sorted(ms for (ms,) in db.execute(_TOOK))
    assert len(took) == EVENTS
    p99 = took[int(len(took) * 0.99)] / 1_000
    record_property("figures", f"idle: accepted to answered p99 {p99:.2f} s ({P99_SECONDS:.0f})")
    assert p99 <= P99_SECONDS
