"""`confirm_purchases = auto`: a browser's purchase waits where a server has reported one in the last 7 days."""

from itertools import permutations

from engines.kit.harness import Harness
from signals import (
    BROWSER,
    DAY,
    HOUR,
    NOW,
    a_refusal,
    a_signal,
    an_undecided,
    carried_ids,
    order_lookup,
)
from twinbeam.core.keys import lookup
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Decision, Permission, Signal
from twinbeam.pipeline.record.contract import Numbered

_AUTO = "AUTO"
_WHAT = "pixel shop/AUTO confirm_purchases=auto"


def without_a_server_purchase_the_browsers_counts(h: Harness) -> None:
    h.take(_seen("e-1"))
    h.take(a_signal("lead", pixel=_AUTO, event="Lead"), a_signal("else", pixel="PIXEL2"))
    h.take(_seen("e-2"))
    assert [h.state("e-1"), h.state("e-2")] == ["ready", "ready"]


def after_one_the_browsers_waits_for_a_week_and_no_longer(h: Harness) -> None:
    h.take(a_signal("paid", pixel=_AUTO))
    h.clock.advance(ms=7 * DAY)
    h.take(_seen("e-1", received_ms=h.now()))
    h.clock.advance(ms=HOUR)
    h.take(_seen("e-2", received_ms=h.now()))
    assert (h.story("e-1").state, h.story("e-1").reason) == ("held", "not_confirmed")
    assert h.state("e-2") == "ready"


def it_is_known_after_a_restart(h: Harness) -> None:
    h.take(a_signal("paid", pixel=_AUTO))
    h.engine.reopen()
    h.take(_seen("e-1"))
    assert h.state("e-1") == "held"


def within_a_transaction_the_order_of_arrivals_means_nothing(h: Harness) -> None:
    arrivals = [a_signal("paid", pixel="AUTO"), _seen("e-1"), _seen("e-2", received_ms=NOW - HOUR)]
    for n, order in enumerate(permutations(arrivals)):
        pixel = f"AUTO{n}"
        h.take(*(_on(pixel, signal) for signal in order))
        found = [*h.store.by_event_id("shop", "e-1"), *h.store.by_event_id("shop", "e-2")]
        assert [story.state for story in found if story.pixel == pixel] == ["held", "held"]
    assert {change.at_ms for change in h.store.changes(limit=99)} == {NOW}


def the_first_report_of_several_tells_when_it_began(h: Harness) -> None:
    for pixel, hours in (("AUTO1", (0, 5, 9)), ("AUTO2", (9, 0, 5))):
        h.take(*(a_signal(f"{n}", pixel=pixel, received_ms=NOW + n * HOUR) for n in hours))
    assert [change.at_ms for change in h.store.changes(limit=9)] == [NOW, NOW]


def a_test_a_page_and_what_ends_at_the_door_are_no_report(h: Harness) -> None:
    left = Permission(Decision.DROPPED, "", Reason.LEFT_TO_BROWSER)
    h.take(a_signal("test", pixel=_AUTO, test_code="TEST1"), a_signal("left", pixel=_AUTO, permission=left))
    h.take(_seen("page"))
    h.take(_seen("e-1"))
    assert h.state("e-1") == "ready"
    assert h.store.changes(limit=9) == []


def what_a_visitor_refused_or_did_not_say_is_a_report_all_the_same(h: Harness) -> None:
    h.take(a_refusal("refused", pixel="AUTO1"), an_undecided("unsaid", pixel="AUTO2"))
    h.take(_on("AUTO1", _seen("e-1")), _on("AUTO2", _seen("e-2")))
    assert [h.state("e-1"), h.state("e-2")] == ["held", "held"]


def a_report_that_is_recorded_late_shortens_nothing(h: Harness) -> None:
    h.take(a_signal("late", pixel=_AUTO, received_ms=NOW + 5 * DAY))
    h.take(a_signal("early", pixel=_AUTO))
    h.take(_seen("e-1", received_ms=NOW + 9 * DAY))
    assert h.state("e-1") == "held"


def the_audit_tells_once_when_it_began_and_once_when_it_ended(h: Harness) -> None:
    for day in range(3):
        h.take(a_signal(f"paid-{day}", pixel=_AUTO, received_ms=NOW + day * DAY))
    h.clock.advance(ms=9 * DAY)
    h.store.end_confirming(h.now())
    assert len(_told(h)) == 1
    h.clock.advance(ms=HOUR)
    for _ in range(2):
        h.store.end_confirming(h.now())
        h.engine.reopen()
    began, over = _told(h)
    assert began == (NOW, "off", "on: a server reported a purchase")
    assert (over[1], over[2]) == ("on", "off: no server reported a purchase for 7 days")
    assert NOW + 9 * DAY < over[0] <= h.now()


