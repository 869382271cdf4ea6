"""A refusal, or a condition, reaches all that is not sent: enrichments, further attempts, and whatever it names."""

from typing import Any

from msgspec.structs import replace

from engines.kit.harness import Harness
from signals import (
    BROWSER,
    MINUTE,
    NOW,
    PIXEL,
    a_record,
    a_refusal,
    a_signal,
    a_statement,
    an_email,
    an_undecided,
    carried,
    denied,
    granted,
)
from twinbeam.core.consent import Region
from twinbeam.core.keys import lookup
from twinbeam.core.values import Decision, Permission

_LATER = NOW + MINUTE
_ADA = {"email": an_email("ada")}
_LOOKUP = [lookup("email", "shop", an_email("ada"))]
_STRIPPED = a_record(_LATER, ad_storage="granted", ad_user_data="denied")
_LIMITED = a_record(_LATER, ad_storage="granted", ad_user_data="granted", ad_personalization="denied")
_FOREVER = 2**62
_SEEN = {**_ADA, "ip": "203.0.113.9"}


def _nothing_is_due(h: Harness, pixel: str = PIXEL) -> bool:
    return not [lane for lane in h.store.due_lanes(_FOREVER) if lane.source_id == pixel]


def _delivered(h: Harness, pixel: str = PIXEL, **said: Any) -> None:
    """Deliver a browser's copy, which TikTok's script reported as well."""
    h.take(a_signal("e-1", pixel=pixel, channel=BROWSER, native="sent", user={"ttclid": "c"}, **said))
    h.delivered(h.lease(pixel=pixel))
    h.clock.advance(ms=MINUTE)


def _second(h: Harness, pixel: str = PIXEL) -> None:
    """Report what would be worth an enrichment."""
    h.take(a_signal("e-1", pixel=pixel, user=_ADA, received_ms=h.now()))


def a_second_word_is_worth_it(h: Harness) -> None:
    _delivered(h, visitor="v", consent=granted())
    _second(h)
    assert not _nothing_is_due(h)


def what_a_copy_refused_after_it_was_delivered_is_added_to_no_more(h: Harness) -> None:
    _delivered(h)
    h.take(a_refusal("e-1", received_ms=h.now()))
    h.engine.reopen()
    _second(h)
    assert _nothing_is_due(h)


def what_its_visit_refused_after_it_was_delivered_is_added_to_no_more(h: Harness) -> None:
    _delivered(h, visitor="v", consent=granted())
    h.tidy()
    h.take(a_statement(denied(_LATER), visitor="v"))
    _second(h)
    assert _nothing_is_due(h)


