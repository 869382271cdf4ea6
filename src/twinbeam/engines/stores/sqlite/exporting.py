"""What is given out: the stories of a workspace, and all that is stored about one person."""

from collections.abc import Iterator

from msgspec import Struct

from twinbeam.core.erasure import Person
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.story import Story
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite.connection import Connection
from twinbeam.engines.stores.sqlite.erasing import found_about
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.reading import Reading
from twinbeam.pipeline.record.conversion import Copy

_PAGE = 500
_IDS = (
    "SELECT id FROM conversion WHERE id > ? AND workspace = ? AND received >= ? AND state <> 'dropped' "
    "ORDER BY id LIMIT ?"
)


class Stored(Struct, frozen=True):
    """One conversion of a person: its story, and the copies that are still kept."""

    story: Story
    copies: list[Copy]


class Exporting(Reading):
    """Reads only; the payloads are opened with the key ring."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.db)
        self._exported = connection

    def stories_of(self, workspace: str, *, since_ms: int = 0) -> Iterator[list[Story]]:
        """Give the stories of a workspace page by page, the oldest first; tombstones are none."""
        place = 0
        while ids := [id_ for (id_,) in self._rows(_IDS, (place, workspace, since_ms, _PAGE))]:
            place = ids[-1]
            yield self._stories(ids)

    def stored_about(self, person: Person) -> list[Stored]:
        """Give everything that is stored about a person."""
        with translated():
            ids = sorted({id_ for piece in found_about(self._exported, person) for id_ in piece})
        stories = [story for story in self._stories(ids) if story.workspace == person.workspace]
        return [Stored(story, self.copies_kept(story.id)) for story in stories]

    def copies_kept(self, conversion: int) -> list[Copy]:
        """Give the copies of a conversion as far as they are still kept and readable."""
        try:
            with translated():
                return Payloads(self._exported).copies_of([conversion]).get(conversion, [])
        except StorageDamaged:
            return []
