"""
Builders of Signals and of the copies kept of them: valid by default, one keyword per deviation.

A signal here is what the identity room hands on. Whatever is said about it (value, e-mail hash, ttclid) stands in
its body the way it goes to TikTok.
"""

from typing import Any

import msgspec

from twinbeam.core.consent import ConsentRecord, DatedAnswer, Region
from twinbeam.core.delivery import Lease
from twinbeam.core.keys import conversion_key, lookup, scope_of, visit
from twinbeam.core.names import canonical
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import MATCH, Channel, Decision, Facts, Permission, Signal
from twinbeam.pipeline.record.conversion import Copy

NOW = 1_790_000_000_000  # where a HandClock begins
WORKSPACE = "shop"
PIXEL = "PIXEL1"

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

BROWSER, SERVER = Channel.BROWSER, Channel.SERVER

ALLOWED = Permission(Decision.ALLOWED, "ad_storage=granted, ad_user_data=granted")
UNSAID = Permission(Decision.UNDECIDED, "ad_storage=unsaid, ad_user_data=unsaid")
DENIED = Permission(Decision.DROPPED, "ad_user_data=denied", Reason.NO_CONSENT)


def a_signal(
    event_id: str = "e-1",
    *,
    workspace: str = WORKSPACE,
    pixel: str = PIXEL,
    event_source: str = "web",
    event: str = "Purchase",
    channel: Channel = SERVER,
    source: str = "checkout",
    received_ms: int = NOW,
    event_time: int = NOW // 1_000,
    permission: Permission = ALLOWED,
    order_id: str = "",
    value: float | None = None,
    currency: str = "",
    user: dict[str, Any] | None = None,
    page: dict[str, Any] | None = None,
    properties: dict[str, Any] | None = None,
    limited: bool = False,
    lookups: list[bytes] | None = None,
    visitor: str | list[str] = "",
    facts: Facts | None = None,
    consent: ConsentRecord | None = None,
    also: list[str] | None = None,
    spelling: str = "",
    native: str = "not_fired",
    stage: str = "",
    test_code: str = "",
    address: int = 0,
    observed: list[str] | None = None,
    shop: str = "",
) -> Signal:
    """
    Build an allowed server copy of a purchase.

    `visitor` names the visit or visits it belongs to, `also` other ids its conversion may be known under.
    """
    said = dict(properties or {})
    said |= _money(value, currency)
    name = canonical(event) or event
    scope = scope_of(workspace, shop)
    visitors = [visitor] if isinstance(visitor, str) else visitor
    return Signal(
        key=conversion_key(scope, event_source, pixel, name, event_id),
        workspace=workspace,
        pixel=pixel,
        event_source=event_source,
        event=name,
        event_id=event_id,
        event_time=event_time,
        received_ms=received_ms,
        channel=channel,
        source=source,
        permission=permission,
        body=a_body(event_id, event_time, user=user, page=page, properties=said, limited=limited),
        order_id=order_id,
        minor=round(value * 100) if value is not None and currency else None,
        currency=currency,
        lookups=lookups or [],
        visits=[
            *(visit("visitor", scope, token) for token in visitors if token),
            *([visit("order", scope, order_id)] if order_id and channel is not Channel.BROWSER else ()),
        ],
        strong=any(visitors),
        claim=visit("order", scope, order_id) if order_id and channel is Channel.BROWSER else b"",
        address=address,
        marks=marks_of(user or {}),
        order_event_id=also[0] if also and order_id else "",
        facts=facts,
        consent=consent,
        aliases=[conversion_key(scope, event_source, pixel, name, other) for other in also or []],
        spelling=spelling or (event if event != name else ""),
        native=native if channel is Channel.BROWSER else "",
        stage=stage,
        match=sum(bit for key, bit in MATCH.items() if key in (user or {})),
        test_code=test_code,
        observed=observed or [],
        shop=shop,
    )


