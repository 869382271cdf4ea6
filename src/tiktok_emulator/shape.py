"""
What TikTok refuses: the required fields and JSON types of a 2.0 request, checked in order, first fault first.

Sources: tiktok.md 2.1 (root), 2.2 (item), 2.3 (user), 2.4 and 2.5 (properties), 4.4 (a message names the first bad
event). Whether a field is refused or only remarked on is a switch wherever the documents are silent.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from tiktok_emulator.answers import Code
from tiktok_emulator.checks import MUST_BE_HASHED, is_hash, values_of
from tiktok_emulator.currencies import ACCEPTED
from tiktok_emulator.names import Kind, kind_of
from tiktok_emulator.rules import Rule
from tiktok_emulator.switches import Switches

SOURCES = frozenset({"web", "app", "offline", "crm"})
MAX_EVENTS = 1_000

STRING = "Not a valid string."
INTEGER = "Not a valid integer."
MAPPING = "Not a valid mapping type."
LIST = "Not a valid list."
BOOLEAN = "Not a valid boolean."
NUMBER = "Not a valid number."
REQUIRED = "Missing data for required field."

Event = dict[str, Any]


class Refusal(msgspec.Struct, frozen=True):
    """Why an event is refused: where, for what reason, and which rule that is."""

    path: str
    reason: str
    rule: Rule
    code: int = Code.PARAMETER

    def message(self, index: int, switches: Switches) -> str:
        """Word the refusal of the event at an index of `data` (tiktok.md 4.4, 15.3)."""
        if switches.message_grammar == "field":
            return f"Invalid value for {self.path.rsplit('.', 1)[-1]}: {self.reason[0].lower()}{self.reason[1:]}"
        return f"data.{index}.{self.path}: {self.reason}" if self.path else f"data.{index}: {self.reason}"


Check = Callable[[Event, str, Switches], Refusal | None]


def refused(event: object, source: str, switches: Switches) -> Refusal | None:
    """Find the first reason to refuse an event of a source, or None if it is accepted."""
    if not isinstance(event, dict):
        return Refusal("", MAPPING, Rule.WRONG_TYPE)
    for check in _CHECKS:
        refusal = check(event, source, switches)
        if refusal is not None:
            return refusal
    return None


def _name(event: Event, source: str, switches: Switches) -> Refusal | None:
    name = event.get("event")
    if not name:
        return Refusal("event", REQUIRED, Rule.MISSING_EVENT_NAME)
    if not isinstance(name, str):
        return Refusal("event", STRING, Rule.WRONG_TYPE)
    if source in ("offline", "crm") and _closed(name, source, switches):
        return Refusal("event", f"{name} is not supported for this event source.", Rule.NAME_NOT_ALLOWED)
    return None


def _closed(name: str, source: str, switches: Switches) -> bool:
    custom = kind_of(name, source) in (Kind.CUSTOM, Kind.INVALID)
    if source == "offline":
        return custom and switches.offline_names == "refuse"
    return switches.crm_names != "any" and custom is (switches.crm_names == "standard")


def _time(event: Event, _source: str, switches: Switches) -> Refusal | None:
    if type(event.get("event_time")) is int or switches.event_time_type == "stamp":
        return None
    if event.get("event_time") is None:
        return Refusal("event_time", REQUIRED, Rule.MISSING_FIELD)
    return Refusal("event_time", INTEGER, Rule.EVENT_TIME_NOT_INTEGER)


def _event_id(event: Event, _source: str, _switches: Switches) -> Refusal | None:
    return _typed(event, "event_id", str, STRING)


def _objects(event: Event, _source: str, _switches: Switches) -> Refusal | None:
    for field in _OBJECTS:
        if (value := event.get(field)) is not None and not isinstance(value, dict):
            return Refusal(field, MAPPING, Rule.WRONG_TYPE)
    return _typed(event, "limited_data_use", bool, BOOLEAN)


_OBJECTS = ("user", "properties", "page", "app", "ad", "lead")


def _required_objects(event: Event, source: str, switches: Switches) -> Refusal | None:
    if source == "web":
        return _required_for_web(event, switches)
    if source == "app":
        return _required_string(event, "app", "app_id")
    return _required_string(event, "lead", "lead_id") if source == "crm" else None


def _required_for_web(event: Event, switches: Switches) -> Refusal | None:
    if switches.page_required and not (event.get("page") or {}).get("url"):
        return Refusal("page.url", REQUIRED, Rule.MISSING_FIELD)
    if switches.user_required and not event.get("user"):
        return Refusal("user", REQUIRED, Rule.MISSING_FIELD)
    return None


def _required_string(event: Event, parent: str, field: str) -> Refusal | None:
    value = (event.get(parent) or {}).get(field)
    if value is None or value == "":
        return Refusal(f"{parent}.{field}", REQUIRED, Rule.MISSING_FIELD)
    return None if isinstance(value, str) else Refusal(f"{parent}.{field}", STRING, Rule.WRONG_TYPE)


def _limited(event: Event, source: str, switches: Switches) -> Refusal | None:
    applies = source in ("web", "app") or switches.limited_data_use_offline == "ignore"
    if applies or not event.get("limited_data_use"):
        return None
    return Refusal("limited_data_use", "Unknown field.", Rule.LIMITED_DATA_USE_OFFLINE)


#: Identifiers which may come one by one or as a list (tiktok.md 2.3).
_LISTED = frozenset({"email", "phone", "external_id"})

_USER_STRINGS = frozenset(
    {
        "ttclid", "ttp", "ip", "user_agent", "locale", "first_name", "last_name", "city", "state", "country",
        "zip_code", "idfa", "idfv", "gaid", "att_status", "lead_id",
    }
)  # fmt: skip


def _user(event: Event, _source: str, switches: Switches) -> Refusal | None:
    user = event.get("user")
    if not user or switches.user_types == "accept":
        return None
    for field, value in user.items():
        if value is None or isinstance(value, str):
            continue
        refusal = _user_value(field, value)
        if refusal is not None:
            return refusal
    return None


def _user_value(field: str, value: object) -> Refusal | None:
    if field in _LISTED and isinstance(value, list):
        at = next((i for i, each in enumerate(value) if each is not None and not isinstance(each, str)), None)
        return None if at is None else Refusal(f"user.{field}.{at}", STRING, Rule.WRONG_TYPE)
    known = field in _LISTED or field in _USER_STRINGS
    return Refusal(f"user.{field}", STRING, Rule.WRONG_TYPE) if known else None


def _contents(event: Event, _source: str, switches: Switches) -> Refusal | None:
    contents = (event.get("properties") or {}).get("contents")
    if not contents:
        return None
    if not isinstance(contents, list):
        return Refusal("properties.contents", LIST, Rule.WRONG_TYPE)
    for index, item in enumerate(contents):
        path = f"properties.contents.{index}"
        if not isinstance(item, dict):
            return Refusal(path, MAPPING, Rule.WRONG_TYPE)
        content_id = item.get("content_id")
        if switches.content_id_type == "refuse" and not isinstance(content_id, str | None):
            return Refusal(f"{path}.content_id", STRING, Rule.WRONG_TYPE)
    return None


_PROPERTIES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "value": ((int, float), NUMBER),
    "price": ((int, float), NUMBER),
    "num_items": (int, INTEGER),
    "currency": (str, STRING),
    "content_type": (str, STRING),
    "order_id": (str, STRING),
    "description": (str, STRING),
    "search_string": (str, STRING),
}


def _properties(event: Event, _source: str, switches: Switches) -> Refusal | None:
    properties = event.get("properties")
    if not properties or switches.property_types == "accept":
        return None
    for field, (kind, reason) in _PROPERTIES.items():
        refusal = _typed(properties, field, kind, reason, "properties.")
        if refusal is not None:
            return refusal
    return None


def _typed(parent: Event, field: str, kind: type | tuple[type, ...], reason: str, prefix: str = "") -> Refusal | None:
    value = parent.get(field)
    if value is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))):
        return None
    return Refusal(prefix + field, reason, Rule.WRONG_TYPE)


def _currency(event: Event, _source: str, switches: Switches) -> Refusal | None:
    currency = (event.get("properties") or {}).get("currency")
    if switches.currency == "accept" or not currency or (isinstance(currency, str) and currency in ACCEPTED):
        return None
    return Refusal("properties.currency", "Not a valid currency.", Rule.INVALID_CURRENCY)


def _unhashed(event: Event, _source: str, switches: Switches) -> Refusal | None:
    """40062 exists among the codes, though nobody has seen it for events (tiktok.md 6.5)."""
    if switches.unhashed_identifiers == "accept":
        return None
    user = event.get("user") or {}
    for field in MUST_BE_HASHED:
        if any(not is_hash(value) for value in values_of(user, field)):
            return Refusal(f"user.{field}", "Must be hashed.", Rule.UNHASHED_PII, Code.NOT_HASHED)
    return None


_CHECKS: tuple[Check, ...] = (
    _name,
    _time,
    _event_id,
    _objects,
    _required_objects,
    _limited,
    _user,
    _contents,
    _properties,
    _currency,
    _unhashed,
)
