"""What goes next in a lane is found by an index, however many wait there."""

import pytest

from builders import NOW_MS
from engines.kit.embedded import SqliteEngine
from engines.kit.harness import BUSY
from machine_steps import steps_of
from signals import a_signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.order import Urgency, stretches

STEPS = 50  #: of SQLite's machine between two looks
MOST_STEPS = 1_000  #: more that many may cost than few; a look at each takes several for each
FEW, MANY = 300, 6_000
TAKEN = 3
HOUR = 3_600_000
TRIED_AGAIN_MS = 20 * HOUR


def a_lane_of(store, count):
    """Record events, of which half were tried and failed; returns their lane."""
    store.record("ab" * 16, [Numbered(1, [a_signal(f"{n}", received_ms=NOW_MS) for n in range(count)])], NOW_MS)
    (lane,) = store.due_lanes(NOW_MS)
    tried = store.lease(lane, limit=count // 2, owner="w", now_ms=NOW_MS, compose=compose)
    due_ms = NOW_MS + TRIED_AGAIN_MS
    store.settle_waiting(tried.batch, BUSY, owner="w", now_ms=NOW_MS, due_ms=due_ms, arrived=True)
    return lane


def cost(store, lane, part, now_ms):
    order = stretches(part, now_ms, Ages())

    def lease():
        taken = store.lease(lane, limit=TAKEN, owner="w", now_ms=now_ms, compose=compose, stretches=order)
        assert taken.count == TAKEN

    return steps_of(store, lease, STEPS)


@pytest.mark.parametrize(("part", "hours"), [(Urgency.FRESH, 0), (Urgency.BACKLOG, 1), (Urgency.BACKLOG, 46.5)])
def test_a_lease_costs_the_same_however_many_wait(tmp_path, part, hours):
    costs = []
    for count in (FEW, MANY):
        engine = SqliteEngine(tmp_path / str(count))
        lane = a_lane_of(engine.store, count)
        costs.append(cost(engine.store, lane, part, NOW_MS + 1 + round(hours * HOUR)))
        engine.close()
    few, many = costs
    assert many < few + MOST_STEPS
