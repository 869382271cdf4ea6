"""What cannot be recorded is kept for a person and counted once; the rest of its group goes on."""

from engines.kit.harness import Harness
from signals import a_signal
from twinbeam.pipeline.record.contract import Recorded


def an_unreadable_item_is_counted_and_the_rest_goes_on(h: Harness) -> None:
    assert h.take_all_but_one(a_signal("bad"), a_signal("e-1"), a_signal("e-2")) == Recorded(arrivals=2, opened=2)
    assert h.store.quarantined() == 1
    assert (h.counted("recorded"), h.counted("quarantined")) == (3, 1)


def a_replay_quarantines_nothing_again(h: Harness) -> None:
    h.take_all_but_one(a_signal("bad"), a_signal("e-1"))
    h.engine.reopen()
    assert h.replay() == Recorded(skipped_groups=1)
    h.quarantine(b"the culprit", seq=1)
    h.check()


def an_item_is_quarantined_once_however_often_it_is_tried(h: Harness) -> None:
    for _ in range(3):
        h.quarantine(b"\xc1")
        h.engine.reopen()
    h.quarantine(b"\xc1", index=1)
    assert (h.store.quarantined(), h.counted("quarantined")) == (2, 2)


def a_group_that_is_kept_as_one_item_counts_as_all_that_was_in_it(h: Harness) -> None:
    for _ in range(2):
        h.quarantine(b"\xc1", count=3)
    assert (h.store.quarantined(), h.counted("recorded"), h.counted("quarantined")) == (1, 3, 3)


def quarantine_does_not_move_the_cursor(h: Harness) -> None:
    h.quarantine(b"\xc1", seq=7)
    assert h.store.cursors() == {}
