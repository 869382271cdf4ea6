"""Scripted trouble: every kind, for whom it happens, and that all is well afterwards."""

import http.client
import time

import pytest

from emulator_sender import PIXEL, Sender, event
from tiktok_emulator.accounts import Pixel, Seed

ANSWERED = {
    "code": ({"code": 50002, "message": "Internal service timed out"}, 200, 50002),
    "code with a status": ({"kind": "code", "code": 50000, "status": 500}, 500, 50000),
    "rate_limit": ({}, 401, 40100),
    "rate_limit as 429": ({"kind": "rate_limit", "status": 429}, 429, 40100),
    "rate_limit as 200": ({"kind": "rate_limit", "status": 200}, 200, 40100),
    "partial": ({}, 200, 20001),
    "token_revoked": ({}, 401, 40105),
    "token_foreign": ({}, 400, 40001),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_trouble_with_an_envelope_answers_its_code_once_and_is_over(tiktok, sender, case):
    script, status, code = ANSWERED[case]
    tiktok.trouble(**{"kind": case, "times": 1} | script)
    got = sender.track(event())
    assert (got.status, got.code) == (status, code)
    assert sender.track(event(event_id="after")).code == 0


@pytest.mark.parametrize(("kind", "taken"), [("code", 0), ("rate_limit", 0), ("token_revoked", 0), ("partial", 1)])
def test_whether_the_events_count_follows_the_kind(tiktok, sender, kind, taken):
    tiktok.trouble(kind, times=1)
    sender.track(event())
    assert len(tiktok.counted()) == taken


@pytest.mark.parametrize("kind", ["code", "status", "html_502", "reset", "hang"])
def test_after_lets_the_events_count_although_the_sender_hears_of_failure(tiktok, kind):
    tiktok.trouble(kind, times=1, when="after", seconds=0.05)
    with Sender(tiktok.url) as sender:
        try:
            sender.track(event())
        except (OSError, http.client.HTTPException):
            assert kind in ("reset", "hang")
    assert len(tiktok.counted()) == 1


@pytest.mark.parametrize(("seconds", "shown"), [(None, None), (7, "7")])
def test_retry_after_comes_only_when_asked_for(tiktok, sender, seconds, shown):
    tiktok.trouble("rate_limit", times=1, retry_after_seconds=seconds)
    assert sender.track(event()).headers.get("retry-after") == shown


def test_a_bare_status_has_no_envelope(tiktok, sender):
    tiktok.trouble("status", status=503, times=1)
    got = sender.track(event())
    assert (got.status, got.body) == (503, b"")


def test_a_proxys_error_page_is_html(tiktok, sender):
    tiktok.trouble("html_502", times=1)
    got = sender.track(event())
    assert got.status == 502
    assert got.headers["content-type"].startswith("text/html")
    assert b"502 Bad Gateway" in got.body


def test_a_reset_breaks_the_connection_without_a_byte(tiktok):
    tiktok.trouble("reset", times=1)
    with Sender(tiktok.url) as sender, pytest.raises(ConnectionResetError):
        sender.track(event())
    assert tiktok.counted() == []
    assert [(each["trouble"], each["status"]) for each in tiktok.requests()] == [("reset", 0)]


def test_a_truncated_answer_ends_in_the_middle_and_the_events_count(tiktok):
    tiktok.trouble("truncated", times=1)
    with Sender(tiktok.url) as sender, pytest.raises(http.client.IncompleteRead):
        sender.track(event())
    assert len(tiktok.counted()) == 1


def test_a_hang_outlasts_the_senders_patience(tiktok):
    tiktok.trouble("hang", times=1)
    with Sender(tiktok.url, timeout=0.2) as sender, pytest.raises(TimeoutError):
        sender.track(event())
    assert tiktok.counted() == []


@pytest.mark.parametrize("kind", ["delay", "slow_body"])
def test_a_late_answer_is_the_true_one(tiktok, sender, kind):
    tiktok.trouble(kind, times=1, seconds=0.1)
    start = time.monotonic()
    got = sender.track(event())
    assert time.monotonic() - start >= 0.1
    assert (got.status, got.code) == (200, 0)
    assert len(tiktok.counted()) == 1


def test_a_late_answer_reports_a_refusal_too(tiktok, sender):
    tiktok.expect("wrong_type")
    tiktok.trouble("delay", times=1, seconds=0.01, when="before")
    assert sender.track(event(event_id=5)).code == 40002


def test_partial_success_takes_the_share_asked_for(tiktok, sender):
    tiktok.trouble("partial", times=1, take_share=0.5)
    sender.track(*(event(event_id=str(i)) for i in range(10)))
    assert [each["event_id"] for each in tiktok.counted()] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_share_that_comes_to_no_event_takes_none_and_is_no_fault_of_the_senders(tiktok, sender, share):
    tiktok.trouble("partial", times=1, take_share=share)
    assert sender.track(event()).code == 20001
    assert tiktok.counted() == []


def test_a_share_is_spread_evenly(tiktok, sender):
    tiktok.trouble("code", share=0.25)
    codes = [sender.track(event(event_id=str(i))).code for i in range(8)]
    assert codes == [0, 0, 0, 50000, 0, 0, 0, 50000]


def test_trouble_for_one_pixel_leaves_the_others_alone(tiktok, sender):
    other = "C0TWINBEAMDEMO000002"
    tiktok.seed(Seed(pixels=[Pixel(code=other)]))
    tiktok.trouble("code", pixel=other)
    assert sender.track(event()).code == 0
    assert sender.track(event(), event_source_id=other).code == 50000


def test_trouble_for_one_path_leaves_the_others_alone(tiktok, sender):
    tiktok.trouble("code", path="/pixel/list/")
    assert sender.track(event()).code == 0
    assert sender.get("/pixel/list/", advertiser_id="7000000000000000001").code == 50000


def test_the_first_script_that_applies_wins_and_can_be_taken_away(tiktok, sender):
    first = tiktok.trouble("code", code=50000)
    tiktok.trouble("code", code=50002)
    assert sender.track(event()).code == 50000
    tiktok.end_trouble(first)
    assert sender.track(event()).code == 50002
    tiktok.end_trouble()
    assert sender.track(event()).code == 0


def test_trouble_is_no_fault_of_the_sender_and_shows_in_the_log(tiktok, sender):
    tiktok.trouble("rate_limit", times=1)
    sender.track(event())
    (asked,) = tiktok.requests()
    assert (asked["trouble"], asked["code"], asked["event_ids"], asked["pixel"]) == (
        "rate_limit",
        40100,
        ("order-1",),
        PIXEL,
    )
    assert tiktok.faults() == []


def test_a_beacon_can_meet_trouble_too(tiktok, sender):
    tiktok.trouble("status", status=503, path="/api/v2/pixel")
    assert sender.beacon().status == 503
    assert tiktok.counted() == []


def test_the_limit_per_second_answers_401_with_40100_and_passes(tiktok, sender):
    tiktok.switch(max_queries_per_second=3)
    tiktok.freeze()
    codes = [sender.track(event(event_id=str(i))).code for i in range(4)]
    assert codes == [0, 0, 0, 40100]
    tiktok.move(1)
    assert sender.track(event(event_id="later")).code == 0


def test_the_limit_is_a_sliding_second(tiktok, sender):
    tiktok.switch(max_queries_per_second=2)
    tiktok.freeze()
    sender.track(event(event_id="a"))
    tiktok.move(0.6)
    sender.track(event(event_id="b"))
    tiktok.move(0.3)
    assert sender.track(event(event_id="c")).code == 40100
    tiktok.move(0.1)
    assert sender.track(event(event_id="d")).code == 0


def test_a_breach_of_the_minute_closes_the_door_for_five_minutes(tiktok, sender):
    tiktok.switch(max_queries_per_minute=2)
    tiktok.freeze()
    assert [sender.track(event(event_id=str(i))).code for i in range(3)] == [0, 0, 40100]
    tiktok.move(299)
    assert sender.track(event(event_id="early")).code == 40100
    tiktok.move(2)
    assert sender.track(event(event_id="later")).code == 0


def test_a_breach_of_the_day_closes_the_door_until_midnight(tiktok, sender):
    tiktok.switch(max_queries_per_day=1)
    tiktok.freeze()
    to_midnight = 86_400 - tiktok.now_ms // 1000 % 86_400
    assert [sender.track(event(event_id=str(i))).code for i in range(2)] == [0, 40100]
    tiktok.move(to_midnight)
    assert sender.track(event(event_id="tomorrow")).code == 0


def test_the_limits_own_retry_after_is_a_switch(tiktok, sender):
    tiktok.switch(max_queries_per_second=1, retry_after_seconds=2)
    tiktok.freeze()
    sender.track(event())
    assert sender.track(event()).headers["retry-after"] == "2"


def test_requests_are_counted_for_each_app_and_pixel_within_and_over_the_limits(tiktok, sender):
    tiktok.switch(max_queries_per_minute=3, pixel_queries_per_second=2)
    tiktok.freeze()
    codes = [sender.track(event(event_id=str(i))).code for i in range(5)]
    assert codes == [0, 0, 40100, 40100, 40100]
    told = sender.control("GET", "/limits")
    (of_app,), (of_pixel,) = told["apps"].values(), told["pixels"].values()
    assert (of_pixel["requests"], of_pixel["exceeded"], of_pixel["most_in_a_second"]) == (3, 1, 2)
    assert (of_app["exceeded"], of_app["at_closed_door"], of_app["most_in_a_minute"]) == (1, 1, 3)
    assert told["exceeded"] == tiktok.limits()["exceeded"] == 2
