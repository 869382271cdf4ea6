"""Reads the little of a body that choosing and logging scripted trouble needs, before anything is validated."""

from typing import Any

import msgspec

from tiktok_emulator.call import Call


class BodyPreview(msgspec.Struct, frozen=True):
    """What can be told about a body without judging it."""

    source_id: str = ""
    event_ids: tuple[str, ...] = ()


def preview(body: bytes) -> BodyPreview:
    """Find the pixel or set and the ids of the events; what cannot be read is empty."""
    root = _root(body)
    source_id = root.get("event_source_id") or root.get("pixel_code") or _browser_pixel(root)
    ids = tuple(_text(each.get("event_id")) for each in _events(root) if isinstance(each, dict))
    return BodyPreview(_text(source_id), ids)


def first_share(call: Call, share: float) -> Call | None:
    """Return the call with only the first share of its events, or None where the share comes to no event at all."""
    root = _root(call.body)
    for field in ("data", "batch"):
        if isinstance(root.get(field), list):
            events = root[field]
            taken = events[: int(len(events) * share)]
            if events and not taken:
                return None
            return msgspec.structs.replace(call, body=msgspec.json.encode(root | {field: taken}))
    return call


def _root(body: bytes) -> dict[str, Any]:
    try:
        root = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return root if isinstance(root, dict) else {}


def _events(root: dict[str, Any]) -> list[Any]:
    events = root.get("data", root.get("batch", [root] if root else []))
    return events if isinstance(events, list) else []


def _browser_pixel(root: dict[str, Any]) -> object:
    context = root.get("context")
    pixel = context.get("pixel") if isinstance(context, dict) else None
    return pixel.get("code") if isinstance(pixel, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
