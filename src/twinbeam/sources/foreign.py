"""
Take over the fields that Meta's and TikTok's older interfaces call by another name (tiktok.md 3.4, 5.8, 15.1).

Only what means the same is taken: `fbc` and `fbp` are Meta's own click and browser ids and no `ttclid` or `ttp`, and
a hash that is made by another rule than TikTok's would match nobody.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_SEVERAL = frozenset({"email", "phone"})  #: fields that may hold a list
_MOST = 20
_MOST_CHARS = 320
_SHA256 = re.compile(r"\s*[0-9a-fA-F]{64}\s*")


class Foreign(Struct, frozen=True, gc=False):
    """What a field of another name is to us."""

    field: str  #: its name in `user`
    hashes_differ: bool = False  #: a SHA-256 of it is none that TikTok would know


#: Meta hashes digits without their plus, and places, which TikTok takes in plain.
FIELDS: Mapping[str, Foreign] = {
    "em": Foreign("email"),
    "ph": Foreign("phone", hashes_differ=True),
    "fn": Foreign("first_name"),
    "ln": Foreign("last_name"),
    "ct": Foreign("city", hashes_differ=True),
    "st": Foreign("state", hashes_differ=True),
    "zp": Foreign("zip_code"),
    "phone_number": Foreign("phone"),
    "client_ip_address": Foreign("ip"),
    "client_user_agent": Foreign("user_agent"),
}


#: The older name of TikTok's own browser script (tiktok.md 2.4).
PROPERTIES: Mapping[str, str] = {"query": "search_string"}
#: Meta's names for a line of a cart (tiktok.md 5.8).
CONTENTS: Mapping[str, str] = {"id": "content_id", "item_price": "price"}


class Adopted(Struct, frozen=True, gc=False):
    """A field that was taken as another."""

    path: str  #: where it stood, dotted, inside the event
    meant: str  #: what it was taken as, likewise


def adopt(event: dict[str, Any]) -> tuple[dict[str, Any], list[Adopted]]:
    """Return an event in which such fields have our names, and those fields; a field of ours is never overwritten."""
    event, renamed = _renamed(event)
    user = event.get("user")
    if not isinstance(user, dict | None) or not (_strange(event) or _strange(user or {})):
        return event, renamed

    own, outer = dict(user or {}), dict(event)
    adopted = [*_move(own, own, "user."), *_move(outer, own, "")]
    return ({**outer, "user": own}, [*renamed, *adopted]) if adopted else (event, renamed)


def _renamed(event: dict[str, Any]) -> tuple[dict[str, Any], list[Adopted]]:
    """Rename the fields of properties, whatever their values are; what is wrong with those is told later."""
    properties = event.get("properties")
    if not isinstance(properties, dict):
        return event, []
    adopted: list[Adopted] = []
    named = _with_names(properties, PROPERTIES, "properties.", adopted)
    contents = named.get("contents")
    if isinstance(contents, list):
        named["contents"] = [
            _with_names(each, CONTENTS, f"properties.contents[{place}].", adopted) if isinstance(each, dict) else each
            for place, each in enumerate(contents)
        ]
    return ({**event, "properties": named}, adopted) if adopted else (event, [])


def _with_names(value: dict[str, Any], names: Mapping[str, str], path: str, adopted: list[Adopted]) -> dict[str, Any]:
    """Return an object in which these fields have our names; a field of ours is never overwritten."""
    moved = [name for name in names if name in value and value.get(names[name]) is None]
    adopted += [Adopted(path + name, path + names[name]) for name in moved]
    return {
        names[name] if name in moved else name: inner
        for name, inner in value.items()
        if name not in names.values() or inner is not None
    }


def _strange(value: dict[str, Any]) -> bool:
    return not FIELDS.keys().isdisjoint(value)


def _move(found_in: dict[str, Any], user: dict[str, Any], path: str) -> Iterator[Adopted]:
    for name in [name for name in found_in if name in FIELDS]:
        foreign = FIELDS[name]
        value = _usable(found_in[name], foreign)
        if value is not None and user.get(foreign.field) is None:
            del found_in[name]
            user[foreign.field] = value
            yield Adopted(path + name, f"user.{foreign.field}")


def _usable(value: object, foreign: Foreign) -> str | list[str] | None:
    """Return a value as our field can hold it, or None, so that the field stays unknown and is ignored."""
    values = value if isinstance(value, list) else [value]
    texts = [each for each in values if isinstance(each, str) and len(each) <= _MOST_CHARS]
    if not texts or len(texts) != len(values) or len(texts) > _MOST:
        return None
    if foreign.hashes_differ and any(_SHA256.fullmatch(text) for text in texts):
        return None
    if len(texts) == 1:
        return texts[0]
    return texts if foreign.field in _SEVERAL else None
