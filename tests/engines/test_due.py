"""What goes next in a lane is found by an index, however many wait there and elsewhere."""

from builders import NOW_MS
from signals import a_signal
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.order import Part, stretches

STEPS = 50  #: of SQLite's machine between two looks
HOUR = 3_600_000
FEW, MANY = 300, 6_000


def steps_of(store, act):
    looks = 0

    def look():
        nonlocal looks
        looks += 1
        return 0

    db = store._connection.db
    db.set_progress_handler(look, STEPS)
    try:
        act()
    finally:
        db.set_progress_handler(None, 0)
    return looks * STEPS


def test_a_lease_costs_the_same_however_many_wait(engine):
    store, seq, now_ms = engine.store, 0, NOW_MS
    costs = {}
    for more in (FEW, MANY):
        seq += 1
        signals = [a_signal(f"{seq}-{n}", received_ms=now_ms) for n in range(more)]
        store.record("ab" * 16, [Numbered(seq, signals)], now_ms)
        (lane,) = store.due_lanes(now_ms + 1)
        tried = store.lease(lane, limit=more // 2, owner="w", now_ms=now_ms, compose=compose)
        store.settle_waiting(
            tried.batch, tried_later(), owner="w", now_ms=now_ms, due_ms=now_ms + 20 * HOUR, arrived=True
        )
        for part, later in ((Part.FRESH, 1), (Part.BACKLOG, HOUR), (Part.BACKLOG, 45 * HOUR)):
            at_ms = now_ms + later
            order = stretches(part, at_ms, Ages())

            def lease(at_ms=at_ms, order=order):
                taken = store.lease(lane, limit=3, owner="w", now_ms=at_ms, compose=compose, stretches=order)
                assert taken.count == 3

            costs.setdefault((part, later), []).append(steps_of(store, lease))
        now_ms += 1
    for few, many in costs.values():
        assert many <= few + 1_000, costs


def tried_later():
    from engines.kit.harness import BUSY

    return BUSY
