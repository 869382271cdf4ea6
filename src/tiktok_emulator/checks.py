"""
What TikTok accepts with code 0 although it is wrong: each check looks at one accepted event and says what it found.

Sources: tiktok.md 4.5, 6.1, 6.5 (identifiers), 2.3 to 2.8 (fields), 10.3 to 10.5 (privacy).
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec

from tiktok_emulator.clock import MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND
from tiktok_emulator.currencies import ACCEPTED
from tiktok_emulator.faults import masked
from tiktok_emulator.names import Kind, kind_of
from tiktok_emulator.rules import Finding, Rule
from tiktok_emulator.switches import Switches

Event = dict[str, Any]

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL_IN_URL = re.compile(r"[\w.+-]+@[\w-]+\.\w{2,}")
_PHONE_IN_URL = re.compile(r"[?&;](?:phone|tel|mobile|phone_number)=\+?[\d ()-]{7,}", re.IGNORECASE)

#: SHA-256 of "", "null", "undefined", "none", "nan", "0", "false" and of a lone "+".
HASHES_OF_NOTHING = frozenset(
    {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",
        "eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c",
        "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe",
        "9b2d5b4678781e53038e91ea5324530a03f27dc1d0e5f6c9bc9d493a23be9de0",
        "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
        "fcbcf165908dd18a9e49f7ff27810176db8e9f63b4352213741664245224f8aa",
        "a318c24216defe206feeb73ef5be00033fa9c4a74d0b967f6532a26ca5906d3b",
    }
)

MUST_BE_HASHED = ("email", "phone", "first_name", "last_name", "zip_code")
MUST_BE_PLAIN = ("ttclid", "ttp", "ip", "user_agent", "locale", "lead_id")
MATCH_KEYS = ("ttclid", "email", "phone", "external_id", "ttp", "ip", "lead_id", "idfa", "gaid", "idfv")

KNOWN_ITEM = frozenset(
    {
        "event", "event_time", "event_id", "user", "properties", "page", "app", "ad", "limited_data_use", "lead",
        "device",
    }
)  # fmt: skip
KNOWN_USER = frozenset(
    {
        "email", "phone", "external_id", "ttclid", "ttp", "ip", "user_agent", "locale", "first_name", "last_name",
        "city", "state", "country", "zip_code", "idfa", "idfv", "gaid", "att_status", "lead_id",
    }
)  # fmt: skip
KNOWN_PAGE = frozenset({"url", "referrer"})

#: Where product ids are needed for catalogue ads (tiktok.md 2.4); page views and leads have none.
_SHOPPING = frozenset({"ViewContent", "AddToCart", "Purchase", "CompletePayment", "InitiateCheckout"})


class Context(msgspec.Struct, frozen=True):
    """What a check may know besides the event itself."""

    source: str
    at_ms: int
    switches: Switches
    from_browser: bool = False


Check = Callable[[Event, Context], Iterator[Finding]]


def findings(event: Event, context: Context) -> list[Finding]:
    """List everything wrong in an accepted event."""
    found: list[Finding] = []
    for check in _BROWSER_CHECKS if context.from_browser else _SERVER_CHECKS:
        found.extend(check(event, context))
    return found


def values_of(user: Event, field: str) -> list[str]:
    """List the non-empty strings of an identifier that may be single or a list (empty ones count as missing)."""
    value = user.get(field)
    if isinstance(value, str):
        return [value] if value else []
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def is_hash(value: str) -> bool:
    """Return whether a value looks like a SHA-256 in hex of either case (tiktok.md 6.3)."""
    return len(value) == 64 and _HASH.fullmatch(value) is not None


def usable(field: str, value: str) -> bool:
    """Return whether a value can take part in matching: identifiers must be hashed, and not a hash of nothing."""
    if field in MUST_BE_HASHED:
        return is_hash(value) and value.lower() not in HASHES_OF_NOTHING
    return bool(value)


def _hashes(event: Event, _context: Context) -> Iterator[Finding]:
    user = event.get("user") or {}
    for field in MUST_BE_HASHED:
        if field in user:
            for value in values_of(user, field):
                yield from _hashed(field, value)


def _hashed(field: str, value: str) -> Iterator[Finding]:
    path = f"user.{field}"
    if not is_hash(value):
        yield Finding(Rule.UNHASHED_PII, path, masked(value))
        yield from _plain_form(field, value)
    elif value in HASHES_OF_NOTHING or value.lower() in HASHES_OF_NOTHING:
        yield Finding(Rule.HASH_OF_NOTHING, path, value[:12])
    elif not value.islower() and not value.isdigit():
        yield Finding(Rule.UPPER_CASE_HASH, path, value[:12])


def _plain_form(field: str, value: str) -> Iterator[Finding]:
    if field == "email" and not _EMAIL.fullmatch(value.strip()):
        yield Finding(Rule.INVALID_EMAIL, "user.email", masked(value))
    if field == "phone" and not _PHONE.fullmatch(value):
        yield Finding(Rule.INVALID_PHONE, "user.phone", masked(value))


def _plain_keys(event: Event, _context: Context) -> Iterator[Finding]:
    user = event.get("user") or {}
    for field in MUST_BE_PLAIN:
        value = user.get(field)
        if isinstance(value, str) and is_hash(value):
            yield Finding(Rule.HASHED_PLAIN_KEY, f"user.{field}", value[:12])
    for value in values_of(user, "external_id"):
        if not is_hash(value):
            yield Finding(Rule.PLAIN_EXTERNAL_ID, "user.external_id", masked(value))


def _click_id(event: Event, _context: Context) -> Iterator[Finding]:
    ttclid = (event.get("user") or {}).get("ttclid")
    if isinstance(ttclid, str) and (len(ttclid) in (255, 256) or len(ttclid) > 1_000):
        yield Finding(Rule.CLICK_ID_CUT, "user.ttclid", f"{len(ttclid)} characters")


def _address(event: Event, context: Context) -> Iterator[Finding]:
    user = event.get("user") or {}
    ip = user.get("ip")
    if context.source == "web" and not (ip and user.get("user_agent")):
        yield Finding(Rule.MISSING_IP_UA, "user", "")
    if isinstance(ip, str) and ip:
        rule = _ip_rule(ip)
        if rule is not None:
            yield Finding(rule, "user.ip", ip[:45])


@lru_cache(maxsize=8_192)
def _ip_rule(ip: str) -> Rule | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return Rule.INVALID_IP
    # The ranges set aside for documentation were accepted by the real service (tiktok.md 2.3).
    return Rule.PRIVATE_IP if not address.is_global and not _documentation(address) else None


_DOCUMENTATION = [
    ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def _documentation(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return any(address in network for network in _DOCUMENTATION)


def _matchable(event: Event, context: Context) -> Iterator[Finding]:
    user = event.get("user") or {}
    by_url = "ttclid=" in str((event.get("page") or {}).get("url"))
    if not (any(user.get(key) for key in MATCH_KEYS) or event.get("lead") or by_url):
        yield Finding(Rule.NO_MATCH_KEY, "user", "")
    if user.get("att_status") == "DENIED" and (user.get("email") or user.get("phone")):
        yield Finding(Rule.ATT_DENIED_IDENTIFIERS, "user.att_status", "DENIED")
    if event.get("limited_data_use"):
        yield from _limited(user, context)


def _limited(user: Event, context: Context) -> Iterator[Finding]:
    if context.source in ("offline", "crm"):
        yield Finding(Rule.LIMITED_DATA_USE_OFFLINE, "limited_data_use", "true")
    elif not user.get("ip"):
        yield Finding(Rule.LIMITED_DATA_USE_WITHOUT_IP, "user.ip", "")


def _page(event: Event, context: Context) -> Iterator[Finding]:
    page = event.get("page") or {}
    if context.source == "web" and not page.get("url"):
        yield Finding(Rule.MISSING_PAGE, "page.url", "")
    for field in ("url", "referrer"):
        url = page.get(field)
        if isinstance(url, str) and _personal(url):
            yield Finding(Rule.PII_IN_URL, f"page.{field}", masked(url.partition("?")[0]))


def _personal(url: str) -> bool:
    if "@" not in url and "%40" not in url and "=" not in url:
        return False
    plain = unquote(url)
    return bool(_EMAIL_IN_URL.search(plain) or _PHONE_IN_URL.search(plain))


def _name(event: Event, context: Context) -> Iterator[Finding]:
    name = event["event"]
    kind = kind_of(name, context.source)
    rule = _NAME_RULES.get(kind)
    if rule is not None:
        yield Finding(rule, "event", name[:60])
    elif kind is Kind.CUSTOM and context.source == "offline":
        yield Finding(Rule.NAME_NOT_ALLOWED, "event", name)


_NAME_RULES = {
    Kind.INVALID: Rule.INVALID_CUSTOM_EVENT_NAME,
    Kind.RENAMED: Rule.DEPRECATED_EVENT_NAME,
    Kind.RETIRING: Rule.DEPRECATED_EVENT_NAME,
    Kind.RESERVED: Rule.RESERVED_EVENT_NAME,
}


def _time(event: Event, context: Context) -> Iterator[Finding]:
    seconds = event.get("event_time")
    if type(seconds) is not int:
        yield Finding(Rule.EVENT_TIME_NOT_INTEGER, "event_time", masked(seconds))
        return
    if seconds > 10**11:
        yield Finding(Rule.EVENT_TIME_IN_MILLISECONDS, "event_time", str(seconds)[:20])
        return
    age_ms = context.at_ms - seconds * MS_PER_SECOND
    switches = context.switches
    days = switches.offline_max_age_days if context.source == "offline" else switches.stale_after_days
    if age_ms > days * MS_PER_DAY:
        yield Finding(Rule.STALE_EVENT_TIME, "event_time", f"{age_ms // MS_PER_DAY} days old")
    elif -age_ms > switches.future_minutes * MS_PER_MINUTE:
        yield Finding(Rule.FUTURE_EVENT_TIME, "event_time", f"{-age_ms // MS_PER_MINUTE} minutes ahead")


def _event_id(event: Event, context: Context) -> Iterator[Finding]:
    event_id = event.get("event_id")
    if not event_id and context.source == "web":
        yield Finding(Rule.SERVER_ONLY_NO_DEDUP, "event_id", "")
    elif isinstance(event_id, str) and len(event_id) > 256:
        yield Finding(Rule.LONG_EVENT_ID, "event_id", f"{len(event_id)} characters")


def _money(event: Event, _context: Context) -> Iterator[Finding]:
    properties = event.get("properties") or {}
    currency, value = properties.get("currency"), properties.get("value")
    purchase = event["event"] in ("Purchase", "CompletePayment")
    if currency and not (isinstance(currency, str) and currency in ACCEPTED):
        yield Finding(Rule.INVALID_CURRENCY, "properties.currency", str(currency)[:20])
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        yield Finding(Rule.VALUE_NOT_NUMBER, "properties.value", masked(value))
    if purchase and (not currency or value is None):
        yield Finding(Rule.MISSING_CURRENCY_OR_VALUE, "properties", "")
    if purchase and value == 0:
        yield Finding(Rule.ZERO_VALUE, "properties.value", "0")


def _content(event: Event, _context: Context) -> Iterator[Finding]:
    properties = event.get("properties") or {}
    if event["event"] in _SHOPPING and not _has_content_ids(properties):
        yield Finding(Rule.CONTENT_IDS_MISSING, "properties.content_ids", "")
    content_type = properties.get("content_type")
    if content_type and content_type not in ("product", "product_group"):
        yield Finding(Rule.INVALID_CONTENT_TYPE, "properties.content_type", str(content_type)[:40])


def _has_content_ids(properties: Event) -> bool:
    if properties.get("content_ids") or properties.get("content_id"):
        return True
    contents = properties.get("contents")
    return isinstance(contents, list) and any(isinstance(each, dict) and each.get("content_id") for each in contents)


def _unknown(event: Event, _context: Context) -> Iterator[Finding]:
    for field in event.keys() - KNOWN_ITEM:
        yield Finding(Rule.UNKNOWN_FIELD, field[:60], "")
    for parent, known in (("user", KNOWN_USER), ("page", KNOWN_PAGE)):
        for field in (event.get(parent) or {}).keys() - known:
            yield Finding(Rule.UNKNOWN_FIELD, f"{parent}.{field[:60]}", "")


_SERVER_CHECKS: tuple[Check, ...] = (
    _hashes,
    _plain_keys,
    _click_id,
    _address,
    _matchable,
    _page,
    _name,
    _time,
    _event_id,
    _money,
    _content,
    _unknown,
)

#: The browser pixel enforces no types and fills in address, cookie and page by itself (tiktok.md 2.5).
_BROWSER_CHECKS: tuple[Check, ...] = (_hashes, _page, _name, _money, _content)
