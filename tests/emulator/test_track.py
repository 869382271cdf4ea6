"""Events API 2.0: what is taken, what is refused, and with which code (tiktok.md 2 and 4)."""

import json

import pytest

from emulator_sender import EMAIL, PIXEL, Sender, event, properties, request, user
from tiktok_emulator.accounts import Advertiser, Pixel, Seed, Token


def test_a_good_event_is_answered_with_the_documented_envelope_and_counted(tiktok, sender):
    got = sender.track(event())
    assert (got.status, got.json["code"], got.json["message"], got.json["data"]) == (200, 0, "OK", {})
    assert [each["event_id"] for each in tiktok.counted()] == ["order-1"]


def test_a_request_id_is_a_utc_timestamp_and_twenty_more_signs(sender):
    request_id = sender.track(event()).json["request_id"]
    assert len(request_id) == 34
    assert request_id[:14].isdigit()


def test_what_counts_shows_the_order_and_which_keys_could_match(tiktok, sender):
    sender.track(event())
    (counted,) = tiktok.counted(full=True)
    assert (counted["order_id"], counted["value"], counted["currency"]) == ("1", 20.0, "USD")
    assert counted["user_keys"] == ["email", "ip", "phone", "user_agent"]
    assert counted["merged"]["user"]["email"] == EMAIL


def test_a_thousand_events_are_taken_and_one_more_is_refused(tiktok, sender):
    tiktok.expect("too_many_events")
    thousand = [event(event_id=f"order-{i}") for i in range(1_000)]
    assert sender.track(*thousand).code == 0
    got = sender.track(*thousand, event(event_id="order-1000"))
    assert (got.status, got.code) == (400, 40002)
    assert len(tiktok.counted()) == 1_000


@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_token_is_40104_with_status_401(tiktok, sender, token):
    tiktok.expect("empty_token")
    got = sender.post("/event/track/", request(), token=token)
    assert (got.status, got.code) == (401, 40104)
    assert "data" not in got.json


def test_an_unknown_token_is_40105(sender):
    got = sender.post("/event/track/", request(), token="nonsense")
    assert (got.status, got.code) == (401, 40105)


def test_a_revoked_token_is_40105_until_another_one_is_made(tiktok, sender):
    tiktok.revoke(tiktok.token)
    assert sender.track(event()).code == 40105
    tiktok.seed(Seed(tokens=[Token(token="fresh")]))
    assert sender.post("/event/track/", request(), token="fresh").code == 0


def test_a_pixel_of_another_account_is_40001_and_names_the_pixel(tiktok, sender):
    tiktok.seed(
        Seed(
            advertisers=[Advertiser(id="7000000000000000002")],
            pixels=[Pixel(code="C0FOREIGNPIXEL000001", advertiser_id="7000000000000000002")],
        )
    )
    got = sender.track(event(), event_source_id="C0FOREIGNPIXEL000001")
    assert (got.status, got.code) == (400, 40001)
    assert "C0FOREIGNPIXEL000001" in got.json["message"]


def test_a_shared_pixel_takes_the_token_of_the_linked_account(tiktok, sender):
    tiktok.seed(Seed(pixels=[Pixel(code=PIXEL, advertiser_id="7000000000000000002", linked=("7000000000000000001",))]))
    assert sender.track(event()).code == 0


def test_an_unknown_pixel_is_40001_and_a_malformed_one_40002(sender):
    assert sender.track(event(), event_source_id="C0NOBODYSPIXEL000001").code == 40001
    assert sender.track(event(), event_source_id="not a pixel").code == 40002


