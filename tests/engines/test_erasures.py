"""Wishes to be erased, and what is asked of journals beside their recorder."""

from pathlib import Path

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import NOW, WORKSPACE, a_signal, an_email
from twinbeam.app.erasures import ask_again, positions, remember
from twinbeam.app.pending import Pending
from twinbeam.core.erasure import Erasure, person
from twinbeam.core.errors import StorageDamaged


def a_wish(id_: str) -> Erasure:
    return Erasure(id_, person("email", WORKSPACE, an_email("ada")), NOW)


def test_a_journal_that_is_still_being_made_stands_in_nobodys_way(h: Harness, engine: SqliteEngine, data: Path) -> None:
    h.append(a_signal("e-1"))
    (data / "journal-1.db").touch()
    assert positions(data, engine.ring) == {engine.reader.journal_id: 1}
    pending = Pending(data, engine.ring, engine.store.cursors)
    assert [pending.holds(WORKSPACE, event_id) for event_id in ("e-1", "e-2")] == [True, False]


def test_a_wish_is_not_taken_over_a_journal_that_cannot_be_read(engine: SqliteEngine, data: Path) -> None:
    (data / "journal-1.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageDamaged, match=r"journal-1\.db"):
        positions(data, engine.ring)


def test_a_broken_journal_keeps_no_writer_from_asking_again(
    h: Harness, engine: SqliteEngine, data: Path, tmp_path: Path
) -> None:
    log = tmp_path / "keyring.erasures"
    remember(log, engine.ring, a_wish("wish-1"))
    h.append(a_signal("e-1"))
    (data / "journal-1.db").write_bytes(b"no database" * 100)
    assert ask_again(engine.store, log, engine.ring, data) == 1
    h.drain()
    assert [wish.upto for wish in engine.store._erasing.ready()] == [{engine.reader.journal_id: 1}]
