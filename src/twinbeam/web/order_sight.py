"""Orders and leads as a viewer of one workspace may see them: those of any other are not there."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from twinbeam.core.order import OrderFacts
from twinbeam.orders.reconciliation import ANY_ORDER, Counted, Days, KnownOrder, OrderReads, Sought

T = TypeVar("T")

MOST_AT_ONCE = 500


class OrdersOfWorkspace:
    """See orders.reconciliation.OrderReads for the promises; all of it is of one workspace."""

    def __init__(self, orders: OrderReads, workspace: str) -> None:
        self._all = orders
        self._workspace = workspace

    def counted(self, days: Days) -> Counted:
        """Return the orders placed on some days, added up."""
        return self._within(days, Counted(), self._all.counted)

    def listed(
        self,
        days: Days,
        sought: Sought = ANY_ORDER,
        *,
        before: tuple[int, int] | None = None,
        limit: int = MOST_AT_ONCE,
    ) -> list[KnownOrder]:
        """Return orders placed on some days, the newest first, behind one by its moment and id."""
        return self._within(days, [], lambda its: self._all.listed(its, sought, before=before, limit=limit))

    def leads_counted(self, days: Days) -> Counted:
        """Return the leads that came on some days, added up."""
        return self._within(days, Counted(), self._all.leads_counted)

    def leads_listed(
        self,
        days: Days,
        sought: Sought = ANY_ORDER,
        *,
        before: tuple[int, int] | None = None,
        limit: int = MOST_AT_ONCE,
    ) -> list[KnownOrder]:
        """Return leads of some days, the newest first, behind one by its moment and id."""
        return self._within(days, [], lambda its: self._all.leads_listed(its, sought, before=before, limit=limit))

    def with_refused(self, days: Days) -> list[KnownOrder]:
        """Return the orders of some days of which TikTok refused a purchase."""
        return self._within(days, [], self._all.with_refused)

    def under_number(self, workspaces: Sequence[str], order_id: str) -> list[KnownOrder]:
        """Return the orders with a number."""
        return self._all.under_number([self._workspace], order_id) if self._workspace in workspaces else []

    def facts_of(self, workspace: str, order: int) -> OrderFacts | None:
        """Return all that is stated of an order."""
        return self._all.facts_of(workspace, order) if workspace == self._workspace else None

    def _within(self, days: Days, nothing: T, read: Callable[[Days], T]) -> T:
        if days.workspace not in ("", self._workspace):
            return nothing
        return read(replace(days, workspace=self._workspace))
