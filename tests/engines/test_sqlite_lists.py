"""A list costs the same however much the store holds: it is read from an index, and from the schedule."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from signals import NOW, PIXEL, WORKSPACE, a_signal, an_undecided
from twinbeam.core.lifecycle import SENDING, State
from twinbeam.pipeline.record.contract import Numbered


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path)
    signals = [an_undecided("held"), *(a_signal(f"e-{n}") for n in range(60)), a_signal("other", pixel="PIXEL2")]
    engine.store.record("ab" * 16, [Numbered(1, signals)], NOW)
    yield engine
    engine.close()


def steps(engine: SqliteEngine, *states: str, pixel: tuple[str, str] | None = None) -> int:
    """Count the hundreds of instructions that SQLite needs for a page of a list."""
    counted = []
    db = engine.store._db
    db.set_progress_handler(lambda: counted.append(1) or 0, 100)
    try:
        engine.store.in_state(states, limit=50, pixel=pixel)
    finally:
        db.set_progress_handler(None, 0)
    return len(counted)


def add_delivered(engine: SqliteEngine, n: int) -> None:
    """Add delivered conversions on top of all others."""
    db = engine.store._db
    names = [name for _, name, *_ in db.execute("PRAGMA table_info(conversion)")]
    values = {"id": "1000+value", "state": "'delivered'"}
    columns = ", ".join(values.get(name, name) for name in names)
    numbers = "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?)"
    db.execute(f"INSERT INTO conversion {numbers} SELECT {columns} FROM n, conversion WHERE id = 2", (n,))


@pytest.mark.parametrize(
    ("states", "pixel"),
    [
        (("held",), None),
        (("refused",), None),
        (SENDING, None),
        (SENDING, (WORKSPACE, "PIXEL2")),
        (("delivered",), (WORKSPACE, "PIXEL2")),
        (tuple(State), (WORKSPACE, "PIXEL2")),
        (tuple(State), None),
        (("delivered",), (WORKSPACE, PIXEL)),
    ],
)
def test_a_page_takes_no_more_steps_beside_20_000_newer_conversions(
    engine: SqliteEngine, states: tuple[str, ...], pixel: tuple[str, str] | None
) -> None:
    add_delivered(engine, 100)
    before = steps(engine, *states, pixel=pixel)
    engine.store._db.execute("DELETE FROM conversion WHERE state='delivered'")
    add_delivered(engine, 20_000)
    assert steps(engine, *states, pixel=pixel) <= before + 5
