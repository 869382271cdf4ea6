"""Somebody with a public key names any number of events: the counters and the pages stay as small as they were."""

import time
from collections.abc import Iterator

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.laws import assert_counters_add_up, assert_counters_equal_rows
from signals import BROWSER, NOW, PIXEL, WORKSPACE, a_signal
from twinbeam.core.clock import day_of
from twinbeam.pipeline.record.contract import Numbered
from twinbeam.pipeline.record.counted import MOST_NAMES, OTHER
from twinbeam.web.contract import LagView
from twinbeam.web.live.numbers import live_numbers
from twinbeam.web.live.snapshot_cache import LATEST, Snapshot

pytestmark = [pytest.mark.outside("names"), pytest.mark.slow]

NAMES = 20_000
STEP = 1_000


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteEngine]:
    """Record a shop's orders between twenty thousand names of a stranger's."""
    engine = SqliteEngine(tmp_path_factory.mktemp("names"))
    for start in range(0, NAMES, STEP):
        forged = [a_signal(f"e-{n}", event=f"Forged_{n}", channel=BROWSER) for n in range(start, start + STEP)]
        signals = [*forged, a_signal(f"order-{start}"), a_signal(f"lead-{start}", event="Lead")]
        engine.store.record("ab" * 16, [Numbered(start // STEP + 1, signals)], NOW)
    engine.reopen()
    yield engine
    engine.close()


def test_the_counters_hold_as_many_names_as_fit_and_the_law(flooded: SqliteEngine) -> None:
    names = {count.event for count in flooded.store.counts()}
    assert len(names) == MOST_NAMES + len(("Purchase", "Lead", OTHER))
    (rows,) = flooded.store._db.execute("SELECT count(*) FROM counter").fetchone()
    assert rows == 2 * len(names)
    assert_counters_add_up(flooded.store)
    assert_counters_equal_rows(flooded.store)


def test_the_page_shows_the_shop_and_takes_no_time(flooded: SqliteEngine) -> None:
    started = time.process_time()
    totals = {1: flooded.store.totals(since_day=day_of(NOW))}
    latest, pixels = flooded.store.recent(limit=LATEST), flooded.store.pixels()
    shown = live_numbers(Snapshot(NOW, totals, latest, pixels, LagView()), 1)
    assert time.process_time() - started < 0.5
    told = {row.event: row.sums.recorded for row in shown.rows if (row.workspace, row.pixel) == (WORKSPACE, PIXEL)}
    assert (told[OTHER], told["Purchase"], told["Lead"]) == (NAMES - MOST_NAMES, NAMES // STEP, NAMES // STEP)
    assert shown.sums.adds_up


def test_every_event_is_found_under_its_own_name_in_no_time(flooded: SqliteEngine) -> None:
    started = time.process_time()
    for n in (0, MOST_NAMES, NAMES - 1):
        (story,) = flooded.store.by_event_id(WORKSPACE, f"e-{n}")
        assert story.event == f"Forged_{n}"
    assert time.process_time() - started < 1.0


def test_nothing_is_remembered_of_how_a_name_is_spelled_that_has_but_one_spelling(flooded: SqliteEngine) -> None:
    assert flooded.store._db.execute("SELECT count(*) FROM event_spelling").fetchone() == (0,)
