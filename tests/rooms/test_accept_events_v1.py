import json

import msgspec
import pytest

from builders import NOW_MS, NOW_S, a_body, an_item
from twinbeam.core.names import CUSTOM_RULE
from twinbeam.core.values import Item, Rejected
from twinbeam.core.verticals import LISTS, TEXTS
from twinbeam.pipeline.accept.codes import Rejection, Remark
from twinbeam.pipeline.accept.contract import WHOLE_REQUEST
from twinbeam.pipeline.accept.problems import MOST_EVENTS, Problem, ProblemCode
from twinbeam.sources import strict
from twinbeam.sources.events_v1 import read
from twinbeam.sources.lenient import MOST_NOTICES
from twinbeam.sources.surrogates import mend_halves

GOOD = {"event": "Purchase", "event_time": NOW_S, "event_id": "good"}


def read_one(**changes):
    """Read one event with these members, and give what became of it and the notices."""
    reading = read(a_body(GOOD | changes))
    (item,) = reading.items
    return item, reading.notices


def refused(**changes):
    item, _ = read_one(**changes)
    assert isinstance(item, Rejected)
    return item


def test_every_field_of_an_event_is_understood():
    full = {
        "event": "Purchase",
        "event_time": NOW_S,
        "event_id": "1",
        "event_source": "crm",
        "pixel": "C0",
        "user": {
            **{name: ["a", "b"] for name in ("email", "phone", "external_id")},
            **dict.fromkeys(strict.User.__struct_fields__[3:], "x"),
        },
        "page": {"url": "https://shop.example", "referrer": "https://tiktok.com"},
        "properties": {
            **dict.fromkeys(("content_name", "content_category", "brand", "description", "search_string"), "x"),
            **dict.fromkeys(("order_id", "shop_id", "delivery_category", "status", "coupon"), "x"),
            **dict.fromkeys(("value", "num_items", "quantity", "price", "predicted_ltv"), 3),
            **dict.fromkeys(("tax", "shipping", "gift_cards", "tips"), 1.5),
            **dict.fromkeys(("content_id", *TEXTS), "x"),
            **{name: ["x"] for name in LISTS},
            **dict.fromkeys(("num_adults", "num_children", "num_infants", "preferred_num_stops", "year"), 2),
            "user_score": 4.5,
            "mileage": {"value": 12_000, "unit": "KM"},
            "preferred_price_range": [1, 2.5],
            "currency": "eur",
            "contents": [dict.fromkeys(strict.Content.__struct_fields__, "x") | {"price": 1.5, "quantity": 2}],
            "content_ids": ["1"],
            "content_type": "product",
            "customer_type": "new",
        },
        "consent": {"ad_storage": "granted", "ad_user_data": "denied", "ad_personalization": "granted"},
        "order_id": "o",
        "visitor_id": "v",
        "cart_token": "c",
        "checkout_token": "k",
        "order_token": "t",
        "cart_line": "l",
        "action": 3,
        "age_ms": 1_500,
        "native": "blocked",
        "observed": ["click_lost"],
        "stage": "paid",
        "test": True,
        "livemode": False,
        "test_event_code": "TEST12345",
        "consent_receipt": "r",
        "limited_data_use": True,
        "lead": {"lead_id": "1", "lead_event_source": "HubSpot"},
    }
    full["consent"] |= {"source": "banner", "evidence": "x", "at": NOW_S, "region": "US-CA", "opt_out": True}
    assert set(full["properties"]) == set(strict.Properties.__struct_fields__)
    assert set(full["consent"]) == set(strict.Consent.__struct_fields__)
    (item,) = read(a_body(full)).items
    assert msgspec.to_builtins(item) == full
    assert set(full) == set(Item.__struct_fields__)


def test_the_strict_shapes_know_exactly_the_fields_of_core():
    shapes = [strict.User, strict.Page, strict.Content, strict.Properties, strict.Lead, strict.Consent, strict.Item]
    for shape in shapes:
        (core,) = shape.__bases__
        assert set(shape.__struct_fields__) == set(core.__struct_fields__)
        assert shape.__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("slow", [{}, {"unknown": 1}], ids=["at once", "one by one"])
def test_a_test_code_of_the_body_marks_every_event_that_names_none_of_its_own(slow):
    events = [GOOD, GOOD | {"test_event_code": "OWN1"}, GOOD | {"test_event_code": ""}, {"event": 5}]
    for given, codes in (("TEST1", ["TEST1", "OWN1", "TEST1"]), ("", [None, "OWN1", ""]), (None, [None, "OWN1", ""])):
        for sent in (events[:3], events):
            reading = read(json.dumps({"events": sent, "test_event_code": given} | slow).encode())
            assert [item.test_event_code for item in reading.items[:3]] == codes


