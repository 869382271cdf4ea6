"""Importing an agency's 500 ad accounts: events do not feel it, and a kill in the middle costs a few requests."""

import http.client
import json
import os
import re
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from datetime import datetime
from urllib.parse import urlsplit

import pytest

from gateway import PIXEL, a_shop
from running import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.alone, pytest.mark.pixels("stale-import")]

APP_ID, SECRET = "7000000000000000201", "emulator-secret"
ADVERTISERS = 500
AT_ONCE = 4  #: ad accounts that are read beside each other
P99_SECONDS = 2.0


def confirmed(url):
    """Confirm the consent page, and return the address that TikTok leads to."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("POST", f"{parts.path}?{parts.query}")
    location = connection.getresponse().getheader("location")
    connection.close()
    return location


def connect(shop):
    """Connect an account on the command line; nothing is chosen yet."""
    shop.gateway.told("accounts", "app", APP_ID, told=SECRET + "\n")
    url = re.search(r"https?://\S+/portal/auth\S+", shop.gateway.told("accounts", "connect"))[0]
    done = shop.gateway.told("accounts", "finish", told=confirmed(url) + "\n")
    return re.search(r"accounts show (\w+)", done)[1]


def run_of(shop):
    """Read how far the import is, beside whoever writes."""
    with closing(sqlite3.connect(f"file:{shop.gateway.data}/store.db?mode=ro", uri=True)) as db:
        row = db.execute("SELECT done, total, ended_ms, problem FROM import_run").fetchone()
    return dict(zip(("done", "total", "ended_ms", "problem"), row or (0, 0, None, ""), strict=True))


def calls(shop):
    """Count the calls of the Marketing API by their paths."""
    return Counter(call["path"].removeprefix("/open_api/v1.3") for call in shop.tiktok.all_of("requests"))


class Stream:
    """Purchases at a steady pace until told to stop."""

    def __init__(self, shop):
        self._shop, self._stop, self.posted = shop, threading.Event(), {}
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(0.02):
            number = len(self.posted)
            event_id = f"import-{number}"
            self.posted[event_id] = time.time()
            self._shop.post(
                {
                    "event": "Purchase",
                    "event_time": int(time.time()),
                    "event_id": event_id,
                    "pixel": PIXEL,
                    "user": {"external_id": f"customer-{number}"},
                    "page": {"url": "https://shop.example/thanks"},
                    "properties": {"value": 20.5, "currency": "EUR", "order_id": event_id},
                    "consent": {"ad_storage": "granted", "ad_user_data": "granted", "ad_personalization": "granted"},
                }
            )


def p99(shop, posted):
    """Return the 99th percentile, in seconds, from the post to its arrival at TikTok's side."""
    arrived = {
        event["event_id"]: datetime.fromisoformat(event["at"]).timestamp() for event in shop.tiktok.all_of("received")
    }
    assert posted.keys() <= arrived.keys()
    waited = sorted(arrived[event_id] - at for event_id, at in posted.items())
    return waited[int(len(waited) * 0.99)]


def test_storms_of_40100_are_sat_out_and_a_revoked_token_is_told(tmp_path):
    with a_shop(tmp_path, join_window_seconds=0, import_rate=200) as shop:
        shop.tiktok.expected_faults |= {"missing_ip_ua", "over_limit", "bad_token"}
        shop.tiktok.post(
            "switches", marketing_queries_per_second=10, marketing_queries_per_minute=0, retry_after_seconds=1
        )
        shop.tiktok.post("accounts", crowd={"advertisers": 5})
        account = connect(shop)
        shop.gateway.told("accounts", "choose", account, "--all")
        wait_until(lambda: run_of(shop)["ended_ms"], "the import has ended", 120)
        assert run_of(shop)["done"] == 6
        codes = Counter(call["code"] for call in shop.tiktok.all_of("requests") if "/pixel/" in call["path"])
        assert codes[40100] > 0
        tokens = [each["token"] for each in shop.tiktok.get("accounts")["tokens"] if each["app_id"] == APP_ID]
        shop.tiktok.post("accounts", revoke=tokens)
        shop.gateway.told("accounts", "import", account)
        wait_until(lambda: " broken, " in shop.gateway.told("accounts", "list"), "the account is broken")
        assert "TikTok no longer accepts this account's token. Reconnect the account." in shop.gateway.told(
            "accounts", "list"
        )
        assert len(json.loads(shop.gateway.told("pixels", "list", "--json"))) == 5 + 2


