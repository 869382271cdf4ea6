"""A person may be erased: what is stored goes; key, time and counts stay, and nothing more is sent."""

from engines.kit.harness import Harness
from signals import (
    BROWSER,
    MINUTE,
    NOW,
    a_refusal,
    a_signal,
    a_statement,
    an_email,
    an_undecided,
    carried,
    carried_ids,
    denied,
    granted,
)
from twinbeam.core.keys import lookup
from twinbeam.core.lifecycle import State
from twinbeam.core.values import Facts

_ADA = an_email("ada")
_LOOKUP = [lookup("email", "shop", _ADA)]


def everything_found_under_an_address_is_erased(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP, order_id="1001", value=10.0, currency="EUR"), a_signal("e-2"))
    assert h.erase("email", _ADA).removed == 1
    story = h.story("e-1")
    assert (story.state, story.reason) == ("erased", "erasure_asked")
    assert (story.event_id, story.order_id, story.value_minor, story.currency) == ("", "", None, "")
    assert h.store.copies_kept(story.id) == []
    assert h.store.by_lookup(_LOOKUP) == []
    assert carried_ids(h.lease()) == ["e-2"]


def what_is_held_is_found_and_erased_too(h: Harness) -> None:
    h.take(an_undecided("e-1", lookups=_LOOKUP), an_undecided("e-2"))
    assert h.erase("email", _ADA).removed == 1
    assert (h.state("e-1"), h.state("e-2")) == ("erased", "held")
    assert h.store.held() == 1


