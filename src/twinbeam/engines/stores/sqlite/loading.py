"""What the store holds about the keys and visits of a few groups, loaded before the fold."""

from collections.abc import Iterable, Mapping, Sequence

from twinbeam.core.values import Facts, Signal
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.counting import counted_names, regions_counted
from twinbeam.engines.stores.sqlite.deferred_index import DeferredIndex
from twinbeam.engines.stores.sqlite.rows import COLUMNS, as_conversion, handle_of, is_stored, known_id
from twinbeam.pipeline.record.conversion import Conversion
from twinbeam.pipeline.record.read_set import PixelEvent, PixelPlace, PixelSide, ReadSet, Spelled
from twinbeam.pipeline.record.visits import UNREADABLE

_BY_ID = f"SELECT {COLUMNS}, attempts FROM conversion WHERE id IN ({{}})"  # noqa: S608 -- constants only
_FACTS = "SELECT id, watchlist, facts FROM visitor WHERE id IN ({}) AND facts <> x''"


class Loading:
    """Looks things up for one fold at a time."""

    def __init__(
        self,
        connection: StoreConnection,
        dedup: DeferredIndex,
        visitor_keys: DeferredIndex,
        watchlist: ConsentWatchlist,
    ) -> None:
        self._connection = connection
        self._db = connection.db
        self._dedup = dedup
        self._visitor_keys = visitor_keys
        self._watchlist = watchlist
        self.last_seen: dict[PixelSide, int] = {}
        self.spelled: dict[PixelEvent, Spelled] = {}
        self.confirming: dict[PixelPlace, int] = {}
        self.reload()

    def reload(self) -> None:
        """Take what is kept in memory from the file, as at the start and after every rollback."""
        seen = self._db.execute("SELECT workspace, pixel, side, max(at) FROM side_seen GROUP BY workspace, pixel, side")
        self.last_seen = {(workspace, pixel, side): at for workspace, pixel, side, at in seen}
        spelled = self._db.execute("SELECT workspace, pixel, event, at, spelling FROM event_spelling")
        self.spelled = {(workspace, pixel, event): Spelled(*word) for workspace, pixel, event, *word in spelled}
        confirming = self._db.execute("SELECT workspace, pixel, until FROM confirming")
        self.confirming = {(workspace, pixel): until for workspace, pixel, until in confirming}

    def known(self, signals: Sequence[Signal]) -> ReadSet:
        """Look up all that the fold of these arrivals may ask for."""
        ids = self._dedup.find({key for signal in signals for key in (signal.key, *signal.aliases)})
        rows = self.rows(set(ids.values()))
        visitor_of, facts_of = self._visits(signals)
        return ReadSet(
            conversions={key: rows[id_] for key, id_ in ids.items() if id_ in rows},
            visitor_of=visitor_of,
            facts_of=facts_of,
            last_seen=self.last_seen,
            reached_by=lambda visitors: self._reached_by(visitors, rows),
            spelled=self.spelled,
            names=counted_names(self._db),
            regions=regions_counted(self._db),
            rows=rows,
            find=lambda keys: self._also(keys, rows),
            confirming=self.confirming,
        )

    def rows(self, ids: set[int]) -> dict[int, Conversion]:
        """Read rows, and those in which some of them are counted."""
        rows = {row[0]: as_conversion(row) for row in self._connection.select_in(_BY_ID, sorted(ids))}
        united = {row.united for row in rows.values() if row.united} - rows.keys()
        return rows | self.rows(united) if united else rows

    def _also(self, keys: Sequence[bytes], rows: dict[int, Conversion]) -> Mapping[bytes, Conversion]:
        """Look up keys that no arrival bears; a row that is loaded already is given as it is."""
        ids = self._dedup.find(set(keys), more=True)
        rows |= self.rows(set(ids.values()) - rows.keys())
        return {key: rows[id_] for key, id_ in ids.items() if id_ in rows}

    def _visits(self, signals: Iterable[Signal]) -> tuple[dict[bytes, bytes], dict[bytes, Facts]]:
        tokens = {token for signal in signals for token in signal.visits}
        links = self._visitor_keys.find(tokens | {signal.claim for signal in signals if signal.claim})
        known = list(self._connection.select_in(_FACTS, sorted(set(links.values()))))
        self._watchlist.preload({id_: notes for id_, notes, _ in known})
        facts = {handle_of(id_): self._facts(id_, sealed) for id_, _, sealed in known}
        return {token: handle_of(id_) for token, id_ in links.items()}, facts

    def _facts(self, visitor: int, sealed: bytes) -> Facts:
        """Return what a visit is known by; of one that is damaged nobody knows what it refused."""
        return self._connection.facts_in(visitor, sealed) or UNREADABLE

    def _reached_by(self, visitors: Iterable[bytes], rows: dict[int, Conversion]) -> list[tuple[bytes, Conversion]]:
        """
        Return what a visitor's word on consent may still reach; what is loaded already is given as it is.

        What a new visitor has reported is in this very fold.
        """
        noted = self._watchlist.of(known_id(visitor) for visitor in visitors if is_stored(visitor))
        missing = sorted({id_ for ids in noted.values() for id_ in ids if id_ not in rows})
        rows |= {row[0]: as_conversion(row) for row in self._connection.select_in(_BY_ID, missing)}
        return [(handle_of(visitor), rows[id_]) for visitor, ids in noted.items() for id_ in ids if id_ in rows]
