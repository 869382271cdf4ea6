"""What cannot be recorded is kept for a person and counted once; the rest of its group goes on."""

from engines.kit.harness import Harness
from signals import a_signal

from twinbeam.pipeline.record.contract import Numbered


def an_unreadable_item_is_counted_and_the_rest_goes_on(h: Harness) -> None:
    good, bad = a_signal("e-1"), a_signal("e-2")
    seq = h.append(good, bad)
    h.quarantine(b"\xc1", seq=seq, index=1)
    h.record([Numbered(seq, [good])])
    assert h.store.quarantined() == 1
    assert (h.counted("recorded"), h.counted("quarantined")) == (2, 1)


def an_item_is_quarantined_once_however_often_it_is_tried(h: Harness) -> None:
    for _ in range(3):
        h.quarantine(b"\xc1")
        h.engine.reopen()
    h.quarantine(b"\xc1", index=1)
    assert (h.store.quarantined(), h.counted("quarantined")) == (2, 2)


def quarantine_does_not_move_the_cursor(h: Harness) -> None:
    h.quarantine(b"\xc1", seq=7)
    assert h.store.cursors() == {}