@pytest.mark.parametrize("wrong", [5, True, ["TEST1"], {}, "TEST 1", "TEST\n1", "x" * 41, "TEST\u0000"])
def test_a_test_code_that_cannot_be_one_is_refused_since_without_it_a_test_would_count(wrong):
    problem = read(json.dumps({"events": [GOOD], "test_event_code": wrong}).encode())
    assert (problem.code, problem.field) == (ProblemCode.BAD_TEST_CODE, "test_event_code")
    (item,) = read(json.dumps({"events": [GOOD | {"test_event_code": wrong}]}).encode()).items
    assert isinstance(item, Rejected)
    assert item.field == "events[0].test_event_code"


def test_a_body_that_is_right_brings_no_notice():
    reading = read(a_body(an_item(), an_item(event_id="2")))
    assert [item.event_id for item in reading.items] == ["order-1001", "2"]
    assert reading.notices == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", ProblemCode.BAD_JSON),
        (b"nonsense", ProblemCode.BAD_JSON),
        (a_body()[:-1], ProblemCode.BAD_JSON),
        (a_body() + b"x", ProblemCode.BAD_JSON),
        (b'{"events":[{"event":"\x01"}]}', ProblemCode.BAD_JSON),
        (b'{"events":[NaN]}', ProblemCode.BAD_JSON),
        (b'{"events":' + b"[" * 5_000, ProblemCode.BAD_JSON),
        (b'{"ev\xffents":[]}', ProblemCode.BAD_ENCODING),
        ("{}".encode("utf-16"), ProblemCode.BAD_JSON),
        (b"null", ProblemCode.BAD_SHAPE),
        (b"5", ProblemCode.BAD_SHAPE),
        (json.dumps(GOOD).encode(), ProblemCode.BAD_SHAPE),
        (b'{"events":null}', ProblemCode.BAD_SHAPE),
        (b'{"events":"x"}', ProblemCode.BAD_SHAPE),
        (b'{"events":[]}', ProblemCode.NO_EVENTS),
        (a_body(*[GOOD] * (MOST_EVENTS + 1)), ProblemCode.TOO_MANY_EVENTS),
    ],
)
def test_what_is_no_list_of_events_is_a_problem_of_the_whole_request(body, code):
    problem = read(body)
    assert isinstance(problem, Problem)
    assert problem.code is code


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b" \n", "The body is empty."),
        (b'{"events": [{"event": "Purchase"', "The JSON breaks off before its end."),
        (b'{"events": []}, {}', "The body stops being JSON in line 1, near its byte 16."),
        (b'{"events": [\n  {"event": \'Ada\'}\n]}', "The body stops being JSON in line 2, near its byte 13."),
        (b'{"events": [\n  {"event": "Lead"},\n]}', "The body stops being JSON in line 3, near its byte 1."),
        (
            b'{"events": [{"user": {"first_name": "Ada\n"}}]}',
            "The body stops being JSON in line 1, near its byte 41.",
        ),
    ],
)
def test_malformed_json_is_refused_with_its_place_and_not_with_what_stands_there(body, where):
    assert read(body).message == where


