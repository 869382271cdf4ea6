"""What waits for permission: until it is granted, refused, or too late."""

from engines.kit.harness import Harness
from signals import (
    BROWSER,
    HOUR,
    MINUTE,
    NOW,
    a_record,
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


def nothing_is_sent_before_it_is_permitted(h: Harness) -> None:
    h.take(an_undecided("e-1"))
    assert (h.story().state, h.story().reason) == ("held", "consent_not_said")
    assert h.store.next_due_ms() is None
    assert (h.store.unsent(), h.store.held()) == (0, 1)


def a_permitted_copy_releases_all_that_is_held_under_its_key(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v", channel=BROWSER, user={"ttclid": "c"}))
    h.take(a_signal("e-1", visitor="v", user={"email": an_email("ada")}))
    (event,) = carried(h.lease())
    assert event["user"] == {"email": an_email("ada"), "ttclid": "c"}


def a_copy_without_a_word_joins_what_is_permitted(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v", user={"email": an_email("ada")}))
    h.take(an_undecided("e-1", visitor="v", channel=BROWSER, user={"ttclid": "c"}))
    (event,) = carried(h.lease())
    assert event["user"] == {"email": an_email("ada"), "ttclid": "c"}


def a_refusal_withdraws_what_is_held(h: Harness) -> None:
    h.take(an_undecided("e-1"))
    h.take(a_refusal("e-1"))
    assert (h.story().state, h.story().reason, h.story().event_id) == ("withdrawn", "no_consent", "")
    h.take(a_signal("e-1"))
    assert h.store.next_due_ms() is None


def what_nobody_permits_expires_after_a_day(h: Harness) -> None:
    h.take(an_undecided("e-1"))
    assert h.end_held(24 * HOUR - 1) == 0
    assert h.end_held(1) == 1
    assert (h.story().state, h.story().reason) == ("expired", "consent_never_said")
    assert h.end_held(HOUR) == 0


def a_further_copy_extends_no_deadline(h: Harness) -> None:
    h.take(an_undecided("e-1"))
    h.clock.advance(ms=20 * HOUR)
    h.take(an_undecided("e-1", channel=BROWSER, received_ms=h.now()))
    assert h.end_held(4 * HOUR) == 1


def the_next_deadline_is_the_earliest(h: Harness) -> None:
    h.take(an_undecided("e-1", received_ms=NOW + HOUR), an_undecided("e-2"))
    assert h.store.next_deadline_ms() == NOW + 24 * HOUR
    assert [h.end_held(24 * HOUR), h.end_held(HOUR)] == [1, 1]


def as_many_as_asked_for_end_at_once_the_earliest_first(h: Harness) -> None:
    h.take(*(an_undecided(f"e-{n}", received_ms=NOW + n) for n in range(3)))
    h.clock.advance(ms=25 * HOUR)
    assert h.step(lambda: h.store.end_overdue(h.now(), limit=2)) == 2
    assert [h.story(f"e-{n}").state for n in range(3)] == ["expired", "expired", "held"]


def what_was_held_in_vain_is_sent_when_it_is_permitted_after_all(h: Harness) -> None:
    h.take(an_undecided("e-1", user={"ttclid": "gone"}))
    h.end_held()
    h.take(a_signal("e-1", user={"email": an_email("ada")}, received_ms=h.now()))
    (event,) = carried(h.lease())
    assert event["user"] == {"email": an_email("ada")}


def a_grant_of_the_visit_releases_what_it_reported(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v"), an_undecided("e-2", visitor="other"))
    h.take(a_statement(granted(NOW + MINUTE), visitor="v"))
    assert carried_ids(h.lease()) == ["e-1"]
    assert h.story("e-2").state == "held"
    assert h.counted("noted") == 1


def a_refusal_of_the_visit_withdraws_what_it_reported(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v"))
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert (h.story().state, h.story().event_id) == ("withdrawn", "")


def a_grant_that_is_known_lets_later_events_pass(h: Harness) -> None:
    h.take(a_statement(granted(), visitor="v"))
    h.engine.reopen()
    h.take(an_undecided("e-1", visitor="v"))
    assert carried_ids(h.lease()) == ["e-1"]


def a_later_refusal_of_the_visit_wins_over_an_older_grant_of_the_event(h: Harness) -> None:
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    h.take(a_signal("e-1", visitor="v", consent=granted(NOW)))
    assert (h.story().state, h.story().reason) == ("dropped", "no_consent")


def a_later_grant_of_the_visit_wins_over_its_older_refusal(h: Harness) -> None:
    h.take(a_statement(denied(NOW), visitor="v"))
    h.take(a_signal("e-1", visitor="v", consent=granted(NOW + MINUTE)))
    assert carried_ids(h.lease()) == ["e-1"]


def of_one_moment_the_refusal_wins(h: Harness) -> None:
    h.take(a_statement(granted(), visitor="v"), a_statement(denied(), visitor="v"))
    h.take(an_undecided("e-1", visitor="v"))
    assert h.story().state == "dropped"


def a_visit_says_nothing_for_another(h: Harness) -> None:
    h.take(a_statement(granted(), visitor="v"))
    h.take(an_undecided("e-1", visitor="w"), an_undecided("e-2"))
    assert (h.story("e-1").state, h.story("e-2").state) == ("held", "held")


def what_only_waits_for_its_twin_is_reached_by_a_refusal_too(h: Harness) -> None:
    h.take(a_signal("seen", event="ViewContent", channel=BROWSER), a_signal("seen too", event="ViewContent"))
    h.delivered(h.lease())
    h.take(a_signal("e-1", visitor="v", consent=granted()))
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert h.story("e-1").state == "withdrawn"


def what_is_due_is_reached_by_a_refusal_as_long_as_it_is_not_sent(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v", consent=granted()))
    h.engine.reopen()
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert (h.story().state, h.story().event_id) == ("withdrawn", "")


def what_waits_after_an_attempt_is_reached_by_a_refusal_of_the_visit(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v", consent=granted()))
    h.waiting(h.lease(), after_ms=HOUR)
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert (h.story().state, h.store.next_due_ms()) == ("withdrawn", None)


def what_is_on_the_wire_is_not_sent_again_after_a_refusal_of_the_visit(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v", consent=granted()))
    lease = h.lease()
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert h.story().state == "leased"
    h.waiting(lease)
    assert h.story().state == "withdrawn"


def a_refusal_reaches_what_the_visit_reported_while_it_was_on_the_wire(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v"))
    lease = h.lease()
    h.take(a_signal("e-1", channel=BROWSER, visitor="v"))
    h.waiting(lease)
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert (h.story().state, h.store.next_due_ms()) == ("withdrawn", None)


def a_refusal_reaches_what_the_visit_reported_between_two_attempts(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.take(a_signal("e-1", channel=BROWSER, visitor="v"))
    lease = h.lease()
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    h.waiting(lease)
    assert (h.story().state, h.story().reason) == ("withdrawn", "no_consent")


def a_refusal_of_the_visit_gives_up_a_second_word(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, native="sent", visitor="v", consent=granted()))
    h.delivered(h.lease())
    h.take(a_signal("e-1", user={"email": an_email("ada")}, visitor="v", received_ms=NOW + MINUTE))
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    assert (h.story().state, h.store.next_due_ms()) == ("delivered", None)


def what_was_held_in_vain_is_refused_for_good_by_its_visit(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v"))
    h.end_held()
    h.take(a_statement(denied(NOW + MINUTE), visitor="v"))
    h.take(a_signal("e-1", received_ms=h.now()))
    assert (h.story().state, h.store.next_due_ms()) == ("withdrawn", None)


def conditions_that_a_grant_sets_hold_for_what_it_releases(h: Harness) -> None:
    user = {"email": an_email("ada"), "ip": "203.0.113.9"}
    h.take(an_undecided("e-1", visitor="v", user=user))
    said = {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "denied"}
    h.take(a_statement(a_record(NOW + MINUTE, region="US-CA", **said), visitor="v"))
    (event,) = carried(h.lease())
    assert (event["limited_data_use"], event["user"]) == (True, user)


def a_grant_without_personal_use_releases_a_bare_event_where_tiktok_limits_nothing(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v", user={"email": an_email("ada"), "ip": "203.0.113.9"}))
    said = {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "denied"}
    h.take(a_statement(a_record(NOW + MINUTE, region="DE", **said), visitor="v"))
    (event,) = carried(h.lease())
    assert "user" not in event


def limited_data_use_without_an_address_sends_no_identifiers(h: Harness) -> None:
    said = {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "denied"}
    h.take(a_statement(a_record(NOW, region="US-CA", **said), visitor="v"))
    h.take(a_signal("e-1", visitor="v", user={"email": an_email("ada"), "country": "us"}))
    h.take(a_signal("e-2", user={"email": an_email("ada")}, limited=True))
    assert [event.get("user") for event in carried(h.lease())] == [{"country": "us"}, None]


def an_address_that_another_copy_brings_is_enough_for_limited_data_use(h: Harness) -> None:
    email = {"email": an_email("ada")}
    said = {"pixel": "CONFIRMED", "visitor": "v"}
    h.take(a_signal("e-1", channel=BROWSER, user={"ip": "203.0.113.9"}, limited=True, **said))
    h.take(a_signal("e-1", user=email, **said))
    (event,) = carried(h.lease(pixel="CONFIRMED"))
    assert (event["limited_data_use"], event["user"]) == (True, {**email, "ip": "203.0.113.9"})


def identifiers_that_are_refused_before_it_is_sent_do_not_leave(h: Harness) -> None:
    user = {"email": an_email("ada"), "country": "de"}
    h.take(a_signal("e-1", pixel="STRIPPED", visitor="v", consent=granted(), user=user))
    said = {"ad_storage": "granted", "ad_user_data": "denied"}
    h.take(a_statement(a_record(NOW + MINUTE, **said), visitor="v"))
    (event,) = carried(h.lease(pixel="STRIPPED"))
    assert event["user"] == {"country": "de"}


def conditions_reach_what_is_still_held_too(h: Harness) -> None:
    h.take(a_signal("e-1", pixel="CONFIRMED", channel=BROWSER, visitor="v", consent=granted()))
    h.take(a_statement(a_record(NOW + MINUTE, ad_personalization="denied"), visitor="v"))
    h.engine.reopen()
    h.take(a_signal("e-1", pixel="CONFIRMED", user={"email": an_email("ada")}))
    (event,) = carried(h.lease(pixel="CONFIRMED"))
    assert "user" not in event


def identifiers_that_were_refused_later_do_not_leave(h: Harness) -> None:
    said = {"ad_storage": "granted", "ad_user_data": "denied"}
    h.take(a_statement(a_record(NOW + MINUTE, **said), visitor="v"))
    h.take(a_signal("e-1", pixel="STRIPPED", visitor="v", consent=granted(), user={"email": "x", "country": "de"}))
    (event,) = carried(h.lease(pixel="STRIPPED"))
    assert event["user"] == {"country": "de"}


def limited_data_use_asked_for_later_is_sent(h: Harness) -> None:
    h.take(a_statement(a_record(NOW + MINUTE, region="US-CA", ad_personalization="denied"), visitor="v"))
    here = a_record(NOW, region="US-CA", ad_storage="granted", ad_user_data="granted")
    h.take(a_signal("e-1", visitor="v", consent=here, user={"ip": "203.0.113.9"}))
    (event,) = carried(h.lease())
    assert (event["limited_data_use"], event["user"]) == (True, {"ip": "203.0.113.9"})
