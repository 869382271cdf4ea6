"""Events about nobody, for requests that only test: made-up ids, and no identifier of a person."""

from hashlib import sha256
from typing import Any

from twinbeam.core.clock import MS_PER_SECOND

Event = dict[str, Any]
"""The name of an event, and its fields as TikTok gets them (tiktok.md 2.2)."""


def synthetic_event(event_source: str, now_ms: int, event_id: str) -> Event:
    """Return an event that TikTok takes from an event source of this kind."""
    event: Event = {
        "event": "ViewContent",
        "event_time": now_ms // MS_PER_SECOND,
        "event_id": event_id,
        "user": {"external_id": NOBODY},
        "properties": {"content_type": "product", "content_ids": ["twinbeam-test"]},
    }
    if event_source == "web":
        event["page"] = {"url": "https://example.com/"}
    if event_source == "crm":
        event["event"] = "Lead"
        event["lead"] = {"lead_id": "twinbeam-test", "lead_event_source": "twinbeam"}
    return event


NOBODY = sha256(b"twinbeam test").hexdigest()