def what_was_refused_on_the_wire_is_added_to_no_more(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent", visitor="v", consent=granted(), user={"ttclid": "c"}))
    lease = h.lease()
    h.take(a_statement(denied(_LATER), visitor="v"))
    h.delivered(lease)
    assert h.state() == "delivered"
    h.clock.advance(ms=MINUTE)
    _second(h)
    assert _nothing_is_due(h)


def what_was_refused_on_the_wire_and_then_by_tiktok_keeps_no_payload(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    lease = h.lease()
    h.take(a_refusal("e-1"))
    h.refused(lease)
    assert [h.state("e-1"), h.state("e-2")] == ["withdrawn", "refused"]


def a_visit_that_is_known_from_a_late_duplicate_gives_a_second_word_up(h: Harness) -> None:
    _delivered(h)
    h.take(a_signal("e-1", channel=BROWSER, visitor="v", received_ms=h.now()))
    _second(h)
    h.take(a_statement(denied(_LATER), visitor="v"))
    assert (h.state(), _nothing_is_due(h)) == ("delivered", True)


def a_condition_gives_a_second_word_up(h: Harness) -> None:
    _delivered(h, pixel="STRIPPED", visitor="v", consent=granted())
    _second(h, "STRIPPED")
    h.take(a_statement(_STRIPPED, visitor="v"))
    assert (h.state(), _nothing_is_due(h, "STRIPPED")) == ("delivered", True)


def a_condition_that_was_said_before_lets_no_second_word_begin(h: Harness) -> None:
    _delivered(h, pixel="STRIPPED", visitor="v", consent=granted())
    h.take(a_statement(_STRIPPED, visitor="v"))
    _second(h, "STRIPPED")
    assert _nothing_is_due(h, "STRIPPED")


def a_condition_holds_though_the_visit_has_not_said_everything(h: Harness) -> None:
    h.take(an_undecided("e-1", channel=BROWSER, visitor="v"))
    h.take(a_statement(a_record(_LATER, ad_personalization="denied"), visitor="v"))
    h.take(a_signal("e-1", user=_ADA))
    (event,) = carried(h.lease())
    assert "user" not in event


def identifiers_that_are_refused_by_a_visit_without_another_word_do_not_leave(h: Harness) -> None:
    h.take(an_undecided("e-1", pixel="STRIPPED", channel=BROWSER, visitor="v", user=_ADA))
    h.take(a_statement(a_record(_LATER, ad_user_data="denied"), visitor="v"))
    h.take(a_signal("e-1", pixel="STRIPPED"))
    (event,) = carried(h.lease(pixel="STRIPPED"))
    assert "email" not in event.get("user", {})


def what_expired_unpaid_is_refused_for_good_days_later(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, visitor="v", consent=granted(), native="not_fired"))
    h.end_held()
    h.tidy(days=3)
    h.take(a_statement(denied(h.now()), visitor="v", received_ms=h.now()))
    h.take(a_signal("e-1", pixel="PAID", stage="paid", received_ms=h.now()))
    assert _nothing_is_due(h, "PAID")


def conditions_set_before_it_expired_unpaid_hold_when_it_is_paid(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, visitor="v", consent=granted(), native="not_fired"))
    h.take(a_statement(_LIMITED, visitor="v"))
    h.end_held()
    h.engine.reopen()
    _pay(h)
    assert "user" not in carried(h.lease(pixel="PAID"))[0]


def conditions_set_after_it_expired_unpaid_hold_when_it_is_paid(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, visitor="v", consent=granted(), native="not_fired"))
    h.end_held()
    h.take(a_statement(_LIMITED, visitor="v", received_ms=h.now()))
    _pay(h)
    assert "user" not in carried(h.lease(pixel="PAID"))[0]


def conditions_of_a_copy_that_expired_unpaid_hold_when_it_is_paid(h: Harness) -> None:
    limited = Permission(Decision.ALLOWED, "ad_personalization=denied", limited=True)
    h.take(a_signal("e-1", pixel="PAID", channel=BROWSER, permission=limited, native="not_fired"))
    h.end_held()
    _pay(h)
    (event,) = carried(h.lease(pixel="PAID"))
    assert (event["limited_data_use"], event["user"]) == (True, _SEEN)


def _pay(h: Harness) -> None:
    """Report that an order is paid, by a webhook that knows nothing of the visit."""
    h.take(a_signal("e-1", pixel="PAID", stage="paid", received_ms=h.now(), user=_SEEN))


def a_visit_that_was_forgotten_is_heard_on_what_it_reports_again(h: Harness) -> None:
    for visitor in ("a", "b"):
        h.take(a_signal(visitor, pixel="PIXEL2", visitor=visitor, consent=granted()))
    h.delivered(h.lease(pixel="PIXEL2"))
    h.tidy(days=32)
    h.take(a_signal("e-1", visitor=["a", "b"], received_ms=h.now()))
    h.take(a_statement(denied(h.now()), visitor="b", received_ms=h.now()))
    assert h.state() == "withdrawn"


def a_condition_holds_for_the_next_attempt(h: Harness) -> None:
    for arrived in (False, True):
        e = f"e-{arrived}"
        h.take(a_signal(e, pixel="STRIPPED", visitor="v", consent=granted(), user=_ADA))
        h.waiting(h.lease(pixel="STRIPPED"), arrived=arrived)
        h.take(a_statement(_STRIPPED, visitor="v"))
        assert "email" not in carried(h.lease(pixel="STRIPPED"))[0].get("user", {})


