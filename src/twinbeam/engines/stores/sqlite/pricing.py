"""The costs of products, and what orders are worth by them, as a part of the transaction that records."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from twinbeam.core.errors import StorageBusy, StorageError, StorageFull
from twinbeam.core.goods import Margin
from twinbeam.core.products import UnitCost
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Signal
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.pipeline.record.fold import Fold
from twinbeam.pipeline.record.margin import Costs, ids_in, is_priced, priced, settled
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.products.ids import ID, SKU, looked_for

Arrivals = list[tuple[Signal, bytes]]

_LOAD = "SELECT load FROM feed WHERE workspace=? AND costed > 0"
_COST = "SELECT cost_micros, cost_currency FROM product WHERE load=? AND id=?"
#: A loose form stands for a product where it leads to no other one.
_ALIASES = (
    "SELECT id FROM product_alias WHERE load=? AND kind IN (?,?) AND alias IN (SELECT value FROM json_each(?)) "
    "UNION SELECT id FROM product WHERE load=? AND id IN (SELECT value FROM json_each(?)) LIMIT 2"
)
_KEPT = "SELECT id FROM conversion_margin WHERE id IN ({})"
_KEEP = "INSERT OR REPLACE INTO conversion_margin VALUES (?,?,?,?,?,?,?)"
FORGET = "DELETE FROM conversion_margin WHERE id IN (SELECT value FROM json_each(?))"


class Pricing:
    """Gives orders their value on the way into the fold, and keeps what they are worth behind it."""

    def __init__(self, connection: StoreConnection, policy: RecordPolicy) -> None:
        self._connection = connection
        self._db = connection.db
        self._policy = policy
        self._margins: list[tuple[Signal, Margin]] = []

    def take(self, arrivals: Arrivals) -> Arrivals:
        """Return arrivals with the values that their pixels' rules give."""
        self._margins = []
        orders = [signal for signal, _ in arrivals if is_priced(signal, self._rules(signal))]
        if not orders:
            return arrivals
        costs = {workspace: self._costs(workspace, ids) for workspace, ids in ids_in(orders).items()}
        return [(self._priced(signal, costs), arrival) for signal, arrival in arrivals]

    def write(self, fold: Fold) -> None:
        """Keep what the orders of this transaction are worth."""
        if not self._margins:
            return
        known = fold.read_set.conversions
        ids = [known[signal.key].id for signal, _ in self._margins if signal.key in known]
        stays = [id_ for (id_,) in self._connection.select_in(_KEPT, ids)]
        rows = settled(self._margins, known, stays).items()
        self._db.executemany(
            _KEEP, [(id_, it.revenue, it.products, it.cost, it.currency, it.trouble, it.sends) for id_, it in rows]
        )

    def _priced(self, signal: Signal, costs: dict[str, Costs | None]) -> Signal:
        rules = self._rules(signal)
        if not is_priced(signal, rules):
            return signal
        found = costs.get(signal.workspace)
        if found is None and rules.value != "margin":
            return signal  # nobody asks what it costs
        after, margin = priced(signal, rules, found or {})
        self._margins.append((after, margin))
        return after

    def _rules(self, signal: Signal) -> PixelRules:
        return self._policy.terms_of(signal.workspace, signal.pixel).rules

    def _costs(self, workspace: str, ids: Iterable[str]) -> Costs | None:
        """Return what products cost, or None without a feed; where that cannot be read, events go on without."""
        try:
            row = self._db.execute(_LOAD, (workspace,)).fetchone()
            if row is None:
                return None
            found = {id_: self._cost(row[0], id_) for id_ in ids}
        except (StorageBusy, StorageFull):
            raise
        except (StorageError, sqlite3.DatabaseError):
            return {}
        return {id_: cost for id_, cost in found.items() if cost is not None}

    def _cost(self, load: int, id_: str) -> UnitCost | None:
        row = self._db.execute(_COST, (load, id_)).fetchone()
        if row is None:
            forms = json.dumps(looked_for(id_))
            meant = self._db.execute(_ALIASES, (load, ID, SKU, forms, load, forms)).fetchall()
            row = self._db.execute(_COST, (load, meant[0][0])).fetchone() if len(meant) == 1 else None
        return UnitCost(*row) if row is not None and row[0] is not None else None


def forget_margins(connection: StoreConnection, ids: Sequence[int]) -> None:
    """Forget what orders were worth; call inside a transaction."""
    if ids:
        connection.execute_with_ids(FORGET, ids)
