"""Dead letters that were asked to be sent again, and how far each resend is."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Integer, Table, Text, delete, insert, select, update

from twinbeam.core.dead_letters import Resend
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.schema import MS, metadata

resend = Table(
    "resend",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("workspace", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at_ms", MS, nullable=False),
    Column("count", MS, nullable=False),
    Column("upto", MS, nullable=False),
    Column("place", MS, nullable=False),
    Column("sent", MS, nullable=False),
    Column("left", Text, nullable=False),
    Column("finished_ms", MS),
    sqlite_strict=True,
)


class ResendTable:
    """See admin.dead_letter_contract.ResendLog for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, run: Resend) -> Resend:
        """Keep a new resend; returns it with its number."""
        values = {
            "workspace": run.asked.workspace,
            "asked": _text(run.asked),
            "who": run.who,
            "at_ms": run.at_ms,
            "count": run.count,
            "upto": run.upto,
            "place": run.place,
            "sent": run.sent,
            "left": _text(run.left),
        }
        with self._tables.transaction() as connection:
            (number,) = connection.execute(insert(resend).values(**values)).inserted_primary_key or (0,)
        return msgspec.structs.replace(run, id=int(number))

    def unfinished(self) -> Resend | None:
        """Return the oldest resend that is not carried out."""
        asked = select(resend).where(resend.c.finished_ms.is_(None)).order_by(resend.c.id).limit(1)
        with self._tables.reading() as connection:
            row = connection.execute(asked).mappings().one_or_none()
        return None if row is None else _read(row)

    def newest(self, workspaces: Sequence[str], *, limit: int) -> list[Resend]:
        """Return the newest resends of some workspaces."""
        asked = select(resend).where(resend.c.workspace.in_(workspaces)).order_by(resend.c.id.desc()).limit(limit)
        with self._tables.reading() as connection:
            return [_read(row) for row in connection.execute(asked).mappings()]

    def note(self, run: Resend) -> None:
        """Note how far a resend is carried out."""
        far = {"place": run.place, "sent": run.sent, "left": _text(run.left), "finished_ms": run.finished_ms}
        with self._tables.transaction() as connection:
            connection.execute(update(resend).where(resend.c.id == run.id).values(**far))

    def forget_done(self, before_ms: int) -> None:
        """Remove what was asked for before a moment, and is carried out."""
        over = (resend.c.at_ms < before_ms, resend.c.finished_ms.is_not(None))
        with self._tables.transaction() as connection:
            connection.execute(delete(resend).where(*over))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _read(row: Mapping[Any, Any]) -> Resend:
    fields = {str(name): value for name, value in row.items()}  # SQLAlchemy's names are of a type of its own
    del fields["workspace"]
    asked, left = (msgspec.json.decode(fields.pop(name)) for name in ("asked", "left"))
    return msgspec.convert(fields | {"asked": asked, "left": left}, Resend)