def test_as_many_events_as_allowed_are_read_on_both_paths():
    assert len(read(a_body(*[GOOD] * MOST_EVENTS)).items) == MOST_EVENTS
    assert len(read(a_body({}, *[GOOD] * (MOST_EVENTS - 1))).items) == MOST_EVENTS


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b"5", Rejection.NOT_AN_OBJECT),
        (b"null", Rejection.NOT_AN_OBJECT),
        (b"[[]]", Rejection.NOT_AN_OBJECT),
        (b"{}", Rejection.MISSING_FIELD),
        (b'{"event":"\xff","event_time":1}', Rejection.UNREADABLE),
        (b'{"event":"Purchase","event_time":1,"properties":{"value":1e999}}', Rejection.UNREADABLE),
        (b'{"event":"Purchase","event_time":' + b"1" * 5_000 + b"}", Rejection.UNREADABLE),
        (b'{"event":"x","event_time":1,"event_id":' + b"[" * 500 + b"]" * 500 + b"}", Rejection.WRONG_TYPE),
        (b'{"event":"x","event_time":1,"user":' + b"[" * 2_000 + b"]" * 2_000 + b"}", Rejection.UNREADABLE),
        (b'{"event":"x","event_time":1,"debug":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_000 + b"}", Rejection.UNREADABLE),
        (b'{"event":"x","event_time":1,"properties":{"value":NaN}}', Rejection.UNREADABLE),
        (b'{"event":"x","event_time":1,"properties":{"value":-Infinity}}', Rejection.UNREADABLE),
        (b'{"event":"x","event_time":1,"user":{"first_name":"Ada\n"}}', Rejection.UNREADABLE),
        (b'{"event":"\x00","event_time":1}', Rejection.UNREADABLE),
        (b"{'event':'x','event_time':1}", Rejection.UNREADABLE),
        (b'{"event":"x","event_time":1,}', Rejection.UNREADABLE),
        (b'{"event":undefined,"event_time":01}', Rejection.UNREADABLE),
    ],
)
def test_a_bad_event_is_refused_alone(bad, code):
    good = json.dumps(GOOD).encode()
    before, refusal, after = read(b'{"events":[%s,%s,%s]}' % (good, bad, good)).items
    assert (before.event_id, after.event_id) == ("good", "good")
    assert (refusal.code, refusal.index) == (code, 1)
    assert refusal.field.startswith("events[1]")
    assert refusal.fix


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"event": None}, Rejection.MISSING_FIELD, "event"),
        ({"event": ""}, Rejection.BAD_EVENT_NAME, "event"),
        ({"event": "x" * 51}, Rejection.BAD_EVENT_NAME, "event"),
        ({"event_time": True}, Rejection.WRONG_TYPE, "event_time"),
        ({"event_time": 0}, Rejection.OUT_OF_RANGE, "event_time"),
        ({"event_time": "yesterday"}, Rejection.BAD_EVENT_TIME, "event_time"),
        ({"event_id": True}, Rejection.WRONG_TYPE, "event_id"),
        ({"event_id": {}}, Rejection.WRONG_TYPE, "event_id"),
        ({"event_id": "x" * 257}, Rejection.OUT_OF_RANGE, "event_id"),
        ({"order_id": "x" * 257}, Rejection.OUT_OF_RANGE, "order_id"),
        ({"properties": {"order_id": "x" * 257}}, Rejection.OUT_OF_RANGE, "properties.order_id"),
        ({"visitor_id": "x" * 257}, Rejection.OUT_OF_RANGE, "visitor_id"),
        ({"pixel": ""}, Rejection.OUT_OF_RANGE, "pixel"),
        ({"stage": "sold"}, Rejection.OUT_OF_RANGE, "stage"),
        ({"test": "maybe"}, Rejection.WRONG_TYPE, "test"),
        ({"livemode": "no"}, Rejection.WRONG_TYPE, "livemode"),
        ({"lead": "l-1"}, Rejection.WRONG_TYPE, "lead"),
        ({"event_source": "till"}, Rejection.OUT_OF_RANGE, "event_source"),
        ({"lead": {}}, Rejection.MISSING_FIELD, "lead.lead_id"),
        ({"event_id": "a\0b"}, Rejection.NUL_CHARACTER, "event_id"),
        ({"order_id": "\0"}, Rejection.NUL_CHARACTER, "order_id"),
    ],
)
def test_a_refusal_names_the_field_and_the_fix(changes, code, field):
    refusal = refused(**changes)
    assert (refusal.code, refusal.field) == (code, f"events[0].{field}")
    assert refusal.fix.endswith(".")


def test_a_refusal_speaks_json_and_knows_the_rule_of_the_field():
    assert refused(event_id=True).message.endswith("Expected a string, got true or false.")
    assert refused(event_id=True).fix == 'Send a string of 1 to 256 characters, such as "1001".'
    assert refused(event="x" * 51).fix == f"Use {CUSTOM_RULE}."
    assert refused(event="x" * 51).message.endswith("Expected a string of length <= 50.")


def test_a_refusal_never_repeats_the_value():
    for changes in ({"event_source": "ada@shop.example"}, {"stage": "ada@shop.example - at `$.x`"}):
        refusal = refused(**changes)
        assert "ada" not in json.dumps(msgspec.to_builtins(refusal))
    assert refused(event_source="x - at `$.user.email`").field == "events[0].event_source"


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (NOW_MS, NOW_S),
        (NOW_MS + 999, NOW_S),
        (NOW_S + 0.9, NOW_S),
        (float(NOW_MS) + 0.5, NOW_S),
        ("2026-09-21T14:13:20Z", NOW_S),
        ("2026-09-21T14:13:20.999Z", NOW_S),
        ("2026-09-21T16:13:20+02:00", NOW_S),
        ("2026-09-21 14:13:20+00:00", NOW_S),
        (str(NOW_S), NOW_S),
        (f" {NOW_MS} ", NOW_S),
        (f"{NOW_S}.5", NOW_S),
    ],
)
def test_other_ways_to_write_a_time_are_understood_and_echoed(written, understood):
    item, (notice,) = read_one(event_time=written)
    assert item.event_time == understood
    assert (notice.code, notice.field) == (Remark.EVENT_TIME_CONVERTED, "events[0].event_time")
    assert f"{understood}, which is 2026-09-21T14:13:20Z" in notice.message


