"""
What every event must meet, whatever dialect it came in: a name TikTok takes, a time that can be meant, a lead.

Sources: tiktok.md 2.9 (names), 2.8 (TikTok publishes no limits of time, so ours only catch mistakes), 2.7 (lead).
"""

from twinbeam.core.names import CUSTOM_RULE, canonical
from twinbeam.core.values import Item, Notice, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark

EARLIEST_S = 1_420_070_400  # 2015-01-01: before TikTok had ads, so a wrong unit or a wrong clock
MOST_AHEAD_S = 366 * 86_400
NOTABLY_AHEAD_S = 600

TIME_FIX = 'Send whole seconds since 1970-01-01 UTC, or ISO 8601 with its zone such as "2026-11-20T11:05:00Z".'


def name_of(item: Item, index: int) -> str | Rejected:
    """Give the event's canonical name, or say what keeps the event from being taken."""
    event = canonical(item.event)
    if event is None:
        return refuse(Rejection.BAD_EVENT_NAME, index, "event", f"Use {CUSTOM_RULE}.")
    if item.event_source == "app":
        return refuse(Rejection.UNSUPPORTED_EVENT_SOURCE, index, "event_source", "Send web, offline or crm events.")
    if item.event_source == "crm" and item.lead is None:
        return refuse(Rejection.LEAD_REQUIRED, index, "lead", 'Add "lead": {"lead_id": "..."}.')
    return event


def time_of(item: Item, index: int, now_s: int) -> int | Rejected:
    """Give when the event happened, in seconds since the epoch."""
    if item.event_time is None:
        return refuse(Rejection.MISSING_FIELD, index, "event_time", TIME_FIX)
    if not EARLIEST_S <= item.event_time <= now_s + MOST_AHEAD_S:
        return refuse(Rejection.BAD_EVENT_TIME, index, "event_time", TIME_FIX)
    return item.event_time


def remark_on(event_time: int, index: int, now_s: int) -> Notice | None:
    """Say what is odd about an event that is taken all the same."""
    ahead_s = event_time - now_s
    if ahead_s <= NOTABLY_AHEAD_S:
        return None
    return Notice(
        index,
        path_in(index, "event_time"),
        Remark.EVENT_TIME_IN_FUTURE,
        f"{SENTENCES[Remark.EVENT_TIME_IN_FUTURE]} It is {ahead_s} seconds ahead.",
    )


def refuse(code: Rejection, index: int, field: str, fix: str) -> Rejected:
    """Refuse one event; `field` is a dotted path inside it, "" for the event as a whole."""
    return Rejected(index, code, SENTENCES[code], path_in(index, field), fix)


def path_in(index: int, field: str) -> str:
    """Give the dotted path of a field, seen from the request."""
    return f"events[{index}].{field}" if field else f"events[{index}]"
