"""Room 5 as it follows a journal: one poisoned event hurts only itself, and an older journal is told, not recorded."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.kit.embedded import MemoryEngine, SqliteEngine
from engines.kit.laws import assert_accounted
from signals import BROWSER, NOW, a_refusal, a_signal
from twinbeam.app.recording import Follower
from twinbeam.app.reports import Reports
from twinbeam.core.clock import HandClock
from twinbeam.core.values import Signal
from twinbeam.pipeline.flow import Recording
from twinbeam.pipeline.journal.codec import PLAIN, VERSION, encode
from twinbeam.pipeline.record.contract import Numbered


class Room:
    """A recorder with an engine of one kind, and what it reported."""

    def __init__(self, engine: MemoryEngine | SqliteEngine) -> None:
        self.engine = engine
        self.clock = HandClock(NOW)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.recording = self.a_recording()

    def a_recording(self) -> Recording:
        return Recording(
            journal=self.engine.reader,
            store=self.engine.store,
            clock=self.clock,
            report=lambda event, /, **fields: self.told.append((event, fields)),
        )

    def append(self, *signals: Signal) -> None:
        self.engine.journal.append(NOW, len(signals), encode(signals))

    def state(self, event_id: str) -> str:
        (story,) = self.engine.store.by_event_id("shop", event_id)
        return str(story.state)

    def reported(self) -> list[str]:
        return [event for event, _ in self.told]


@pytest.fixture(params=[MemoryEngine, SqliteEngine])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    engine = request.param(tmp_path)
    yield Room(engine)
    engine.close()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Room]:
    engine = SqliteEngine(tmp_path)
    yield Room(engine)
    engine.close()


def too_large(_: Room) -> Signal:
    return a_signal("bad", event_time=2**63)


def taken(room: Room) -> Signal:
    """A copy whose place in the store is taken by a row that should not be there: SQLite refuses the constraint."""
    room.append(a_signal("bad"))
    room.recording.step()
    room.engine.store._db.execute("INSERT INTO copy VALUES (1, 2, 'browser', 0, '', '', '')")
    return a_signal("bad", channel=BROWSER)


@pytest.mark.parametrize(("poison", "why"), [(too_large, "OverflowError"), (taken, "IntegrityError")])
def test_a_poisoned_signal_is_put_aside_and_its_neighbours_are_recorded(
    on_sqlite: Room, poison: Callable[[Room], Signal], why: str
) -> None:
    culprit = poison(on_sqlite)
    on_sqlite.append(a_signal("e-1"), culprit, a_signal("e-2"))
    on_sqlite.append(a_signal("e-3"), a_refusal("e-4"))
    on_sqlite.recording.step()
    assert [on_sqlite.state(f"e-{n}") for n in (1, 2, 3, 4)] == ["ready", "ready", "ready", "dropped"]
    assert on_sqlite.engine.store.quarantined() == 1
    assert on_sqlite.reported() == ["record.surprise", "record.quarantined"]
    assert on_sqlite.told[-1][1]["why"] == why
    assert_accounted(on_sqlite.engine)
    assert on_sqlite.recording.step() is None


@pytest.mark.parametrize("body", [VERSION + b"\xc1", PLAIN + b"\xc1", PLAIN + b"\x93\xc1"])
def test_a_group_that_cannot_be_read_at_all_counts_as_what_was_in_it(room: Room, body: bytes) -> None:
    room.append(a_signal("e-1"))
    room.engine.journal.append(NOW, 3, body)
    room.append(a_signal("e-2"))
    room.recording.step()
    assert [room.state(f"e-{n}") for n in (1, 2)] == ["ready", "ready"]
    assert room.engine.store.cursors()[room.engine.reader.journal_id] == (3, 5)
    assert room.engine.store.quarantined() == 1
    assert_accounted(room.engine)


def recorded_further(room: Room) -> None:
    """Let the store have recorded more of the journal than the journal knows of."""
    room.append(a_signal("e-1"))
    room.recording.step()
    room.engine.store.record(room.engine.reader.journal_id, [numbered(2), numbered(3)], NOW)


def numbered(seq: int) -> Numbered:
    return Numbered(seq, [a_signal(f"lost-{seq}")])


def test_a_journal_older_than_the_store_is_not_recorded_even_when_it_has_caught_up(room: Room) -> None:
    recorded_further(room)
    assert room.recording.step() is None
    for n in (2, 3, 4):
        room.append(a_signal(f"e-{n}"))
    assert room.recording.step() is None
    assert room.engine.store.by_event_id("shop", "e-4") == []
    assert room.told == [("journal.gap", {"journal": room.engine.reader.journal_id, "newest": 1, "cursor": 3})]


def test_an_older_journal_is_told_of_once_a_minute(room: Room) -> None:
    recorded_further(room)
    for _ in range(121):
        room.recording.step()
        room.clock.advance(seconds=1)
    assert room.reported() == ["journal.gap"] * 3


def test_a_journal_of_which_everything_is_recorded_is_no_gap(room: Room) -> None:
    for _ in range(3):
        room.recording.step()
        room.append(a_signal("e-1"))
    while room.recording.step():
        pass
    room.engine.journal.forget()
    assert room.recording.step() is None
    assert room.told == []


class Log:
    """What a logger was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))


def test_what_no_item_is_to_blame_for_is_reported_and_tried_again(on_sqlite: Room, tmp_path: Path) -> None:
    store, log = on_sqlite.engine.store, Log()
    store._db.execute("CREATE TRIGGER stuck BEFORE INSERT ON cursor BEGIN SELECT raise(ABORT, 'stuck'); END")
    on_sqlite.append(a_signal("e-1"))

    async def on_store(call: Callable[..., Any]) -> Any:
        return call()

    follower = Follower(
        folders=[tmp_path / "data"],
        ring=on_sqlite.engine.ring,
        store=store,
        clock=on_sqlite.clock,
        reports=Reports(log),
        on_store=on_store,
        wake=lambda: None,
        take_rules=lambda: None,
    )

    follower._open_new_slots()
    assert not asyncio.run(follower._round())
    assert ("record.crashed", {"file": "journal-0.db", "error": "IntegrityError", "detail": ""}) in log.lines
    assert (store.states(), store.quarantined()) == ({}, 0)
    store._db.execute("DROP TRIGGER stuck")
    on_sqlite.recording.step()
    assert on_sqlite.state("e-1") == "ready"
    follower._close()
