"""Groups are recorded exactly once, in order, whatever is handed over again."""

from engines.kit.harness import Harness
from signals import BROWSER, a_refusal, a_signal, an_undecided
from twinbeam.core.story import Story
from twinbeam.pipeline.record.contract import Numbered, Recorded

JOURNAL = "ab" * 16


def a_replayed_group_changes_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-1", channel=BROWSER), a_refusal("e-2"))
    before = _everything(h)
    assert h.replay() == Recorded(skipped_groups=1)
    assert _everything(h) == before


def a_replay_after_a_restart_changes_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"), an_undecided("e-2"))
    h.take(a_signal("e-1", channel=BROWSER))
    before = _everything(h)
    h.engine.reopen()
    assert h.replay() == Recorded(skipped_groups=2)
    assert _everything(h) == before


def a_replay_after_delivery_sends_nothing_again(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.delivered(h.lease())
    h.replay()
    assert h.store.due_lanes(h.now()) == []
    assert h.state("e-1") == "delivered"


def of_a_partly_replayed_call_only_the_new_groups_count(h: Harness) -> None:
    old = Numbered(1, [a_signal("e-1")])
    new = Numbered(2, [a_signal("e-2")])
    assert _record(h, JOURNAL, [old]).skipped_groups == 0
    assert _record(h, JOURNAL, [old, new]) == Recorded(arrivals=1, opened=1, skipped_groups=1)
    assert h.store.cursors() == {JOURNAL: (2, 2)}


def the_cursor_tells_the_last_recorded_group(h: Harness) -> None:
    assert h.store.cursor(JOURNAL) == 0
    _record(h, JOURNAL, [Numbered(1, [a_signal("e-1")]), Numbered(2, [a_signal("e-2")])])
    assert h.store.cursor(JOURNAL) == 2
    h.engine.reopen()
    assert h.store.cursor(JOURNAL) == 2


def journals_do_not_share_a_cursor(h: Harness) -> None:
    other = "cd" * 16
    _record(h, JOURNAL, [Numbered(1, [a_signal("e-1")])])
    _record(h, other, [Numbered(1, [a_signal("e-2")]), Numbered(2, [a_signal("e-3")])])
    assert h.store.cursors() == {JOURNAL: (1, 1), other: (2, 2)}


def one_conversion_may_come_through_two_journals(h: Harness) -> None:
    _record(h, JOURNAL, [Numbered(1, [a_signal("e-1")])])
    recorded = _record(h, "cd" * 16, [Numbered(1, [a_signal("e-1", channel=BROWSER)])])
    assert recorded == Recorded(arrivals=1, merged=1)


def groups_without_a_hole_are_no_gap(h: Harness) -> None:
    first = _record(h, JOURNAL, [Numbered(1, [a_signal("e-1")]), Numbered(2, [a_signal("e-2")])])
    second = _record(h, JOURNAL, [Numbered(2, [a_signal("e-2")]), Numbered(3, [a_signal("e-3")])])
    assert (first.gap, second.gap) == (False, False)


def a_hole_before_a_call_is_a_gap(h: Harness) -> None:
    _record(h, JOURNAL, [Numbered(1, [a_signal("e-1")])])
    assert _record(h, JOURNAL, [Numbered(3, [a_signal("e-3")])]).gap
    assert h.store.cursor(JOURNAL) == 3


def a_hole_inside_a_call_is_a_gap(h: Harness) -> None:
    _record(h, JOURNAL, [Numbered(1, [a_signal("e-1")])])
    assert _record(h, JOURNAL, [Numbered(2, [a_signal("e-2")]), Numbered(4, [a_signal("e-4")])]).gap


def a_call_without_groups_changes_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = _everything(h)
    assert h.record([]) == Recorded()
    assert _everything(h) == before


def an_empty_group_moves_only_the_cursor(h: Harness) -> None:
    assert h.take() == Recorded()
    assert h.store.cursors() == {h.engine.reader.journal_id: (1, 0)}
    assert h.store.states() == {}


def a_call_sums_up_what_it_did(h: Harness) -> None:
    h.take(a_signal("sent"), an_undecided("asked"))
    h.delivered(h.lease())
    h.take(an_undecided("in vain"))
    h.end_held()
    recorded = h.take(
        a_signal("new"),
        a_signal("new", channel=BROWSER),
        a_signal("sent", channel=BROWSER),
        a_signal("in vain"),
        a_refusal("new"),
        a_refusal("no"),
    )
    assert recorded == Recorded(arrivals=6, opened=1, merged=2, duplicate=1, dropped=2)


def a_group_may_hold_more_signals_than_two_bytes_count(h: Harness) -> None:
    signals = [a_refusal("e-1")] * 65_537
    assert _record(h, JOURNAL, [Numbered(1, signals)]).arrivals == 65_537


def _record(h: Harness, journal_id: str, groups: list[Numbered]) -> Recorded:
    recorded: Recorded = h.store.record(journal_id, groups, h.now())
    h.check()
    return recorded


def _everything(h: Harness) -> tuple[list[Story], object, object, object]:
    stories = [story for event_id in ("e-1", "e-2") for story in h.store.by_event_id("shop", event_id)]
    return stories, sorted(map(repr, h.store.counts())), h.store.states(), h.store.cursors()
