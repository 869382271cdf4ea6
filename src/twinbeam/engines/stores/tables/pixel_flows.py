"""Pixels that are paused or drained."""

import msgspec
from sqlalchemy import Column, Table, Text, delete, insert, select

from twinbeam.core.story import Flow
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.schema import MS, metadata

pixel_flow = Table(
    "pixel_flow",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("since_ms", MS, nullable=False),
    Column("who", Text, nullable=False),
    sqlite_strict=True,
)


class PixelFlowTable:
    """See admin.contract.Administration for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def all(self) -> dict[tuple[str, str], Flow]:
        """Return every pause and drain, by workspace and code."""
        asked = select(*(pixel_flow.c[name] for name in ("workspace", "code", "mode", "since_ms", "who")))
        with self._tables.reading() as connection:
            rows = connection.execute(asked).all()
        return {(row.workspace, row.code): _flow(row.mode, row.since_ms, row.who) for row in rows}

    def save(self, workspace: str, code: str, flow: Flow | None) -> None:
        """Pause or drain a pixel; None lets it go on."""
        of = (pixel_flow.c.workspace == workspace, pixel_flow.c.code == code)
        with self._tables.transaction() as connection:
            connection.execute(delete(pixel_flow).where(*of))
            if flow is not None:
                values = {"mode": flow.mode, "since_ms": flow.since_ms, "who": flow.who}
                connection.execute(insert(pixel_flow).values(workspace=workspace, code=code, **values))


def _flow(mode: str, since_ms: int, who: str) -> Flow:
    return msgspec.convert({"mode": mode, "since_ms": since_ms, "who": who}, Flow)
