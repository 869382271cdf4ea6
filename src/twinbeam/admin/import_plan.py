"""
What a listing of pixels changes in what is known: pure.

The same listing twice changes nothing the second time, and the order of its pages changes nothing at all.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.accounts import ImportedPixel, PixelSeen

#: What a person who looks after a pixel wants to hear of. `activity` and `events` come and go with the traffic.
_TOLD = (
    "name",
    "relation",
    "owner_bc_id",
    "owned",
    "setup_mode",
    "partner",
    "first_party_cookies",
    "expanded_data_sharing",
    "advanced_matching",
    "automatic_advanced_matching",
)


class PixelChange(Struct, frozen=True):
    """Something that is different about a pixel now."""

    code: str
    field: str
    before: str
    after: str


class Plan(Struct, frozen=True):
    """What to write, and what to tell."""

    rows: tuple[ImportedPixel, ...]
    added: tuple[PixelSeen, ...]
    changes: tuple[PixelChange, ...]
    vanished: tuple[str, ...]


def plan(place: tuple[str, str], known: Iterable[ImportedPixel], seen: Iterable[PixelSeen], now_ms: int) -> Plan:
    """Compare the whole listing of an ad account (connection, ad account) with what is known of it."""
    before = {pixel.seen.code: pixel for pixel in sorted(known, key=lambda pixel: pixel.seen.code)}
    now = _each_once(seen)
    rows = [_row(place, pixel, before.get(code), now_ms) for code, pixel in now.items()]
    left = [pixel for code, pixel in before.items() if code not in now and pixel.vanished_since_ms is None]
    changes = [change for code, pixel in now.items() if code in before for change in _changes(before[code], pixel)]
    gone = [PixelChange(pixel.seen.code, "listing", "listed", "vanished") for pixel in left]
    return Plan(
        rows=(*rows, *(replace(pixel, vanished_since_ms=now_ms) for pixel in left)),
        added=tuple(pixel for code, pixel in now.items() if code not in before),
        changes=(*changes, *gone),
        vanished=tuple(pixel.seen.code for pixel in left),
    )


def _each_once(seen: Iterable[PixelSeen]) -> dict[str, PixelSeen]:
    """Return each pixel once, by its code in order: pages move while they are read."""
    ordered: Sequence[PixelSeen] = sorted(seen, key=lambda pixel: (pixel.code, msgspec.json.encode(pixel)))
    return {pixel.code: pixel for pixel in ordered}


def _row(place: tuple[str, str], pixel: PixelSeen, before: ImportedPixel | None, now_ms: int) -> ImportedPixel:
    first = before.first_seen_ms if before else now_ms
    return ImportedPixel(*place, pixel, first_seen_ms=first, last_seen_ms=now_ms)


def _changes(before: ImportedPixel, now: PixelSeen) -> Iterable[PixelChange]:
    if before.vanished_since_ms is not None:
        yield PixelChange(now.code, "listing", "vanished", "listed again")
    for field in _TOLD:
        old, new = getattr(before.seen, field), getattr(now, field)
        if old != new:
            yield PixelChange(now.code, field, _written(old), _written(new))


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
