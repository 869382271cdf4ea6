"""Every engine keeps every promise of the kit; a new engine joins by adding itself to ENGINES."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from engines.kit import (
    beside,
    claiming,
    confirming,
    confirming_auto,
    copies,
    counting_requests,
    covering,
    enriching,
    erasing,
    expiring,
    exporting,
    holding,
    ids,
    joining,
    journaling,
    leasing,
    listing,
    lookups,
    margins,
    naming,
    ordering,
    prioritising,
    quarantining,
    reclaiming,
    refusing,
    removing,
    replaying,
    resending,
    retaining,
    settling,
    shops,
    sighting,
    spelling,
    splitting,
    stories,
    testing,
    visits,
    windows,
)
from engines.kit.embedded import MemoryEngine, SqliteEngine
from engines.kit.harness import Harness

ENGINES = {"memory": MemoryEngine, "sqlite": SqliteEngine}
CHAPTERS = (
    journaling,
    replaying,
    copies,
    ids,
    joining,
    claiming,
    holding,
    confirming,
    confirming_auto,
    windows,
    enriching,
    beside,
    covering,
    spelling,
    visits,
    shops,
    sighting,
    lookups,
    margins,
    naming,
    ordering,
    leasing,
    prioritising,
    counting_requests,
    settling,
    resending,
    reclaiming,
    refusing,
    splitting,
    expiring,
    removing,
    testing,
    stories,
    listing,
    quarantining,
    retaining,
    erasing,
    exporting,
)


def promises(chapter: ModuleType) -> list[Callable[[Harness], None]]:
    """List the promises of a chapter: its own public functions."""
    functions = vars(chapter).values()
    return [
        function
        for function in functions
        if inspect.isfunction(function)
        and function.__module__ == chapter.__name__
        and not function.__name__.startswith("_")
    ]


#: Promises that are about large numbers, and take seconds.
SLOW = {counting_requests.very_many_notes_of_a_day_add_up, replaying.a_group_may_hold_more_signals_than_two_bytes_count}


def tried(promise: Callable[[Harness], None]):
    """Give a promise as a parameter, with its name and the marks that it has."""
    marks = [pytest.mark.slow] if promise in SLOW else []
    return pytest.param(promise, id=name(promise), marks=marks)


def name(promise: Callable[[Harness], None]) -> str:
    return f"{promise.__module__.rsplit('.', 1)[-1]}-{promise.__name__}"


@pytest.fixture(params=ENGINES)
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    engine = ENGINES[request.param](tmp_path)
    yield Harness(engine)
    engine.close()


@pytest.mark.parametrize("promise", [tried(promise) for chapter in CHAPTERS for promise in promises(chapter)])
def test_an_engine_keeps_its_promise(harness: Harness, promise: Callable[[Harness], None]) -> None:
    promise(harness)


def test_every_chapter_of_the_kit_is_read() -> None:
    folder = Path(copies.__file__).parent
    rest = {"__init__", "embedded", "harness", "laws", "owners", "slot"}
    assert {path.stem for path in folder.glob("*.py")} - rest == {c.__name__.rsplit(".", 1)[-1] for c in CHAPTERS}
