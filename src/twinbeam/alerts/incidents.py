"""
Outages that TikTok announces: its subscription to API_SERVICE_STATUS, read from the body that it posts.

Source: tiktok.md 12.7. How TikTok signs such a post is not known, so the address holds a secret. What is repeated, or
comes late, changes nothing: an incident that was resolved stays so.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from twinbeam.core.clock import MS_PER_DAY, MS_PER_SECOND

OBJECT = 14  #: the kind of notice
EVENTS_API = "EVENTS_API"
MOST = 50  #: that are kept
OPEN_MS = 3 * MS_PER_DAY  #: an incident that nobody speaks of any more is over
_LONGEST = 100


class Incident(Struct, frozen=True):
    """One announced outage of the Events API."""

    id: str
    level: str
    started_ms: int
    heard_ms: int
    is_over: bool


class _Entry(Struct):
    incident_id: str = ""
    incident_products: list[str] = []
    incident_event_type: str = ""
    incident_level: str = ""
    incident_start_time: str = ""


class _Notice(Struct):
    object: int = 0
    entry: list[_Entry] = []


def read_notice(body: bytes, now_ms: int) -> list[Incident] | None:
    """Return what a post says of the Events API; None where it is no such notice."""
    try:
        notice = msgspec.json.decode(body, type=_Notice, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if notice.object != OBJECT:
        return None
    return [
        _incident(it, now_ms) for it in notice.entry[:MOST] if _plain(it.incident_id) and _is_ours(it.incident_products)
    ]


def joined(known: Iterable[Incident]) -> list[Incident]:
    """Return each incident once, as it was last told of; one that is over stays so."""
    found: dict[str, Incident] = {}
    for it in sorted(known, key=lambda it: (it.is_over, it.heard_ms)):
        found[it.id] = it
    return sorted(found.values(), key=lambda it: it.heard_ms)[-MOST:]


def going_on(known: Sequence[Incident], now_ms: int) -> list[Incident]:
    """Return the incidents that are not over."""
    return [it for it in known if not it.is_over and now_ms - it.heard_ms <= OPEN_MS]


def _is_ours(products: Sequence[str]) -> bool:
    return not products or EVENTS_API in products


def _incident(it: _Entry, now_ms: int) -> Incident:
    level = _LEVELS.get(it.incident_level, "no level")
    is_over = it.incident_event_type == "RESOLVE"
    return Incident(_plain(it.incident_id), level, _ms(it.incident_start_time, now_ms), now_ms, is_over)


_LEVELS: Mapping[str, str] = {"LOW_DISRUPTION": "low disruption", "MAJOR_DISRUPTION": "major disruption"}


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isascii() and (char.isalnum() or char in "-_"))[:_LONGEST]


def _ms(text: str, now_ms: int) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() * MS_PER_SECOND)
    except ValueError:
        return now_ms