def test_a_whole_number_of_seconds_with_a_point_is_no_reason_for_a_notice():
    item, notices = read_one(event_time=float(NOW_S))
    assert (item.event_time, notices) == (NOW_S, [])


@pytest.mark.parametrize(
    "written", ["2026-09-21T14:13:20", "20260921", "", "tomorrow", "1.790.000.000", "0001-01-01T00:00:00+23:59"]
)
def test_a_text_that_leaves_the_time_open_is_refused(written):
    assert refused(event_time=written).code == Rejection.BAD_EVENT_TIME


@pytest.mark.parametrize(
    ("changes", "field", "meant"),
    [
        ({"emial": "x"}, "emial", "user.email"),
        ({"email": "x"}, "email", "user.email"),
        ({"timestamp": 1}, "timestamp", "event_time"),
        ({"pixel_code": "x"}, "pixel_code", "pixel"),
        ({"EventTime": 1}, "EventTime", "event_time"),
        ({"user": {"e-mail": "x"}}, "user.e-mail", "user.email"),
        ({"user": {"ttclld": "x"}}, "user.ttclld", "user.ttclid"),
        ({"properties": {"contents": [{"prise": 1}]}}, "properties.contents[0].prise", "properties.contents[0].price"),
        ({"properties": {"contents_ids": []}}, "properties.contents_ids", "properties.content_ids"),
        ({"zzz": 1}, "zzz", None),
        ({"jane@shop.example": 1}, "[redacted]", None),
        ({"user": {"jane%40shop.example": 1}}, "user.[redacted]", None),
        ({"amFuZS5kb2VAc2hvcC5leGFtcGxl": 1}, "[redacted]", None),
        ({"properties": {"+49 176 12345678": 1}}, "properties.[redacted]", None),
    ],
)
def test_an_unknown_field_is_ignored_and_told_with_a_guess(changes, field, meant):
    item, (notice,) = read_one(**changes)
    assert isinstance(item, Item)
    assert (notice.code, notice.field, notice.index) == (Remark.UNKNOWN_FIELD, f"events[0].{field}", 0)
    assert notice.message.endswith("unknown field." if meant is None else f"Did you mean `{meant}`?")


@pytest.mark.parametrize(
    ("changes", "user", "field", "meant"),
    [
        ({"em": "ada@shop.example"}, {"email": "ada@shop.example"}, "em", "user.email"),
        ({"user": {"em": ["a@x.de", "b@x.de"]}}, {"email": ["a@x.de", "b@x.de"]}, "user.em", "user.email"),
        ({"user": {"em": "a" * 64}}, {"email": "a" * 64}, "user.em", "user.email"),
        ({"user": {"ph": "+4915112345678"}}, {"phone": "+4915112345678"}, "user.ph", "user.phone"),
        ({"ph": "+4915112345678", "user": None}, {"phone": "+4915112345678"}, "ph", "user.phone"),
        ({"user": {"fn": ["Ada"]}}, {"first_name": "Ada"}, "user.fn", "user.first_name"),
        ({"user": {"ln": "Byron"}}, {"last_name": "Byron"}, "user.ln", "user.last_name"),
        ({"user": {"ct": "London"}}, {"city": "London"}, "user.ct", "user.city"),
        ({"user": {"st": "ca"}}, {"state": "ca"}, "user.st", "user.state"),
        ({"user": {"zp": "90210"}}, {"zip_code": "90210"}, "user.zp", "user.zip_code"),
        ({"user": {"phone_number": "+49151"}}, {"phone": "+49151"}, "user.phone_number", "user.phone"),
        ({"user": {"client_ip_address": "8.8.8.8"}}, {"ip": "8.8.8.8"}, "user.client_ip_address", "user.ip"),
    ],
)
def test_a_field_that_others_call_otherwise_is_taken_as_ours_and_told(changes, user, field, meant):
    item, (notice,) = read_one(**changes)
    assert msgspec.to_builtins(item.user) == user
    assert (notice.code, notice.field) == (Remark.FIELD_MAPPED, f"events[0].{field}")
    assert notice.message.endswith(f"It was taken as `{meant}`.")


