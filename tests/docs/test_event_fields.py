"""The event-field reference: every field of the schema has a row, and what leaves is what the rows say."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import NOW_MS, PIXEL
from door import Answered
from stories import Answer, Pixel, Request, Story, play
from twinbeam.core.delivery import Lane
from twinbeam.core.values import Facts, Signal
from twinbeam.core.verticals import VERTICAL
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.sources import strict

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import event_fields  # noqa: E402 -- scripts is not a package

TOLD = event_fields.rows()
ROWS = [(part, name) for part, rows in TOLD.items() for name in rows]
SENT = [(part, name) for part, name in ROWS if TOLD[part][name].tiktok]
NEVER = [(part, name) for part, name in ROWS if not TOLD[part][name].tiktok]

#: Where a page's connection comes from, and what its browser calls itself.
CONNECTION = {"ip": "1.1.1.1", "user_agent": "Mozilla/5.0 (Android 14)"}
GRANTED = {"ad_storage": "granted", "ad_user_data": "granted"}
#: What has no meaning for the web.
CRM = {"event_source": "crm", "event": "Lead", "lead": {"lead_id": "7000000000000000001"}}


def body_with(part: str, name: str) -> dict[str, Any]:
    """Give a request that says one field's example besides what every event needs."""
    example = json.loads(TOLD[part][name].example)
    if name == "events":
        return {"events": example}
    event = {"event": "ViewContent", "event_id": "view-1", "user": {"ip": "8.8.8.8"}, "consent": {**GRANTED}}
    if part == "events":
        return {"events": [event | {"age_ms": 1}], name: example}
    if part == "lead" or name == "lead":
        event |= CRM
    if name == "state":
        event["user"]["country"] = "US"
    if part in ("user", "page", "properties", "consent", "lead"):
        event[part] = event.get(part, {}) | {name: example}
    elif part == "contents":
        event["properties"] = {"contents": [{"content_id": "SKU-1", name: example}]}
    else:
        event[name] = event.get(name, {}) | example if isinstance(example, dict) else example
    return {"events": [event if name in ("event_time", "age_ms") else event | {"age_ms": 1}]}


def sending(body: dict[str, Any], key: str = "server") -> tuple[Answered, list[Signal]]:
    """Send a body through the door and the rooms behind it."""
    crm = any(event.get("event_source") == "crm" for event in body["events"])
    story = Story(
        story="",
        pixels=[Pixel(PIXEL, "crm" if crm else "web", "require")],
        key=key,
        request=Request({"user-agent": CONNECTION["user_agent"]} if key == "browser" else {}, body, CONNECTION["ip"]),
        answer=Answer(202, None),
        tiktok=[],
        never=[],
    )
    return play(story)


def leaving(body: dict[str, Any], key: str = "server") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give TikTok's requests for what a body says, and the notices about it."""
    answered, signals = sending(body, key)
    assert answered.status == 202, answered.json
    bodies = [
        msgspec.json.decode(
            compose(Lane(1, it.workspace, it.event_source, it.pixel, it.test_code), [(it.event, it.body)])
        )
        for it in signals
        if it.body
    ]
    return bodies, answered.json["notices"]


def at(request: dict[str, Any], path: str) -> Any:
    """Give what stands at a row's path, or None."""
    node: Any = request if path.startswith("/") else request["data"][0]
    for step in path.removeprefix("/").split("."):
        node = node[int(step)] if step.isdigit() else node.get(step, {} if step != path.rpartition(".")[2] else None)
    return node