def the_receipt_tells_what_tiktok_has_already(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    h.delivered(h.lease())
    h.take(a_signal("e-2", lookups=_LOOKUP))
    receipt = h.erase("email", _ADA)
    assert (receipt.removed, receipt.in_flight, receipt.delivered) == (2, 0, 1)


def what_was_delivered_expired_or_refused_is_erased(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    h.refused(h.lease())
    h.take(an_undecided("e-2", lookups=_LOOKUP), a_signal("e-3", lookups=_LOOKUP))
    h.delivered(h.lease())
    h.erase("email", _ADA)
    assert [h.state(f"e-{n}") for n in (1, 2, 3)] == ["erased"] * 3


def what_is_on_the_wire_is_erased_at_its_answer(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    lease = h.lease()
    assert h.erase("email", _ADA).in_flight == 1
    assert h.state() == "leased"
    h.delivered(lease)
    h.tidy()
    assert h.state() == "erased"


def what_was_to_be_tried_again_is_erased_instead(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP), a_signal("e-2"))
    lease = h.lease()
    h.erase("email", _ADA)
    h.waiting(lease)
    assert (h.state("e-1"), h.story("e-1").reason) == ("erased", "erasure_asked")
    assert carried_ids(h.lease()) == ["e-2"]


def a_split_leaves_out_what_was_erased_meanwhile(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP), a_signal("e-2"), a_signal("e-3"))
    lease = h.lease()
    h.erase("email", _ADA)
    halves = h.split(lease)
    assert sorted(id_ for half in halves for id_ in carried_ids(half)) == ["e-2", "e-3"]
    assert h.state("e-1") == "erased"


def an_erasure_waits_for_what_was_accepted_before_it(h: Harness) -> None:
    h.append(a_signal("e-1", lookups=_LOOKUP))
    request = h.ask_erasure("email", _ADA)
    h.tidy()
    assert h.store.erasure(request) is None
    h.drain()
    h.tidy()
    assert h.store.erasure(request).removed == 1
    assert h.state() == "erased"


def what_is_accepted_after_it_is_another_matter(h: Harness) -> None:
    h.ask_erasure("email", _ADA)
    h.clock.advance(ms=1)
    h.take(a_signal("e-1", lookups=_LOOKUP, received_ms=h.now()))
    h.tidy()
    assert h.state() == "ready"
    assert [story.event_id for story in h.store.by_lookup(_LOOKUP)] == ["e-1"]


def a_later_copy_of_what_was_erased_is_a_duplicate_and_found_by_nobody(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    h.erase("email", _ADA)
    h.clock.advance(ms=MINUTE)
    assert h.take(a_signal("e-1", lookups=_LOOKUP, received_ms=h.now())).duplicate == 1
    assert (h.state(), h.store.by_lookup(_LOOKUP)) == ("erased", [])


def a_refusal_of_what_was_erased_changes_nothing(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    h.erase("email", _ADA)
    h.take(a_refusal("e-1"))
    assert h.state() == "erased"


def a_visit_is_erased_by_its_visitor(h: Harness) -> None:
    h.take(a_signal("v", event="ViewContent", channel=BROWSER, visitor="v-1", facts=Facts(ttclid="click")))
    h.take(an_undecided("e-1", visitor="v-1"))
    assert h.erase("visitor", "v-1").visits == 1
    assert h.state("e-1") == "erased"
    h.take(a_signal("e-2", visitor="v-1", pixel="PIXEL2"))
    assert "user" not in carried(h.lease(pixel="PIXEL2"))[0]


def what_was_erased_on_the_wire_gets_no_second_word(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent", user={"ttclid": "c"}, lookups=_LOOKUP))
    lease = h.lease()
    assert h.erase("email", _ADA).in_flight == 1
    h.delivered(lease)
    h.take(a_signal("e-1", user={"phone": "p"}, lookups=_LOOKUP, received_ms=h.now()))
    assert h.store.due_lanes(2**62) == []
    h.tidy(days=1)
    assert h.store.by_lookup(_LOOKUP) == []


def what_a_visit_denied_outlives_it(h: Harness) -> None:
    h.take(a_signal("v", event="ViewContent", channel=BROWSER, visitor="v-1", facts=Facts(ttclid="click")))
    h.take(a_statement(denied(NOW), visitor="v-1"))
    h.erase("visitor", "v-1")
    h.engine.reopen()
    h.take(a_signal("e-1", visitor="v-1"))
    assert h.state("e-1") == "dropped"


def what_a_visit_granted_is_erased_with_it(h: Harness) -> None:
    h.take(a_statement(granted(), visitor="v-1"))
    h.erase("visitor", "v-1")
    h.take(an_undecided("e-1", visitor="v-1"))
    assert h.state("e-1") == "held"


def what_comes_between_a_request_and_its_answer_hears_the_visit_all_the_same(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v-1", lookups=_LOOKUP))
    h.ask_erasure("email", _ADA)
    h.clock.advance(ms=1_000)
    h.take(a_signal("e-2", visitor="v-1", received_ms=h.now()))
    h.tidy()
    assert (h.state("e-1"), h.state("e-2")) == ("erased", "ready")
    h.take(a_statement(denied(h.now()), visitor="v-1", received_ms=h.now()))
    assert h.state("e-2") == "withdrawn"


def what_a_forgotten_visit_still_waited_for_is_forgotten_in_its_turn(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v-1"))
    h.end_held()
    h.tidy(days=30)
    h.tidy(days=2)
    assert h.erase("visitor", "v-1").removed == 0


def the_visit_of_what_waits_is_erased_with_it(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v-1", lookups=_LOOKUP), an_undecided("e-2", visitor="v-1"))
    receipt = h.erase("email", _ADA)
    assert (receipt.removed, receipt.visits) == (2, 1)


def another_workspace_keeps_what_it_has(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    assert h.erase("email", _ADA, workspace="other").removed == 0
    assert h.state() == "ready"


def a_stranger_is_told_that_there_was_nothing(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    receipt = h.erase("email", an_email("ben"))
    assert (receipt.removed, receipt.in_flight, receipt.delivered, receipt.visits) == (0, 0, 0, 0)


def an_erasure_is_carried_out_once(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP))
    request = h.ask_erasure("email", _ADA)
    h.tidy()
    receipt = h.store.erasure(request)
    h.engine.reopen()
    h.tidy(1)
    assert h.store.erasure(request) == receipt


def what_was_erased_counts_as_erased(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=_LOOKUP), a_signal("e-2", lookups=_LOOKUP))
    h.erase("email", _ADA)
    assert h.counted("erased", "erasure_asked") == h.store.states()[State.ERASED] == 2


def each_request_waits_for_its_own_answers(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.erase("order", "1001")
    h.clock.advance(ms=MINUTE)
    h.take(a_signal("e-2", pixel="PIXEL2", lookups=_LOOKUP, received_ms=h.now()))
    lease = h.lease(pixel="PIXEL2")
    assert h.erase("email", _ADA).in_flight == 1
    h.delivered(lease)
    h.tidy()
    assert h.state("e-2") == "erased"