@pytest.mark.parametrize(
    "user",
    [
        {"ph": "a" * 64},
        {"ct": "A" * 64},
        {"fbc": "fb.1.1.abc"},
        {"fbp": "fb.1.1.2"},
        {"em": 5},
        {"em": {"x": "y"}},
        {"em": []},
        {"em": ["x"] * 21},
        {"fn": ["Ada", "Augusta"]},
    ],
)
def test_what_only_seems_to_mean_the_same_is_ignored_and_never_taken_for_another_thing(user):
    item, (notice,) = read_one(user=user)
    assert msgspec.to_builtins(item.user) == {}
    assert notice.code == Remark.UNKNOWN_FIELD


def test_a_field_of_ours_is_never_overwritten():
    item, (notice,) = read_one(user={"email": "ada@shop.example", "em": "x@shop.example"})
    assert item.user.email == "ada@shop.example"
    assert notice.code == Remark.UNKNOWN_FIELD


@pytest.mark.parametrize(
    ("written", "understood", "told"),
    [(1500.7, 1_500, True), (-3, 0, True), (-0.5, 0, True), (1500.0, 1_500, False), (0, 0, False)],
)
def test_an_age_as_browsers_measure_it_is_mended(written, understood, told):
    item, notices = read_one(age_ms=written)
    assert item.age_ms == understood
    assert [notice.code for notice in notices] == [Remark.AGE_CONVERTED] * told


@pytest.mark.parametrize("written", ["soon", True, 10**12, 1e300])
def test_an_age_that_cannot_be_meant_is_refused(written):
    assert refused(age_ms=written).field == "events[0].age_ms"


def test_a_browser_may_leave_the_time_out_and_say_how_long_ago_it_was():
    reading = read(b'{"events":[{"event":"Purchase","age_ms":1500}]}')
    assert (reading.items[0].event_time, reading.items[0].age_ms, reading.notices) == (None, 1_500, [])


def test_an_unknown_member_beside_the_events_is_told_too():
    reading = read(b'{"sentAt":"now",' + a_body(GOOD)[1:])
    assert [(notice.index, notice.field) for notice in reading.notices] == [(WHOLE_REQUEST, "sentAt")]
    assert len(reading.items) == 1


def test_null_is_as_good_as_absent():
    item, notices = read_one(
        user=None, consent=None, event_source=None, limited_data_use=None, properties={"value": None}
    )
    assert msgspec.to_builtins(item) == GOOD | {"properties": {}}
    assert notices == []


def test_notices_end_where_they_would_flood_the_answer():
    strangers = {f"stranger_{number}": 1 for number in range(200)}
    reading = read(a_body(GOOD | strangers, GOOD | {"event_time": NOW_MS}))
    assert len(reading.notices) == MOST_NOTICES
    assert all(isinstance(item, Item) for item in reading.items)


def test_a_long_unknown_name_is_cut_in_the_notice():
    _, (notice,) = read_one(**{"x" * 100_000: 1})
    assert len(notice.field) < 100


@pytest.mark.parametrize("half", [r"\ud83d", r"\udc00", r"\uD83D"])
def test_half_a_character_costs_neither_its_event_nor_the_neighbours(half):
    broken = json.dumps(GOOD | {"user": {"city": "CITY"}}).replace("CITY", half)
    reading = read(f'{{"events":[{broken},{json.dumps(GOOD)}]}}'.encode())
    assert [item.user.city for item in reading.items] == ["\ufffd", None]
    assert [(notice.index, notice.code) for notice in reading.notices] == [(WHOLE_REQUEST, Remark.BROKEN_CHARACTER)]


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        (rb"\ud83d\ude00", rb"\ud83d\ude00"),
        (rb"\ud83d\ud83d\ude00", rb"\ufffd\ud83d\ude00"),
        (rb"\\ud83d", rb"\\ud83d"),
        (rb"\\\ud83d", rb"\\\ufffd"),
        (rb"\u0041\n", rb"\u0041\n"),
        (rb"\ude00\ud83d", rb"\ufffd\ufffd"),
    ],
)
def test_only_lone_halves_are_replaced(written, mended):
    assert mend_halves(written) == mended


def test_a_written_out_escape_of_nul_is_not_a_nul():
    item, notices = read_one(user={"city": r"\u0000"})
    assert (item.user.city, notices) == (r"\u0000", [])
