import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twinbeam.core.delivery import Accepted, Answered, Refused, TokenRejected, TryLater
from twinbeam.destinations.tiktok.verdicts import CODES, MESSAGE_LIMIT, NOT_TAKEN, needs_a_look, verdict

REQUEST_ID = "202303141300390EF6F5D96D1798201C51"
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"

#: What each code comes to, written apart from the product's own table.
EVENTS = {20001, 40000, 40002, 40011, 40050, 40061, 40062, 40700}
ACCESS = {
    *(40001, 40003, 40007, 40013, *range(40_101, 40_111), *range(40_112, 40_123), *range(40_124, 40_132)),
    *(40300, 40301, 40302, 40309, 41000),
}
LATER = {40016, 40100, 40132, 40133, 40201, 40202, *range(50_000, 60_000), 60001, 61000}
SETUP = {
    *(40006, 40008, 40009, 40010, 40012, 40014, 40051, 40052, 40053, 40063, 40200, 40400, 40502, 41001, 41002),
    *(*range(40_900, 40_917), 70001),
}
STATUSES = [200, 201, 202, 400, 401, 403, 429, 500, 502]


def envelope(code, message="x", request_id=REQUEST_ID, **more):
    return json.dumps({"code": code, "message": message, "request_id": request_id, **more}).encode()


def judge(code, status=200, headers=None):
    return verdict(status, envelope(code), headers or {})


@pytest.mark.parametrize(
    ("codes", "kind"),
    [({0}, Accepted), (EVENTS, Refused), (ACCESS, TokenRejected), (LATER | SETUP, TryLater)],
)
def test_each_code_comes_to_its_verdict(codes, kind):
    assert {code for code in CODES if isinstance(judge(code), kind)} == codes


def answer(code, status):
    return Answered(status, code, "x", REQUEST_ID)


@pytest.mark.parametrize("status", STATUSES)
def test_the_code_decides_whatever_the_status(status):
    assert judge(0, status) == Accepted(answer(0, status))
    assert judge(40002, status) == Refused(answer(40002, status))
    assert judge(40105, status) == TokenRejected(answer(40105, status))
    assert judge(50000, status) == TryLater(answer(50000, status))
    assert judge(40900, status) == TryLater(answer(40900, status))


def test_these_codes_prove_that_nothing_was_taken():
    assert {40001, 40002, *range(40_100, 40_110)} == NOT_TAKEN
    assert {code for code in LATER if not judge(code).arrived} == {40100}


def test_somebody_has_to_look_at_what_no_event_causes():
    assert {code for code in LATER | SETUP if needs_a_look(judge(code).answer)} == SETUP


@pytest.mark.parametrize("code", [1, 19999, 40004, 40111, 40123, 40134, 41003, 49999, 60000, 62000, 99999, 2**31 - 1])
def test_an_unknown_code_is_neither_delivery_nor_loss_and_alarms_somebody(code):
    judged = judge(code)
    assert code not in CODES
    assert judged == TryLater(Answered(200, code, "x", REQUEST_ID), arrived=True, unknown=True)
    assert needs_a_look(judged.answer)


def test_rate_limiting_that_comes_as_401_is_not_a_token_problem():
    assert judge(40100, 401) == TryLater(Answered(401, 40100, "x", REQUEST_ID), arrived=False, too_many=True)


def test_rate_limiting_that_comes_as_200_is_not_a_delivery():
    assert judge(40100, 200) == TryLater(Answered(200, 40100, "x", REQUEST_ID), arrived=False, too_many=True)


def test_partial_success_is_split_and_alarms_somebody():
    judged = judge(20001, 200)
    assert isinstance(judged, Refused)
    assert needs_a_look(judged.answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        HTML,
        b"null",
        b"[]",
        b"0",
        b'"code"',
        b"{}",
        b'{"message":"OK"}',
        b'{"code":"0","message":"OK"}',
        b'{"code":null}',
        b'{"code":false}',
        b'{"code":0.0}',
        b'{"code":-1}',
        b'{"code":0',
        b'{"code":0,"message":"O',
        b'{"code":0}{"code":0}',
        b'\xef\xbb\xbf{"code":0}',
        b'{"code":0,"message":"\xff"}',
        b'{"code":0,"data":' + b"[" * 100_000,
        b'{"code":' + b"9" * 5_000 + b"}",
    ],
)
def test_a_200_without_a_readable_envelope_is_not_a_delivery(body):
    judged = verdict(200, body, {})
    assert isinstance(judged, TryLater)
    assert judged.arrived
    assert judged.answer.code is None
    assert needs_a_look(judged.answer)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 425, 429])
