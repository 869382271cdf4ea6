"""What a real browser sends from a page of the shop, cross-origin and with credentials, arrives."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from browsing import a_browser
from gateway import PIXEL, Shop, a_shop
from running import wait_until

pytestmark = [pytest.mark.journey, pytest.mark.outside("cors")]

#: Give the status and whether the answer could be read; a browser says no more of a blocked one than "TypeError".
FETCH = """async ([url, key, body, credentials]) => {
  const headers = { "content-type": "application/json", "x-requested-with": "XMLHttpRequest" };
  if (key) headers.authorization = `Bearer ${key}`;
  try {
    const answer = await fetch(url, { method: "POST", credentials, headers, body });
    return [answer.status, (await answer.json()).accepted ?? null];
  } catch (error) {
    return [error.name, null];
  }
}"""
BEACON = """([url, body]) => navigator.sendBeacon(url, new Blob([body], { type: "application/json" }))"""


class Plain(BaseHTTPRequestHandler):
    """An empty page under every path."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>Shop</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def a_site() -> Iterator[int]:
    """Serve pages on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with a_shop(tmp_path_factory.mktemp("door"), join_window_seconds=0) as shop:
        shop.gateway.arrange("pixels", "set", PIXEL, "hosts=localhost")
        yield shop


@pytest.fixture(scope="module")
def page(shop: Shop) -> Iterator:
    with a_browser() as browser, a_site() as port:
        context = browser.new_context()
        tabs = {}
        for host in ("localhost", "127.0.0.1"):
            tabs[host] = context.new_page()
            tabs[host].goto(f"http://{host}:{port}/thanks")
        yield tabs
        context.close()


def body(event_id: str) -> str:
    granted = {"ad_storage": "granted", "ad_user_data": "granted", "source": "banner"}
    return json.dumps({"events": [{"event": "ViewContent", "event_id": event_id, "consent": granted}]})


def test_a_beacon_with_json_arrives(shop: Shop, page: dict) -> None:
    url = f"{shop.gateway.intake}/v1/events?key={shop.keys['browser']}"
    assert page["localhost"].evaluate(BEACON, [url, body("beacon-1")])
    assert shop.story("beacon-1")["state"] == "delivered"


@pytest.mark.parametrize("credentials", ["include", "same-origin", "omit"])
@pytest.mark.parametrize("key_in", ["header", "url"])
def test_a_fetch_arrives_and_its_answer_can_be_read(shop: Shop, page: dict, credentials: str, key_in: str) -> None:
    event_id, key = f"fetch-{credentials}-{key_in}", shop.keys["browser"]
    url = f"{shop.gateway.intake}/v1/events"
    sent = [url, key] if key_in == "header" else [f"{url}?key={key}", ""]
    assert page["localhost"].evaluate(FETCH, [*sent, body(event_id), credentials]) == [202, 1]
    assert shop.story(event_id)["state"] == "delivered"


def test_a_refused_request_can_be_read_too(shop: Shop, page: dict) -> None:
    url = f"{shop.gateway.intake}/v1/events?key={shop.keys['browser']}"
    assert page["localhost"].evaluate(FETCH, [url, "", '{"events": []}', "include"]) == [400, None]


def test_a_page_of_somebody_else_comes_without_credentials_or_not_at_all(shop: Shop, page: dict) -> None:
    url = f"{shop.gateway.intake}/v1/events?key={shop.keys['browser']}"
    foreign = page["127.0.0.1"]
    assert foreign.evaluate(FETCH, [url, "", body("foreign-1"), "include"]) == ["TypeError", None]
    assert foreign.evaluate(FETCH, [url, "", body("foreign-2"), "omit"]) == [202, 0]
    wait_until(lambda: shop.gateway.pending() == 0, "everything is recorded")
    assert shop.stories(event_id="foreign-1") == []
