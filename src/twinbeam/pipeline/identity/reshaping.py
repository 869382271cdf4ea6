"""
A kept event as the rules in force now would let it leave: by the functions that shape a new one.

What the sender said beyond that is not kept (parts of the total, other ids of a product, what a rule left out), so
nothing comes back that was left out, and identifiers stay hashed as they are.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, ValidationError

from twinbeam.core.addresses import host_only
from twinbeam.core.dead_letters import ShapedEvent
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Page, Properties
from twinbeam.pipeline.identity.money import minor_units
from twinbeam.pipeline.identity.outgoing import leaves_as_said, outgoing
from twinbeam.pipeline.identity.properties import encoded_properties
from twinbeam.pipeline.identity.rates import Rates

_NOTHING = Raw(b"{}")

_members = msgspec.json.Decoder(dict[str, Raw]).decode
_plain = msgspec.json.Decoder(dict[str, Any]).decode
_properties = msgspec.json.Decoder(Properties).decode
_page = msgspec.json.Decoder(Page).decode
_encode = msgspec.json.encode


def shaped_anew(body: bytes, rules: PixelRules, rates: Rates, event_time: int) -> ShapedEvent | None:
    """Return a kept event, without its name, as the rules let it leave; None where they change nothing."""
    event = _members(body)
    said = _understood(event.get("properties", _NOTHING))
    if said is None:
        return None
    sent = said if leaves_as_said(said, rules) else outgoing(said, rules, rates, event_time, [])
    parts: dict[str, Raw | None] = {}
    if sent != said:
        parts["properties"] = _raw(encoded_properties(sent, None, []))
    if rules.restricted and "page" in event:
        parts["page"] = _hosts_only(event["page"])
    if all(part == event.get(name) for name, part in parts.items()):
        return None
    return ShapedEvent(_encode(_with(event, parts)), minor_units(sent.value, sent.currency), sent.currency or "")


def _understood(raw: Raw) -> Properties | None:
    """Read kept properties; None where reading them would lose or change any."""
    try:
        said = _properties(raw)
    except ValidationError:
        return None
    return said if _plain(_encode(said)) == _plain(raw) else None


def _with(event: Mapping[str, Raw], parts: Mapping[str, Raw | None]) -> dict[str, Raw]:
    """Put parts in their places, and leave out those of which nothing is left."""
    joined = {**event, **parts}
    return {name: part for name, part in joined.items() if part is not None}


def _hosts_only(raw: Raw) -> Raw | None:
    page = _page(raw)
    rest = Page(url=host_only(page.url), referrer=host_only(page.referrer))
    return None if rest == Page() else _raw(_encode(rest))


def _raw(encoded: bytes | None) -> Raw | None:
    return None if encoded is None else Raw(encoded)
