"""A SQLite store to look at, for the tests of what is SQLite's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path)
    yield engine
    engine.close()


@pytest.fixture
def h(engine: SqliteEngine) -> Harness:
    return Harness(engine)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
