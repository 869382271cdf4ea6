"""
Break one promise on purpose, from outside: proxies between the parts, so that the gateway holds no code for it.

    the shop --(ungated, forge, refund)--> gateway --(drop, double, value)--> emulator
                                      |
                                    (leak): a line in a file of its state directory

A check that stays green under one of these measures nothing. Whom it strikes is chosen by the truth file: what
TikTok's own script reports as well would be counted all the same.
"""

import gzip
import http.client
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Body = dict[str, Any]
#: Turns one request body into those that are passed on, in order; none means: answer as if all were well.
Tamper = Callable[[Body], list[Body]]

KINDS = ("drop", "double", "forge", "leak", "refund", "ungated", "value")
_AS_IF_WELL = {"code": 0, "message": "OK", "request_id": "0", "data": {}}
_UNGATED_ORDERS = 3
PURCHASE = frozenset({"Purchase", "CompletePayment"})  #: one event under its new and its old name


class Proxy(ThreadingHTTPServer):
    """Listens at once; passes requests on as soon as it is told where to, and what to do to them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self._tamper: Tamper = _leave
        self._one_at_a_time = threading.Lock()
        self._told = threading.Event()
        self._upstream = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def route_to(self, url: str, tamper: Tamper) -> None:
        """Pass on to this server from now on; requests that already came wait for it."""
        self._tamper, self._upstream = tamper, urlsplit(url).netloc
        self._told.set()

    def tamper(self, body: Body) -> list[Body]:
        """Apply the sabotage; one request at a time, because it remembers what it did."""
        with self._one_at_a_time:
            return self._tamper(body)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Pass one request on and give status and body of the answer."""
        self._told.wait()
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class _Passage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_GET(self) -> None:
        self._answer(*self.server.ask("GET", self.path, self._headers(), b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        status, answer, as_sent = 200, json.dumps(_AS_IF_WELL).encode(), json.loads(body)
        for passed in self.server.tamper(json.loads(body)):
            written = body if passed == as_sent else json.dumps(passed).encode()  # a signature is over its bytes
            status, answer = self.server.ask("POST", self.path, self._headers(), written)
        self._answer(status, answer)

    def _headers(self) -> dict[str, str]:
        dropped = {"host", "content-length", "content-encoding", "connection", "accept-encoding"}
        return {name: value for name, value in self.headers.items() if name.lower() not in dropped}

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what passes is the checker's business."""


class Once:
    """Tamper with the first request that holds a purchase of these orders, and with no other."""

    def __init__(self, tamper: Callable[[Body, list[Body]], list[Body]], orders: set[str]) -> None:
        self._tamper = tamper
        self._orders = orders
        self._done = False

    def __call__(self, body: Body) -> list[Body]:
        """Give the bodies to pass on."""
        struck = [] if self._done else [it for it in _purchases(body) if it["properties"]["order_id"] in self._orders]
        if not struck:
            return [body]
        self._done = True
        return self._tamper(body, struck)


def drop(_body: Body, _struck: list[Body]) -> list[Body]:
    """Swallow the batch; the gateway is told it was taken."""
    return []


def double(body: Body, _struck: list[Body]) -> list[Body]:
    """Pass the batch on twice, the second time under other ids."""
    again = [{**event, "event_id": f"{event['event_id']}-again"} for event in body["data"]]
    return [body, {**body, "data": again}]


def change_value(body: Body, struck: list[Body]) -> list[Body]:
    """Add one unit of currency to the first of the purchases."""
    struck[0]["properties"]["value"] += 1
    return [body]


class Confirm:
    """Let the shop's server say that the made-up purchases took place, along with the first real one it reports."""

    def __init__(self, orders: list[str]) -> None:
        self._orders = orders

    def __call__(self, body: Body) -> list[Body]:
        """Add the false confirmations to a request of the server."""
        real = [item for item in body.get("events", []) if item.get("order_id") and _is_granted(item)]
        orders, self._orders = (self._orders, []) if real else ([], self._orders)
        strangers = [{**real[0], "order_id": order, "visitor_id": f"v-{order}"} for order in orders]
        return [{**body, "events": [*body["events"], *strangers]}] if strangers else [body]


def _is_granted(item: Body) -> bool:
    return "granted" in _purposes(item).values()


class Ungate:
    """Let the shop claim consent for the first few orders that were refused, in every copy of them."""

    def __init__(self) -> None:
        self._chosen: set[str] = set()

    def __call__(self, body: Body) -> list[Body]:
        """Rewrite the consent of chosen orders."""
        for item in body.get("events", []):
            order_id = item.get("order_id") or item.get("properties", {}).get("order_id")
            if order_id is not None and item["event"] in PURCHASE and self._chooses(item, order_id):
                said = dict.fromkeys(_purposes(item), "granted")
                item["consent"] = {**said, "at": int(time.time())}  # said just now: it outdoes the refusal
        return [body]

    def _chooses(self, item: Body, order_id: str) -> bool:
        refused = "denied" in _purposes(item).values()
        if refused and len(self._chosen) < _UNGATED_ORDERS:
            self._chosen.add(order_id)
        return order_id in self._chosen


def withhold_refunds(body: Body) -> list[Body]:
    """Swallow what shop systems tell of refunds; they are told it was taken."""
    return [] if body.get("refunds") else [body]


def _purposes(item: Body) -> dict[str, str]:
    return {name: said for name, said in item.get("consent", {}).items() if name.startswith("ad_")}


def _purchases(body: Body) -> list[Body]:
    return [event for event in body.get("data", []) if event["event"] in PURCHASE]


def leak(directory: Path, visitor: dict[str, Any]) -> None:
    """Write one visitor's e-mail as typed into a file among the gateway's own."""
    with (directory / "debug.log").open("a") as log:
        log.write(f'{{"event":"intake.debug","email":"{visitor["typed"]["email"][0]}"}}\n')


def _leave(body: Body) -> list[Body]:
    return [body]


def proxy_to_tiktok(kind: str | None) -> Proxy | None:
    """Give the proxy between gateway and emulator for this kind of sabotage, if it needs one."""
    return Proxy() if kind in {"drop", "double", "value"} else None


def proxy_to_gateway(kind: str | None) -> Proxy | None:
    """Give the proxy between shop and gateway for this kind of sabotage, if it needs one."""
    return Proxy() if kind in {"forge", "refund", "ungated"} else None


def tamper_for(kind: str, truth: Body) -> Tamper:
    """Give what a proxy does for a kind of sabotage."""
    alone = {order["order_id"] for order in truth["orders"] if order["counts"] and not order["by_script"]}
    tampers: dict[str, Tamper] = {
        "drop": Once(drop, alone),
        "double": Once(double, alone),
        "value": Once(change_value, alone),
        "ungated": Ungate(),
        "refund": withhold_refunds,
        "forge": Confirm([forged["order_id"] for forged in truth["forged"]]),
    }
    return tampers[kind]
