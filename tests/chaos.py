"""
Chaos: twenty pixels, each with a trouble of its own, and events with a part each that says what may become of them.
"""

import json
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import msgspec

from gateway import Shop, TikTokSide
from shoppers import DENIED, GRANTED, a_view
from twinbeam.core.clock import SystemClock
from twinbeam.core.rules import MAIN
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.settings import load

#: What goes wrong, one pixel after the other, with this share of its requests.
TROUBLES: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "html_502"},
    {"kind": "rate_limit", "status": 429, "retry_after_seconds": 1},
    {"kind": "rate_limit", "status": 401},
    {"kind": "code", "code": 50000},
    {"kind": "code", "code": 49999, "message": "nobody knows this code"},
    {"kind": "code", "code": 40002, "message": "data.3.event_time: scripted"},
    {"kind": "code", "code": 40050, "message": "scripted, and names nobody"},
    {"kind": "partial", "take_share": 0.5},
    {"kind": "delay", "seconds": 0.5},
    {"kind": "hang", "seconds": 1},
    {"kind": "reset", "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "truncated"},
    {"kind": "slow_body", "seconds": 1},
    {"kind": "status", "status": 413},
    {"kind": "status", "status": 404},
    {"kind": "delay", "seconds": 0.2, "when": "after"},
    {"kind": "token_revoked"},
    {"kind": "token_foreign"},
)
SHARE = 0.3
PIXELS = tuple(f"C0CHAOSPIXEL{number:08}" for number in range(len(TROUBLES)))
#: The pixels whose lane waits for a person who saves a token.
TOKEN_TROUBLE = PIXELS[-2:]
#: Positions of switches that TikTok's side takes one after the other.
TURNS: tuple[dict[str, Any], ...] = (
    {"bad_event_in_batch": "partial"},
    {"message_grammar": "field"},
    {"http_status_mode": "always200"},
    {"bad_event_in_batch": "refuse_all"},
    {"max_queries_per_second": 20, "retry_after_seconds": 1},
    {"success_data": "absent", "permission_checked": "after"},
    {"max_queries_per_second": 1_000, "retry_after_seconds": 0},
    {"message_grammar": "path", "http_status_mode": "portal"},
)
#: What an event's script is, in how many of a hundred.
PARTS = ("bad", "denied", "declined", "declined", "limited", "limited", "twice", "twice")
#: Parts of which nothing keeps the event from being counted.
ARRIVES = frozenset({"good", "twice"})
LIMITED = {**GRANTED, "ad_personalization": "denied", "region": "US-CA"}


class Scripted(msgspec.Struct, frozen=True):
    """One event, and its part in the play."""

    event_id: str
    pixel: str
    part: str


def a_play(count: int) -> list[Scripted]:
    """Return the events: the pixels in turn, and the parts spread evenly."""
    parts = [*PARTS, *["good"] * (100 - len(PARTS))]
    places = [(number * 37 + number // 100) % 100 for number in range(count)]
    return [Scripted(f"chaos-{n}", PIXELS[n % len(PIXELS)], parts[place]) for n, place in enumerate(places)]


def first_copy(event: Scripted) -> dict[str, Any]:
    """Return what is posted of an event; a bad one lacks what TikTok's side is made to ask for."""
    consent = DENIED if event.part == "denied" else GRANTED
    return a_view(event.event_id, pixel=event.pixel, consent=consent, **({"page": None} if event.part == "bad" else {}))


def later_copy(event: Scripted) -> dict[str, Any] | None:
    """Return what is posted of it a little later, if anything: a repeat, a refusal, or a condition."""
    consents = {"twice": GRANTED, "declined": DENIED, "limited": LIMITED}
    return a_view(event.event_id, pixel=event.pixel, consent=consents[event.part]) if event.part in consents else None


def furnish(shop: Shop) -> str:
    """Set up the pixels on both sides, and return a key for all of them."""
    shop.gateway.stop()
    settings, now_ms = load(shop.gateway.settings), SystemClock().now_ms()
    with closing(SqliteSetup(settings.data, KeyRing.open(settings.keyring))) as setup:
        for pixel in PIXELS:
            shop.tiktok.add_pixel(pixel, f"token-of-{pixel}")
            usual = {"workspace": MAIN, "code": pixel, "now_ms": now_ms}
            setup.save_pixel(**usual, event_source="web", name=pixel)
            setup.save_token(**usual, token=f"token-of-{pixel}")
    shop.tiktok.post("switches", page_required=True)
    shop.tiktok.expected_faults.add("missing_field")
    key = shop.make_key("server", *PIXELS)
    shop.gateway.start()
    return key


def begin_trouble(tiktok: TikTokSide) -> None:
    """Let things go wrong from now on."""
    for pixel, script in zip(PIXELS, TROUBLES, strict=True):
        tiktok.trouble(**script, share=SHARE, pixel=pixel)


def end_trouble(shop: Shop) -> None:
    """Let TikTok's side work again, and the owner save the tokens that it refused."""
    shop.tiktok.heal()
    for turn in TURNS[-2:]:
        shop.tiktok.post("switches", **turn)
    shop.tiktok.post("switches", bad_event_in_batch="refuse_all", success_data="object", permission_checked="before")
    for pixel in TOKEN_TROUBLE:
        shop.gateway.told("pixels", "token", pixel, "--untried", told=f"token-of-{pixel}")


class Poster(Thread):
    """One connection that posts its share of a play, each group until it is acknowledged, at a steady rate."""

    def __init__(self, url: str, key: str, events: Sequence[Scripted], *, per_second: float, group: int = 25) -> None:
        super().__init__(daemon=True)
        self.posted = 0
        self.again = 0
        self.surprises: list[str] = []
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}"}
        self._groups = [events[first : first + group] for first in range(0, len(events), group)]
        self._seconds = group / per_second

    def run(self) -> None:
        with closing(self._connection):
            begins, later = time.monotonic(), list[dict[str, Any]]()
            for number, group in enumerate(self._groups):
                self._post_until_taken([first_copy(event) for event in group] + later)
                later = [copy for event in group if (copy := later_copy(event))]
                self.posted += len(group)
                time.sleep(max(0.0, begins + number * self._seconds - time.monotonic()))
            self._post_until_taken(later)

    def _post_until_taken(self, events: Sequence[dict[str, Any]]) -> None:
        body = json.dumps({"events": events}).encode()
        while events and not self._is_taken(body):
            self.again += 1
            time.sleep(0.05)

    def _is_taken(self, body: bytes) -> bool:
        try:
            self._connection.request("POST", "/v1/events", body, self._headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return False
        if answer.status != 202 or json.loads(said)["rejected"]:
            self.surprises.append(f"{answer.status} {said[:300]!r}")
        return answer.status == 202
