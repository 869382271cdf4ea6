"""
What every event must meet, whatever dialect it came in: a name TikTok takes, a time that can be meant, a lead.

Sources: tiktok.md 2.9 (names), 2.8 (TikTok publishes no limits of time, so ours only catch mistakes), 2.7 (lead).
"""

from collections.abc import Iterable, Iterator, Mapping

from twinbeam.core.names import CUSTOM_RULE, STANDARD, AppOnly, Name, understood
from twinbeam.core.places import place_of
from twinbeam.core.values import Channel, EventSource, Item, Notice, Origin, Rejected
from twinbeam.pipeline.accept.codes import SENTENCES, Rejection, Remark

EARLIEST_S = 1_420_070_400  # 2015-01-01: before TikTok had ads, so a wrong unit or a wrong clock
MOST_AHEAD_S = 366 * 86_400
NOTABLY_AHEAD_S = 600

#: From then on TikTok is likely to make nothing of an event (tiktok.md 2.8); what it says of crm is nothing.
OLD_S: Mapping[EventSource, int] = {"web": 7 * 86_400, "app": 7 * 86_400, "offline": 28 * 86_400, "crm": 28 * 86_400}
LEAST_OLD_S = min(OLD_S.values())

TIME_FIX = 'Send whole seconds since 1970-01-01 UTC, or ISO 8601 with its zone such as "2026-11-20T11:05:00Z".'
OFFLINE = STANDARD - {"Pageview"}  #: tiktok.md 2.2, 5.1
OFFLINE_FIX = "Use one of TikTok's events, such as Purchase or Lead, or report the event to a web pixel."
APP_FIX = "Send events of web pages, shops and offices; a download from a page is called Download."


def name_of(item: Item, index: int) -> Name | Rejected:
    """Understand the event's name, or say what keeps the event from being taken."""
    source = item.event_source
    name = understood(item.event, source)
    if name is None:
        return refuse(Rejection.BAD_EVENT_NAME, index, "event", f"Use {CUSTOM_RULE}.")
    if isinstance(name, AppOnly):
        return refuse(Rejection.APP_EVENT_NAME, index, "event", APP_FIX)
    if source == "offline" and name.canonical not in OFFLINE:
        return refuse(Rejection.OFFLINE_EVENT_NAME, index, "event", OFFLINE_FIX)
    if source == "app":
        return refuse(Rejection.UNSUPPORTED_EVENT_SOURCE, index, "event_source", "Send web, offline or crm events.")
    if source == "crm" and item.lead is None:
        return refuse(Rejection.LEAD_REQUIRED, index, "lead", 'Add "lead": {"lead_id": "..."}.')
    return name


def time_of(item: Item, index: int, origin: Origin) -> int | Rejected:
    """
    Return when the event happened, in seconds since the epoch.

    Clocks of browsers are often wrong and may be set at will, so a browser says how long ago it was instead.
    """
    if origin.channel is Channel.BROWSER:
        moment = (origin.received_ms - (item.age_ms or 0)) // 1_000
    elif item.event_time is not None:
        moment = item.event_time
    elif item.age_ms is not None:
        moment = (origin.received_ms - item.age_ms) // 1_000
    else:
        return refuse(Rejection.MISSING_FIELD, index, "event_time", TIME_FIX)
    if not EARLIEST_S <= moment <= origin.received_ms // 1_000 + MOST_AHEAD_S:
        return refuse(Rejection.BAD_EVENT_TIME, index, "event_time", TIME_FIX)
    return moment


def remarks_on(item: Item, name: Name, event_time: int, index: int, origin: Origin) -> Iterable[Notice]:
    """Return what is odd about an event that is taken all the same; usually there is nothing, and that costs little."""
    behind_s = origin.received_ms // 1_000 - event_time
    region = item.consent.region
    is_plain = not name.mapped and not name.likely and (region is None or bool(place_of(region)))
    if origin.channel is not Channel.BROWSER and is_plain and -NOTABLY_AHEAD_S <= behind_s <= LEAST_OLD_S:
        return ()
    return _remarks(item, name, behind_s, index, origin)


def _remarks(item: Item, name: Name, behind_s: int, index: int, origin: Origin) -> Iterator[Notice]:
    if name.mapped:
        yield remark(Remark.EVENT_NAME_MAPPED, index, "event", f"It was taken as {name.canonical}.")
    if name.likely:
        yield remark(Remark.EVENT_NAME_UNUSUAL, index, "event", f"Did you mean `{name.likely}`?")
    if item.consent.region is not None and not place_of(item.consent.region):
        yield remark(Remark.REGION_UNKNOWN, index, "consent.region")
    if origin.channel is Channel.BROWSER:
        yield from _of_browsers(item, index)

    if -behind_s > NOTABLY_AHEAD_S:
        yield remark(Remark.EVENT_TIME_IN_FUTURE, index, "event_time", f"It is {-behind_s} seconds ahead.")
    elif behind_s > OLD_S[item.event_source]:
        days = OLD_S[item.event_source] // 86_400
        yield remark(Remark.EVENT_TIME_OLD, index, "event_time", f"It lies more than {days} days back.")


def _of_browsers(item: Item, index: int) -> Iterator[Notice]:
    """Name what a public key may not say: anybody could say it."""
    if item.event_time is not None:
        yield remark(Remark.EVENT_TIME_IGNORED, index, "event_time")
    if item.user.ip is not None:
        yield remark(Remark.CONNECTION_FIELD_IGNORED, index, "user.ip")
    if item.user.user_agent is not None:
        yield remark(Remark.CONNECTION_FIELD_IGNORED, index, "user.user_agent")


def remark(code: Remark, index: int, field: str, more: str = "") -> Notice:
    """Return what is odd about a field of an event that is taken."""
    return Notice(index, path_in(index, field), code, f"{SENTENCES[code]} {more}".rstrip())


def refuse(code: Rejection, index: int, field: str, fix: str) -> Rejected:
    """Refuse one event; `field` is a dotted path inside it, "" for the event as a whole."""
    return Rejected(index, code, SENTENCES[code], path_in(index, field), fix)


def path_in(index: int, field: str) -> str:
    """Return the dotted path of a field, seen from the request."""
    return f"events[{index}].{field}" if field else f"events[{index}]"
