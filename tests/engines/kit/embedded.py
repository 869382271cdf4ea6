"""The engines that need nothing installed, opened for the kit."""

from collections.abc import Mapping
from pathlib import Path

from engines.kit.laws import CoverageRow, Rows
from engines.kit.owners import POLICY
from signals import NOW
from twinbeam.core.clock import day_of
from twinbeam.core.goods import Margin
from twinbeam.core.products import Feed, FeedProduct, UnitCost
from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.memory import MemoryJournal, MemoryStore
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.send.limits import Ages


class MemoryEngine:
    """The model."""

    def __init__(self, _folder: Path) -> None:
        self.store = MemoryStore(policy=POLICY)
        self.journal = self.reader = MemoryJournal()

    def rows(self) -> Rows:
        """Give the state of every row by its id."""
        return {row.id: row.state.value for row in self.store._rows.by_id.values()}

    def coverage_rows(self) -> list[CoverageRow]:
        """Give of every row what its place in the coverage follows from."""
        rows = self.store._rows.by_id.values()
        return [
            CoverageRow(
                day_of(row.received_ms),
                *(row.workspace, row.pixel, row.state, row.channels, row.match, row.conditions),
                *(row.test_code, row.united),
            )
            for row in rows
        ]

    def know_costs(self, workspace: str, costs: Mapping[str, UnitCost]) -> None:
        """Let a product feed with these costs be in force."""
        self.store._rows.costs[workspace] = dict(costs)

    def margins(self) -> dict[int, Margin]:
        """Give what orders are worth, by their conversions."""
        return dict(sorted(self.store._rows.margins.items()))

    def reopen(self) -> None:
        """Do nothing: there is no file to open again."""

    def close(self) -> None:
        """Do nothing."""


class SqliteEngine:
    """A journal and a store in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ring = KeyRing.open_or_create(folder / "keys" / "keyring.json")
        self._open()

    def _open(self) -> None:
        data = self._folder / "data"
        self.store = SqliteStore.open_as_writer(data, self.ring, policy=POLICY, ages=Ages())
        self.journal = SqliteJournal(slot_path(data, 0), self.ring, reserve_bytes=0)
        self.reader = SqliteJournalReader(slot_path(data, 0), self.ring)

    def rows(self) -> Rows:
        """Give the state of every row by its id."""
        return dict(self.store._db.execute("SELECT id, state FROM conversion"))

    def coverage_rows(self) -> list[CoverageRow]:
        """Give of every row what its place in the coverage follows from."""
        columns = "received / 86400000, workspace, pixel, state, channels, match, conditions, test_code, united"
        return [CoverageRow(*row) for row in self.store._db.execute(f"SELECT {columns} FROM conversion")]

    def know_costs(self, workspace: str, costs: Mapping[str, UnitCost]) -> None:
        """Let a product feed with these costs be in force."""
        products = [FeedProduct(id_, cost_micros=it.micros, cost_currency=it.currency) for id_, it in costs.items()]
        load = self.store.products.begin_load(workspace, NOW)
        self.store.products.add(load, products or [FeedProduct("free of costs")])
        assert self.store.products.finish_load(Feed(workspace, load, costed=len(products), loaded_ms=NOW))

    def margins(self) -> dict[int, Margin]:
        """Give what orders are worth, by their conversions."""
        ids = [id_ for (id_,) in self.store._db.execute("SELECT id FROM conversion_margin ORDER BY id")]
        return dict(self.store.products.margins(ids))

    def reopen(self) -> None:
        """Close all files and open them again."""
        self.close()
        self._open()

    def close(self) -> None:
        """Close all files."""
        self.reader.close()
        self.journal.close()
        self.store.close()


def found_in_files(data: Path, *markers: bytes) -> list[str]:
    """Name the files of a folder that hold one of the markers."""
    return [file.name for file in data.iterdir() if any(marker in file.read_bytes() for marker in markers)]
