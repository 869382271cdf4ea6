"""
Joining copies by authority, not by arrival.

Money and content come from the shop's server; click and browser keys, address and page from the browser, and so does
the event id, because an id that fired in the browser cannot be taken back; match keys are united; what an earlier
visit left fills gaps only. A copy that tells of a purchase before it is one ranks behind those of its channel that
confirm it, and a copy that came after the first word was sent behind all others: TikTok keeps what it was told first.
The result depends on the set of copies alone, never on their order: ties go to the earlier accept time,
then to the arrival id (docs/concepts/copies.md).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from twinbeam.core.bare import bare
from twinbeam.core.values import Channel
from twinbeam.pipeline.record.conversion import BARE, LIMITED, Conversion, Copy

VISIT = "visit"

_MONEY_FIRST = {Channel.WEBHOOK: 0, Channel.SERVER: 1, Channel.FILE: 2, Channel.BROWSER: 3, VISIT: 4}
_CLICK_FIRST = {Channel.BROWSER: 0, Channel.WEBHOOK: 1, Channel.SERVER: 2, Channel.FILE: 3, VISIT: 4}

_CLICK_KEYS = ("ttclid", "ttp", "ip", "user_agent", "locale")
_UNITED = ("email", "phone", "external_id")

_LIMITED_FLAG = b'"limited_data_use":true'

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def by_authority(copies: Iterable[Copy]) -> list[Copy]:
    """Order copies by who is believed about money and content."""
    return sorted(copies, key=_money_rank)


def _money_rank(copy: Copy) -> tuple[bool, int, bool, int, bytes]:
    return (copy.adds, _MONEY_FIRST[copy.channel], not copy.confirms, copy.received_ms, copy.arrival)


def _click_rank(copy: Copy) -> tuple[bool, int, int, bytes]:
    return (copy.adds, _CLICK_FIRST[copy.channel], copy.received_ms, copy.arrival)


def merge(copies: Sequence[Copy], conditions: int) -> bytes:
    """
    Give the one event that all copies tell together; a single copy without conditions stays as it is.

    TikTok limits its use of an event by the place, which it finds by the visitor's address (tiktok.md 10.3): where no
    copy brings that, it goes without identifiers.
    """
    if len(copies) == 1 and not conditions and _LIMITED_FLAG not in copies[0].body:
        return copies[0].body
    decoded = {id(copy): _decode(copy.body) for copy in copies}
    money = [decoded[id(copy)] for copy in by_authority(copies)]
    click = [decoded[id(copy)] for copy in sorted(copies, key=_click_rank)]
    event = _first_known(money)
    event["event_id"] = _first_known(click)["event_id"]
    parts = {
        "user": _user(money, click),
        "page": _first_known(_parts(click, "page")),
        "properties": _properties(_parts(money, "properties")),
    }
    event.update({name: part for name, part in parts.items() if part})
    limited = bool(conditions & LIMITED) or any(said.get("limited_data_use") for said in money)
    if limited:
        event["limited_data_use"] = True
    merged = _encode(event)
    located = "ip" in event.get("user", {})
    return bare(merged) if conditions & BARE or (limited and not located) else merged


def show(conversion: Conversion, copies: Iterable[Copy]) -> None:
    """Let the row show what `merge` sends: each fact from the first copy that has it, by the same authority."""
    copies = list(copies)
    ranked = by_authority(copies)
    conversion.event_time = ranked[0].event_time
    fired = sorted((copy for copy in copies if copy.event_id), key=_click_rank)
    if fired:
        conversion.event_id = fired[0].event_id
    priced = [copy for copy in ranked if copy.minor is not None]
    conversion.minor = priced[0].minor if priced else None
    conversion.currency = next((copy.currency for copy in priced or ranked if copy.currency), "")
    conversion.order_id = next((copy.order_id for copy in ranked if copy.order_id), "")


def _user(money: list[dict[str, Any]], click: list[dict[str, Any]]) -> dict[str, Any]:
    users = _parts(money, "user")
    joined = _first_known(users)
    seen = _first_known(_parts(click, "user"))
    joined.update({key: seen[key] for key in _CLICK_KEYS if key in seen})
    for key in _UNITED:
        values = sorted({value for user in users for value in _listed(user.get(key))})
        if values:
            joined[key] = values[0] if len(values) == 1 else values
    return joined


def _properties(ranked: list[dict[str, Any]]) -> dict[str, Any]:
    """Join what happened; an amount and its currency are one word, and come from one copy."""
    joined = _first_known(ranked)
    priced = next((part for part in ranked if "value" in part and "currency" in part), None)
    if priced is not None:
        joined.update(value=priced["value"], currency=priced["currency"])
    return joined


def _first_known(ranked: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Take each field from the first copy that has it."""
    joined: dict[str, Any] = {}
    for part in ranked:
        for name, value in part.items():
            joined.setdefault(name, value)
    return joined


def _parts(copies: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [copy[name] for copy in copies if name in copy]


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
