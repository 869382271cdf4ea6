"""
What rooms 1 and 2 cost for a 1.2 kB Purchase, without a server: microseconds per request and per event.

Caveats first: one process, one core, no sockets, no disk; the taker behind the door only asks the gate. The time
of an empty coroutine call is part of every figure. Figures move by about 15 % between runs.

    .venv/bin/python bench/rooms_accept.py
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import msgspec
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from builders import an_arrival
from door import BROWSER_KEY, SERVER_KEY, a_directory, a_scope
from twinbeam.core.clock import SystemClock
from twinbeam.core.values import Arrival
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.pipeline.accept.contract import Full, Taken
from twinbeam.pipeline.accept.http import Door
from twinbeam.pipeline.consent.gate import gate
from twinbeam.pipeline.consent.policy import policy_named
from twinbeam.sources import events_v1

ROUNDS = 7
SECONDS_PER_ROUND = 0.4
NGINX_LIKE = [
    (b"host", b"gateway.shop.example"),
    (b"x-forwarded-for", b"198.51.100.7"),
    (b"user-agent", b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"),
    (b"content-type", b"application/json"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
]
DIRECTORY = a_directory()
POLICIES = {code: policy_named(entry.consent) for code, entry in DIRECTORY.pixels.items()}


def a_purchase(number: int) -> dict:
    """Give an order as a shop's server would write it: 1.2 kB of JSON."""
    contents = [
        {"content_id": f"SKU-{line}", "content_name": f"Woollen hat no. {line}", "price": 10.25, "quantity": 1}
        for line in range(5)
    ]
    return {
        "event": "Purchase",
        "event_time": int(time.time()),
        "event_id": f"order-{number}",
        "order_id": str(number),
        "user": {
            "email": f"ada.{number}@mail.example",
            "phone": "+4915123456789",
            "external_id": f"customer-{number}",
            "first_name": "Ada",
            "last_name": "Byron-Lovelace",
            "locale": "de-DE",
            "city": "Berlin",
            "zip_code": "10115",
            "country": "DE",
            "ttclid": "E.C.P.v3fQ2RHacdksKfofPmlyuStIIjJXOGxwfN",
            "ttp": "2KZ9e3cPWs5fuj8xoDqTzhA7RbE.tt.1",
            "ip": "198.51.100.7",
            "user_agent": NGINX_LIKE[2][1].decode(),
        },
        "page": {
            "url": f"https://shop.example/thanks?order={number}&utm_source=tiktok&utm_campaign=autumn",
            "referrer": "https://shop.example/checkout",
        },
        "properties": {"value": 41.0, "currency": "EUR", "content_type": "product", "contents": contents},
        "consent": {"ad_storage": "granted", "ad_user_data": "granted", "source": "banner"},
    }


async def take(arrivals: Sequence[Arrival]) -> Taken | Full:
    """Ask the gate about every arrival, and invent nothing."""
    for arrival in arrivals:
        gate(arrival, POLICIES[arrival.pixel])
    return Taken([arrival.item.event_id or "" for arrival in arrivals])


DOOR = Door(
    directory=lambda: DIRECTORY,
    dialects={events_v1.PATH: events_v1.read},
    take=take,
    clock=SystemClock(),
    proxies=Proxies(["127.0.0.0/8"]),
)


async def ignore(_message: object) -> None:
    """Be the server's side of an answer."""


def a_request(body: bytes, key: str) -> tuple:
    """Give the scope and the receive function of one whole request."""
    headers = [*NGINX_LIKE, (b"authorization", f"Bearer {key}".encode())]
    scope = a_scope(headers=headers, client=("127.0.0.1", 50_000))
    message = {"type": "http.request", "body": body, "more_body": False}

    async def receive() -> dict:
        return message

    return scope, receive


async def per_request(body: bytes, key: str) -> float:
    """Give the median microseconds of one request through the door."""
    scope, receive = a_request(body, key)
    return median([await _round(scope, receive) for _ in range(ROUNDS)])


async def _round(scope: dict, receive: object) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS_PER_ROUND:
        for _ in range(100):
            await DOOR(scope, receive, ignore)
        done += 100
    return (time.perf_counter() - started) / done * 1e6


def per_call(act: object, *args: object) -> float:
    """Give the median microseconds of one plain call."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(5_000):
            act(*args)
        times.append((time.perf_counter() - started) / 5_000 * 1e6)
    return median(times)


async def main() -> None:
    """Measure, and print one line per kind of request."""
    single = msgspec.json.encode({"events": [a_purchase(1)]})
    batch = msgspec.json.encode({"events": [a_purchase(number) for number in range(50)]})
    mended = msgspec.json.encode({"events": [a_purchase(1) | {"emial": "x"}]})
    print(f"one event is {len(msgspec.json.encode(a_purchase(1)))} bytes")
    print(f"{'decode, one event':42}{per_call(events_v1.read, single):8.1f} us")
    print(f"{'gate':42}{per_call(gate, an_arrival(), POLICIES[an_arrival().pixel]):8.1f} us")
    for name, body, key, events in (
        ("door and gate, one event, server key", single, SERVER_KEY, 1),
        ("door and gate, one event, browser key", single, BROWSER_KEY, 1),
        ("door and gate, one event, slow path", mended, SERVER_KEY, 1),
        ("door and gate, 50 events, per event", batch, SERVER_KEY, 50),
        ("door, unknown key", single, "tbs_unknown", 1),
    ):
        print(f"{name:42}{await per_request(body, key) / events:8.1f} us")


uvloop.run(main())
