"""The week of every pixel, added up."""

import asyncio

from builders import NOW_MS, PIXEL, WORKSPACE
from engines.kit.embedded import MemoryEngine
from engines.kit.harness import Harness
from signals import BROWSER, DAY, a_signal
from twinbeam.core.clock import HandClock, day_of
from twinbeam.core.outcomes import Finding, Reason
from twinbeam.core.story import Covered, PixelRow, Total
from twinbeam.jobs import pixel_weeks
from twinbeam.jobs.pixel_weeks import MOST_EVENTS, PILE, weeks_of

TODAY = day_of(NOW_MS)


def total(n, outcome, reason="", event="Purchase"):
    return Total(WORKSPACE, PIXEL, event, outcome, reason, n)


def covered(day=TODAY, event="Purchase", **numbers):
    return Covered(day, WORKSPACE, PIXEL, event, **numbers)


def week(totals, rows=()):
    (found,) = weeks_of(totals, rows, NOW_MS)
    return found


def test_it_agrees_with_what_a_store_counts(tmp_path):
    h = Harness(MemoryEngine(tmp_path))
    h.take(a_signal("e-1", channel=BROWSER), a_signal("e-1"), a_signal("e-2"))
    h.clock.advance(ms=DAY)
    h.take(a_signal("e-3", received_ms=h.now()))
    h.clock.advance(ms=DAY)
    h.delivered(h.lease())
    h.clock.advance(ms=-DAY)
    (found,) = weeks_of(h.store.totals(), h.store.coverage(), h.now())
    (event,) = found.events
    assert (event.browser, event.server, event.both, event.accepted, event.delivered) == (0, 2, 1, 3, 3)
    assert found.days == [0, 0, 0, 0, 0, 2, 1]
    assert ("recorded", "", 4) in found.outcomes


def test_days_and_events_are_added_up_apart():
    found = week(
        [total(3, "recorded"), total(2, "recorded", event="Lead")],
        [covered(TODAY - 6, browser=1), covered(both=2, ttclid=1, delivered=2), covered(event="Lead", server=2)],
    )
    assert found.days == [1, 0, 0, 0, 0, 0, 4]
    assert [(it.event, it.seen, it.accepted, it.ttclid) for it in found.events] == [
        ("Purchase", 3, 2, 1),
        ("Lead", 2, 0, 0),
    ]


def test_the_rarest_events_share_a_row():
    names = [f"Custom{n}" for n in range(MOST_EVENTS + 2)]
    rows = [covered(event=name, server=n + 1) for n, name in enumerate(names)]
    found = week([total(1, "recorded", event=name) for name in names], rows)
    assert len(found.events) == MOST_EVENTS
    assert (found.events[-1].event, found.events[-1].others, found.events[-1].server) == ("", 3, 1 + 2 + 3)


def test_what_is_held_piles_up_where_no_more_is_delivered_and_consent_is_told_by_itself():
    held = total(PILE, "held", Reason.NOT_CONFIRMED)
    assert week([held]).piled == PILE
    assert week([held, total(PILE + 1, "delivered")]).piled == 0
    assert week([held, total(PILE + 1, "delivered", event="ViewContent")]).piled == PILE
    assert week([total(PILE, "held", Reason.CONSENT_NOT_SAID)]).piled == 0


def test_mismatches_are_told_by_event():
    found = week([total(2, "finding", Finding.ID_MISMATCH), total(1, "recorded", event="Lead")])
    assert {event.event: event.mismatched for event in found.events} == {"Purchase": 2, "Lead": 0}


class Counted:
    """A store of so many pixels, each of which counted something."""

    def __init__(self, pixels):
        self.rows = [PixelRow(WORKSPACE, f"P{n}", "web", "", False, None, 0) for n in range(pixels)]
        self.kept = []

    def pixels(self):
        return self.rows

    def totals(self, *, since_day=0, by_event=True):
        return [Total(WORKSPACE, row.code, "Purchase", "recorded", "", 1) for row in self.rows]

    def coverage(self, *, since_day=0):
        return []

    def keep_weeks(self, weeks):
        self.kept.append([week.pixel for week in weeks])


async def at_once(fn, /, *args):
    return fn(*args)


def test_few_pixels_are_not_kept_and_what_was_kept_of_many_is_forgotten_once():
    store = Counted(pixel_weeks.COUNTED_AT_ONCE + 1)
    job = pixel_weeks.job(store, at_once, store, at_once, HandClock())
    asyncio.run(job.act())
    store.rows = store.rows[:-1]
    asyncio.run(job.act())
    asyncio.run(job.act())
    assert [len(kept) for kept in store.kept] == [pixel_weeks.COUNTED_AT_ONCE + 1, 0]