WRONG_EVENTS = {
    "no event name": (event(event=...), "data.0.event:", "missing_event_name"),
    "an empty event name": (event(event=""), "data.0.event:", "missing_event_name"),
    "a numeric event name": (event(event=7), "data.0.event:", "wrong_type"),
    "no time": (event(event_time=...), "data.0.event_time:", "missing_field"),
    "an ISO time": (event(event_time="2026-11-18T11:06:40Z"), "data.0.event_time:", "event_time_not_integer"),
    "a decimal time": (event(event_time=1.5), "data.0.event_time:", "event_time_not_integer"),
    "a truth for a time": (event(event_time=True), "data.0.event_time:", "event_time_not_integer"),
    "a numeric id": (event(event_id=1001), "data.0.event_id:", "wrong_type"),
    "a user that is a list": (event(user=[]), "data.0.user:", "wrong_type"),
    "a page that is a text": (event(page="https://shop.example"), "data.0.page:", "wrong_type"),
    "a numeric e-mail": (event(user=user(email=5)), "data.0.user.email:", "wrong_type"),
    "a number in a list of phones": (event(user=user(phone=["a" * 64, 5])), "data.0.user.phone.1:", "wrong_type"),
    "a numeric ttclid": (event(user=user(ttclid=5)), "data.0.user.ttclid:", "wrong_type"),
    "a flag that is a text": (event(limited_data_use="yes"), "data.0.limited_data_use:", "wrong_type"),
    "contents that are no list": (event(properties=properties(contents={})), None, None),
    "contents of texts": (event(properties=properties(contents=["a"])), "data.0.properties.contents.0:", "wrong_type"),
    "a numeric content_id": (
        event(properties=properties(contents=[{"content_id": 5}])),
        "data.0.properties.contents.0.content_id:",
        "wrong_type",
    ),
}


@pytest.mark.parametrize("case", [each for each, (_, path, _) in WRONG_EVENTS.items() if path], ids=str)
def test_a_wrong_event_is_40002_with_its_place(tiktok, sender, case):
    body, path, rule = WRONG_EVENTS[case]
    tiktok.expect(rule)
    got = sender.track(body)
    assert (got.status, got.code) == (400, 40002)
    assert got.json["message"].startswith(path)
    assert tiktok.counted() == []


def test_the_message_names_the_first_bad_event_and_the_whole_batch_is_refused(tiktok, sender):
    tiktok.expect("wrong_type")
    got = sender.track(event(), event(event_id=2), event(event_id=3))
    assert got.json["message"] == "data.1.event_id: Not a valid string."
    assert tiktok.received() == []


def test_the_other_message_grammar_names_the_field_only(tiktok, sender):
    tiktok.expect("wrong_type")
    tiktok.switch(message_grammar="field")
    assert sender.track(event(event_id=2)).json["message"] == "Invalid value for event_id: not a valid string."


def test_partial_success_takes_the_good_ones_and_answers_20001(tiktok, sender):
    tiktok.expect("wrong_type")
    tiktok.switch(bad_event_in_batch="partial")
    got = sender.track(event(), event(event_id=2))
    assert (got.status, got.code) == (200, 20001)
    assert [each["event_id"] for each in tiktok.counted()] == ["order-1"]


WRONG_ROOTS = {
    "no source": request(event_source=...),
    "an unknown source": request(event_source="WEB"),
    "no source id": request(event_source_id=...),
    "a numeric source id": request(event_source_id=12345678),
    "no data": request(data=...),
    "data that is an object": request(data={"event": "Purchase"}),
    "empty data": request(data=[]),
    "a body of the 1.0 shape": {"pixel_code": PIXEL, "event": "Purchase", "timestamp": "2026-11-18T11:06:40Z"},
}


@pytest.mark.parametrize("case", WRONG_ROOTS, ids=str)
def test_a_wrong_root_is_40002(tiktok, sender, case):
    tiktok.expect("wrong_shape")
    tiktok.allow("unknown_field")
    got = sender.post("/event/track/", WRONG_ROOTS[case])
    assert (got.status, got.code) == (400, 40002)


def test_a_1_0_body_is_told_which_field_of_2_0_is_missing(tiktok, sender):
    tiktok.expect("wrong_shape", "unknown_field")
    got = sender.post("/event/track/", WRONG_ROOTS["a body of the 1.0 shape"])
    assert got.json["message"].startswith("event_source:")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 5_000])
