"""What is given out: the stories of a workspace, and all that is stored about one person."""

from collections.abc import Iterable, Iterator

from twinbeam.admin.contract import StoredConversion, SubjectData
from twinbeam.core.erasure import Person
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.story import Story
from twinbeam.core.values import Facts
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite import packed_rows
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.deferred_index import log_table
from twinbeam.engines.stores.sqlite.partitions import id_in, partition_of
from twinbeam.engines.stores.sqlite.payloads import Payloads
from twinbeam.engines.stores.sqlite.reading import StoreReader
from twinbeam.engines.stores.sqlite.searching import Search
from twinbeam.pipeline.record.conversion import Copy

_PAGE = 500
_IDS = (
    "SELECT id FROM conversion WHERE id > ? AND workspace = ? AND received >= ? AND state <> 'dropped' "
    "ORDER BY id LIMIT ?"
)
_PARTITION = "SELECT entries FROM visitor_key WHERE partition = ?"
_FACTS = "SELECT id, facts FROM visitor WHERE id IN ({})"


class Exporting(StoreReader):
    """Reads only; the payloads are opened with the key ring."""

    def __init__(self, connection: StoreConnection) -> None:
        super().__init__(connection.db)
        self._exported = connection

    def stories_of(self, workspace: str, *, since_ms: int = 0) -> Iterator[list[Story]]:
        """Yield the stories of a workspace page by page, the oldest first; tombstones are none."""
        place = 0
        while ids := [id_ for (id_,) in self._rows(_IDS, (place, workspace, since_ms, _PAGE))]:
            place = ids[-1]
            yield self._stories(ids)

    def stored_about(self, person: Person) -> SubjectData:
        """Return everything that is stored about a person: what an erasure would reach, and no more."""
        with self.one_moment():
            search = Search(self._exported, person, self._visitors_of)
            for _ in search.pieces():
                pass
            stories = self._stories(row.id for row in search.rows)
            told = [StoredConversion(story, self.copies_kept(story.id)) for story in stories]
            return SubjectData(told, self._facts_of(search.visitors))

    def copies_kept(self, conversion: int) -> list[Copy]:
        """Return the copies of a conversion as far as they are still kept and readable."""
        try:
            with translated():
                return Payloads(self._exported).copies_of([conversion]).get(conversion, [])
        except StorageDamaged:
            return []

    def _visitors_of(self, tokens: set[bytes]) -> set[int]:
        """Find visitors in the log first, since a token is in the index before it leaves the log."""
        found = set(packed_rows.search(self._exported.db, log_table("visitor_key"), *tokens))
        partitions = ((token, self._rows(_PARTITION, (partition_of(token),))) for token in tokens)
        ids = (id_in(entries, token) for token, rows in partitions for (entries,) in rows)
        return found | {id_ for id_ in ids if id_ is not None}

    def _facts_of(self, visitors: Iterable[int]) -> list[Facts]:
        rows = self._exported.select_in(_FACTS, sorted(visitors))
        kept = {id_: self._exported.facts_in(id_, sealed) for id_, sealed in rows}
        return [facts for facts in kept.values() if facts is not None and facts != Facts()]
