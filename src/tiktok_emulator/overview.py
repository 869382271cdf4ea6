"""The table of Events Manager: one row per event of a pixel or set (tiktok.md 11.1, 7.5)."""

import msgspec

from tiktok_emulator.clock import MS_PER_HOUR
from tiktok_emulator.diagnostics import Card, diagnostics
from tiktok_emulator.ledger import DayCount
from tiktok_emulator.quality import Quality, quality
from tiktok_emulator.status import event_status
from tiktok_emulator.world import World


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What Events Manager says about one event."""

    event: str
    status: str
    connection: str
    browser: int
    server: int
    both: int  #: Events to which both channels brought a copy.
    received: int  #: Browser plus server, before deduplication.
    counted: int
    last_received_ms: int  #: Rounded down to the hour.
    quality: Quality | None
    cards: int


def overview(world: World, source_id: str) -> list[Row]:
    """Build the table of a pixel or set, most frequent events first."""
    ledger = world.settled_ledger()
    cards = diagnostics(world, source_id)
    events = [event for owner, event in ledger.seen if owner == source_id]
    rows = [_row(world, source_id, event, cards) for event in events]
    return sorted(rows, key=lambda row: (-row.received, row.event))


def _row(world: World, source_id: str, event: str, cards: list[Card]) -> Row:
    ledger = world.ledger
    total = DayCount()
    for (owner, name, _), day in ledger.days.items():
        if owner == source_id and name == event:
            total.browser += day.browser
            total.server += day.server
            total.counted += day.counted
    return Row(
        event=event,
        status=event_status(world, source_id, event),
        connection=connection(total),
        browser=total.browser,
        server=total.server,
        both=ledger.both[source_id, event],
        received=total.browser + total.server,
        counted=total.counted,
        last_received_ms=ledger.seen[source_id, event].last_ms // MS_PER_HOUR * MS_PER_HOUR,
        quality=quality(world, source_id, event),
        cards=sum(each.event == event for each in cards),
    )


def connection(total: DayCount) -> str:
    """Word the connection method by the channels seen (tiktok.md 11.2)."""
    if total.browser and total.server:
        return "Server & browser"
    return "Browser only" if total.browser else "Server only"
