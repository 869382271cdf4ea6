"""Requests to the destination, noted before they are made, and what waited because there were too many of them."""

from collections.abc import Mapping

from sqlalchemy import Column, Connection, Index, Integer, Table, Text, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from twinbeam.core.clock import day_of
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.schema import MS, metadata
from twinbeam.pipeline.send.contract import NotedRequests, NotedRow

noted_request = Table(
    "noted_request",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("at_ms", MS, nullable=False),
    Column("count", MS, nullable=False),
    Index("noted_request_of", "scope", "day"),
    sqlite_strict=True,
)

throttled = Table(
    "throttled",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("events", MS, nullable=False),
    sqlite_strict=True,
)

closed_pixel = Table(
    "closed_pixel",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("until_ms", MS, nullable=False),
    sqlite_strict=True,
)

KEPT_DAYS = 8  #: of what waited for a limit
_APART_MS = 600_000  #: notes older than this are one row: nobody asks any more when they were made
_MOST_ROWS = 2_000  #: of a scope and day, before the old ones become one


class RequestCountTable:
    """See send.contract.RequestCounts for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def note(self, scope: str, count: int, *, most: int, owner: str, now_ms: int) -> NotedRequests:
        """Note up to `count` requests of a scope for this UTC day before they are made."""
        day = day_of(now_ms)
        with self._tables.transaction() as connection:
            rows = _rows(connection, scope, day)
            total = sum(row.count for row in rows)
            more = min(count, max(0, most - total)) if most else count
            if more:
                values = {"scope": scope, "day": day, "owner": owner, "at_ms": now_ms, "count": more}
                connection.execute(insert(noted_request).values(**values))
            _forget(connection, scope, day, rows, now_ms)
        return NotedRequests(more, total + more, tuple(rows))

    def add_throttled(self, day: int, events: Mapping[tuple[str, str], int]) -> None:
        """Add to how many events of some pixels waited for a limit on a UTC day."""
        with self._tables.transaction() as connection:
            for (workspace, code), count in events.items():
                row = upsert(throttled).values(day=day, workspace=workspace, code=code, events=count)
                more = {"events": throttled.c.events + row.excluded.events}
                connection.execute(row.on_conflict_do_update(index_elements=["day", "workspace", "code"], set_=more))
            connection.execute(delete(throttled).where(throttled.c.day <= day - KEPT_DAYS))

    def throttled(self, day: int) -> Mapping[tuple[str, str], int]:
        """Return how many events of each pixel waited for a limit on a UTC day."""
        asked = select(throttled.c.workspace, throttled.c.code, throttled.c.events).where(throttled.c.day == day)
        with self._tables.reading() as connection:
            return {(row.workspace, row.code): row.events for row in connection.execute(asked)}

    def keep_closed(self, until_ms: Mapping[tuple[str, str], int]) -> None:
        """Keep until when the destination takes no requests for some pixels, and forget all others."""
        if self.closed(0) == until_ms:  # a start finds nothing to forget, as a rule
            return
        rows = [{"workspace": it[0], "code": it[1], "until_ms": until} for it, until in until_ms.items()]
        with self._tables.transaction() as connection:
            connection.execute(delete(closed_pixel))
            if rows:
                connection.execute(insert(closed_pixel), rows)

    def closed(self, now_ms: int) -> Mapping[tuple[str, str], int]:
        """Return until when it takes none for each pixel, where that is not over."""
        asked = select(closed_pixel).where(closed_pixel.c.until_ms > now_ms)
        with self._tables.reading() as connection:
            return {(row.workspace, row.code): row.until_ms for row in connection.execute(asked)}


def _rows(connection: Connection, scope: str, day: int) -> list[NotedRow]:
    of = (noted_request.c.scope == scope, noted_request.c.day == day)
    asked = select(noted_request.c.owner, noted_request.c.at_ms, noted_request.c.count).where(*of)
    return [NotedRow(*row) for row in connection.execute(asked.order_by(noted_request.c.id))]


def _forget(connection: Connection, scope: str, day: int, rows: list[NotedRow], now_ms: int) -> None:
    """Remove the notes of earlier days, and make one row of many old ones."""
    connection.execute(delete(noted_request).where(noted_request.c.scope == scope, noted_request.c.day < day))
    if len(rows) < _MOST_ROWS:
        return
    old = (noted_request.c.scope == scope, noted_request.c.day == day, noted_request.c.at_ms < now_ms - _APART_MS)
    count = connection.execute(select(func.sum(noted_request.c.count)).where(*old)).scalar()
    if count:
        connection.execute(delete(noted_request).where(*old))
        values = {"scope": scope, "day": day, "owner": "", "at_ms": 0, "count": count}
        connection.execute(insert(noted_request).values(**values))