def test_passing_trouble_without_an_envelope_is_tried_later_without_alarm(status):
    judged = verdict(status, HTML, {"Content-Type": "text/html"})
    answered = Answered(status, None, f"HTTP {status} without a readable answer, {len(HTML)} bytes")
    assert judged == TryLater(answered, too_many=status == 429)
    assert not needs_a_look(judged.answer)


@pytest.mark.parametrize("status", [201, 202, 204, 301, 302, 307, 400, 401, 403, 404, 405, 407, 410])
def test_any_other_status_without_an_envelope_waits_and_alarms_somebody(status):
    judged = verdict(status, HTML, {})
    assert isinstance(judged, TryLater)
    assert judged.arrived
    assert needs_a_look(judged.answer)


def test_a_body_too_large_for_a_proxy_is_split():
    assert isinstance(verdict(413, HTML, {}), Refused)


def test_a_readable_code_outranks_a_body_too_large():
    assert isinstance(judge(40100, 413), TryLater)


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
@pytest.mark.parametrize(("asked", "seconds"), [("120", 120.0), (" 5 ", 5.0), ("0", 0.0), ("1.5", 1.5)])
def test_retry_after_in_seconds_is_taken_over(name, asked, seconds):
    assert verdict(429, b"", {name: asked}).retry_after_seconds == seconds
    assert judge(40100, 401, {name: asked}).retry_after_seconds == seconds
    assert judge(50000, 500, {name: asked}).retry_after_seconds == seconds


def test_retry_after_as_a_date_counts_from_the_date_of_the_answer():
    headers = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:51:07 GMT"}
    assert verdict(429, b"", headers).retry_after_seconds == 90.0


def test_a_date_that_has_passed_asks_for_no_wait():
    headers = {"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:00:00 GMT"}
    assert verdict(503, b"", headers).retry_after_seconds == 0.0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry-After": ""},
        {"Retry-After": "soon"},
        {"Retry-After": "-3"},
        {"Retry-After": "nan"},
        {"Retry-After": "inf"},
        {"Retry-After": "9" * 400},
        {"Retry-After": "٣"},
        {"Retry-After": "Sun, 06 Nov 1994 08:51:07 GMT"},
        {"Retry-After": "Sun, 06 Nov 1994 08:51:07 GMT", "Date": "yesterday"},
        {"Retry-After": "Sun, 99 Nov 1994 08:51:07 GMT", "Date": "Sun, 06 Nov 1994 08:49:37 GMT"},
    ],
)
def test_a_retry_after_that_cannot_be_read_is_none(headers):
    answered = Answered(429, None, "HTTP 429 without a readable answer, 0 bytes")
    assert verdict(429, b"", headers) == TryLater(answered, too_many=True)


def test_a_message_is_cut_and_kept_on_one_printable_line():
    message = "data.3.event_time:\nNot a valid\x00 integer.\u2028" + "x" * 1_000
    answer = verdict(400, envelope(40002, message), {}).answer
    assert len(answer.message) == MESSAGE_LIMIT
    assert answer.message.isprintable()
    assert answer.message.startswith("data.3.event_time: Not a valid  integer. x")


@pytest.mark.parametrize("odd", [None, 7, [], {"a": 1}])
def test_a_message_of_a_wrong_type_does_not_hide_the_code(odd):
    assert verdict(200, envelope(0, odd, odd), {}) == Accepted(Answered(200, 0, "", ""))


@given(st.integers(), st.binary(), st.dictionaries(st.sampled_from(["Retry-After", "Date"]), st.text()))
@example(200, b'{"code":0,"message":"\\ud800"}', {})
@example(200, b'{"code":0,"message":' + b"[" * 100_000, {})
@example(429, b"", {"Retry-After": "Mon, 01 Jan 0001 00:00:00 +2359", "Date": "Fri, 31 Dec 9999 23:59:59 -2359"})
def test_no_answer_raises_and_no_noise_is_a_delivery(status, body, headers):
    judged = verdict(status, body, headers)
    assert not isinstance(judged, Accepted)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.integers(100, 599), st.integers(0, 2**31 - 1) | st.sampled_from(sorted(CODES)), json_values, json_values)
def test_any_envelope_is_judged_by_its_code_alone(status, code, message, request_id):
    fields = {"code": code, "message": message, "request_id": request_id}
    judged = verdict(status, json.dumps(fields, ensure_ascii=False).encode(), {})
    assert type(judged) is type(judge(code))
    assert judged.answer.code == code
    assert len(judged.answer.message) <= MESSAGE_LIMIT
    assert judged.answer.message.isprintable()
