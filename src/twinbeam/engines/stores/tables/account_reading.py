"""Reading what is known of connected accounts, without opening anything that is sealed."""

from typing import Any

import msgspec
from sqlalchemy import RowMapping, func, select

from twinbeam.core.accounts import (
    Advertiser,
    ConnectedAccount,
    EventStat,
    ImportedPixel,
    ImportRun,
    PixelProfile,
    PixelSeen,
    WeekStat,
)
from twinbeam.engines.stores.tables import account_schema as its
from twinbeam.engines.stores.tables.database import Tables

#: Columns of a connection that do not stand in a value.
SEALED = ("secret", "token")


class AccountReader:
    """See admin.account_contract.AccountReads for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def app_id(self) -> str:
        """Return the id of the app that was saved here; "" where none was."""
        with self._tables.reading() as link:
            return link.scalars(select(its.developer_app.c.id)).first() or ""

    def connections(self) -> list[ConnectedAccount]:
        """Return all connections, the oldest first."""
        with self._tables.reading() as link:
            rows = link.execute(select(its.connection).order_by(its.connection.c.connected_ms, its.connection.c.id))
            return [_as_connection(row) for row in rows.mappings()]

    def advertisers(self, connection: str) -> list[Advertiser]:
        """Return the ad accounts of a connection, by their names."""
        table = its.advertiser
        query = select(table).where(table.c.connection == connection).order_by(table.c.name, table.c.id)
        with self._tables.reading() as link:
            return [_as_advertiser(row) for row in link.execute(query).mappings()]

    def undone(self, connection: str, run: int) -> list[str]:
        """Return the chosen ad accounts that an import has not done yet."""
        table = its.advertiser
        mine = (table.c.connection == connection) & (table.c.chosen == 1) & table.c.gone_since_ms.is_(None)
        left = table.c.run.is_(None) | (table.c.run != run)
        with self._tables.reading() as link:
            return list(link.scalars(select(table.c.id).where(mine & left).order_by(table.c.id)))

    def imported_pixels(self, connection: str, advertiser: str | None = None) -> list[ImportedPixel]:
        """Return the pixels of a connection, or of one of its ad accounts, by their codes."""
        table = its.imported_pixel
        mine = table.c.connection == connection
        if advertiser is not None:
            mine &= table.c.advertiser == advertiser
        with self._tables.reading() as link:
            rows = link.execute(select(table).where(mine).order_by(table.c.advertiser, table.c.code)).mappings()
            return [_as_pixel(row) for row in rows]

    def stats(self, connection: str, *, since_day: int) -> list[EventStat]:
        """Return the counts of a connection's pixels from a UTC day on."""
        table = its.event_stat
        mine = (table.c.connection == connection) & (table.c.day >= since_day)
        with self._tables.reading() as link:
            rows = link.execute(select(table).where(mine).order_by(table.c.pixel_id, table.c.day, table.c.event))
            return [EventStat(**row) for row in rows.mappings()]

    def week_stats(self, connection: str, *, since_day: int) -> list[WeekStat]:
        """Return the counts of a connection's pixels from a UTC day on, added up over the days."""
        it = its.event_stat.c
        sums = (func.sum(it.browser), func.sum(it.server), func.max(it.read_ms))
        query = select(it.pixel_id, it.event, *sums).where((it.connection == connection) & (it.day >= since_day))
        with self._tables.reading() as link:
            return [WeekStat(*row) for row in link.execute(query.group_by(it.pixel_id, it.event))]

    def run(self, connection: str) -> ImportRun | None:
        """Return the newest import of a connection."""
        query = select(its.import_run).where(its.import_run.c.connection == connection)
        with self._tables.reading() as link:
            row = link.execute(query).mappings().first()
        return ImportRun(**row) if row else None

    def all_profiles(self) -> dict[tuple[str, str], PixelProfile]:
        """Return what is said of all pixels, by workspace and code."""
        it = its.pixel_profile.c
        named = [it[name] for name in PixelProfile.__struct_fields__]
        with self._tables.reading() as link:
            rows = link.execute(select(it.workspace, it.code, *named))
            return {(workspace, code): PixelProfile(*said) for workspace, code, *said in rows}

    def profiles(self, workspace: str) -> dict[str, PixelProfile]:
        """Return what is said of the pixels of a workspace, by their codes."""
        table = its.pixel_profile
        with self._tables.reading() as link:
            rows = link.execute(select(table).where(table.c.workspace == workspace)).mappings().all()
        return {row["code"]: PixelProfile(**_without(row, "workspace", "code")) for row in rows}


def _as_connection(row: RowMapping) -> ConnectedAccount:
    scopes = tuple(msgspec.json.decode(row["scopes"], type=list[str]))
    return ConnectedAccount(**_without(row, *SEALED, "scopes"), scopes=scopes)


def _as_advertiser(row: RowMapping) -> Advertiser:
    return Advertiser(**_without(row, "run", "chosen"), chosen=bool(row["chosen"]))


def _as_pixel(row: RowMapping) -> ImportedPixel:
    seen = msgspec.json.decode(row["seen"], type=PixelSeen)
    return ImportedPixel(**_without(row, "code", "pixel_id", "seen"), seen=seen)


def _without(row: RowMapping, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}
