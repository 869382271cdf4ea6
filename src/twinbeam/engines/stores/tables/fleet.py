"""The last week of every pixel, added up for the pages by a job (jobs/pixel_weeks.py)."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Column, LargeBinary, Table, Text, delete, insert, select

from twinbeam.core.fleet import PixelWeek
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.schema import MS, metadata

#: One row a pixel: what it adds up is read as a whole, and no part of it is ever asked for.
pixel_week = Table(
    "pixel_week",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("at_ms", MS, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_strict=True,
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(PixelWeek).decode


class PixelWeekTable:
    """Keeps what a job added up, and gives it to the pages."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def keep(self, weeks: Sequence[PixelWeek]) -> None:
        """Keep these, and forget all others."""
        rows = [
            {"workspace": week.workspace, "pixel": week.pixel, "at_ms": week.at_ms, "body": _encode(week)}
            for week in weeks
        ]
        with self._tables.transaction() as connection:
            connection.execute(delete(pixel_week))
            if rows:
                connection.execute(insert(pixel_week), rows)

    def weeks(self) -> list[PixelWeek]:
        """Return what was kept last, by workspace and pixel."""
        with self._tables.reading() as connection:
            query = select(pixel_week.c.body).order_by(pixel_week.c.workspace, pixel_week.c.pixel)
            return [_decode(body) for (body,) in connection.execute(query)]
