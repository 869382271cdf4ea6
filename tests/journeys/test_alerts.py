"""Alerts as their receivers get them: signed, by e-mail, once each, and after a kill between keeping and sending."""

import json
import os
import signal
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

from gateway import PIXEL, a_shop
from running import ask, wait_until
from shoppers import a_purchase
from twinbeam.demo.processes import free_port

pytestmark = pytest.mark.journey

AT_ONCE = ("raise_after_seconds=0", "clear_after_seconds=0")


class Receiver:
    """Takes posts and keeps them; answers 503 while it is told to."""

    def __init__(self, port):
        self.taken, self.status = [], 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if outer.status == 200:
                    outer.taken.append((self.path, dict(self.headers.items()), body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, path):
        return [(head, body) for at, head, body in self.taken if at == path]


@contextmanager
def a_receiver(port=None):
    receiver = Receiver(port or free_port())
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()


class Mailbox:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.mails.append(envelope)
        return "250 OK"


@contextmanager
def a_mail_server():
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield mailbox, controller.port
    finally:
        controller.stop()


def verified(secret, received):
    """Give what the library of Standard Webhooks makes of what came."""
    head, body = received
    return Webhook(secret).verify(body, {name.lower(): value for name, value in head.items()})


def add(shop, name, kind, address):
    return shop.gateway.told("alerts", "channels", "add", name, kind, told=f"{address}\n").strip()


def alarm(shop):
    """Let an alert begin: no disk has so much room."""
    shop.gateway.told("alerts", "set", "disk", "raise_at=900000000", "clear_at=999999999", *AT_ONCE)


def test_a_refused_token_is_told_once_on_each_channel_and_so_is_its_end(tmp_path):
    with a_receiver() as receiver, a_mail_server() as (mailbox, port):
        wishes = {
            "alert_networks": "127.0.0.0/8",
            "smtp_url": f"smtp://127.0.0.1:{port}",
            "report_from": "twinbeam@shop.example",
        }
        with a_shop(tmp_path, join_window_seconds=0, **wishes) as shop:
            secret = add(shop, "ops", "webhook", f"{receiver.url}/hook?key=hidden")
            add(shop, "chat", "slack", f"{receiver.url}/slack")
            add(shop, "ada", "email", "ada@shop.example")
            shop.gateway.told("alerts", "set", "token_refused", *AT_ONCE)
            shop.tiktok.trouble("code", code=40105)
            shop.post(a_purchase("order-1"))
            wait_until(
                lambda: receiver.of("/hook?key=hidden") and receiver.of("/slack") and mailbox.mails, "all are told", 90
            )
            began = verified(secret, receiver.of("/hook?key=hidden")[0])
            assert began["type"] == "alert.began"
            assert (began["data"]["kind"], began["data"]["pixel"]) == ("token_refused", PIXEL)
            assert began["data"]["link"].endswith(PIXEL)
            assert "Token refused" in json.loads(receiver.of("/slack")[0][1])["text"]
            assert b"Alert: Token refused" in mailbox.mails[0].content
            shop.tiktok.heal()
            shop.gateway.told("pixels", "token", PIXEL, "--untried", told="journey-token-7d1f4c2a9b\n")
            wait_until(lambda: len(receiver.of("/hook?key=hidden")) == 2, "its end is told", 90)
            ended = verified(secret, receiver.of("/hook?key=hidden")[1])
            assert (ended["type"], ended["data"]["alert"]) == ("alert.ended", began["data"]["alert"])
            wait_until(lambda: len(receiver.of("/slack")) == len(mailbox.mails) == 2, "everywhere")
            assert "hidden" not in shop.gateway.told("alerts", "channels", "list") + shop.gateway.log.read_text()
            an_announced_outage_is_told_until_it_is_over(shop, receiver, secret)


def an_announced_outage_is_told_until_it_is_over(shop, receiver, secret):
    """TikTok's side posts to the address that we print, by its subscription."""
    path = urlsplit(shop.gateway.told("alerts", "status-address").strip()).path
    asked = {"app_id": "7000000000000000201", "secret": "alerts-secret", "subscribe_entity": "API_SERVICE_STATUS"}
    shop.tiktok.post("accounts", apps=[{"id": asked["app_id"], "secret": asked["secret"], "name": "Alerts"}])
    detail = {"product_filters": ["EVENTS_API"]}
    body = json.dumps({**asked, "callback_url": f"{shop.gateway.intake}{path}", "subscription_detail": detail}).encode()
    head = {"content-type": "application/json"}
    assert (
        ask(f"{shop.tiktok.url}/open_api/v1.3/subscription/subscribe/", "POST", body=body, headers=head).json["code"]
        == 0
    )
    shop.gateway.told("alerts", "set", "tiktok_outage", *AT_ONCE)
    for event, n in (("CREATE", 3), ("RESOLVE", 4)):
        for _ in range(2):  # it is delivered at least once
            assert shop.tiktok.post("incident", incident_id="INC-7", event=event)["statuses"] == [200]
        wait_until(lambda n=n: len(receiver.of("/hook?key=hidden")) == n, f"{event} is told", 60)
    began, ended = (verified(secret, it) for it in receiver.of("/hook?key=hidden")[2:])
    assert (began["type"], ended["type"]) == ("alert.began", "alert.ended")
    assert "major disruption, incident INC-7" in began["data"]["text"]
    assert ask(f"{shop.gateway.intake}/in/tiktok-status/guessed", "POST", body=b"{}").status == 404


def test_what_was_kept_before_a_kill_is_sent_after_it_and_nothing_private_is_reached_that_is_not_listed(tmp_path):
    port = free_port()
    with a_shop(tmp_path, join_window_seconds=0, alert_networks="127.0.0.1") as shop:
        secret = add(shop, "ops", "webhook", f"http://127.0.0.1:{port}/hook")
        refused = shop.gateway.run("alerts", "channels", "add", "inside", "slack", told="https://[::1]:9/hook\n")
        assert (refused.returncode, "TWINBEAM_ALERT_NETWORKS" in refused.stderr) == (1, True)
        alarm(shop)

        def told():
            return shop.gateway.told("alerts", "channels", "list")

        wait_until(lambda: "cannot be reached" in told(), "tries failed", 60)
        os.kill(shop.gateway.supervisor.pid, signal.SIGKILL)
        shop.gateway.supervisor.wait()
        with a_receiver(port) as receiver:
            shop.gateway.launch()
            wait_until(lambda: receiver.taken, "the message comes", 60)
            told = [verified(secret, it) for it in receiver.of("/hook")]
            assert [it["type"] for it in told] == ["alert.began"]
            assert receiver.of("/hook")[0][0]["webhook-id"].startswith("alert_1_")
