"""
Joining copies by authority, not by arrival.

Money and content come from the shop's server; click and browser keys, address and page from the browser;
match keys are united; what an earlier visit left fills gaps only. The result depends on the set of copies
alone, never on their order: ties go to the earlier accept time, then to the arrival id (design of the ledger:
docs/concepts/copies.md).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from twinbeam.core.values import Channel
from twinbeam.pipeline.record.conversion import Conversion, Copy

VISIT = "visit"

_MONEY_FIRST = {Channel.WEBHOOK: 0, Channel.SERVER: 1, Channel.FILE: 2, Channel.BROWSER: 3, VISIT: 4}
_CLICK_FIRST = {Channel.BROWSER: 0, Channel.WEBHOOK: 1, Channel.SERVER: 2, Channel.FILE: 3, VISIT: 4}

_CLICK_KEYS = ("ttclid", "ttp", "ip", "user_agent", "locale")
_UNITED = ("email", "phone", "external_id")

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def by_authority(copies: Iterable[Copy]) -> list[Copy]:
    """Order copies by who is believed about money and content."""
    return sorted(copies, key=lambda copy: (_MONEY_FIRST[copy.channel], copy.received_ms, copy.arrival))


def merge(copies: Sequence[Copy]) -> bytes:
    """Give the one event that all copies tell together; a single copy stays byte for byte as it is."""
    if len(copies) == 1:
        return copies[0].body
    ranked = by_authority(copies)
    money = [_decode(copy.body) for copy in ranked]
    click = [
        _decode(copy.body)
        for copy in sorted(copies, key=lambda copy: (_CLICK_FIRST[copy.channel], copy.received_ms, copy.arrival))
    ]
    event = _first_known(money)
    parts = {
        "user": _user(money, click),
        "page": _first_known(_parts(click, "page")),
        "properties": _properties(_parts(money, "properties")),
    }
    event.update({name: part for name, part in parts.items() if part})
    if any(copy.get("limited_data_use") for copy in money):
        event["limited_data_use"] = True
    return _encode(event)


def show(conversion: Conversion, copies: Iterable[Copy]) -> None:
    """Let the row show what `merge` sends: each fact from the first copy that has it, by the same authority."""
    ranked = by_authority(copies)
    conversion.event_time = ranked[0].event_time
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
