"""
How Events API 1.0 bodies and browser beacons, which share their shape, map to the 2.0 shape.

Sources: tiktok.md 3.1 to 3.4 (1.0 and its mapping), 9.4 (beacons). Wrong types are carried over as they are, so that
what looks at the result finds them.
"""

from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]

#: Where each field of `context` goes in 2.0 (tiktok.md 3.4).
_USER = {"email": "email", "phone_number": "phone", "external_id": "external_id", "ttp": "ttp"}
_ADDRESS = {"ip": "ip", "user_agent": "user_agent", "userAgent": "user_agent"}
_NAMES = ("first_name", "last_name", "city", "state", "country", "zip_code", "locale")


def from_1_0(body: Body) -> Body:
    """Turn a 1.0 event (the root of `/pixel/track/`, or an item of `/pixel/batch/`) into a 2.0 item."""
    event: Body = {field: body[field] for field in ("event", "event_id", "properties") if field in body}
    context = object_in(body, "context")
    event["user"] = _user(context)
    if "page" in context:
        event["page"] = context["page"]
    return event


def from_beacon(body: Body, client: str) -> Body:
    """Turn a beacon into a 2.0 item; the visitor's address is that of the connection (tiktok.md 8.4)."""
    event = from_1_0(body)
    page = object_in(event, "page")
    event["page"] = {field: page[field] for field in ("url", "referrer") if page.get(field)}
    names = object_in(object_in(body, "context"), "user")
    event["user"] |= {field: names[field] for field in _NAMES if field in names}
    event["user"].setdefault("ip", client)
    if object_in(event, "properties").get("limited_data_use") or body.get("limited_data_use"):
        event["limited_data_use"] = True
    return event


def _user(context: Body) -> Body:
    user = {new: value for old, new in _USER.items() if (value := object_in(context, "user").get(old)) is not None}
    user |= {new: value for old, new in _ADDRESS.items() if (value := context.get(old)) is not None}
    callback = object_in(context, "ad").get("callback")
    return user | ({"ttclid": callback} if callback is not None else {})


def object_in(parent: Body, field: str) -> Body:
    """Return an object inside another, empty if it is missing or something else."""
    value = parent.get(field)
    return value if isinstance(value, dict) else {}


def seconds_of(timestamp: object) -> int | None:
    """Read an ISO 8601 time as Unix seconds; None if it is none. Without a zone it is UTC."""
    if not isinstance(timestamp, str):
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
