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
from msgspec import Raw, Struct

from twinbeam.core.bare import bare
from twinbeam.core.values import MATCH, Channel
from twinbeam.pipeline.record.authority import VISIT, heard
from twinbeam.pipeline.record.conversion import (
    BARE,
    LIMITED,
    PERMISSION,
    VOUCHED,
    Conversion,
    Copy,
    Spoken,
    spoken_of,
)
from twinbeam.pipeline.record.vouching import hand_over

_MONEY_FIRST = {Channel.WEBHOOK: 0, Channel.SERVER: 1, Channel.FILE: 2, Channel.BROWSER: 3, VISIT: 4}
_CLICK_FIRST = {Channel.BROWSER: 0, Channel.WEBHOOK: 1, Channel.SERVER: 2, Channel.FILE: 3, VISIT: 4}

_CLICK_KEYS = ("ttclid", "ttp", "ip", "user_agent", "locale")
_UNITED = ("email", "phone", "external_id")

_LIMITED_FLAG = b'"limited_data_use":true'

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class _Carrier(Struct, frozen=True, gc=False):
    """Of an event, what names the person."""

    user: dict[str, Raw] = {}


_decode_carrier = msgspec.json.Decoder(_Carrier).decode


def by_authority(copies: Iterable[Copy]) -> list[Copy]:
    """Order copies by who is believed about money and content."""
    return sorted(copies, key=_money_rank)


def _money_rank(copy: Copy) -> tuple[bool, int, bool, int, int, bytes]:
    """Believe the newest modification of an order: what was added to it after the checkout is in no earlier one."""
    confirms, revised_ms = not copy.confirms, -copy.revised_ms
    return (copy.adds, _MONEY_FIRST[copy.channel], confirms, revised_ms, copy.received_ms, copy.arrival)


def _click_rank(copy: Copy) -> tuple[bool, int, int, bytes]:
    return (copy.adds, _CLICK_FIRST[copy.channel], copy.received_ms, copy.arrival)


def _id_rank(copy: Copy) -> tuple[bool, bool, int, bool, int, bytes]:
    """
    Order copies by who is believed about the event id: one that is proven to have fired cannot be taken back.

    Nor can one that may have fired, so among a browser's those go last that have not.
    """
    adds, channel, received_ms, arrival = _click_rank(copy)
    return (adds, not copy.fired, channel, copy.silent, received_ms, arrival)


def _naming(copies: Sequence[Copy]) -> list[Copy]:
    """Return the copies whose event id is their conversion's own, if only by the word of another copy."""
    named = [copy for copy in copies if copy.event_id]
    own = {copy.event_id for copy in named if not copy.is_others_id}
    return [copy for copy in named if copy.event_id in own]


def merge(copies: Sequence[Copy], conditions: int, spoken: Spoken | None = None) -> bytes:
    """
    Return the one event that all copies tell together; a single copy without conditions stays as it is.

    Without `spoken` all copies are believed in everything. TikTok limits its use of an event by the place, which it
    finds by the visitor's address (tiktok.md 10.3): where no copy brings that, it goes without identifiers.
    """
    if len(copies) == 1 and not conditions and _LIMITED_FLAG not in copies[0].body:
        return copies[0].body
    whole, clicks, priced, ids = heard(copies, spoken)
    seen = [*whole, *clicks]
    decoded = {id(copy): _decode(copy.body) for copy in (*seen, *priced, *ids)}
    money = [decoded[id(copy)] for copy in by_authority(whole)]
    click = [decoded[id(copy)] for copy in sorted(seen, key=_click_rank)]
    event = _first_known(money)
    named = _naming([*seen, *ids]) or seen
    event["event_id"] = _first_known(decoded[id(copy)] for copy in sorted(named, key=_id_rank))["event_id"]
    parts = {
        "user": _user(money, click),
        "page": _first_known(_parts(click, "page")),
        "properties": _properties(_parts(money, "properties")),
    }
    event.update({name: part for name, part in parts.items() if part})
    _reprice(event, [decoded[id(copy)] for copy in by_authority(priced)])
    limited = bool(conditions & LIMITED) or any(said.get("limited_data_use") for said in money)
    if limited:
        event["limited_data_use"] = True
    merged = _encode(event)
    located = "ip" in event.get("user", {})
    return bare(merged) if conditions & BARE or (limited and not located) else merged


def carried_by(event: bytes) -> int:
    """Return which match keys an event has, as a sum of MATCH bits."""
    user = _decode_carrier(event).user
    return sum(bit for key, bit in MATCH.items() if key in user)


def show(conversion: Conversion, copies: Iterable[Copy]) -> None:
    """Let the row show what `merge` sends: each fact from the first copy that has it, by the same authority."""
    whole, clicks, money, ids = heard(list(copies), spoken_of(conversion))
    if not whole:
        return
    _belong_to_shown(conversion, whole)
    conversion.event_time = by_authority(whole)[0].event_time
    fired = sorted(_naming([*whole, *clicks, *ids]), key=_id_rank)
    if fired:
        conversion.event_id = fired[0].event_id
    _show_money(conversion, [*by_authority(money), *by_authority(whole)])


def show_money(conversion: Conversion, copies: Iterable[Copy]) -> None:
    """Let the row show what its copies are worth, after they were shaped anew; whose it is stands."""
    whole, _, money, _ = heard(list(copies), spoken_of(conversion))
    _show_money(conversion, [*by_authority(money), *by_authority(whole)])


def _show_money(conversion: Conversion, ranked: Sequence[Copy]) -> None:
    priced = [copy for copy in ranked if copy.minor is not None]
    conversion.minor = priced[0].minor if priced else None
    conversion.currency = next((copy.currency for copy in priced or ranked if copy.currency), "")
    conversion.order_id = next((copy.order_id for copy in ranked if copy.order_id), "")


def _belong_to_shown(conversion: Conversion, whole: Sequence[Copy]) -> None:
    """Let what a copy without a visit opened be the visit's whose permitted copies go out instead, accepted earlier."""
    visitors = {copy.visitor for copy in whole}
    if conversion.visitor or conversion.evidence & VOUCHED or conversion.lacks & PERMISSION or len(visitors) > 1:
        return
    (visitor,) = visitors
    if visitor:
        hand_over(conversion, visitor)
        conversion.granter = visitor


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


def _reprice(event: dict[str, Any], priced: list[dict[str, Any]]) -> None:
    """Let an event bear the value and currency of those who are believed in nothing else."""
    said = next((part for part in _parts(priced, "properties") if "value" in part and "currency" in part), None)
    if said is not None:
        event["properties"] = {**event.get("properties", {}), "value": said["value"], "currency": said["currency"]}


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