def test_what_is_no_json_object_is_40002(tiktok, sender, body):
    tiktok.expect("not_json")
    assert sender.post("/event/track/", body).code == 40002


def test_under_always200_every_code_comes_with_status_200(tiktok, sender):
    tiktok.expect("empty_token", "wrong_type")
    tiktok.switch(http_status_mode="always200")
    answers = [sender.track(event(event_id=2)), sender.post("/event/track/", request(), token="")]
    assert [(got.status, got.code) for got in answers] == [(200, 40002), (200, 40104)]


@pytest.mark.parametrize(("position", "shown"), [("object", {"data": {}}), ("null", {"data": None}), ("absent", {})])
def test_the_data_of_a_success_follows_its_switch(tiktok, sender, position, shown):
    tiktok.switch(success_data=position)
    answer = sender.track(event()).json
    assert {key: answer[key] for key in answer.keys() & {"data"}} == shown


def test_a_path_without_its_slash_is_served_unless_the_switch_forbids_it(tiktok, sender):
    assert sender.post("/event/track", request()).code == 0
    tiktok.switch(slashless_paths="refuse")
    tiktok.expect("unknown_path")
    got = sender.post("/event/track", request())
    assert (got.status, got.code) == (404, 40400)


@pytest.mark.parametrize("path", ["/report/integrated/get/", "/segment/audience/", "/dmp/custom_audience/create/"])
def test_endpoints_for_later_are_a_clear_40400(tiktok, sender, path):
    tiktok.expect("unknown_path")
    got = sender.post(path, {})
    assert got.code == 40400
    assert path in got.json["message"]


OTHER_SOURCES = {
    "offline": request(
        event(page=..., event_id=..., user={"email": [EMAIL]}),
        event_source="offline",
        event_source_id="7000000000000000101",
    ),
    "crm": request(
        {"event": "AddToCart", "event_time": 1_795_000_000, "lead": {"lead_id": "1", "lead_event_source": "HubSpot"}},
        event_source="crm",
        event_source_id="7000000000000000102",
    ),
}


@pytest.mark.parametrize("source", OTHER_SOURCES)
def test_events_of_other_sources_are_taken(tiktok, sender, source):
    assert sender.post("/event/track/", OTHER_SOURCES[source]).code == 0
    assert [each["source"] for each in tiktok.counted()] == [source]


def test_an_event_set_of_another_kind_is_refused(sender):
    assert sender.track(event(), event_source="crm", event_source_id="7000000000000000101").code == 40001


def test_a_crm_event_needs_its_lead(tiktok, sender):
    tiktok.expect("missing_field")
    body = json.loads(json.dumps(OTHER_SOURCES["crm"]))
    body["data"][0]["lead"] = {}
    assert sender.post("/event/track/", body).json["message"].startswith("data.0.lead.lead_id:")


def test_app_events_need_a_place_on_the_allow_list(sender):
    app = {"event": "InstallApp", "event_time": 1_795_000_000, "app": {"app_id": "343200656"}}
    assert sender.track(app, event_source="app", event_source_id="123456").code == 40001


def test_two_senders_may_speak_at_once(tiktok, sender):
    with Sender(tiktok.url) as other:
        assert other.track(event(event_id="a")).code == sender.track(event(event_id="b")).code == 0
    assert len(tiktok.counted()) == 2


@pytest.mark.parametrize(("position", "code"), [("before", 40001), ("after", 40002)])
def test_a_switch_says_when_the_right_to_the_pixel_is_looked_at(tiktok, sender, position, code):
    tiktok.switch(permission_checked=position)
    tiktok.allow("wrong_type", "no_permission")
    assert sender.post("/event/track/", request(event(event_id=7), event_source_id="C0NOBODYSPIXELCODE01")).code == code
    assert sender.post("/event/track/", request(event(), event_source_id="C0NOBODYSPIXELCODE01")).code == 40001
    assert sender.post("/event/track/", request(event())).code == 0
    assert len(tiktok.counted()) == 1
