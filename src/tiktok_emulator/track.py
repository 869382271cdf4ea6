"""`POST /event/track/`: Events API 2.0 for web, app, offline and CRM events (tiktok.md 2)."""

from functools import partial
from typing import Any

import msgspec

from tiktok_emulator.accounts import Token
from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.call import Call
from tiktok_emulator.dedup import Channel
from tiktok_emulator.faults import Where
from tiktok_emulator.permission import admitted, note, refused_source, too_frequent
from tiktok_emulator.rules import Finding, Rule
from tiktok_emulator.shape import MAX_EVENTS, SOURCES, Refusal, refused
from tiktok_emulator.world import Batch, Item, World

_ROOT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()

KNOWN_ROOT = frozenset({"event_source", "event_source_id", "data", "test_event_code", "partner_name"})

#: What reading a hostile body may raise: syntax, encoding, or a nest too deep.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """The root of a 2.0 request, with its events still as bytes."""

    source: str
    source_id: str
    data: list[msgspec.Raw]
    test_code: str
    partner_name: str


def track(world: World, call: Call) -> Answer:
    """Answer one 2.0 request: all its events are taken, or none (tiktok.md 4.4)."""
    token = admitted(world, call)
    if isinstance(token, Answer):
        return token
    root = _read_root(world, call)
    if isinstance(root, Answer):
        return root
    if not world.pixel_limits.passes(root.source_id, call.at_ms, world.switches.pixel_rates):
        note(world, call, Rule.OVER_LIMIT, call.path)
        return too_frequent(world)
    answer = _refused_root(world, call, root) or _answer_events(world, call, token, root)
    return msgspec.structs.replace(answer, source_id=root.source_id, events=len(root.data))


def _read_root(world: World, call: Call) -> Root | Answer:
    try:
        fields = _root_fields(call.body)
    except UNREADABLE as error:
        note(world, call, Rule.NOT_JSON, "", str(error)[:120])
        return refuse(Code.PARAMETER, "The request body is not a valid JSON object.")
    for unknown in fields.keys() - KNOWN_ROOT:
        note(world, call, Rule.UNKNOWN_FIELD, unknown[:60])
    problem = _root_problem(fields)
    if problem is not None:
        note(world, call, Rule.WRONG_SHAPE, problem.partition(":")[0], problem)
        return refuse(Code.PARAMETER, problem)
    try:
        data = _LIST.decode(fields["data"])
    except UNREADABLE:
        note(world, call, Rule.WRONG_SHAPE, "data", "not a list")
        return refuse(Code.PARAMETER, "data: Not a valid list.")
    return Root(
        source=fields["event_source"],
        source_id=fields["event_source_id"],
        data=data,
        test_code=fields.get("test_event_code") or "",
        partner_name=fields.get("partner_name") or "",
    )


def _root_fields(body: bytes) -> dict[str, Any]:
    """Read the root, leaving `data` as bytes."""
    return {key: value if key == "data" else _ANY.decode(value) for key, value in _ROOT.decode(body).items()}


def _root_problem(fields: dict[str, Any]) -> str | None:
    for field in ("event_source", "event_source_id", "data"):
        if not fields.get(field):
            return f"{field}: Missing data for required field."
    for field in ("event_source", "event_source_id", "test_event_code", "partner_name"):
        if not isinstance(fields.get(field), str | None):
            return f"{field}: Not a valid string."
    if fields["event_source"] not in SOURCES:
        return "event_source: Must be one of: web, app, offline, crm."
    return None


def _answer_events(world: World, call: Call, token: Token, root: Root) -> Answer:
    foreign = partial(refused_source, world, call, token, root.source, root.source_id)
    if world.switches.permission_checked == "before":
        return foreign() or _take_events(world, call, root)
    if all(isinstance(_read_item(raw, root, world), Refusal) for raw in root.data):
        return _take_events(world, call, root)  # which refuses them all
    return foreign() or _take_events(world, call, root)


def _refused_root(world: World, call: Call, root: Root) -> Answer | None:
    if not root.data:
        note(world, call, Rule.WRONG_SHAPE, "data", "empty")
        return refuse(Code.PARAMETER, "data: Shorter than minimum length 1.")
    if len(root.data) > MAX_EVENTS:
        note(world, call, Rule.TOO_MANY_EVENTS, "data", str(len(root.data)))
        return refuse(world.switches.batch_size_code, f"data: Longer than maximum length {MAX_EVENTS}.")
    partners = world.switches.partner_names
    if partners and root.partner_name and root.partner_name not in partners:
        return refuse(Code.PARTNER_NAME, "partner_name: Invalid partner name.")
    return None


def _take_events(world: World, call: Call, root: Root) -> Answer:
    items: list[Item] = []
    refusals: list[tuple[int, Refusal]] = []
    for index, raw in enumerate(root.data):
        item = _read_item(raw, root, world)
        if isinstance(item, Refusal):
            refusals.append((index, item))
        else:
            items.append(item)
    event_ids = tuple(item.body.get("event_id") or "" for item in items)
    answer = _refusal_answer(world, call, root, refusals) if refusals else None
    if answer is None or (answer.code == Code.PARTIAL_OK and items):
        world.take(_batch(call, root), items)
    return msgspec.structs.replace(answer or success(world), event_ids=event_ids)


def _read_item(raw: msgspec.Raw, root: Root, world: World) -> Item | Refusal:
    try:
        body = _ANY.decode(raw)
    except UNREADABLE:
        return Refusal("", "Not valid JSON in UTF-8.", Rule.NOT_JSON)
    refusal = refused(body, root.source, world.switches)
    if refusal is not None:
        return refusal
    if world.switches.phone_number_in_2_0 == "read" and "phone_number" in (body.get("user") or {}):
        return _with_phone(body)
    return Item(raw, body)


def _with_phone(body: dict[str, Any]) -> Item:
    """Read the name that 1.0 has for a phone (tiktok.md 3.4)."""
    user = dict(body["user"])
    user.setdefault("phone", user.pop("phone_number"))
    renamed = body | {"user": user}
    return Item(msgspec.Raw(msgspec.json.encode(renamed)), renamed)


def _refusal_answer(world: World, call: Call, root: Root, refusals: list[tuple[int, Refusal]]) -> Answer:
    where = Where(call.request, call.at_ms, root.source_id)
    world.note(where, [Finding(each.rule, f"data.{i}.{each.path}", each.reason) for i, each in refusals])
    index, first = refusals[0]
    message = first.message(index, world.switches)
    partial = world.switches.bad_event_in_batch == "partial" and len(refusals) < len(root.data)
    return refuse(Code.PARTIAL_OK if partial else first.code, message)


def _batch(call: Call, root: Root) -> Batch:
    return Batch(
        request=call.request,
        at_ms=call.at_ms,
        channel=Channel.SERVER,
        source=root.source,
        source_id=root.source_id,
        test_code=root.test_code,
    )


def success(world: World) -> Answer:
    """Build the answer to a request whose events were all taken (tiktok.md 2.10)."""
    match world.switches.success_data:
        case "object":
            return Answer(data={})
        case "null":
            return Answer(data=None)
        case "absent":
            return Answer()
