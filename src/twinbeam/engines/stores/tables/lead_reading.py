"""Reading leads: conversions that not only a browser told of, by an index of theirs; no content is read."""

from typing import Any

from sqlalchemy import text

from twinbeam.core.clock import MS_PER_DAY
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.purchase_marks import MARKS
from twinbeam.orders.reconciliation import ANY_ORDER, LEADS, Counted, Days, KnownOrder, OrderConversion, Sought, Summed

PER_READ = 500
_NAMES = ", ".join(f"'{name}'" for name in LEADS)  # as the index says them
_WHICH = (
    f"FROM conversion AS c INDEXED BY conversion_lead WHERE c.event IN ({_NAMES}) AND c.channels <> 'browser' "
    "AND c.received >= :since AND c.received < :until AND c.united = 0 "
    "AND (:workspace = '' OR c.workspace = :workspace)"
)
_MARKS = MARKS.format(placed="c.received")
_COUNTED = (
    f"SELECT c.received / {MS_PER_DAY}, c.workspace, c.source, c.event, c.pixel, c.state, c.reason, c.currency, "
    f"c.enriched <> 0, c.test_code <> '', {_MARKS}, count(*), sum(c.minor) {_WHICH} "
    "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"
)
_LISTED = (
    f"SELECT c.id, c.workspace, c.shop, CASE c.order_id WHEN '' THEN c.event_id ELSE c.order_id END AS number, "
    f"c.source, c.event, c.pixel, c.state, c.reason, c.currency, c.enriched, c.test_code, {_MARKS} AS marks, c.minor, "
    f"c.received {_WHICH} AND (c.received, c.id) < (:at, :id) AND (:source = '' OR c.source = :source) "
    "AND (:any_currency OR c.currency = :currency) AND (:event = '' OR c.event = :event) "
    "AND NOT (:undelivered AND c.state = 'delivered') ORDER BY c.received DESC, c.id DESC LIMIT :limit"
)
_END = 2**62


class LeadReader:
    """See orders.reconciliation.OrderReads for the promises."""

    _tables: Tables

    def leads_counted(self, days: Days) -> Counted:
        """Return the leads that came on some days, added up."""
        with self._tables.reading() as connection:
            return Counted([_summed(*row) for row in connection.execute(text(_COUNTED), _within(days))])

    def leads_listed(
        self, days: Days, sought: Sought = ANY_ORDER, *, before: tuple[int, int] | None = None, limit: int = PER_READ
    ) -> list[KnownOrder]:
        """Return leads of some days, the newest first, behind one by its moment and id."""
        at_ms, id_ = before or (_END, _END)
        asked = {
            "at": at_ms,
            "id": id_,
            "source": sought.source,
            "any_currency": sought.currency is None,
            "currency": sought.currency or "",
            "event": sought.event,
            "undelivered": sought.undelivered,
            "limit": limit,
        }
        with self._tables.reading() as connection:
            return [_as_lead(row) for row in connection.execute(text(_LISTED), _within(days) | asked)]


def _within(days: Days) -> dict[str, Any]:
    until = (days.last + 1) * MS_PER_DAY
    return {"since": days.first * MS_PER_DAY, "until": until, "workspace": days.workspace}


def _summed(  # noqa: PLR0913, PLR0917 -- the columns of _COUNTED
    day: int,
    workspace: str,
    source: str,
    event: str,
    pixel: str,
    state: str,
    reason: str,
    currency: str,
    enriched: int,
    test: int,
    marks: int,
    n: int,
    minor: int | None,
) -> Summed:
    told = OrderConversion(0, pixel, state, reason, None, currency, bool(enriched), bool(test), marks)
    lead = _lead(workspace, "", "", source, event, day * MS_PER_DAY, currency, minor, told)
    return Summed(lead, n, minor or 0, minor or 0)


def _as_lead(row: Any) -> KnownOrder:
    told = (row.pixel, row.state, row.reason, row.minor, row.currency, bool(row.enriched), bool(row.test_code))
    conversion = OrderConversion(row.id, *told, row.marks)
    place = (row.workspace, row.shop, row.number, row.source, row.event, row.received)
    return _lead(*place, row.currency, row.minor, conversion, row.id)


def _lead(  # noqa: PLR0913, PLR0917 -- a row's columns
    workspace: str,
    shop: str,
    number: str,
    source: str,
    event: str,
    at_ms: int,
    currency: str,
    minor: int | None,
    told: OrderConversion,
    id_: int = 0,
) -> KnownOrder:
    return KnownOrder(
        workspace=workspace,
        shop=shop,
        order_id=number,
        source=source,
        kind="",
        state="placed",
        placed_ms=at_ms,
        paid_ms=None,
        currency=currency,
        value_minor=minor,
        refunded_minor=None,
        conversions=(told,),
        id=id_,
        event=event,
    )
