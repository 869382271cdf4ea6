"""A journal gives back what was appended, in order, until the recorder says that it is kept elsewhere."""

from engines.kit.harness import Harness
from signals import NOW
from twinbeam.pipeline.journal.contract import Backlog, Group

_ALL = 2**62


def groups_are_read_in_their_order(h: Harness) -> None:
    for n in range(1, 4):
        assert h.engine.journal.append(NOW + n, n, b"body-%d" % n) == n
    assert h.engine.reader.read(0, limit=_ALL) == [Group(n, NOW + n, n, b"body-%d" % n) for n in range(1, 4)]
    assert [group.seq for group in h.engine.reader.read(2, limit=_ALL)] == [3]
    assert h.engine.reader.read(3, limit=_ALL) == []


def a_limit_counts_events_and_gives_one_group_at_least(h: Harness) -> None:
    for _ in range(4):
        h.engine.journal.append(NOW, 10, b"body")
    assert [len(h.engine.reader.read(0, limit=limit)) for limit in (1, 10, 11, 25)] == [1, 1, 2, 3]


def writer_and_reader_speak_of_one_journal(h: Harness) -> None:
    assert h.engine.journal.journal_id == h.engine.reader.journal_id
    assert len(bytes.fromhex(h.engine.journal.journal_id)) == 16


def a_journal_keeps_its_id_and_its_groups(h: Harness) -> None:
    h.engine.journal.append(NOW, 2, b"body")
    before = h.engine.journal.journal_id
    h.engine.reopen()
    assert h.engine.journal.journal_id == before
    assert h.engine.reader.read(0, limit=_ALL) == [Group(1, NOW, 2, b"body")]
    assert h.engine.journal.append(NOW, 1, b"next") == 2


def the_backlog_tells_what_waits(h: Harness) -> None:
    journal = h.engine.journal
    assert journal.backlog() == Backlog(appended=0, pending=0, oldest_ms=None, used_bytes=0)
    journal.append(NOW, 2, b"body")
    journal.append(NOW + 5, 3, b"body")
    h.engine.reader.confirm(1)
    backlog = journal.backlog()
    assert (backlog.appended, backlog.pending, backlog.oldest_ms) == (5, 3, NOW + 5)
    assert backlog.used_bytes > 0


def nothing_waits_after_everything_was_confirmed(h: Harness) -> None:
    h.engine.journal.append(NOW, 2, b"body")
    h.engine.reader.confirm(1)
    assert h.engine.journal.backlog() == Backlog(appended=2, pending=0, oldest_ms=None, used_bytes=0)


def the_totals_survive_forgetting_and_a_restart(h: Harness) -> None:
    for _ in range(3):
        h.engine.journal.append(NOW, 2, b"body")
    h.engine.reader.confirm(3)
    h.engine.journal.forget()
    h.engine.reopen()
    assert h.engine.journal.backlog().appended == 6
    assert h.engine.journal.append(NOW, 1, b"next") == 4


def what_is_not_confirmed_is_never_forgotten(h: Harness) -> None:
    for _ in range(40):
        h.engine.journal.append(NOW, 1, b"body")
    h.engine.reader.confirm(10)
    h.engine.journal.forget()
    h.engine.journal.append(NOW, 1, b"body")
    assert [group.seq for group in h.engine.reader.read(10, limit=_ALL)] == list(range(11, 42))


def the_reader_tells_how_far_its_journal_has_come(h: Harness) -> None:
    assert h.engine.reader.newest() == (0, 0)
    h.engine.journal.append(NOW, 2, b"body")
    h.engine.journal.append(NOW, 3, b"body")
    h.engine.reader.confirm(2)
    h.engine.journal.forget()
    assert h.engine.reader.newest() == (2, 5)


def an_older_confirmation_takes_nothing_back(h: Harness) -> None:
    for _ in range(3):
        h.engine.journal.append(NOW, 1, b"body")
    h.engine.reader.confirm(3)
    assert h.engine.journal.backlog().pending == 0
    h.engine.reader.confirm(1)
    assert h.engine.journal.backlog().pending == 0
