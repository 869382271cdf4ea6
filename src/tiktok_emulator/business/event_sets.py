"""Offline and CRM event sets (tiktok.md 12.6)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tiktok_emulator.accounts import EventSet, Seed
from tiktok_emulator.answers import Answer
from tiktok_emulator.business.parameters import from_body, from_query, refused_advertiser
from tiktok_emulator.call import Call
from tiktok_emulator.clock import iso
from tiktok_emulator.world import World


class NewSet(msgspec.Struct, frozen=True):
    """An offline set to make."""

    advertiser_id: str
    name: Annotated[str, Meta(min_length=1)]
    description: str
    auto_tracking: bool = False


class OfflineQuery(msgspec.Struct, frozen=True):
    """Which offline sets to list."""

    advertiser_id: str
    event_set_ids: list[str] = []
    name: str = ""


class CrmQuery(msgspec.Struct, frozen=True):
    """Which CRM sets to list; the name must match exactly."""

    advertiser_id: str
    name: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    event_set_ids: Annotated[list[str], Meta(max_length=50)] = []


def offline_create(world: World, call: Call) -> Answer:
    """Make an offline event set."""
    asked = from_body(world, call, NewSet)
    if isinstance(asked, Answer):
        return asked
    refusal = refused_advertiser(world, call, asked.advertiser_id)
    if refusal is not None:
        return refusal
    made = EventSet(
        id=world.accounts.next_id(),
        kind="offline",
        name=asked.name,
        description=asked.description,
        advertiser_id=asked.advertiser_id,
    )
    world.accounts.add(Seed(event_sets=[made]), call.at_ms)
    world.changed()
    return Answer(data={"event_set_id": made.id})


def offline_get(world: World, call: Call) -> Answer:
    """List an advertiser's offline event sets."""
    asked = from_query(call, OfflineQuery, frozenset({"event_set_ids"}))
    if isinstance(asked, Answer):
        return asked
    refusal = refused_advertiser(world, call, asked.advertiser_id)
    if refusal is not None:
        return refusal
    found = _found(world, "offline", asked.advertiser_id, asked.event_set_ids, asked.name)
    return Answer(data={"event_sets": [_show(each) | {"description": each.description} for each in found]})


def crm_list(world: World, call: Call) -> Answer:
    """List an advertiser's CRM event sets."""
    asked = from_query(call, CrmQuery, frozenset({"event_set_ids"}))
    if isinstance(asked, Answer):
        return asked
    refusal = refused_advertiser(world, call, asked.advertiser_id)
    if refusal is not None:
        return refusal
    found = _found(world, "crm", asked.advertiser_id, asked.event_set_ids, asked.name or "")
    return Answer(data={"crm_event_sets": [_show(each) for each in found]})


def _found(world: World, kind: str, advertiser_id: str, ids: list[str], name: str) -> list[EventSet]:
    return [
        each
        for each in world.accounts.event_sets.values()
        if each.kind == kind and each.advertiser_id == advertiser_id
        if (not ids or each.id in ids) and name in ("", each.name)
    ]


def _show(event_set: EventSet) -> dict[str, Any]:
    return {"event_set_id": event_set.id, "name": event_set.name, "create_time": iso(event_set.created_ms)}