def marks_of(user: dict[str, Any]) -> list[bytes]:
    """Hash what shows that two copies speak of one person or device, as the identity room does."""
    emails = [user["email"]] if isinstance(user.get("email"), str) else user.get("email") or []
    device = [f"{user['ip']}|{user['user_agent']}"] if user.get("ip") and user.get("user_agent") else []
    return [lookup("mark", "", text) for text in (*emails, *device)]


def a_record(at_ms: int = NOW, *, region: str = "DE", **answers: str) -> ConsentRecord:
    """Build what a visitor said at one moment, purpose by purpose."""
    said = {purpose: DatedAnswer(at_ms, answer) for purpose, answer in answers.items()}
    return ConsentRecord(region=Region(region, 0), source="banner", **said)


def granted(at_ms: int = NOW) -> ConsentRecord:
    """Build a full grant."""
    return a_record(at_ms, ad_storage="granted", ad_user_data="granted")


def denied(at_ms: int = NOW) -> ConsentRecord:
    """Build a refusal."""
    return a_record(at_ms, ad_storage="denied", ad_user_data="denied")


def a_statement(consent: ConsentRecord, *, visitor: str | list[str], received_ms: int = NOW, **changes: Any) -> Signal:
    """Build a word on consent without an event."""
    said = a_signal("", visitor=visitor, consent=consent, received_ms=received_ms, **changes)
    return msgspec.structs.replace(said, event="", pixel="", body=b"")


def an_undecided(event_id: str = "e-1", **changes: Any) -> Signal:
    """Build a copy that says nothing about consent, for a pixel that requires it."""
    return a_signal(event_id, permission=UNSAID, **changes)


def a_refusal(event_id: str = "e-1", **changes: Any) -> Signal:
    """Build the tombstone of a copy whose visitor refused."""
    return msgspec.structs.replace(a_signal(event_id, permission=DENIED, **changes), body=b"")


def a_body(event_id: str, event_time: int, *, limited: bool = False, **parts: dict[str, Any] | None) -> bytes:
    """Write a TikTok event without its name, in the fields' order of the wire; empty parts are left out."""
    event: dict[str, Any] = {"event_time": event_time, "event_id": event_id}
    event |= {name: parts[name] for name in ("user", "page", "properties") if parts.get(name)}
    if limited:
        event["limited_data_use"] = True
    return msgspec.json.encode(event)


def a_copy(
    channel: str = SERVER,
    *,
    arrival: int = 1,
    received_ms: int = NOW,
    event_time: int = NOW // 1_000,
    source: str = "checkout",
    value: float | None = None,
    currency: str = "",
    order_id: str = "",
    limited: bool = False,
    **parts: dict[str, Any],
) -> Copy:
    """Build a kept copy; `arrival` numbers it, `parts` are user, page and properties."""
    parts["properties"] = {**parts.get("properties", {}), **_money(value, currency)}
    return Copy(
        channel=channel,
        received_ms=received_ms,
        arrival=arrival.to_bytes(8, "big"),
        source=source,
        body=a_body("e-1", event_time, limited=limited, **parts),
        event_time=event_time,
        minor=round(value * 100) if value is not None and currency else None,
        currency=currency,
        order_id=order_id,
    )


def _money(value: float | None, currency: str) -> dict[str, Any]:
    return ({"value": value} if value is not None else {}) | ({"currency": currency} if currency else {})


def an_email(name: str) -> str:
    """Give what stands for a hashed e-mail address."""
    return (name.encode().hex() + "0" * 64)[:64]


def order_lookup(order_id: str, workspace: str = WORKSPACE) -> bytes:
    """Hash an order id the way people search for it."""
    return lookup("order", workspace, order_id)


def carried(lease: Lease) -> list[dict[str, Any]]:
    """Read the events of a lease back."""
    return list(msgspec.json.decode(lease.body)["data"])


def carried_ids(lease: Lease) -> list[str]:
    """Read the event ids of a lease back, in their order."""
    return [event["event_id"] for event in carried(lease)]
