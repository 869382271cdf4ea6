"""Requests for erasure, and what is asked of journals beside their recorder."""

from pathlib import Path
from typing import Any

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import NOW, WORKSPACE, a_signal, an_email
from twinbeam.app.erasures import ask_again, log_path, positions, remember, remembered
from twinbeam.app.pending import Pending
from twinbeam.app.reports import Reports
from twinbeam.core.erasure import Erasure, person
from twinbeam.core.errors import ConfigError, StorageDamaged
from twinbeam.settings import load


class Log:
    """What a logger was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))


def a_request(id_: str) -> Erasure:
    return Erasure(id_, person("email", WORKSPACE, an_email("ada")), NOW)


def test_a_journal_that_is_still_being_made_stands_in_nobodys_way(h: Harness, engine: SqliteEngine, data: Path) -> None:
    h.append(a_signal("e-1"))
    (data / "journal-1.db").touch()
    assert positions(data, engine.ring) == {engine.reader.journal_id: 1}
    pending = Pending(data, engine.ring, engine.store.cursors)
    assert [pending.holds(WORKSPACE, event_id) for event_id in ("e-1", "e-2")] == [True, False]


def test_a_request_is_not_taken_over_a_journal_that_cannot_be_read(engine: SqliteEngine, data: Path) -> None:
    (data / "journal-1.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageDamaged, match=r"journal-1\.db"):
        positions(data, engine.ring)


def test_a_broken_journal_keeps_no_writer_from_asking_again(
    h: Harness, engine: SqliteEngine, data: Path, tmp_path: Path
) -> None:
    settings = load({"TWINBEAM_DATA": str(data), "TWINBEAM_KEYRING": str(tmp_path / "keyring.json")})
    remember(log_path(settings), engine.ring, a_request("request-1"))
    h.append(a_signal("e-1"))
    (data / "journal-1.db").write_bytes(b"no database" * 100)
    assert ask_again(engine.store, settings, engine.ring, Reports(Log())) == 1
    h.drain()
    assert [request.upto for request in engine.store._erasing.ready()] == [{engine.reader.journal_id: 1}]


@pytest.fixture
def noted(engine: SqliteEngine, tmp_path: Path) -> Path:
    """Give a log with two requests."""
    path = tmp_path / "keyring.erasures"
    for id_ in ("request-1", "request-2"):
        remember(path, engine.ring, a_request(id_))
    return path


def read(path: Path, engine: SqliteEngine) -> tuple[list[str], list[tuple[str, dict[str, Any]]]]:
    """Give the requests in a log, and what was reported of it."""
    log = Log()
    return [request.id for request in remembered(path, engine.ring, Reports(log))], log.lines


@pytest.mark.parametrize("cut", [2, 30, 200])
def test_half_a_last_line_is_reported_and_the_next_request_takes_its_place(
    noted: Path, engine: SqliteEngine, cut: int
) -> None:
    noted.write_bytes(noted.read_bytes()[:-cut])
    assert read(noted, engine) == (["request-1"], [("erasures.damaged", {"line": 2})])
    remember(noted, engine.ring, a_request("request-3"))
    assert read(noted, engine) == (["request-1", "request-3"], [])


def test_bytes_that_a_failing_power_left_are_half_a_line(noted: Path, engine: SqliteEngine) -> None:
    with noted.open("ab") as file:
        file.write(b"\xff\0\0")
    assert read(noted, engine) == (["request-1", "request-2"], [("erasures.damaged", {"line": 3})])


def test_a_last_line_that_lacks_only_its_end_is_a_request(noted: Path, engine: SqliteEngine) -> None:
    noted.write_bytes(noted.read_bytes()[:-1])
    assert read(noted, engine) == (["request-1", "request-2"], [])
    remember(noted, engine.ring, a_request("request-3"))
    assert read(noted, engine) == (["request-1", "request-2", "request-3"], [])


@pytest.mark.parametrize("number", [0, 1])
def test_any_other_line_that_cannot_be_read_is_a_matter_for_the_operator(
    noted: Path, engine: SqliteEngine, number: int
) -> None:
    lines = noted.read_bytes().splitlines()
    lines[number] = lines[number][:-30]
    noted.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(ConfigError, match="put back its backup"):
        read(noted, engine)
