"""
Break one promise on purpose, from outside: proxies between the parts, so that the gateway holds no code for it.

    the shop --(ungated)--> gateway --(drop, double, value)--> emulator
                               |
                             (leak): a line in a file of its state directory

A check that stays green under one of these measures nothing.
"""

import gzip
import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Body = dict[str, Any]
#: Turns one request body into those that are passed on, in order; none means: answer as if all were well.
Meddle = Callable[[Body], list[Body]]

KINDS = ("drop", "double", "leak", "ungated", "value")
_AS_IF_WELL = {"code": 0, "message": "OK", "request_id": "0", "data": {}}
_UNGATED_ORDERS = 3
PURCHASE = frozenset({"Purchase", "CompletePayment"})  #: one event under its new and its old name


class Proxy(ThreadingHTTPServer):
    """Listens at once; passes requests on as soon as it is told where to."""

    daemon_threads = True

    def __init__(self, meddle: Meddle) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self._meddle = meddle
        self._one_at_a_time = threading.Lock()
        self._told = threading.Event()
        self._upstream = ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def lead_to(self, url: str) -> None:
        """Pass on to this server from now on; requests that already came wait for it."""
        self._upstream = urlsplit(url).netloc
        self._told.set()

    def meddle(self, body: Body) -> list[Body]:
        """Apply the sabotage; one request at a time, because it remembers what it did."""
        with self._one_at_a_time:
            return self._meddle(body)

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
        status, answer = 200, json.dumps(_AS_IF_WELL).encode()
        for passed in self.server.meddle(json.loads(body)):
            written = json.dumps(passed).encode()
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
    """Meddle with the first request that holds a purchase, and with no other."""

    def __init__(self, meddle: Meddle) -> None:
        self._meddle: Meddle | None = meddle

    def __call__(self, body: Body) -> list[Body]:
        """Give the bodies to pass on."""
        if self._meddle is None or not _purchases(body):
            return [body]
        meddle, self._meddle = self._meddle, None
        return meddle(body)


def drop(_body: Body) -> list[Body]:
    """Swallow the batch; the gateway is told it was taken."""
    return []


def double(body: Body) -> list[Body]:
    """Pass the batch on twice, the second time under other ids."""
    again = [{**event, "event_id": f"{event['event_id']}-again"} for event in body["data"]]
    return [body, {**body, "data": again}]


def change_value(body: Body) -> list[Body]:
    """Add one unit of currency to the first purchase of the batch."""
    _purchases(body)[0]["properties"]["value"] += 1
    return [body]


class Ungate:
    """Let the shop claim consent for the first few orders that were refused, in every copy of them."""

    def __init__(self) -> None:
        self._chosen: set[str] = set()

    def __call__(self, body: Body) -> list[Body]:
        """Rewrite the consent of chosen orders."""
        for item in body["events"]:
            order_id = item.get("order_id") or item.get("properties", {}).get("order_id")
            if order_id is not None and item["event"] == "Purchase" and self._chooses(item, order_id):
                item["consent"] = {**item["consent"], **dict.fromkeys(_purposes(item), "granted")}
        return [body]

    def _chooses(self, item: Body, order_id: str) -> bool:
        refused = "denied" in _purposes(item).values()
        if refused and len(self._chosen) < _UNGATED_ORDERS:
            self._chosen.add(order_id)
        return order_id in self._chosen


def _purposes(item: Body) -> dict[str, str]:
    return {name: said for name, said in item["consent"].items() if name.startswith("ad_")}


def _purchases(body: Body) -> list[Body]:
    return [event for event in body.get("data", []) if event["event"] in PURCHASE]


def leak(directory: Path, visitor: dict[str, Any]) -> None:
    """Write one visitor's e-mail as typed into a file among the gateway's own."""
    with (directory / "debug.log").open("a") as log:
        log.write(f'{{"event":"intake.debug","email":"{visitor["typed"]["email"][0]}"}}\n')


def towards_tiktok(kind: str | None) -> Proxy | None:
    """Give the proxy between gateway and emulator for this kind of sabotage, if it needs one."""
    meddles: dict[str | None, Meddle] = {"drop": drop, "double": double, "value": change_value}
    return Proxy(Once(meddles[kind])) if kind in meddles else None


def towards_gateway(kind: str | None) -> Proxy | None:
    """Give the proxy between shop and gateway for this kind of sabotage, if it needs one."""
    return Proxy(Ungate()) if kind == "ungated" else None
