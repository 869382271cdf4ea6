"""What is accepted with code 0 and still wrong: one event per rule, and that a good one raises nothing."""

import hashlib

import pytest

from emulator_sender import EMAIL, PIXEL, event, properties, user
from tiktok_emulator.accounts import EventSet, Pixel, Seed
from tiktok_emulator.checks import HASHES_OF_NOTHING
from tiktok_emulator.rules import ABOUT, Rule

APP = Seed(event_sets=[EventSet(id="123456", kind="app")])
OFFLINE = {"event_source": "offline", "event_source_id": "7000000000000000101"}

FOUND = {
    "unhashed_pii": event(user=user(email="alice@example.com")),
    "invalid_email": event(user=user(email="alice")),
    "invalid_phone": event(user=user(phone="2133734253")),
    "upper_case_hash": event(user=user(email=EMAIL.upper())),
    "hash_of_nothing": event(user=user(phone=hashlib.sha256(b"undefined").hexdigest())),
    "hashed_plain_key": event(user=user(ttclid="a" * 64)),
    "plain_external_id": event(user=user(external_id="user_123")),
    "pii_in_url": event(page={"url": "https://shop.example/thanks?email=alice%40example.com"}),
    "invalid_ip": event(user=user(ip="123.456.789.1")),
    "private_ip": event(user=user(ip="10.0.0.7")),
    "missing_ip_ua": event(user=user(user_agent=...)),
    "no_match_key": event(user={"user_agent": "Mozilla/5.0"}),
    "click_id_cut": event(user=user(ttclid="x" * 256)),
    "invalid_currency": event(properties=properties(currency="XXX")),
    "missing_currency_or_value": event(properties=properties(value=...)),
    "value_not_number": event(properties=properties(value="20.00")),
    "zero_value": event(properties=properties(value=0)),
    "content_ids_missing": event(properties=properties(contents=[])),
    "invalid_content_type": event(properties=properties(content_type="service")),
    "unknown_field": event(user=user(phone_number="a" * 64)),
    "deprecated_event_name": event(event="CompletePayment"),
    "reserved_event_name": event(event="StartCheckout"),
    "invalid_custom_event_name": event(event="7days"),
    "missing_page": event(page=...),
    "stale_event_time": event(event_time=1_600_000_000),
    "future_event_time": event(event_time=4_000_000_000),
    "event_time_in_milliseconds": event(event_time=1_795_000_000_000),
    "server_only_no_dedup": event(event_id=...),
    "long_event_id": event(event_id="x" * 257),
    "limited_data_use_without_ip": event(user=user(ip=...), limited_data_use=True),
}


@pytest.mark.parametrize("rule", FOUND)
def test_a_wrong_event_is_accepted_and_found(tiktok, sender, rule):
    tiktok.allow(*Rule)
    assert sender.track(FOUND[rule]).code == 0
    assert rule in {each["rule"] for each in tiktok.faults()}


