"""What the debugger shows, of the model."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from twinbeam.core.sightings import Seen
from twinbeam.core.story import Story
from twinbeam.engines.memory.rows import Rows


class SightingReader:
    """See core.sightings.SightingReads for the promises."""

    def __init__(self, rows: Rows, story: Callable[[int], Story | None]) -> None:
        self._rows = rows
        self._story = story

    def newest(self) -> int:
        """Return the number of the newest sighting, 0 where there is none."""
        return self._rows.ring.newest

    def since(self, number: int, *, limit: int) -> list[Seen]:
        """Return what came after a number, the newest of it, newest first."""
        return [it for it in self._seen() if it.number > number][:limit]

    def before(self, number: int | None, *, limit: int) -> list[Seen]:
        """Return what came before a number, or the newest, newest first."""
        return [it for it in self._seen() if number is None or it.number < number][:limit]

    def one(self, number: int) -> Seen | None:
        """Return one sighting, or None where it is gone."""
        return next((it for it in self._seen() if it.number == number), None)

    def of(self, conversions: Sequence[int]) -> list[Seen]:
        """Return the sightings of some conversions, newest first."""
        return [it for it in self._seen() if it.sighting.conversion in conversions]

    def conversions(self, ids: Sequence[int]) -> Mapping[int, Story]:
        """Return conversions by their numbers, as they stand now."""
        found = {id_: self._story(id_) for id_ in ids}
        return {id_: story for id_, story in found.items() if story is not None}

    def _seen(self) -> Iterator[Seen]:
        for number, page in sorted(self._rows.sightings.items(), reverse=True):
            last = len(page.sightings) - 1
            for place in range(last, -1, -1):
                sighting = page.sightings[place]
                if sighting.conversion not in self._rows.erased:
                    yield Seen(number - last + place, *page.place, sighting)
