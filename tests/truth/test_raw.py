"""
An e-mail address and a phone number in every disguise, in every text, address and id of a request to a real gateway.

Afterwards none is in any file of the data folder, in the log, in the metrics, or in what TikTok got; the bodies of
events lie encrypted on disk, so what TikTok got is what was written, readable. Ids and click ids stay as they are by
design (docs/reference/identifiers.md), so of those only the ways are tried in which an id names a person beyond doubt.
"""

import json
from collections.abc import Iterator
from itertools import count, islice
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from disguises import EMAILS, PHONES, found_in
from gateway import a_shop
from running import ask, wait_until
from shoppers import a_purchase

pytestmark = pytest.mark.journey

#: Where a text may stand: a dotted path, or an address around it.
TEXTS = (
    *(f"properties.{name}" for name in ("content_name", "content_category", "brand", "description", "search_string")),
    *(f"properties.{name}" for name in ("delivery_category", "status", "city", "travel_class", "suggested_hotels.0")),
    *(f"properties.contents.0.{name}" for name in ("content_name", "content_category", "content_type", "brand")),
    *(f"user.{name}" for name in ("first_name", "last_name", "city", "state", "country", "zip_code", "locale")),
    *("user.external_id", "user.email", "visitor_id", "cart_token", "checkout_token"),
    *("consent.source", "consent.evidence", "unknown"),
)
ADDRESSES = {
    "query": "https://shop.example/thanks?step=4&x={}&y=1",
    "path": "https://shop.example/t/{}/thanks",
    "fragment": "https://shop.example/thanks#x={}",
    "named": "https://shop.example/thanks?email={}",
    "end": "https://shop.example/thanks?{}",
}
#: An id that is a person's beyond doubt is replaced; every other one is what the browser fired.
IDS = ("event_id", "order_id")
CERTAIN = {"plain", "percent", "all percent", "double percent", "triple percent", "capitals", "in words"}
#: Half of what is sent as a user agent is digits, and TikTok compares it; only addresses are taken out of it.
BROWSER = "user.user_agent"
#: What is longer there refuses the event.
LONGEST = {"consent.source": 64, "consent.evidence": 256, "visitor_id": 256, "cart_token": 256, "checkout_token": 256}


class Hidden(NamedTuple):
    """One text in one disguise at one place."""

    name: str
    place: str
    text: str
    needle: str


def hidden() -> Iterator[list[Hidden]]:
    """Give what each event hides: one disguise at all places, under another number at each."""
    numbers = count(1)
    for kind, disguises in (("email", EMAILS), ("phone", PHONES)):
        for way, disguise in disguises.items():
            places = [*TEXTS, *(f"page.url {name}" for name in ADDRESSES), "page.referrer query"]
            places += [BROWSER] if kind == "email" else []
            places += IDS if way in CERTAIN else ()
            parts = [_hidden(kind, way, disguise, place, next(numbers)) for place in places]
            yield [part for part in parts if len(part.text) <= LONGEST.get(part.place, len(part.text))]


def _hidden(kind: str, way: str, disguise: Any, place: str, number: int) -> Hidden:
    needle = f"quirren{number:05d}" if kind == "email" else f"1769{number:07d}"
    plain = f"{needle}@kundin-beispiel.example" if kind == "email" else f"+49{needle}"
    return Hidden(f"{kind} {way} in {place}", place, disguise(plain), needle)


def an_event(parts: list[Hidden]) -> dict[str, Any]:
    """Put each text where it belongs; addresses one by one, the last one wins a place that is taken."""
    event = a_purchase(None, user={}, order_id=None)
    for part in parts:
        place, _, address = part.place.partition(" ")
        text = ADDRESSES[address].format(part.text) if address else part.text
        _put(event, place.split("."), text)
    return event


def _put(inside: Any, path: list[str], text: str) -> None:
    name, *rest = path
    if not rest:
        inside[name] = text
        return
    if rest[0].isdecimal():
        row = inside.setdefault(name, [text if len(rest) == 1 else {}])
        if len(rest) > 1:
            _put(row[0], rest[1:], text)
        return
    _put(inside.setdefault(name, {}), rest, text)


def events() -> Iterator[tuple[dict[str, Any], list[Hidden]]]:
    """Give the events, one for each address, with all that they hide."""
    for parts in hidden():
        addresses = [part for part in parts if part.place.startswith("page.url")]
        others = [part for part in parts if part not in addresses]
        yield an_event([*others, addresses[0]]), [*others, addresses[0]]
        for part in addresses[1:]:
            yield an_event([part]), [part]


@pytest.mark.truth("raw")
def test_no_disguise_brings_an_address_or_a_number_to_disk_to_a_log_or_to_tiktok(tmp_path, request, record_property):
    sent, parts = [], []
    every = 1 if request.config.getoption("check", None) else 5
    for event, its in islice(events(), 0, None, every):
        sent.append(event)
        parts += its
    with a_shop(tmp_path, join_window_seconds=0) as shop:
        for start in range(0, len(sent), 20):
            answer = shop.send(
                _body(sent[start : start + 20]),
                headers={
                    "Idempotency-Key": parts[start].text.encode("ascii", "ignore").decode()[:200].replace("\n", "")
                },
            )
            assert answer.status == 202, answer.body
            assert answer.json["rejected"] == []
        shop.send(_body([{**sent[0], "event": parts[0].text}]))
        ask(f"{shop.gateway.intake}/v1/events?x={quote(parts[0].text)}", "POST", body=b"{}")
        wait_until(shop.gateway.is_steady, "everything is delivered")
        calls = shop.tiktok.requests(body=1)
        assert sum(len(call["event_ids"]) for call in calls) == len(sent)
        needles = {part.name: part.needle for part in parts}
        found = {name: "TikTok" for call in calls for name in found_in(call["body"].encode(), needles)}
        for where in [*shop.gateway.data.rglob("*"), *shop.gateway.folder.glob("gateway.*")]:
            found |= dict.fromkeys(found_in(_contents(where), needles), where.name)
        for page in ("/metrics", "/"):
            found |= dict.fromkeys(found_in(shop.gateway.page(page).body, needles), page)
    record_property("figures", f"raw on disk {len(found)} of {len(parts)} encodings")
    assert found == {}


@pytest.mark.truth("raw")
def test_the_search_finds_each_disguise():
    parts = [part for hidden_ones in hidden() for part in hidden_ones]
    missed = [part.name for part in parts if not found_in(f"x {part.text} y".encode(), {part.name: part.needle})]
    assert missed == []


def _body(sent: list[dict[str, Any]]) -> bytes:

    return json.dumps({"events": sent}).encode()


def _contents(file: Any) -> bytes:
    try:
        return file.read_bytes() if file.is_file() else b""
    except FileNotFoundError:
        return b""