def it_begins_anew_with_the_next_report(h: Harness) -> None:
    h.take(a_signal("paid-1", pixel=_AUTO))
    h.clock.advance(ms=8 * DAY)
    h.store.end_confirming(h.now())
    h.take(_seen("e-1", received_ms=h.now()))
    h.take(a_signal("paid-2", pixel=_AUTO, received_ms=h.now()))
    h.take(_seen("e-2", received_ms=h.now()))
    assert [h.state("e-1"), h.state("e-2")] == ["ready", "held"]
    assert [after[:3] for _, _, after in _told(h)] == ["on:", "off", "on:"]


def what_ended_while_no_writer_ran_is_told_with_its_own_time(h: Harness) -> None:
    h.take(a_signal("paid-1", pixel=_AUTO))
    h.clock.advance(ms=20 * DAY)
    h.take(a_signal("paid-2", pixel=_AUTO, received_ms=h.now()))
    began, over, again = _told(h)
    assert began[0] + 7 * DAY < over[0] <= began[0] + 7 * DAY + HOUR
    assert again[0] == h.now()


def where_the_owner_decided_the_audit_tells_nothing(h: Harness) -> None:
    for pixel in ("TRUSTING", "CONFIRMED"):
        h.take(a_signal("paid", pixel=pixel))
    h.clock.advance(ms=8 * DAY)
    h.store.end_confirming(h.now())
    assert h.store.changes(limit=9) == []


def a_rehearsal_begins_nothing(h: Harness) -> None:
    h.store.rehearse(h.engine.reader.journal_id, Numbered(1, [a_signal("paid", pixel=_AUTO)]), h.now())
    h.take(_seen("e-1"))
    assert h.state("e-1") == "ready"
    assert h.store.changes(limit=9) == []


def a_replay_begins_nothing_anew(h: Harness) -> None:
    h.take(a_signal("paid", pixel=_AUTO))
    h.clock.advance(ms=8 * DAY)
    h.store.end_confirming(h.now())
    h.replay()
    assert len(_told(h)) == 2


def what_waits_for_the_server_is_found_by_its_order_and_by_nothing_of_its_buyer(h: Harness) -> None:
    email, order = lookup("email", "shop", "ada"), order_lookup("1001")
    h.take(a_signal("paid", pixel=_AUTO), _seen("e-1", order_id="1001", lookups=[order, email]))
    h.engine.reopen()
    assert [story.state for story in h.store.by_lookup([order])] == ["held"]
    assert h.store.by_lookup([email]) == []
    h.take(a_signal("e-1", pixel=_AUTO, order_id="1001", lookups=[order]))
    assert [story.state for story in h.store.by_lookup([email])] == ["ready"]
    assert len(h.store.by_lookup([order])) == 1


def what_waits_for_permission_is_found_likewise(h: Harness) -> None:
    email, order = lookup("email", "shop", "ada"), order_lookup("1001")
    h.take(an_undecided("e-1", order_id="1001", lookups=[order, email]))
    assert [len(h.store.by_lookup([hash_])) for hash_ in (order, email)] == [1, 0]
    h.take(a_refusal("e-1"))
    h.tidy()
    assert h.store.by_lookup([order]) == []


def what_waited_in_vain_is_found_by_its_order(h: Harness) -> None:
    h.take(a_signal("paid", pixel=_AUTO), _seen("e-1", order_id="1001", lookups=[order_lookup("1001")]))
    assert carried_ids(h.lease(pixel=_AUTO)) == ["paid"]
    h.end_held()
    (story,) = h.store.by_lookup([order_lookup("1001")])
    assert (story.state, story.reason) == ("expired", "never_confirmed")


def _seen(event_id: str, **changes: object) -> Signal:
    return a_signal(event_id, **{"pixel": _AUTO, "channel": BROWSER} | changes)


def _on(pixel: str, signal: Signal) -> Signal:
    """Give the same arrival on another pixel of the same kind."""
    refused, unsaid = signal.permission.decision is Decision.DROPPED, signal.permission.decision is Decision.UNDECIDED
    make = a_refusal if refused else an_undecided if unsaid else a_signal
    return make(signal.event_id, pixel=pixel, channel=signal.channel, received_ms=signal.received_ms)


def _told(h: Harness) -> list[tuple[int, str, str]]:
    lines = reversed(h.store.changes(limit=99))
    return [(line.at_ms, line.before, line.after) for line in lines if line.what == _WHAT]