def leaves(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return [leaf for inner in node.values() for leaf in leaves(inner)]
    return [leaf for inner in node for leaf in leaves(inner)] if isinstance(node, list) else [node]


@pytest.mark.parametrize("part", event_fields.PARTS)
def test_every_field_of_the_schema_has_a_row_and_no_row_is_left_over(part):
    assert sorted(TOLD[part]) == sorted(event_fields.fields_of(event_fields.PARTS[part]))


def test_every_struct_of_the_schema_is_explained():
    _, schemas = msgspec.json.schema_components((strict.Events,), ref_template="{name}")
    assert set(schemas) - {"Mileage"} == {shape.__name__ for shape in event_fields.PARTS.values()}


@pytest.mark.parametrize(("part", "name"), ROWS)
def test_a_row_uses_the_closed_words_and_has_an_example(part, name):
    row = TOLD[part][name]
    assert row.whose in event_fields.WHOSE
    assert row.how in (event_fields.HOW if row.tiktok else {""})
    msgspec.json.decode(row.example)


@pytest.mark.parametrize(("part", "name"), ROWS)
def test_every_example_is_taken_without_remark(part, name):
    msgspec.convert(body_with(part, name), strict.Events)
    _, notices = leaving(body_with(part, name))
    about_itself = {notice["code"] for notice in notices if notice["field"].endswith(name)}
    assert about_itself <= ({"receipt_unreadable"} if name == "consent_receipt" else set())


@pytest.mark.parametrize(("part", "name"), SENT)
def test_what_is_sent_stands_where_its_row_says(part, name):
    row = TOLD[part][name]
    example, (request,) = json.loads(row.example), leaving(body_with(part, name))[0]
    found = at(request, row.tiktok)
    if row.how == "as said":
        assert found == example
    elif row.how == "SHA-256":
        assert re.fullmatch("[0-9a-f]{64}", found)
    else:
        assert found
        assert found != example
    if row.how != "as said":
        assert example not in leaves(request)


@pytest.mark.parametrize(("part", "name"), NEVER)
def test_what_is_never_sent_is_nowhere_in_the_request(part, name):
    example = json.loads(TOLD[part][name].example)
    requests, _ = leaving(body_with(part, name))
    assert requests or name in ("test", "livemode")
    found = leaves(requests)
    assert [leaf for leaf in leaves(example) if any(leaf == it and type(leaf) is type(it) for it in found)] == []


def test_an_age_is_counted_back_from_the_receipt():
    (request,), _ = leaving(body_with("item", "age_ms"))
    assert request["data"][0]["event_time"] == (NOW_MS - 5_000) // 1_000


@pytest.mark.parametrize(("part", "name"), [row for row in SENT if TOLD[row[0]][row[1]].whose == "server"])
def test_what_is_a_servers_word_is_not_taken_from_a_browser(part, name):
    row = TOLD[part][name]
    requests, _ = leaving(body_with(part, name), "browser")
    assert json.loads(row.example) not in [at(request, row.tiktok) for request in requests]


@pytest.mark.parametrize("name", TOLD["user"])
def test_a_browsers_connection_speaks_for_itself_and_for_nothing_else(name):
    row = TOLD["user"][name]
    (request,), _ = leaving(body_with("user", name), "browser")
    if row.whose.startswith("connection"):
        assert at(request, row.tiktok) == CONNECTION[name]
    else:
        (servers,), _ = leaving(body_with("user", name))
        assert at(request, row.tiktok) == at(servers, row.tiktok)


def test_what_a_visit_lends_is_what_it_remembers():
    lent = {name for part, name in ROWS if TOLD[part][name].whose.endswith("else visit")}
    assert lent == set(Facts.__struct_fields__) - {"consent", "contested_ms"}


@pytest.mark.parametrize("name", VERTICAL)
def test_parameters_of_travel_and_vehicles_are_sent_as_said(name):
    (value, *_) = [value for value in ("Berlin", 2, ["Berlin"], {"value": 2}, [1, 2]) if fits(name, value)]
    event = {"event": "ViewContent", "age_ms": 1, "properties": {name: value}, "consent": GRANTED}
    (request,), notices = leaving({"events": [event]})
    assert request["data"][0]["properties"] == {name: value}
    assert "value_mended" not in [notice["code"] for notice in notices]


def fits(name: str, value: Any) -> bool:
    try:
        msgspec.convert({name: value}, strict.Properties)
    except msgspec.ValidationError:
        return False
    return True


def test_refunds_are_as_the_page_says():
    usual = {"age_ms": 1, "user": {"email": "ada@shop.example"}, "consent": GRANTED}
    (request,), _ = leaving({"events": [usual | {"event": "Refund"}]})
    assert request["data"][0]["event"] == "Refund"
    negative = {"event": "Purchase", "order_id": "1001", "properties": {"value": -20.5, "currency": "EUR"}}
    (request,), notices = leaving({"events": [usual | negative]})
    assert request["data"][0]["properties"]["value"] == -20.5
    assert [notice["code"] for notice in notices] == ["value_not_positive"]
    for name in ("Order Refunded", "refunds/create"):
        answered, _ = sending({"events": [usual | {"event": name}]})
        assert answered.json["rejected"][0]["code"] == "bad_event_name"
