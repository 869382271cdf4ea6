"""Look-ups that were sorted are found, and removed, as before."""

import os

import pytest

from engines.kit.embedded import SqliteEngine
from signals import NOW
from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.engines.stores.sqlite import lookup_index
from twinbeam.engines.stores.sqlite.lookup_index import (
    add_lookups,
    conversions_by_lookup,
    delete_lookups,
    lookup_table,
)

DAY = day_of(NOW)
TOMORROW_MS = NOW + MS_PER_DAY


@pytest.fixture
def store(tmp_path):
    engine = SqliteEngine(tmp_path)
    yield engine.store
    engine.close()


def fill(store, rows, each, first=1):
    """Add rows of look-ups; gives them all."""
    entries = [(os.urandom(8), first + n) for n in range(rows * each)]
    with store._connection.transaction():
        for row in range(rows):
            add_lookups(store._db, DAY, entries[row * each : (row + 1) * each])
    return entries


def rows(store):
    sql = f"SELECT sum(n < 0), sum(n >= 0) FROM {lookup_table(DAY)}"
    return store._db.execute(sql).fetchone()


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(lookup_index, "RUN_ENTRIES", 1_000)
    monkeypatch.setattr(lookup_index, "_FEW_ENTRIES", 500)


def test_sorted_or_not_each_leads_to_its_conversion(store, few):
    entries = fill(store, rows=25, each=100)
    assert [store.sort_lookups(NOW) for _ in range(3)] == [True, True, False]
    entries += fill(store, rows=2, each=100, first=10_000)
    sorted_rows, others = rows(store)
    assert sorted_rows > 500
    assert others == 7
    for key, id_ in entries[::97]:
        assert conversions_by_lookup(store._db, [key]) == [id_]
    some = entries[::50]
    assert conversions_by_lookup(store._db, [key for key, _ in some]) == sorted(id_ for _, id_ in some)
    assert conversions_by_lookup(store._db, [os.urandom(8)]) == []


def test_what_is_removed_is_found_no_more_in_whatever_row_it_lies(store, few):
    entries = fill(store, rows=12, each=100)
    store.sort_lookups(NOW)
    gone = entries[::40]
    with store._connection.transaction():
        for _ in delete_lookups(store._db, [id_ for _, id_ in gone]):
            pass
    assert conversions_by_lookup(store._db, [key for key, _ in gone]) == []
    left = entries[1::40]
    assert conversions_by_lookup(store._db, [key for key, _ in left]) == sorted(id_ for _, id_ in left)


def test_the_runs_of_a_day_that_is_over_become_one(store, few):
    entries = fill(store, rows=40, each=100)
    while store.sort_lookups(TOMORROW_MS):
        pass
    (lowest,) = store._db.execute(f"SELECT min(n) FROM {lookup_table(DAY)}").fetchone()
    assert lowest >= -lookup_index.BUCKETS
    some = entries[::37]
    assert conversions_by_lookup(store._db, [key for key, _ in some]) == sorted(id_ for _, id_ in some)


def test_many_small_rows_of_a_day_that_is_over_become_one(store, few):
    entries = fill(store, rows=100, each=3)
    assert store.sort_lookups(NOW) is False
    assert store.sort_lookups(TOMORROW_MS) is True
    assert store.sort_lookups(TOMORROW_MS) is False
    assert rows(store) == (0, 1)
    assert conversions_by_lookup(store._db, [entries[0][0], entries[-1][0]]) == [1, 300]
