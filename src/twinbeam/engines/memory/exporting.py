"""What the model gives out: all that is stored about one person, and the search for it, which erasing shares."""

from collections.abc import Iterable

from msgspec import Struct

from twinbeam.admin.contract import StoredConversion, SubjectData
from twinbeam.core import keys
from twinbeam.core.erasure import Person
from twinbeam.core.lifecycle import ERASABLE, State
from twinbeam.core.values import Facts
from twinbeam.engines.memory.reading import StoreReader
from twinbeam.engines.memory.rows import Rows
from twinbeam.pipeline.record.conversion import Conversion

END_OF_TIME_MS = 2**62


class Search(Struct):
    """What was accepted about a person until a moment."""

    rows: Rows
    person: Person
    until_ms: int = END_OF_TIME_MS

    def found(self) -> tuple[list[Conversion], set[bytes]]:
        """Return the conversions and the visitors."""
        about = self.reached(self._looked_up())
        visitors = self._visitors(about)
        noted = {id_ for visitor in visitors for id_ in self.rows.watchlist.get(visitor, [])}
        return self.reached({row.id for row in about} | noted), visitors

    def reached(self, ids: Iterable[int]) -> list[Conversion]:
        """Return those of some conversions that are the person's and not gone already."""
        rows = [self.rows.by_id[id_] for id_ in sorted(ids) if id_ in self.rows.by_id]
        meant = [row for row in rows if self.person.means(row.workspace, row.shop)]
        ours = [row for row in meant if row.received_ms <= self.until_ms]
        return [row for row in ours if row.state in ERASABLE]

    def _looked_up(self) -> set[int]:
        lookup, rows = self.person.lookup, self.rows
        held = [row.id for row in rows.by_id.values() if row.state is State.HELD]
        found = {id_ for id_ in held for copy in rows.kept[id_].copies if lookup in copy.lookups}
        return found | set(rows.lookups.get(lookup, {}))

    def _visitors(self, about: Iterable[Conversion]) -> set[bytes]:
        orders = {(keys.scope_of(row.workspace, row.shop), row.order_id) for row in about if row.order_id}
        tokens = {keys.visit("order", *order) for order in orders}
        known = self.rows.visitor_of
        found = {known[token] for token in tokens | set(self.person.tokens) if token in known}
        ids = {row.id for row in about}
        return found | {visitor for visitor, watchlist in self.rows.watchlist.items() if ids & set(watchlist)}


class Exporting(StoreReader):
    """Reads only."""

    def stored_about(self, person: Person) -> SubjectData:
        """Return everything that is stored about a person: what an erasure would reach, and no more."""
        conversions, visitors = Search(self._rows, person).found()
        known = self._rows.facts_of
        visits = [known[visitor] for visitor in sorted(visitors) if known.get(visitor, Facts()) != Facts()]
        return SubjectData(
            [StoredConversion(self._story(row), self.copies_kept(row.id)) for row in conversions], visits
        )
