"""Counters added up per pixel and event, for the tables of the pages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from twinbeam.core.story import Total
from twinbeam.pipeline.record.sums import Sums, add_up

#: Events of one pixel that have a row of their own: with a public key anybody may send any name.
MOST_EVENTS = 40


class Row(Struct, frozen=True):
    """The sums of one event on one pixel."""

    workspace: str
    pixel: str  #: empty for what was quarantined, which could not be read, and for consent statements
    event: str  #: empty where the row stands for several, and where the pixel is
    sums: Sums
    others: int = 0  #: how many rarer events of the pixel it adds up


def by_event(counts: Iterable[Total], most: int = MOST_EVENTS) -> list[Row]:
    """Add counters up per pixel and event: pixels by code, their busiest event first, their rarest in one row."""
    places: defaultdict[tuple[str, str], defaultdict[str, list[Total]]] = defaultdict(lambda: defaultdict(list))
    for count in counts:
        places[count.workspace, count.pixel][count.event].append(count)
    return [row for place in sorted(places) for row in _rows(*place, places[place], most)]


def _rows(workspace: str, pixel: str, events: Mapping[str, list[Total]], most: int) -> list[Row]:
    rows = [Row(workspace, pixel, event, add_up(counts)) for event, counts in events.items()]
    rows.sort(key=lambda row: (-row.sums.recorded, row.event))
    if len(rows) <= most:
        return rows
    rare = rows[most - 1 :]
    sums = add_up(count for row in rare for count in events[row.event])
    return [*rows[: most - 1], Row(workspace, pixel, "", sums, others=len(rare))]


def by_pixel(counts: Iterable[Total]) -> dict[tuple[str, str], Sums]:
    """Add counters up per workspace and pixel."""
    places: dict[tuple[str, str], list[Total]] = {}
    for count in counts:
        places.setdefault((count.workspace, count.pixel), []).append(count)
    return {place: add_up(counts) for place, counts in places.items()}