def test_a_good_event_raises_nothing(tiktok, sender):
    sender.track(event(event_time=tiktok.now_ms // 1000))
    assert tiktok.faults() == []


def test_a_finding_names_the_event_the_place_and_the_fix_but_not_the_value(tiktok, sender):
    tiktok.expect("unhashed_pii")
    sender.track(event(user=user(email="alice@example.com"), event_time=tiktok.now_ms // 1000))
    (fault,) = tiktok.faults()
    assert (fault["event"], fault["event_id"], fault["path"]) == ("Purchase", "order-1", "user.email")
    assert fault["fix"]
    assert "alice" not in str(fault)


def test_unhashed_and_empty_identifiers_take_no_part_in_matching(tiktok, sender):
    tiktok.allow("unhashed_pii", "hash_of_nothing")
    nothing = hashlib.sha256(b"").hexdigest()
    sender.track(event(user=user(email="alice@example.com", phone=nothing, external_id=["", None])))
    assert tiktok.counted()[0]["user_keys"] == ["ip", "user_agent"]


def test_empty_texts_and_lists_count_as_missing(tiktok, sender):
    sender.track(event(user=user(email=[], phone="", first_name="", external_id=[])))
    assert tiktok.counted()[0]["user_keys"] == ["ip", "user_agent"]
    assert not {"unhashed_pii", "invalid_phone"} & {each["rule"] for each in tiktok.faults()}


def test_a_click_id_only_in_the_page_address_matches(tiktok, sender):
    sender.track(
        event(page={"url": "https://shop.example/?ttclid=E.C.P.abc"}, user={"user_agent": "x", "ip": "1.1.1.1"})
    )
    assert "ttclid" in tiktok.counted()[0]["user_keys"]


def test_the_hashes_of_nothing_are_what_they_say():
    spelled = ["", "null", "undefined", "none", "nan", "0", "false", "+"]
    assert {hashlib.sha256(each.encode()).hexdigest() for each in spelled} == HASHES_OF_NOTHING


def test_documentation_addresses_pass_for_public_ones(tiktok, sender):
    sender.track(event(user=user(ip="203.0.113.9")))
    assert "private_ip" not in {each["rule"] for each in tiktok.faults()}


def test_another_body_under_one_id_on_one_channel_is_a_fault(tiktok, sender):
    tiktok.expect("changed_body")
    sender.track(event())
    sender.track(event(properties=properties(value=25.0)))
    (fault,) = [each for each in tiktok.faults() if each["rule"] == "changed_body"]
    assert fault["path"] == "properties.value"


def test_the_same_bytes_again_are_none(tiktok, sender):
    sender.track(event())
    sender.track(event())
    assert not {"changed_body", "repeat_with_more"} & {each["rule"] for each in tiktok.faults()}


def test_a_repeat_with_more_fields_is_mere_advice(tiktok, sender):
    sender.track(event(user=user(email=...)))
    sender.track(event())
    assert "repeat_with_more" in {each["rule"] for each in tiktok.faults()}


def test_a_repeat_with_another_identifier_beside_the_first_is_mere_advice(tiktok, sender):
    sender.track(event(user=user(email=[EMAIL])))
    sender.track(event(user=user(email=[EMAIL, "a" * 64])))
    found = {each["rule"] for each in tiktok.faults()}
    assert "repeat_with_more" in found
    assert "changed_body" not in found


def test_a_copy_after_the_merge_window_is_named_late(tiktok, sender):
    tiktok.freeze()
    sender.beacon()
    tiktok.move(301)
    sender.track(event())
    assert "late_server_event" in {each["rule"] for each in tiktok.faults()}


def test_a_name_that_is_not_allowed_is_accepted_and_not_counted(tiktok, sender):
    tiktok.expect("invalid_custom_event_name")
    assert sender.track(event(event="7days")).code == 0
    assert [each["fate"] for each in tiktok.received()] == ["not_counted"]


@pytest.mark.parametrize("name", ["LoyaltyCard", "loyalty_card", "Loyalty-Card 2", "x" * 50])
def test_a_custom_name_of_the_documented_form_counts(tiktok, sender, name):
    sender.track(event(event=name))
    assert [each["event"] for each in tiktok.counted()] == [name]


@pytest.mark.parametrize("name", ["x" * 51, "Loyalty ", "_card", "Café", "a.b"])
def test_any_other_form_does_not(tiktok, sender, name):
    tiktok.expect("invalid_custom_event_name")
    sender.track(event(event=name))
    assert tiktok.counted() == []


@pytest.mark.parametrize(("position", "code"), [("diagnose", 0), ("refuse", 40002)])
def test_an_offline_set_and_custom_names(tiktok, sender, position, code):
    tiktok.expect("name_not_allowed")
    tiktok.switch(offline_names=position)
    assert sender.track(event(event="LoyaltyCard"), **OFFLINE).code == code


@pytest.mark.parametrize(("position", "codes"), [("any", (0, 0)), ("custom", (40002, 0)), ("standard", (0, 40002))])
def test_a_crm_set_and_names(tiktok, sender, position, codes):
    tiktok.allow("name_not_allowed")
    tiktok.switch(crm_names=position)
    crm = {"event_source": "crm", "event_source_id": "7000000000000000102"}
    lead = {"lead": {"lead_id": "1"}, "event_id": ..., "page": ...}
    got = tuple(sender.track(event(event=name, **lead), **crm).code for name in ("Purchase", "Qualified"))
    assert got == codes


@pytest.mark.parametrize(
    ("name", "counts"), [("問い合わせ", 1), ("नया ग्राहक", 1), ("Qualified lead", 1), ("lead!", 0), ("x" * 51, 0)]
)
def test_a_crm_set_takes_names_in_other_languages(tiktok, sender, name, counts):
    tiktok.allow("invalid_custom_event_name")
    crm = {"event_source": "crm", "event_source_id": "7000000000000000102"}
    sender.track(event(event=name, lead={"lead_id": "1"}, event_id=..., page=...), **crm)
    assert len(tiktok.counted()) == counts


@pytest.mark.parametrize(
    ("switch", "body", "rule"),
    [
        ({"page_required": True}, event(page=...), "missing_field"),
        ({"user_required": True}, event(user=...), "missing_field"),
        ({"property_types": "refuse"}, event(properties=properties(value="20")), "wrong_type"),
        ({"unhashed_identifiers": "refuse"}, event(user=user(email="alice@example.com")), "unhashed_pii"),
        ({"currency": "refuse"}, event(properties=properties(currency="XXX")), "invalid_currency"),
    ],
)
def test_a_switch_turns_advice_into_a_refusal(tiktok, sender, switch, body, rule):
    tiktok.allow(rule, "value_not_number")
    assert sender.track(body).code == 0
    tiktok.switch(**switch)
    assert sender.track(body).code in (40002, 40062)


@pytest.mark.parametrize(
    ("switch", "body"),
    [
        ({"event_time_type": "stamp"}, event(event_time="2026-11-18T11:06:40Z")),
        ({"user_types": "accept"}, event(user=user(email=5))),
        ({"content_id_type": "accept"}, event(properties=properties(contents=[{"content_id": 5}]))),
    ],
)
def test_a_switch_turns_a_refusal_into_acceptance(tiktok, sender, switch, body):
    tiktok.allow(*Rule)
    assert sender.track(body).code == 40002
    tiktok.switch(**switch)
    assert sender.track(body).code == 0
    assert tiktok.counted()[0]["event_time"]


def test_limited_data_use_offline_is_ignored_or_refused(tiktok, sender):
    tiktok.allow("limited_data_use_offline")
    assert sender.track(event(limited_data_use=True), **OFFLINE).code == 0
    tiktok.switch(limited_data_use_offline="refuse")
    assert sender.track(event(limited_data_use=True), **OFFLINE).code == 40002


def test_partner_names_are_free_unless_the_switch_lists_some(tiktok, sender):
    assert sender.track(event(), partner_name="Anybody").code == 0
    tiktok.switch(partner_names=["Segment"])
    assert sender.track(event(), partner_name="Anybody").code == 40063
    assert sender.track(event(), partner_name="Segment").code == 0


def test_the_code_for_too_many_events_is_a_switch(tiktok, sender):
    tiktok.expect("too_many_events")
    tiktok.switch(batch_size_code=40061)
    assert sender.track(*[event()] * 1_001).code == 40061


def test_the_code_for_a_malformed_pixel_is_a_switch(tiktok, sender):
    tiktok.switch(malformed_source_code=40001)
    assert sender.track(event(), event_source_id="not a pixel").code == 40001


def test_a_phone_under_its_old_name_is_lost_unless_the_switch_reads_it(tiktok, sender):
    tiktok.expect("unknown_field")
    old = event(user=user(phone=..., phone_number="a" * 64))
    sender.track(old)
    assert "phone" not in tiktok.counted()[0]["user_keys"]
    tiktok.switch(phone_number_in_2_0="read")
    sender.track(old | {"event_id": "order-2"})
    assert "phone" in tiktok.counted()[1]["user_keys"]


def test_an_app_event_whose_user_denied_tracking_should_bring_no_identifiers(tiktok, sender):
    tiktok.seed(APP)
    app = event(event="InstallApp", app={"app_id": "1"}, user=user(att_status="DENIED"), page=...)
    assert sender.track(app, event_source="app", event_source_id="123456").code == 0
    assert "att_denied_identifiers" in {each["rule"] for each in tiktok.faults()}


def test_app_names_are_not_mapped_as_web_names_are(tiktok, sender):
    tiktok.seed(APP)
    app = event(event="Registration", app={"app_id": "1"})
    sender.track(app, event_source="app", event_source_id="123456")
    assert [each["event"] for each in tiktok.counted()] == ["Registration"]


@pytest.mark.parametrize(
    ("switch", "seconds_ago", "root", "rule"),
    [
        ({"stale_after_days": 2}, 3 * 86_400, {}, "stale_event_time"),
        ({"offline_max_age_days": 60}, -61 * 86_400, OFFLINE, "future_event_time"),
        ({"offline_max_age_days": 2}, 3 * 86_400, OFFLINE, "stale_event_time"),
        ({"future_minutes": 1}, -120, {}, "future_event_time"),
    ],
)
def test_what_is_too_old_or_too_early_is_a_switch(tiktok, sender, switch, seconds_ago, root, rule):
    tiktok.freeze()
    tiktok.switch(**switch)
    inside = event(event_time=tiktok.now_ms // 1000, event_id="inside")
    sender.track(inside, **root)
    assert not {"stale_event_time", "future_event_time"} & {each["rule"] for each in tiktok.faults()}
    sender.track(event(event_time=tiktok.now_ms // 1000 - seconds_ago), **root)
    assert rule in {each["rule"] for each in tiktok.faults()}


def test_every_rule_is_explained_with_its_source():
    assert set(ABOUT) == set(Rule)
    for about in ABOUT.values():
        assert about.title
        assert about.trigger
        assert about.fix
        assert about.source[0].isdigit()


def test_a_pixel_without_cookies_is_advised_on(tiktok, sender):
    tiktok.seed(Seed(pixels=[Pixel(code=PIXEL, enable_first_party_cookies=False)]))
    sender.ask("GET", f"/i18n/pixel/events.js?sdkid={PIXEL}&lib=ttq")
    assert [each["rule"] for each in tiktok.faults()] == ["cookies_off"]
