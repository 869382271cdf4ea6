"""How values look in the control API, and to the Python object that embeds the emulator."""

from collections import Counter
from typing import Any

import msgspec

from tiktok_emulator.clock import iso
from tiktok_emulator.dedup import Fate
from tiktok_emulator.faults import Fault, masked
from tiktok_emulator.ledger import Counted, Received
from tiktok_emulator.requests import Logged
from tiktok_emulator.rules import ABOUT
from tiktok_emulator.world import World

#: Copies by pixel or set, event, and fate.
Fates = Counter[tuple[str, str, Fate]]


def show_counted(world: World, counted: Counted, *, full: bool) -> dict[str, Any]:
    """Show one event that counts."""
    shown: dict[str, Any] = {
        "seq": counted.number,
        "pixel": counted.source_id,
        "source": counted.source,
        "event": counted.event,
        "spelling": counted.spelling,
        "event_id": counted.event_id,
        "event_time": counted.event_time,
        "first_received": iso(counted.first_ms),
        "order_id": counted.order_id,
        "value": counted.value,
        "currency": counted.currency,
        "connection": counted.connection,
        "copies": len(counted.copies),
        "browser_copies": sum(each.channel == "browser" for each in counted.copies),
        "server_copies": sum(each.channel == "server" for each in counted.copies),
        "user_keys": sorted(counted.user_keys),
    }
    if full:
        shown["merged"] = counted.full(world.switches)
    return shown


def show_received(copy: Received) -> dict[str, Any]:
    """Show one copy."""
    return {
        "seq": copy.seq,
        "at": iso(copy.at_ms),
        "request": copy.request,
        "index": copy.index,
        "channel": copy.channel,
        "source": copy.source,
        "pixel": copy.source_id,
        "event": copy.event,
        "event_id": copy.event_id,
        "test_code": copy.test_code,
        "fate": copy.fate,
        "counted_as": copy.number or None,
        "body": copy.body(),
    }


def show_request(call: Logged, *, with_body: bool) -> dict[str, Any]:
    """Show one call; a body that is not UTF-8 is shown with replacement signs."""
    shown: dict[str, Any] = {
        "seq": call.seq,
        "at": iso(call.at_ms),
        "method": call.method,
        "path": call.path,
        "pixel": call.source_id,
        "events": call.events,
        "event_ids": call.event_ids,
        "bytes": call.size,
        "sha256": call.sha256,
        "status": call.status,
        "code": call.code,
        "request_id": call.request_id,
        "trouble": call.trouble,
    }
    if with_body:
        shown["body"] = call.body.decode("utf-8", "replace")
    return shown


def show_fault(fault: Fault) -> dict[str, Any]:
    """Show one finding with its explanation."""
    about = ABOUT[fault.rule]
    return {
        **msgspec.to_builtins(fault),
        "at": iso(fault.at_ms),
        "severity": about.severity,
        "title": about.title,
        "fix": about.fix,
        "source": f"tiktok.md {about.source}",
    }


def show_limits(world: World) -> dict[str, Any]:
    """Show how many requests there were of each app and pixel, at most within a limit's time, and over the limits."""
    apps, pixels = world.limits.sums(), world.pixel_limits.sums()
    return {
        "exceeded": sum(each.exceeded for each in (*apps.values(), *pixels.values())),
        "apps": {masked(app): msgspec.to_builtins(each) for app, each in apps.items()},
        "pixels": {pixel: msgspec.to_builtins(each) for pixel, each in pixels.items()},
    }


def sum_of(counts: Fates) -> dict[str, int]:
    """Sum up copies by what became of them."""
    fates = {fate.value: 0 for fate in Fate}
    for (_, _, fate), count in counts.items():
        fates[fate.value] += count
    dropped = fates[Fate.DUPLICATE] + fates[Fate.COOKIE_DUPLICATE]
    return {"received": sum(fates.values()), "duplicates_dropped": dropped, **fates}
