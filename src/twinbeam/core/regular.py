"""What came regularly, so that its silence says something: one definition for alerts and checks. Pure."""

from collections.abc import Iterable, Mapping

from twinbeam.core.story import Covered

LOOKED_DAYS = 7  #: before the day on which it was last seen
REGULAR_DAYS = 5  #: of those
REGULAR_EVENTS = 10  #: on such a day


def week_before(day: int) -> range:
    """Return the days before the one on which something was last seen."""
    return range(day - LOOKED_DAYS, day)


def is_regular(days: Mapping[int, int], last_day: int) -> bool:
    """Return whether something came on most days of the week before it was last seen, and often."""
    return sum(days.get(day, 0) >= REGULAR_EVENTS for day in week_before(last_day)) >= REGULAR_DAYS


def days_by_event(covered: Iterable[Covered]) -> dict[tuple[str, str, str], dict[int, int]]:
    """Count by workspace, pixel and event, and then by day."""
    found: dict[tuple[str, str, str], dict[int, int]] = {}
    for row in covered:
        days = found.setdefault((row.workspace, row.pixel, row.event), {})
        days[row.day] = days.get(row.day, 0) + row.browser + row.server + row.both
    return found
