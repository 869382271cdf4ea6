"""
The body of one request to TikTok: pure bytes in, bytes out.

Conversions are stored ready for the wire, so a batch is put together without decoding or encoding any of them.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from twinbeam.core.delivery import Lane

TRACK_PATH = "/open_api/v1.3/event/track/"  # tiktok.md 1.2: Events API 2.0, the trailing slash belongs to it
MAX_EVENTS = 1_000  # tiktok.md 2.1: one more, and the whole request is refused


def compose(lane: Lane, events: Sequence[tuple[str, bytes]]) -> bytes:
    """
    Build the body of `POST /event/track/` (tiktok.md 2.1) from (event name, event JSON without its name) pairs.

    The same input gives the same bytes. There is at least one event; each event JSON is an object with at least one
    field, and goes out as it is.
    """
    parts: list[bytes | memoryview] = [_head(lane)]
    for name, body in events:
        parts += (_opening(name), memoryview(body)[1:])  # a view, because a slice would copy each body once more
    parts[1] = parts[1][1:]  # no comma before the first event
    parts.append(b"]}")
    return b"".join(parts)


def _head(lane: Lane) -> bytes:
    """Open the request object up to its list of events; the test code stands at the root (tiktok.md 2.1)."""
    fields = {"event_source": lane.event_source, "event_source_id": lane.source_id}
    if lane.test_code:
        fields["test_event_code"] = lane.test_code
    return msgspec.json.encode(fields)[:-1] + b',"data":['


@lru_cache(maxsize=1_024)
def _opening(name: str) -> bytes:
    """Open an event object with its name, in place of the brace that the stored body began with."""
    return b',{"event":' + msgspec.json.encode(name) + b","
