"""
The adversary of the evidence laws against a gateway of real processes that are killed meanwhile.

He holds the public key, knows every order id, and posts from many addresses before and while the shop's server reports.
"""

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from threading import Event, Thread, local
from typing import Any
from urllib.parse import urlsplit

import pytest

from adversary import GRANTED, OLD, Adversary, Order, Request, an_address, some_orders
from claimants import Source, pages, reports, some_sources
from evidence import OfStrong, OfWeak, assert_strong, assert_weak, held_of
from gateway import TOKEN, Shop, a_shop
from running import ask, wait_until
from twinbeam.engines.stores.sqlite.store import FILE as STORE
from world import PIXEL, UNCONFIRMED, Left

pytestmark = [pytest.mark.journey, pytest.mark.alone]

AT_ONCE = 4  #: connections: the shop's server, its visitors and the adversary do not wait for each other
WEAK_FROM = 50_000  #: numbers of orders whose server names nothing else
WISHES = {
    "trusted_proxies": "127.0.0.0/8",
    "join_window_seconds": 1,
    "ingest_processes": 2,
    "browser_key_rate": 100_000,  # how much a stranger may send is bounded elsewhere; here he may
    "browser_address_rate": 100_000,
    "server_key_rate": 100_000,
}


class Besieged:
    """A running gateway, as the laws' requests know their world."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.again = 0  #: requests that met a broken connection or a gateway that was just starting
        self._here = local()
        self._connections: list[HTTPConnection] = []
        for pixel, confirms in ((PIXEL, "on"), (UNCONFIRMED, "off")):
            shop.tiktok.add_pixel(pixel, TOKEN)
            shop.add_pixel(pixel, TOKEN)
            shop.gateway.arrange("pixels", "set", pixel, f"confirm_purchases={confirms}", "native_wait_seconds=1")
        self._keys = {kind: shop.make_key(kind, PIXEL, UNCONFIRMED) for kind in ("server", "browser")}

    @property
    def now_ms(self) -> int:
        """The time."""
        return int(time.time() * 1_000)

    def post(self, *events: dict[str, Any], address: str = "") -> Any:
        """Report events: the shop's server, or from an address a browser."""
        answer = self._told("/v1/events", {"events": [self._dated(event) for event in events]}, address)
        assert answer["rejected"] == [], answer
        return answer

    def state(self, *statements: dict[str, Any], address: str) -> Any:
        """Say something about consent from a browser."""
        return self._told("/v1/consent", {"statements": statements}, address)

    def fired(self, event: dict[str, Any], event_id: str) -> None:
        """Let TikTok's own script report an event of a page."""
        said = {"event": event["event"], "event_id": event_id, "properties": event["properties"]}
        context = {"pixel": {"code": event["pixel"]}, "page": {"url": "https://shop.example/"}, "library": {}}
        beacon = json.dumps({**said, "context": context}).encode()
        assert ask(f"{self.shop.tiktok.url}/api/v2/pixel", "POST", body=beacon).status == 200

    def all_of(self, requests: Iterable[Request]) -> None:
        """Post requests, some at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda request: request.post(self), requests):
                pass

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._connections:
            connection.close()

    def wait_recorded(self) -> None:
        """Wait until the store knows all that was accepted."""
        wait_until(lambda: self.shop.gateway.pending() == 0, "everything is recorded", 60)

    def wait_steady(self) -> None:
        """Wait until everything has left that may."""
        self.shop.gateway.wait_ready()
        self.shop.wait_steady(60)

    def held(self) -> set[str]:
        """Give the orders that are held because somebody refused them, or were as long as that may last."""
        asked = "SELECT order_id FROM conversion WHERE state IN ('held', 'expired') AND reason=? AND evidence & 1"
        return {order for (order,) in self._read(asked, "consent_contested")}

    def left(self) -> list[Left]:
        """Give all that reached TikTok."""
        return [left_as(copy) for copy in self.shop.tiktok.all_of("received")]

    def counted(self) -> list[Left]:
        """Give what TikTok counts, each as its first copy said it."""
        first: dict[int, Left] = {}
        for copy in self.shop.tiktok.all_of("received"):
            first.setdefault(copy["counted_as"], left_as(copy))
        return [first[event["seq"]] for event in self.shop.tiktok.counted()]

    def _read(self, query: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(f"file:{self.shop.gateway.data / STORE}?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()

    def _dated(self, event: dict[str, Any]) -> dict[str, Any]:
        """Give an event whose old grant is older than this test, not than the laws' own clock."""
        if event.get("consent") == OLD:
            return {**event, "consent": {**OLD, "at": int(time.time()) - 3_600}}
        return event

    def _told(self, path: str, body: dict[str, Any], address: str) -> Any:
        key = self._keys["browser" if address else "server"]
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "Mozilla/5.0"}
        headers |= {"X-Forwarded-For": address} if address else {}
        written, deadline = json.dumps(body).encode(), time.monotonic() + 60
        while (answer := self._try(path, written, headers)) is None:
            assert time.monotonic() < deadline, "nobody answers"
            self.again += 1
            time.sleep(0.05)
        return answer

    def _try(self, path: str, body: bytes, headers: dict[str, str]) -> Any:
        """Post once on this thread's own connection; None where another try may help."""
        connection = getattr(self._here, "connection", None)
        if connection is None:
            connection = self._here.connection = HTTPConnection(urlsplit(self.shop.gateway.intake).netloc, timeout=30)
            self._connections.append(connection)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, HTTPException):
            connection.close()
            return None
        if answer.status >= 500 or answer.status == 401:  # or a process that has not heard of the new keys yet
            return None
        assert answer.status == 202, told
        return json.loads(told)


