"""Query parameters and JSON bodies of the Business API; arrays and objects in a query are JSON (tiktok.md 1.6)."""

from typing import Any, TypeVar

import msgspec

from tiktok_emulator.answers import Answer, Code, refuse
from tiktok_emulator.call import Call
from tiktok_emulator.events_1_0 import read_object
from tiktok_emulator.permission import authorised, note, over_marketing_limit
from tiktok_emulator.rules import Rule
from tiktok_emulator.world import World

T = TypeVar("T")


class PageInfo(msgspec.Struct, frozen=True):
    """Where a page lies in a list."""

    page: int
    page_size: int
    total_number: int
    total_page: int


def from_query(call: Call, kind: type[T], written_as_json: frozenset[str] = frozenset()) -> T | Answer:
    """Read the query as a struct; numbers may be text, and the fields named are JSON."""
    fields: dict[str, Any] = dict(call.query)
    try:
        for field in written_as_json & fields.keys():
            fields[field] = msgspec.json.decode(fields[field])
        return msgspec.convert(fields, kind, strict=False)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        return refuse(Code.PARAMETER, str(error)[:300])


def from_body(world: World, call: Call, kind: type[T]) -> T | Answer:
    """Read the body as a struct."""
    body = read_object(call.body)
    if body is None:
        note(world, call, Rule.NOT_JSON)
        return refuse(Code.PARAMETER, "The request body is not a valid JSON object.")
    try:
        return msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        return refuse(Code.PARAMETER, str(error)[:300])


def refused_advertiser(world: World, call: Call, advertiser_id: str) -> Answer | None:
    """Return why a call may not act for an advertiser, or None if it may."""
    token = authorised(world, call)
    if isinstance(token, Answer):
        return token
    if (refusal := over_marketing_limit(world, call)) is not None:
        return refusal
    if advertiser_id in token.advertiser_ids:
        return None
    note(world, call, Rule.NO_PERMISSION, "advertiser_id", advertiser_id[:40])
    return refuse(Code.PERMISSION, f"No permission to operate advertiser {advertiser_id[:40]}.")


def page_of(items: list[T], page: int, page_size: int) -> tuple[list[T], PageInfo]:
    """Cut a page out of a list, pages numbered from 1."""
    start = (page - 1) * page_size
    pages = -(-len(items) // page_size)
    return items[start : start + page_size], PageInfo(page, page_size, len(items), pages)
