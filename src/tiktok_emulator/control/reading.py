"""Reading back: what counts, what was received and asked, the sums, and what was wrong."""

from collections import Counter

from starlette.requests import Request
from starlette.responses import Response

from tiktok_emulator.control.paging import answer, listed, page_of
from tiktok_emulator.control.showing import (
    Fates,
    show_counted,
    show_fault,
    show_limits,
    show_received,
    show_request,
    sum_of,
)
from tiktok_emulator.world import World


def world_of(request: Request) -> World:
    """Return the world this application serves."""
    world: World = request.app.state.world
    return world


async def counted(request: Request) -> Response:
    """List the events that count, after dedup; `full=1` adds the merged event."""
    world, page, query = world_of(request), page_of(request), request.query_params
    full = query.get("full") == "1"
    items = (
        each
        for each in world.ledger.counted[page.after :]
        if each.first_ms <= world.ready_ms
        and query.get("pixel", each.source_id) == each.source_id
        and query.get("event", each.event) == each.event
    )
    return answer(listed(page, items, lambda each: each.number, lambda each: show_counted(world, each, full=full)))


async def received(request: Request) -> Response:
    """List every copy received, read, with its fate."""
    world, page, query = world_of(request), page_of(request), request.query_params
    items = (
        each
        for each in world.ledger.received[page.after :]
        if query.get("pixel", each.source_id) == each.source_id
        and query.get("fate", each.fate) == each.fate
        and query.get("test_code", each.test_code) == each.test_code
    )
    return answer(listed(page, items, lambda each: each.seq, show_received))


async def requests(request: Request) -> Response:
    """List the last calls; `body=1` adds the bodies."""
    world, page, query = world_of(request), page_of(request), request.query_params
    with_body = query.get("body") == "1"
    kept = world.log.after(page.after, MAX_SCAN if "pixel" in query else page.limit + 1)
    items = (each for each in kept if query.get("pixel", each.source_id) == each.source_id)
    return answer(listed(page, items, lambda each: each.seq, lambda each: show_request(each, with_body=with_body)))


MAX_SCAN = 10_000


async def totals(request: Request) -> Response:
    """Sum up what was received and what became of it, in all and by pixel and event."""
    world = world_of(request)
    by_event: dict[tuple[str, str], Fates] = {}
    for key, count in world.ledger.fates.items():
        by_event.setdefault(key[:2], Counter())[key] = count
    rows = [{"pixel": source_id, "event": event, **sum_of(fates)} for (source_id, event), fates in by_event.items()]
    everything = sum_of(world.ledger.fates)
    return answer({"requests": world.log.count, **everything, "by_event": rows, "next": 0, "more": False})


async def limits(request: Request) -> Response:
    """Answer with what there was of each app and pixel: requests, the most within a limit's time, and those over it."""
    return answer(show_limits(world_of(request)))


async def faults(request: Request) -> Response:
    """List what was found wrong; `grave=1` leaves out mere advice."""
    world, page, query = world_of(request), page_of(request), request.query_params
    kept = world.faults.grave() if query.get("grave") == "1" else world.faults.all()
    items = (each for each in kept if each.seq > page.after and query.get("rule", each.rule) == each.rule)
    shown = listed(page, items, lambda each: each.seq, show_fault)
    return answer(shown | {"counts": {rule.value: count for rule, count in world.faults.counts.items()}})