def what_is_on_the_wire_without_a_condition_is_not_sent_again(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v", consent=granted()))
    lease = h.lease()
    h.take(a_statement(_LIMITED, visitor="v"))
    h.waiting(lease)
    assert h.state() == "withdrawn"


def a_late_copy_s_condition_gives_up_the_second_word(h: Harness) -> None:
    limited = Permission(Decision.ALLOWED, "ad_personalization=denied", limited=True)
    h.take(a_signal("e-1", channel=BROWSER, native="sent", user={"ttclid": "c"}))
    h.delivered(h.lease())
    h.take(a_signal("e-1", permission=limited, received_ms=h.now()))
    h.take(a_signal("e-1", user=_ADA, received_ms=h.now()))
    assert h.store.due_lanes(_FOREVER) == []


def limited_data_use_is_said_only_where_tiktok_takes_it(h: Harness) -> None:
    limited = Permission(Decision.ALLOWED, "ad_personalization=denied", limited=True)
    h.take(a_signal("e-1", event_source="offline", pixel="SET1", permission=limited))
    assert "limited_data_use" not in carried(h.lease(pixel="SET1"))[0]


def a_refusal_is_heard_beside_a_visit_that_was_forgotten(h: Harness) -> None:
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor="a", consent=granted()))
    h.delivered(h.lease(pixel="PIXEL2"))
    h.tidy(days=32)
    h.take(a_statement(denied(h.now()), visitor="b", received_ms=h.now()))
    h.take(a_signal("e-1", visitor=["a", "b"], received_ms=h.now()))
    assert h.state() == "dropped"


def _apart(h: Harness) -> None:
    """Let two visits be known that nothing ever joined."""
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor="v", consent=granted()))
    h.take(a_signal("q", event="Lead", pixel="PIXEL2", visitor="order-9"))


def an_objection_is_heard_by_every_visit_that_it_names(h: Harness) -> None:
    _apart(h)
    h.take(a_signal("e-1", visitor="order-9", consent=granted(), user=_ADA))
    h.take(a_statement(_LIMITED, visitor=["v", "order-9"]))
    assert "user" not in carried(h.lease())[0]


def a_refusal_of_one_s_own_outlives_another_visit_s_grant(h: Harness) -> None:
    _apart(h)
    h.take(a_statement(a_record(NOW + 1, ad_storage="denied"), visitor="v"))
    h.take(a_statement(_STRIPPED, visitor="order-9"))
    h.take(a_signal("e-1", pixel="STRIPPED", visitor=["v", "order-9"]))
    assert h.state() == "dropped"


def the_grant_in_a_partial_refusal_permits_nothing_of_another_visit(h: Harness) -> None:
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor="v", consent=granted()))
    h.take(an_undecided("e-1", pixel="STRIPPED", visitor="order-9", consent=a_record()))
    h.take(a_statement(_STRIPPED, visitor=["v", "order-9"]))
    assert h.state() == "held"


def a_refusal_under_one_id_counts_when_two_ids_prove_to_be_one_order(h: Harness) -> None:
    h.take(a_signal("x", channel=BROWSER))
    h.take(a_refusal("order-1"))
    h.take(a_signal("x", also=["order-1"]))
    assert h.state("x") == "withdrawn"


def a_refusal_reaches_every_visit_that_it_names(h: Harness) -> None:
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor="v", consent=granted()))
    h.take(a_signal("e-1", visitor="order-9"))
    h.take(a_statement(denied(_LATER), visitor=["v", "order-9"]))
    assert h.state() == "withdrawn"
    h.take(a_signal("e-2", visitor="order-9", received_ms=_LATER))
    assert h.state("e-2") == "dropped"


def either_visit_of_a_copy_may_refuse_it(h: Harness) -> None:
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor="v", consent=granted()))
    h.take(a_signal("q", event="Lead", pixel="PIXEL2", visitor="order-9"))
    h.take(a_signal("e-1", visitor=["v", "order-9"], consent=granted()))
    h.take(a_statement(denied(_LATER), visitor="order-9"))
    assert h.state() == "withdrawn"
    h.take(a_signal("e-2", visitor=["v", "order-9"]))
    assert h.state("e-2") == "dropped"


