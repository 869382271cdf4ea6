"""Diagnostics, match quality and status: what Events Manager would say (tiktok.md 11)."""

import hashlib

import pytest

from emulator_sender import PIXEL, event, properties, user

DAY = 86_400


def cards(sender):
    """List the ids of the current cards."""
    return [each["id"] for each in sender.control("GET", f"/diagnostics?pixel={PIXEL}")["items"]]


def overview(sender):
    """Show the table by event."""
    return {each["event"]: each for each in sender.control("GET", f"/overview?pixel={PIXEL}")["items"]}


@pytest.fixture
def now(tiktok):
    """The emulator's time in seconds, standing still."""
    tiktok.freeze()
    return tiktok.now_ms // 1000


def test_a_card_has_trigger_evidence_and_fix(tiktok, sender, now):
    tiktok.expect("unhashed_pii")
    sender.track(event(user=user(email="alice@example.com"), event_time=now))
    (card,) = sender.control("GET", "/diagnostics")["items"]
    assert (card["id"], card["severity"], card["event"], card["count"]) == ("unhashed_pii", "fault", "Purchase", 1)
    assert card["trigger"]
    assert card["fix"]
    assert card["evidence"] == ["order-1 user.email ali... (17 characters)"]


def test_a_card_is_gone_after_a_day(tiktok, sender, now):
    sender.track(event(event_id=..., event_time=now))
    assert cards(sender) == ["server_only_no_dedup"]
    tiktok.move(DAY + 3600)
    assert cards(sender) == []


def test_a_dismissed_card_comes_back_when_it_happens_again(sender, now):
    sender.track(event(event_id=..., event_time=now))
    sender.control("POST", "/diagnostics", {"dismiss": "server_only_no_dedup", "pixel": PIXEL})
    assert cards(sender) == []
    sender.track(event(event_id=..., event_time=now))
    assert cards(sender) == ["server_only_no_dedup"]


def test_more_carts_than_views_is_remarked_on(sender, now):
    sender.track(event(event="AddToCart", event_time=now))
    assert "fewer_views_than_carts" in cards(sender)
    sender.track(event(event="ViewContent", event_time=now))
    assert "fewer_views_than_carts" not in cards(sender)


def test_a_missing_id_matters_once_both_channels_send_the_event(sender, now):
    sender.track(event(event_id=..., event_time=now))
    assert "missing_event_id_on_overlap" not in cards(sender)
    sender.beacon()
    assert "missing_event_id_on_overlap" in cards(sender)


def test_ids_that_never_meet_are_a_mismatch(sender, now):
    for i in range(10):
        sender.beacon(event_id=f"browser-{i}")
        sender.track(event(event_id=f"server-{i}", event_time=now))
    assert "event_id_mismatch" in cards(sender)


def test_ids_that_meet_are_none(tiktok, sender, now):
    tiktok.allow("changed_body")
    for i in range(10):
        sender.beacon(event_id=str(i))
        sender.track(event(event_id=str(i), event_time=now))
    assert "event_id_mismatch" not in cards(sender)


@pytest.mark.parametrize(("people", "found"), [(50, True), (5, False)])
def test_one_address_for_many_people_is_a_proxys(sender, now, people, found):
    hashes = [hashlib.sha256(f"person {i}".encode()).hexdigest() for i in range(people)]
    sender.track(*(event(event_id=str(i), user=user(email=hashes[i % people]), event_time=now) for i in range(50)))
    assert ("same_ip_many_users" in cards(sender)) is found


def test_a_test_code_in_use_for_more_than_a_day_is_remarked_on(tiktok, sender, now):
    sender.track(event(event_time=now), test_event_code="TEST10001")
    assert cards(sender) == []
    tiktok.move(DAY + 1)
    sender.track(event(event_time=now), test_event_code="TEST10001")
    assert cards(sender) == ["test_code_in_production"]


def test_an_unknown_test_code_is_remarked_on(sender, now):
    sender.track(event(event_time=now), test_event_code="TEST99999")
    assert cards(sender) == ["unknown_test_code"]


def test_the_overview_counts_browser_server_and_both(tiktok, sender, now):
    tiktok.allow("changed_body")
    sender.beacon(event_id="1")
    sender.beacon(event_id="2")
    sender.track(event(event_id="1"), event(event_id="3"))
    row = overview(sender)["Purchase"]
    assert (row["browser"], row["server"], row["both"], row["received"], row["counted"]) == (2, 2, 1, 4, 3)
    assert (row["connection"], row["status"]) == ("Server & browser", "Active")


def test_an_event_is_active_for_seven_days(tiktok, sender, now):
    sender.track(event())
    tiktok.move(7 * DAY)
    assert overview(sender)["Purchase"]["status"] == "Active"
    tiktok.move(1)
    assert overview(sender)["Purchase"]["status"] == "No recent activity"


def test_match_quality_is_the_weighted_coverage_of_the_keys(sender, now):
    full = user(ttclid="E.C.P.x", ttp="2rqaAWvf61W3sdK4dU4SkfsymlG", external_id="a" * 64)
    sender.track(event(event_id="1", user=full))
    assert overview(sender)["Purchase"]["quality"]["score"] == 10.0
    sender.track(event(event_id="2", user={"email": "a" * 64}))
    quality = overview(sender)["Purchase"]["quality"]
    assert quality["score"] == 6.0
    assert quality["coverage"]["email"] == 1.0
    assert quality["coverage"]["ip_user_agent"] == 0.5
    assert quality["estimated"] is True


def test_match_quality_looks_back_seven_days(tiktok, sender, now):
    sender.track(event())
    tiktok.move(7 * DAY + 1)
    assert overview(sender)["Purchase"]["quality"] is None


def test_the_weights_are_a_switch(tiktok, sender, now):
    tiktok.switch(match_weights={"email": 1.0})
    sender.track(event())
    assert overview(sender)["Purchase"]["quality"]["score"] == 10.0


def test_an_address_without_a_user_agent_does_not_match(tiktok, sender, now):
    tiktok.switch(match_weights={"ip_user_agent": 1.0})
    sender.track(event(user=user(user_agent=...)))
    assert overview(sender)["Purchase"]["quality"]["score"] == 0.0


def test_the_gravest_cards_come_first(tiktok, sender, now):
    tiktok.expect("value_not_number")
    sender.track(event(event_id=..., event_time=now), event(event_id=..., event_time=now))
    sender.track(event(event_time=now, properties=properties(value="5")))
    assert cards(sender) == ["value_not_number", "server_only_no_dedup"]
