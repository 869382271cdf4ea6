"""What is held since a restore is sent or discarded by its owner, and that is told."""

from contextlib import closing

import pytest

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import NOW, a_signal
from twinbeam.admin.backups import awaiting, decide
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.errors import NotFound
from twinbeam.core.clock import HandClock
from twinbeam.core.restored import Restore
from twinbeam.engines.stores.sqlite.store import SqliteSetup


@pytest.mark.parametrize(
    ("decision", "state", "reason", "told"),
    [("send", "ready", "", "sent"), ("discard", "expired", "discarded", "discarded")],
)
def test_a_decision_is_carried_out_once_and_stands_in_the_audit(tmp_path, decision, state, reason, told):
    engine = SqliteEngine(tmp_path)
    h = Harness(engine)
    h.take(a_signal("e-1"), a_signal("e-2"))
    with closing(SqliteSetup(tmp_path / "data", engine.ring)) as store:
        admin = Admin(store, Actor("ada"), HandClock(NOW))
        with pytest.raises(NotFound, match="Nothing is held since a restore"):
            decide(admin, decision)
        engine.store.begin_restored(Restore(NOW - 1, NOW + 1))
        assert engine.store.hold_restored(NOW) == 0  # it is no day old
        assert engine.store.hold_restored(NOW, always=True) == 2
        assert [(it.workspace, it.event, it.count) for it in awaiting(admin)] == [("shop", "Purchase", 2)]
        assert decide(admin, decision) == 2
        assert not engine.store.carry_out_decision(NOW)
        h.check()
        assert (h.state("e-1"), h.state("e-2"), awaiting(admin)) == (state, state, [])
        assert h.story("e-1").reason == reason
        (change,) = store.changes(limit=1)
        assert (change.who, change.what, change.after) == ("ada", "2 conversions of a backup", told)
    h.take(a_signal("e-1"))
    assert h.state("e-1") == state
    engine.close()
