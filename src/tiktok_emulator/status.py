"""Whether events and pixels are active, and by which channels they come (tiktok.md 11.2)."""

from tiktok_emulator.clock import MS_PER_DAY
from tiktok_emulator.world import World

ACTIVE_DAYS = 7


def event_status(world: World, source_id: str, event: str) -> str:
    """Return `Active` or `No recent activity`: received within the last 7 days or not."""
    seen = world.settled_ledger().seen.get((source_id, event))
    recent = seen is not None and world.clock.now_ms() - seen.last_ms <= ACTIVE_DAYS * MS_PER_DAY
    return "Active" if recent else "No recent activity"


def is_active(world: World, source_id: str) -> bool:
    """Return whether any event of a pixel or set is active."""
    known = [event for owner, event in world.settled_ledger().seen if owner == source_id]
    return any(event_status(world, source_id, event) == "Active" for event in known)
