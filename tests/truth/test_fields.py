"""
Every identifier and field, from the sender's request to what goes to TikTok: vectors, others' inputs, and events.

One test counts them all, so that the check tells how many hold; each wrong one is named.
"""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

import pytest

from builders import NOW_S, PIXEL, WORKSPACE
from door import House, a_directory
from sealing import VECTORS, seal
from truth_events import EVENTS, REFUSED, Told
from twinbeam.core.values import User
from twinbeam.pipeline.accept.directory import PixelEntry

SENDERS: dict[str, list[Any]] = json.loads(Path(__file__).with_name("senders.json").read_text(encoding="utf-8"))
FIELDS = {
    "emails": ("email", {}),
    "names": ("last_name", {}),
    "states": ("state", {"country": "US"}),
    "zips": ("zip_code", {"country": "US"}),
    "countries": ("country", {}),
}
PLAIN = {"state", "country"}


class Checked(NamedTuple):
    """One promise, and what came instead of it where it does not hold."""

    what: str
    wrong: str


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def checked(what: str, expected: object, found: object) -> Checked:
    return Checked(what, "" if found == expected else f"{what}: {found!r} instead of {expected!r}")


def vectors() -> Iterator[Checked]:
    """Seal every vector of an identifier, and look at what is sent and told."""
    for field in [name for name in VECTORS if name in User.__struct_fields__]:
        for vector in VECTORS[field]:
            context = {"country": vector["country"]} if "country" in vector else {}
            sealed = seal(**{field: vector["typed"]} | context, url=None)
            told = ("notice" not in vector) or (f"user.{field}", vector["notice"]) in sealed.told
            yield checked(f"{field} {vector['typed']!r}", (vector["sent"], True), (sealed.user.get(field), told))


def others() -> Iterator[Checked]:
    """Seal what other senders' tests hold, and look whether what is left out is told."""
    for name, (field, context) in FIELDS.items():
        for typed, normal in SENDERS[name]:
            yield _other(field, typed, normal, context)
    for typed, country, e164 in SENDERS["phones"]:
        yield _other("phone", typed, e164, {"country": country} if country else {})


def _other(field: str, typed: str, normal: str | None, context: dict[str, str]) -> Checked:
    sealed = seal(**{field: typed} | context, url=None)
    expected = (
        normal
        if normal is None or field in PLAIN
        else hashed(normalize("NFC", normal.lower() if field == "email" else normal))
    )
    found = (sealed.user.get(field), bool([told for told in sealed.told if told[0] == f"user.{field}"]))
    return checked(f"{field} {typed!r}", (expected, normal is None), found)


def events() -> Iterator[Checked]:
    """Send every event through the door, and look at what is sealed and told."""
    for why, event, expected, codes in EVENTS:
        bodies, told = _sent(event)
        yield checked(why, [expected], [_within(expected, body) for body in bodies])
        yield checked(f"{why}: told", sorted(codes), sorted(told))
    for why, event, code in REFUSED:
        yield checked(why, code, _refusal(event))


def _house(source: str) -> House:
    return House(directory=a_directory(PixelEntry(PIXEL, WORKSPACE, event_source=source)))


def _sent(event: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    house = _house(event.get("event_source", "web"))
    answer = house.post(_body(event)).json
    sealed = [seal(arrival) for arrival in house.corridor.arrivals]
    told = [notice["code"] for notice in answer.get("notices", [])] + [code for each in sealed for _, code in each.told]
    return [{"event": each.signal.event, **each.body} for each in sealed], told


def _refusal(event: Any) -> str:
    answer = _house(event.get("event_source", "web") if isinstance(event, dict) else "web").post(_body(event)).json
    return str(answer["rejected"][0]["code"])


def _body(event: Any) -> bytes:
    return json.dumps({"events": [{"event_time": NOW_S, **event} if isinstance(event, dict) else event]}).encode()


def _within(expected: Any, found: Any) -> Any:
    """Give of what was found only what was expected, so that the two compare; `Told.ABSENT` expects nothing."""
    if not isinstance(expected, dict) or not isinstance(found, dict):
        return found
    return {name: _within(inner, found.get(name, Told.ABSENT)) for name, inner in expected.items()}


@pytest.mark.truth("fields")
def test_every_identifier_and_field_is_sent_as_it_should_be_or_left_out_and_told(record_property):
    found = [*vectors(), *others(), *events()]
    wrong = [each.wrong for each in found if each.wrong]
    record_property("figures", f"fields {len(found) - len(wrong)} of {len(found)}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.truth("fields")
def test_no_value_that_was_left_out_or_mended_is_repeated_in_what_the_sender_is_told():
    secret = "eve.quirrenbach@shop.example"
    event = {"event": "Purchase", secret: 1, "user": {"email": [secret, 5, {}], "first_name": {"x": secret}}}
    event |= {"properties": {"value": secret, "contents": [{"price": secret, secret: 1}], "currency": secret}}
    answer = _house("web").post(_body(event))
    assert re.search(rb"quirrenbach|shop\.example", answer.body) is None
    assert len(answer.json["notices"]) >= 6
