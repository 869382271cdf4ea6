"""
`POST /api/v2/pixel` and `/api/v2/pixel/act`: beacons of the browser's script (tiktok.md 9.4).

A collector never complains to the page: it answers 200 to everything, and what is wrong becomes a finding.
"""

import base64
import binascii
from typing import Any

import msgspec

from tiktok_emulator.accounts import EventRule, Pixel
from tiktok_emulator.answers import Answer
from tiktok_emulator.call import Call
from tiktok_emulator.clock import MS_PER_SECOND
from tiktok_emulator.dedup import Channel
from tiktok_emulator.events_1_0 import read_object
from tiktok_emulator.events_1_0_mapping import from_beacon, object_in, seconds_of
from tiktok_emulator.names import PAGE_VIEW
from tiktok_emulator.permission import note
from tiktok_emulator.rules import Rule
from tiktok_emulator.world import Batch, Item, World

Body = dict[str, Any]


def collect(world: World, call: Call) -> Answer:
    """Take in a beacon: one event, a list of them under `batch`, or automatic activity, which is no event."""
    body = read_object(_message(call))
    if body is None:
        note(world, call, Rule.NOT_JSON)
        return nothing(call)
    beacons = [each for each in body.get("batch", [body]) if isinstance(each, dict)] if _batched(body) else [body]
    events = [beacon for beacon in beacons if beacon.get("event")]
    code = next((code for each in beacons if (code := _pixel_code(each))), "")
    if events and code not in world.accounts.pixels:
        note(world, call, Rule.INVALID_PIXEL, "context.pixel.code", code[:40])
    elif events:
        _take(world, call, world.accounts.pixels[code], events)
    ids = tuple(each["event_id"] if isinstance(each.get("event_id"), str) else "" for each in events)
    return msgspec.structs.replace(nothing(call), source_id=code, events=len(events), event_ids=ids)


def _batched(body: Body) -> bool:
    return isinstance(body.get("batch"), list)


def _message(call: Call) -> bytes:
    """Return the JSON of a beacon, which may come as base64 in the query instead of the body."""
    if call.method != "GET":
        return call.body
    try:
        return base64.b64decode(call.query.get("analytics_message", "").replace(" ", "+"))
    except (binascii.Error, ValueError):
        return b""


def preflight(_world: World, call: Call) -> Answer:
    """Answer a browser that asks whether it may report."""
    return nothing(call)


def nothing(call: Call) -> Answer:
    """Build the empty answer, readable from any page."""
    origin = call.header(b"origin") or "*"
    headers = (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Headers", "content-type"),
        ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ("Vary", "Origin"),
    )
    return Answer(body=b"{}", headers=headers)


def _pixel_code(beacon: Body) -> str:
    code = object_in(object_in(beacon, "context"), "pixel").get("code")
    return code if isinstance(code, str) else ""


def _take(world: World, call: Call, pixel: Pixel, beacons: list[Body]) -> None:
    items = []
    for beacon in beacons:
        event = _event(beacon, call)
        if event is None:
            note(world, call, Rule.WRONG_TYPE, "event")
            continue
        items.append(_item(event))
        items += [
            _item(event | {"event": rule.event, "event_id": ""}) for rule in pixel.event_rules if meets(rule, event)
        ]
        _note_labels(world, call, beacon)
    test_code = next((code for each in beacons if isinstance(code := each.get("test_event_code"), str)), "")
    world.take(
        Batch(
            request=call.request,
            at_ms=call.at_ms,
            channel=Channel.BROWSER,
            source="web",
            source_id=pixel.code,
            test_code=test_code,
            cookie=call.cookie("_ttp"),
        ),
        items,
    )


def _item(event: Body) -> Item:
    return Item(msgspec.Raw(msgspec.json.encode(event)), event)


def _event(beacon: Body, call: Call) -> Body | None:
    """Turn a beacon into an event; None if its name or id are no strings, which no script sends."""
    event = from_beacon(beacon, call.client)
    if not isinstance(event.get("event"), str) or not isinstance(event.get("event_id", ""), str | None):
        return None
    event["properties"] = object_in(event, "properties")
    event["user"].setdefault("user_agent", call.header(b"user-agent"))
    seconds = seconds_of(beacon.get("timestamp"))
    event["event_time"] = call.at_ms // MS_PER_SECOND if seconds is None else seconds
    return event


def meets(rule: EventRule, event: Body) -> bool:
    """Return whether a page view meets a rule that was set up in Events Manager."""
    url = object_in(event, "page").get("url")
    if event["event"] != PAGE_VIEW or not isinstance(url, str):
        return False
    subject = url if rule.variable == "PAGE_URL" else _path(url)
    match rule.operator:
        case "EQUALS":
            return subject == rule.value
        case "CONTAINS":
            return rule.value in subject
        case "STARTS_WITH":
            return subject.startswith(rule.value)


def _path(url: str) -> str:
    return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0].partition("#")[0]


def _note_labels(world: World, call: Call, beacon: Body) -> None:
    labels = object_in(beacon, "signal_diagnostic_labels")
    if object_in(labels, "raw_email").get("label") == "invalid":
        note(world, call, Rule.EMAIL_FORMAT_INVALID, "context.user.email")