def a_grant_reaches_no_second_visit(h: Harness) -> None:
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor="v", consent=granted()))
    h.take(an_undecided("e-1", visitor="order-9"))
    h.take(a_statement(granted(_LATER), visitor=["v", "order-9"]))
    assert h.state() == "held"


def a_refusal_of_one_visit_comes_before_a_grant_of_another_in_whatever_order_they_became_known(h: Harness) -> None:
    for event_id, known in (("e-1", ["grants-1", "refuses-1"]), ("e-2", ["refuses-2", "grants-2"])):
        for visit in known:
            h.take(a_signal(f"p-{visit}", event="ViewContent", pixel="PIXEL2", visitor=visit))
        h.take(an_undecided(event_id, visitor=known))
        before = h.story(event_id).consent
        words = {"grants": granted(_LATER), "refuses": denied(_LATER)}
        h.take(*[a_statement(words[visit.partition("-")[0]], visitor=visit) for visit in known])
        story = h.story(event_id)
        assert (story.state, story.consent) == ("withdrawn", before)


def what_a_transaction_says_of_two_visits_does_not_depend_on_its_order(h: Harness) -> None:
    h.take(a_signal("p", event="ViewContent", pixel="PIXEL2", visitor=["v", "w"], consent=granted()))
    for visitor, order, step in (("v", "order-1", 1), ("w", "order-2", -1)):
        copy = a_signal(f"e-{order}", visitor=order, consent=granted())
        h.take(*[copy, a_statement(denied(_LATER), visitor=[visitor, order])][::step])
        assert h.state(f"e-{order}") == "dropped"


def a_refused_event_still_tells_which_order_is_of_its_visit(h: Harness) -> None:
    h.take(a_statement(denied(NOW), visitor="v"))
    h.take(an_undecided("i-1", event="InitiateCheckout", visitor=["v", "order-9"]))
    h.take(a_signal("e-1", visitor="order-9"))
    assert h.state() == "dropped"


def a_refusal_reaches_two_conversions_of_one_order(h: Harness) -> None:
    h.take(a_signal("x", channel=BROWSER), a_signal("order-1"))
    h.take(a_refusal("x", also=["order-1"]))
    assert [h.state("x"), h.state("order-1")] == ["withdrawn", "withdrawn"]


def a_better_known_place_is_remembered_though_the_answers_are_the_same(h: Harness) -> None:
    for visitor, step in (("v", 1), ("w", -1)):
        for region in [Region("US", 1), Region("DE", 0)][::step]:
            h.take(a_statement(replace(a_record(), region=region), visitor=visitor))
        h.take(an_undecided(f"e-{visitor}", visitor=visitor))
        assert h.state(f"e-{visitor}") == "held"


def what_is_withdrawn_is_soon_found_by_nobody(h: Harness) -> None:
    for event_id in ("e-1", "e-2", "e-3"):
        h.take(a_signal(event_id, lookups=_LOOKUP))
    h.take(a_refusal("e-1"))
    lease = h.lease()
    h.take(a_refusal("e-2"))
    h.waiting(lease)
    assert [h.state(event_id) for event_id in ("e-1", "e-2")] == ["withdrawn"] * 2
    h.tidy()
    assert [story.event_id for story in h.store.by_lookup(_LOOKUP)] == ["e-3"]


def what_is_withdrawn_keeps_no_value_that_a_copy_named(h: Harness) -> None:
    for event_id in ("e-1", "e-2"):
        h.take(a_signal(event_id, value=1.0, currency="EUR"))
        h.take(a_signal(event_id, value=77.0, currency="EUR", channel=BROWSER))
        assert h.story(event_id).copies[1].differs == "value 77.00 EUR"
    h.take(a_refusal("e-1"))
    lease = h.lease()
    h.take(a_refusal("e-2"))
    h.waiting(lease)
    for event_id in ("e-1", "e-2"):
        assert (h.state(event_id), h.story(event_id).copies[1].differs) == ("withdrawn", "")
