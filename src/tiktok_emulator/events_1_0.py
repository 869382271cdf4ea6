"""`POST /pixel/track/` and `/pixel/batch/`: Events API 1.0 for web events (tiktok.md 3)."""

from typing import Any

import msgspec

from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.call import Call
from tiktok_emulator.clock import MS_PER_SECOND
from tiktok_emulator.dedup import Channel
from tiktok_emulator.events_1_0_mapping import from_1_0, object_in, seconds_of
from tiktok_emulator.faults import Where
from tiktok_emulator.permission import admitted, note, refused_source
from tiktok_emulator.rules import Finding, Rule
from tiktok_emulator.shape import REQUIRED, STRING, Refusal, refused
from tiktok_emulator.track import UNREADABLE, success
from tiktok_emulator.world import Batch, Item, World

MAX_BATCH = 50

Body = dict[str, Any]


def pixel_track(world: World, call: Call) -> Answer:
    """Answer one event of the 1.0 shape."""
    root = _open(world, call)
    if isinstance(root, Answer):
        return root
    return _noted(root, [root], _take(world, call, root, [root], ""))


def pixel_batch(world: World, call: Call) -> Answer:
    """Answer up to 50 events of the 1.0 shape; one bad event refuses them all (tiktok.md 3.3)."""
    root = _open(world, call)
    if isinstance(root, Answer):
        return root
    events = root.get("batch")
    problem = _batch_problem(events)
    if problem is not None:
        rule = Rule.TOO_MANY_EVENTS if isinstance(events, list) and events else Rule.WRONG_SHAPE
        note(world, call, rule, "batch", problem)
        code = world.switches.batch_size_code if rule is Rule.TOO_MANY_EVENTS else Code.PARAMETER
        return _noted(root, [], refuse(code, problem))
    return _noted(root, events or [], _take(world, call, root, events or [], "Batch."))


def _batch_problem(events: object) -> str | None:
    if not isinstance(events, list) or not events:
        return f"batch: {REQUIRED}"
    return f"batch: Longer than maximum length {MAX_BATCH}." if len(events) > MAX_BATCH else None


def _open(world: World, call: Call) -> Body | Answer:
    """Check the token and read the root; the pixel must be one the token covers."""
    if world.switches.events_1_0 == "off":
        return refuse(Code.INTERFACE_OFFLINE, "This interface is offline.")
    token = admitted(world, call)
    if isinstance(token, Answer):
        return token
    root = read_object(call.body)
    if root is None:
        note(world, call, Rule.NOT_JSON)
        return refuse(Code.PARAMETER, "The request body is not a valid JSON object.")
    code = root.get("pixel_code")
    if not code or not isinstance(code, str):
        note(world, call, Rule.WRONG_SHAPE, "pixel_code")
        return refuse(Code.PARAMETER, f"pixel_code: {STRING if code else REQUIRED}")
    return refused_source(world, call, token, "web", code) or root


def read_object(body: bytes) -> Body | None:
    """Read a body as a JSON object; None if it is none."""
    try:
        root = msgspec.json.decode(body)
    except UNREADABLE:
        return None
    return root if isinstance(root, dict) else None


def _take(world: World, call: Call, root: Body, events: list[Any], prefix: str) -> Answer:
    items: list[Item] = []
    for index, event in enumerate(events):
        item = _item(event, call, world)
        if isinstance(item, Refusal):
            place = f"{prefix}{index}.{item.path}" if prefix else item.path
            world.note(Where(call.request, call.at_ms, root["pixel_code"]), [Finding(item.rule, place, item.reason)])
            return refuse(Code.PARAMETER, f"{place}: {item.reason.rstrip('.')}")
        items.append(item)
    test_code = root.get("test_event_code")
    world.take(
        Batch(
            request=call.request,
            at_ms=call.at_ms,
            channel=Channel.SERVER,
            source="web",
            source_id=root["pixel_code"],
            test_code=test_code if isinstance(test_code, str) else "",
        ),
        items,
    )
    return success(world)


def _item(event: object, call: Call, world: World) -> Item | Refusal:
    if not isinstance(event, dict):
        return Refusal("", "Not a valid mapping type.", Rule.WRONG_TYPE)
    problem = _problem(event)
    if problem is not None:
        return problem
    item = from_1_0(event) | {"event_time": _event_time(event, call)}
    if item["event_time"] is None:
        return Refusal("timestamp", "Not a valid datetime.", Rule.EVENT_TIME_NOT_INTEGER)
    refusal = refused(item, "web", msgspec.structs.replace(world.switches, page_required=False, user_required=False))
    return refusal or Item(msgspec.Raw(msgspec.json.encode(item)), item)


def _event_time(event: Body, call: Call) -> int | None:
    """Without a timestamp the time of receipt counts (tiktok.md 2.8)."""
    if event.get("timestamp") in (None, ""):
        return call.at_ms // MS_PER_SECOND
    return seconds_of(event["timestamp"])


def _problem(event: Body) -> Refusal | None:
    """Check what 1.0 has and 2.0 has not: the type of an item, and identifiers that are single strings."""
    if event.get("type", "track") != "track":
        return Refusal("type", "Must be one of: track.", Rule.WRONG_SHAPE)
    if not isinstance(event.get("context", {}), dict):
        return Refusal("context", "Not a valid mapping type.", Rule.WRONG_TYPE)
    for field, value in object_in(object_in(event, "context"), "user").items():
        if not isinstance(value, str | None):
            return Refusal(f"context.user.{field}", STRING, Rule.WRONG_TYPE)
    return None


def _noted(root: Body, events: list[Any], answer: Answer) -> Answer:
    ids = tuple(each.get("event_id") for each in events if isinstance(each, dict))
    return msgspec.structs.replace(
        answer,
        source_id=root["pixel_code"],
        events=len(events),
        event_ids=tuple(each if isinstance(each, str) else "" for each in ids),
    )
