"""Stopping, starting, two at once, and what operators change while it runs."""

import json
import os
import signal
import socket
import time
from collections import Counter
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from gateway import PIXEL, Gateway, a_shop, is_ours
from running import wait_until
from shoppers import DENIED, Crowd, a_purchase, a_view

pytestmark = pytest.mark.journey

#: A stop is a matter of seconds, whatever is open; service managers kill after 90, people lose patience before.
PROMPTLY_SECONDS = 5


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("restart")) as opened:
        yield opened


@pytest.fixture
def shop(furnished):
    """A running gateway that has nothing to do, and TikTok's side without trouble or memory."""
    furnished.tiktok.post("reset")
    if not furnished.gateway.is_running:
        furnished.gateway.start()
    furnished.wait_steady()
    return furnished


def timed_stop(gateway: Gateway) -> tuple[int, float]:
    """Stop it; gives the exit status and how long it took."""
    started = time.monotonic()
    return gateway.stop(), time.monotonic() - started


def test_a_stop_in_the_middle_of_load_answers_what_is_under_way_and_sends_nothing_twice(shop):
    shop.tiktok.trouble("delay", seconds=0.3)
    pids = shop.gateway.pids()
    with Crowd(shop.gateway.intake, shop.keys["server"]) as crowd:
        wait_until(lambda: len(crowd.acknowledged) > 500, "load")
        status, seconds = timed_stop(shop.gateway)
        assert (status, seconds < PROMPTLY_SECONDS) == (0, True), seconds
        assert not any(is_ours(pid) for pid in pids.values())
        shop.gateway.start()
        time.sleep(1)
    shop.wait_steady()
    counted = Counter(event["event_id"] for event in shop.tiktok.counted())
    assert set(counted) == crowd.acknowledged
    sent = Counter(event_id for call in shop.tiktok.requests() for event_id in call["event_ids"])
    assert max(sent.values()) == 1
    assert crowd.surprises == []
    assert "FAIL" not in shop.gateway.told("doctor")


def test_a_restart_goes_on_where_it_was(shop):
    shop.tiktok.trouble("status", status=500)
    shop.post(a_view("before-the-stop"))
    wait_until(lambda: shop.story("before-the-stop", wait=0)["attempts"], "an attempt is made")
    assert timed_stop(shop.gateway)[0] == 0
    shop.tiktok.heal()
    shop.gateway.start()
    assert shop.story("before-the-stop")["state"] == "delivered"
    shop.post(a_view("before-the-stop"))
    shop.wait_steady()
    assert [event["event_id"] for event in shop.tiktok.counted()] == ["before-the-stop"]


def test_an_open_page_does_not_hold_up_a_stop(shop):
    pages = urlsplit(shop.gateway.pages)
    with closing(socket.create_connection((pages.hostname, pages.port), timeout=10)) as viewer:
        cookie = shop.gateway.signed_in()["Cookie"].encode()
        viewer.sendall(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + cookie + b"\r\n\r\n")
        assert b"text/event-stream" in viewer.recv(4_096)
        status, seconds = timed_stop(shop.gateway)
    assert (status, seconds < PROMPTLY_SECONDS) == (0, True), seconds


def test_an_unfinished_request_does_not_hold_up_a_stop_for_long(shop):
    intake = urlsplit(shop.gateway.intake)
    with closing(socket.create_connection((intake.hostname, intake.port), timeout=10)) as slow:
        key = shop.keys["server"].encode()
        slow.sendall(b"POST /v1/events HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer " + key)
        slow.sendall(b"\r\nContent-Length: 500\r\n\r\n{")
        wait_until(lambda: shop.post(a_view("another")), "it is served beside")
        assert timed_stop(shop.gateway)[1] < 8


def test_a_second_gateway_on_the_same_data_is_refused_with_a_sentence(shop):
    second = Gateway(shop.gateway.folder, shop.tiktok.url, {})
    done = second.run("serve")
    assert done.returncode == 1
    assert f"pid {shop.gateway.supervisor.pid}" in done.stderr
    assert "TWINBEAM_DATA" in done.stderr
    assert "Traceback" not in done.stderr
    assert shop.post(a_view("still-here"))["accepted"] == 1


def test_a_port_that_is_taken_is_named_with_the_variable_that_moves_it(shop, tmp_path):
    elsewhere = Gateway(tmp_path / "elsewhere", shop.tiktok.url, {})
    elsewhere.folder.mkdir()
    for taken, variable in (("listen", "TWINBEAM_LISTEN"), ("dashboard", "TWINBEAM_DASHBOARD")):
        done = elsewhere.run("serve", **{variable: urlsplit(shop.gateway.intake).netloc})
        assert done.returncode == 1, taken
        assert urlsplit(shop.gateway.intake).netloc in done.stderr
        assert variable in done.stderr
        assert "Traceback" not in done.stderr


def test_a_revoked_key_is_refused_within_a_second_and_the_others_go_on(shop):
    made = json.loads(shop.gateway.told("keys", "create", "server", "--source", "old", "--pixel", PIXEL, "--json"))
    wait_until(lambda: shop.send(b"", key=made["key"]).status != 401, "the new key is known", 1)
    shop.gateway.told("keys", "revoke", made["id"])
    wait_until(lambda: shop.send(b"", key=made["key"]).status == 401, "the revoked key is refused", 1)
    assert shop.post(a_view("with-another-key"))["accepted"] == 1
    assert "revoked" in shop.gateway.told("keys", "list")


def test_a_changed_consent_policy_is_in_force_within_a_second(shop):
    unsaid = a_purchase("unsaid", consent=None)
    assert len(shop.post(unsaid)["held"]) == 1
    shop.gateway.told("pixels", "add", PIXEL, "--consent", "not_required")
    wait_until(lambda: not shop.post(a_purchase("unsaid-2", consent=None))["held"], "the policy is in force", 1)


def test_a_service_manager_may_kill_and_start_again_at_once(shop):
    shop.post(a_view("before-the-kill"))
    before = times_ready(shop.gateway)
    shop.gateway.supervisor.send_signal(signal.SIGKILL)
    shop.gateway.supervisor.wait()
    shop.gateway.launch()
    wait_until(lambda: times_ready(shop.gateway) > before, "it is ready once more")
    shop.gateway.wait_ready()
    assert shop.story("before-the-kill")["state"] == "delivered"
    assert "Cannot listen" not in shop.gateway.log.read_text()


def times_ready(gateway: Gateway) -> int:
    return sum(line["event"] == "writer.ready" for line in gateway.lines())


def test_what_is_refused_while_the_writer_is_away_is_not_sent_again_by_the_next(shop):
    shop.tiktok.trouble("delay", seconds=5)
    refused, other = (a_view(name, user={"email": f"{name}@shop.example"}) for name in ("refused-meanwhile", "other"))
    shop.post(refused, other)
    wait_until(lambda: shop.tiktok.get("totals")["requests"], "a request arrives")
    writer = shop.gateway.pid("writer")
    os.kill(writer, signal.SIGSTOP)
    shop.post(refused | {"consent": DENIED})
    shop.tiktok.heal()
    os.kill(writer, signal.SIGKILL)
    shop.wait_steady()
    sent = [call["event_ids"] for call in shop.tiktok.requests()]
    assert sent == [["refused-meanwhile", "other"], ["other"]]
    assert shop.gateway.states()["withdrawn"] == 1
