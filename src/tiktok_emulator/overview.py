"""The table of Events Manager: one row per event of a pixel or set (tiktok.md 11.1, 7.5)."""

from collections import Counter

import msgspec

from tiktok_emulator.clock import MS_PER_HOUR
from tiktok_emulator.diagnostics import diagnostics
from tiktok_emulator.ledger import DayCount
from tiktok_emulator.quality import Quality, qualities
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
    cards = Counter(card.event for card in diagnostics(world, source_id))
    estimates = qualities(world, source_id)
    rows = [
        Row(
            event=event,
            status=event_status(world, source_id, event),
            connection=connection(total),
            browser=total.browser,
            server=total.server,
            both=world.ledger.both[source_id, event],
            received=total.browser + total.server,
            counted=total.counted,
            last_received_ms=world.ledger.seen[source_id, event].last_ms // MS_PER_HOUR * MS_PER_HOUR,
            quality=estimates.get(event),
            cards=cards[event],
        )
        for (owner, event), total in event_totals(world).items()
        if owner == source_id
    ]
    return sorted(rows, key=lambda row: (-row.received, row.event))


def event_totals(world: World) -> dict[tuple[str, str], DayCount]:
    """Add up the days of each event of each pixel or set."""
    totals: dict[tuple[str, str], DayCount] = {}
    for (source_id, event, _), day in world.settled_ledger().days.items():
        _add(totals.setdefault((source_id, event), DayCount()), day)
    return totals


def source_totals(world: World) -> dict[str, DayCount]:
    """Add up all events of each pixel or set."""
    totals: dict[str, DayCount] = {}
    for (source_id, _), total in event_totals(world).items():
        _add(totals.setdefault(source_id, DayCount()), total)
    return totals


def _add(total: DayCount, more: DayCount) -> None:
    total.browser += more.browser
    total.server += more.server
    total.counted += more.counted


def connection(total: DayCount) -> str:
    """Word the connection method by the channels seen (tiktok.md 11.2)."""
    if total.browser and total.server:
        return "Server & browser"
    return "Browser only" if total.browser else "Server only"