def test_500_ad_accounts_are_imported_through_a_kill_and_events_do_not_wait(tmp_path, record_property):
    with a_shop(tmp_path, join_window_seconds=0, import_rate=200) as shop:
        shop.tiktok.expected_faults |= {"missing_ip_ua"}
        shop.tiktok.post("switches", marketing_queries_per_second=0, marketing_queries_per_minute=0)
        shop.tiktok.post("accounts", crowd={"advertisers": ADVERTISERS})
        account = connect(shop)
        with Stream(shop) as stream:
            wait_until(lambda: len(stream.posted) > 50, "events flow")
            began = time.monotonic()
            shop.gateway.told("accounts", "choose", account, "--all")
            wait_until(lambda: run_of(shop)["done"] > ADVERTISERS // 4, "a quarter is imported", 120)
            before = calls(shop)
            os.kill(shop.gateway.pid("writer"), signal.SIGKILL)
            killed_at = run_of(shop)["done"]
            shop.gateway.wait_ready()
            wait_until(lambda: run_of(shop)["ended_ms"], "the import has ended", 180)
            took = time.monotonic() - began
            posted = {event_id: at for event_id, at in stream.posted.items() if at < time.time() - 3}
        shop.wait_steady(60)
        run, after = run_of(shop), calls(shop)
        is_resumed = after["/pixel/list/"] <= ADVERTISERS + 1 + AT_ONCE
        record_property("figures", f"import {ADVERTISERS} advertisers {'resumed' if is_resumed else 'begun anew'}")
        assert (run["done"], run["total"], run["problem"]) == (ADVERTISERS + 1, ADVERTISERS + 1, "")
        assert before["/pixel/list/"] < ADVERTISERS
        assert is_resumed, "what was done is not asked for anew"
        assert after["/oauth2/advertiser/get/"] == 2  # once when it was connected
        listed = json.loads(shop.gateway.told("pixels", "list", "--json"))
        assert len(listed) == ADVERTISERS + 2
        slow = p99(shop, posted)
        sys.stdout.write(f"imported {ADVERTISERS} in {took:.0f} s, killed at {killed_at}; events' p99 {slow:.2f} s\n")
        assert slow < P99_SECONDS + 2, "with a writer that is killed and started again"


def test_events_do_not_feel_an_import(tmp_path, record_property):
    with a_shop(tmp_path, join_window_seconds=0, import_rate=200) as shop:
        shop.tiktok.expected_faults |= {"missing_ip_ua"}
        shop.tiktok.post("switches", marketing_queries_per_second=0, marketing_queries_per_minute=0)
        shop.tiktok.post("accounts", crowd={"advertisers": ADVERTISERS})
        account = connect(shop)
        with Stream(shop) as stream:
            shop.gateway.told("accounts", "choose", account, "--all")
            wait_until(lambda: run_of(shop)["ended_ms"], "the import has ended", 180)
            time.sleep(1)
        shop.wait_steady(60)
        slow = p99(shop, stream.posted)
        sys.stdout.write(f"{len(stream.posted)} events beside an import of {ADVERTISERS}: p99 {slow:.3f} s\n")
        how = "below" if slow < P99_SECONDS else "not below"
        record_property("figures", f"events' p99 {how} {P99_SECONDS:.0f} s")
        assert len(stream.posted) > 200
        assert slow < P99_SECONDS