def left_as(copy: dict[str, Any]) -> Left:
    """Read one copy of the emulator's."""
    is_native = copy["channel"] == "browser"
    return Left(copy["pixel"], copy["event"], 0, copy["body"], native=is_native)


@contextmanager
def killing(shop: Shop, chance: Random, *roles: str) -> Iterator[None]:
    """
    Kill processes of these roles at any moment, one after the other, as long as the block lasts.

    Who waits for them waits behind it: a child that dies again and again starts only every ten seconds, and may be
    killed each time before it has done anything.
    """
    done = Event()

    def kill() -> None:
        while not done.wait(chance.uniform(1, 3)):
            running = sorted(name for name in shop.gateway.pids() if name.startswith(roles))
            if running:
                name = chance.choice(running)
                sys.stdout.write(f"kill {name}\n")
                os.kill(shop.gateway.pid(name), signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        done.set()
        killer.join()
        shop.gateway.wait_ready()


def besiege_strong(besieged: Besieged, chance: Random, count: int) -> list[Order]:
    """Let a shop report orders with the tokens of their visits, under attack before and meanwhile."""
    orders = some_orders(chance, count)
    for order in orders:
        order.is_late = False  # nobody waits for days here
    adversary = Adversary(chance, orders)

    def attacked(requests: Sequence[Request], share: float) -> None:
        some = [order for order in orders if chance.random() < share]
        chance.shuffle(some)
        mixed = [*requests, *adversary.requests(some)]
        chance.shuffle(mixed)
        besieged.all_of(mixed)

    with killing(besieged.shop, chance, "ingest", "writer"):
        attacked([], 0.5)
        with_receipts(besieged, orders)
        by_page = [order for order in orders if order.word == "the page refused"]
        by_server = [order for order in orders if order.word == "the server refused"]
        attacked([*seen(by_page), *stated(orders), *reported(by_server)], 0.5)
    besieged.wait_recorded()  # what was refused is known: what comes from now on must obey
    with killing(besieged.shop, chance, "ingest", "writer"):
        attacked([*seen(orders), *reported(orders)], 0.7)
        attacked(reported(chance.sample(orders, count // 5)), 0.2)
    return orders


def with_receipts(besieged: Besieged, orders: Sequence[Order]) -> None:
    """Let pages state a grant, for whose receipt their server reports the order; a later refusal is newer."""
    for order in orders:
        if order.tie == "consent_receipt":
            if order.word == "nobody said anything":
                order.word = "the page granted"
            statement = {"visitor_id": f"visit-{order.token}", "consent": GRANTED}
            (order.receipt,) = besieged.state(statement, address=an_address(order.n))["receipts"]


def seen(orders: Sequence[Order]) -> list[Request]:
    """Let pages report orders; where TikTok's own script can run, it has."""
    return [
        Request(
            [order.seen(order.given_id if order.is_native else "", native="sent" if order.is_native else "blocked")],
            address=an_address(order.n),
            is_page=True,
        )
        for order in orders
    ]


def stated(orders: Sequence[Order]) -> list[Request]:
    """Let visits say what they say without an event."""
    said = [(order, order.stated()) for order in orders]
    return [Request(statements=[word], address=an_address(order.n)) for order, word in said if word]


def reported(orders: Sequence[Order]) -> list[Request]:
    """Let the shop's server report orders."""
    events = [order.reported(int(time.time() * 1_000)) for order in orders]
    return [Request(events[start : start + 20]) for start in range(0, len(events), 20)]


def besiege_weak(besieged: Besieged, chance: Random, count: int) -> tuple[list[Source], list[Any], set[str]]:
    """
    Let a shop report orders by their ids alone, of which visitors and the adversary refuse some before.

    The limits are by the hour and of one writer's life, so that is killed only once all claims are recorded.
    """
    sources = [source for source in some_sources(chance, count, WEAK_FROM) if source.kind != "script"]
    orders = [order for source in sources for order in source.orders]
    noise = Adversary(chance, orders, holds_back=False)

    def mixed(requests: Sequence[Request]) -> list[Request]:
        everything = [*requests, *noise.requests([order for order in orders if chance.random() < 0.3])]
        chance.shuffle(everything)
        return everything

    with killing(besieged.shop, chance, "ingest"):
        claims = [claim for source in sources for claim in source.claims(chance)]
        besieged.all_of(mixed([*claims, *pages(orders, chance)]))
    besieged.wait_recorded()
    with killing(besieged.shop, chance, "ingest", "writer"):
        besieged.all_of(mixed(reports(orders, besieged.now_ms)))
    besieged.wait_recorded()
    with killing(besieged.shop, chance, "ingest", "writer"):
        besieged.all_of(mixed(reports(chance.sample(orders, len(orders) // 5), besieged.now_ms)))
    besieged.wait_steady()
    held = besieged.held()
    released = [order for order in orders if order.number in held and chance.random() < 0.1]
    besieged.all_of(reports(released, besieged.now_ms, {**GRANTED, "at": int(time.time())}))
    return sources, held_of(sources, held), {order.number for order in released}


@pytest.mark.long
@pytest.mark.outside("adversary")
@pytest.mark.parametrize(
    ("strong", "weak"),
    [pytest.param(2_500, 1_500, id="4000"), pytest.param(10_000, 6_000, id="16000")],
)
def test_whatever_a_stranger_says_and_whatever_dies_orders_are_counted_as_their_shop_says(
    tmp_path: Path, strong: int, weak: int
) -> None:
    chance = Random(1)
    with a_shop(tmp_path, **WISHES) as shop, closing(Besieged(shop)) as besieged:
        sources, held, released = besiege_weak(besieged, chance, weak)  # first: nobody's visit has refused yet
        orders = besiege_strong(besieged, chance, strong)
        besieged.wait_steady()
        assert besieged.again > 0, "no kill was felt by anybody"
        counted = besieged.counted()
        assert_strong(OfStrong(orders, besieged.left(), counted))
        assert_weak(OfWeak(sources, held, counted, released))
        assert "FAIL" not in shop.gateway.told("doctor")
