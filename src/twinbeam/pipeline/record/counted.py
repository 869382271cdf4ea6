"""
Under which name an event is counted: a public key may name any number of events, and counters stay for ever.

Each pixel has so many names of its own for a day; whatever is named beyond them is counted as `OTHER`. Only the
counters do that: the event keeps its name. The counters themselves tell which names were taken, so the bound is
the same after a restart, and whatever moves between states later finds the name it was counted under.
"""

from collections.abc import Callable, Collection

from twinbeam.core.keys import lookup
from twinbeam.core.names import STANDARD

MOST_NAMES = 200  #: custom names of a pixel that are counted by themselves, for each UTC day
MOST_REGIONS = 30  #: likewise regions: with a public key anybody may name any

OTHER = "(other)"  #: no event can have this name (tiktok.md 2.9)

_ALWAYS = STANDARD | {"", OTHER}

PixelDay = tuple[int, str, str]
"""(day, workspace, pixel)"""

NamesOf = Callable[[int, str, str], Collection[str]]
"""Gives the names under which a pixel's arrivals of a day were counted."""


def no_names(_day: int, _workspace: str, _pixel: str) -> Collection[str]:
    """Know of no name yet."""
    return ()


class CountedNames:
    """The names taken so far; what the store knows of a pixel's day is asked for once."""

    def __init__(self, known: NamesOf = no_names, *, most: int = MOST_NAMES, always: Collection[str] = _ALWAYS) -> None:
        self._known, self._most, self._always = known, most, always
        self._taken: dict[PixelDay, set[str]] = {}

    def of(self, day: int, workspace: str, pixel: str, event: str) -> str:
        """Return the name under which an event of a pixel and day is counted; the first ones take theirs by this."""
        if event in self._always:
            return event
        place = (day, workspace, pixel)
        taken = self._taken.get(place)
        if taken is None:
            taken = self._taken[place] = set(self._known(*place)).difference(self._always)
        if event not in taken:
            if len(taken) >= self._most:
                return OTHER
            taken.add(event)
        return event


def counted_regions(known: NamesOf = no_names) -> CountedNames:
    """Return under which names regions are counted, likewise."""
    return CountedNames(known, most=MOST_REGIONS, always=frozenset({"", OTHER}))


def event_id_lookup(workspace: str, event_id: str) -> bytes:
    """
    Hash the id of an event that is counted as `OTHER`.

    Others are found by their id because the counters tell all names there are.
    """
    return lookup("event_id", workspace, event_id)
