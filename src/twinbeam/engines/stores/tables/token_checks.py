"""TikTok's newest word on the access token of each pixel; never the token."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Column, Integer, Table, Text, delete, insert, select

from twinbeam.admin.token_record import TokenCheck
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.schema import MS, metadata

token_check = Table(
    "token_check",
    metadata,
    Column("workspace", Text, primary_key=True),
    Column("pixel", Text, primary_key=True),
    Column("at_ms", MS, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("code", Integer),
    Column("message", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("proven", Integer, nullable=False),
    Column("failing_since_ms", MS),
    sqlite_strict=True,
)


class TokenCheckTable:
    """See admin.token_record.TokenChecks for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def find(self, workspace: str, pixel: str) -> TokenCheck | None:
        """Return what is known of a pixel's token, or None where it was never tried."""
        with self._tables.reading() as connection:
            row = connection.execute(select(token_check).where(_of(workspace, pixel))).mappings().one_or_none()
        return None if row is None else _check(row)

    def all(self) -> list[TokenCheck]:
        """Return what is known of all tokens."""
        order = (token_check.c.workspace, token_check.c.pixel)
        with self._tables.reading() as connection:
            return [_check(row) for row in connection.execute(select(token_check).order_by(*order)).mappings()]

    def save(self, check: TokenCheck) -> None:
        """Write down the newest word; it replaces the one before."""
        row = msgspec.structs.asdict(check) | {"verdict": check.verdict.value, "proven": int(check.proven)}
        with self._tables.transaction() as connection:
            connection.execute(delete(token_check).where(_of(check.workspace, check.pixel)))
            connection.execute(insert(token_check).values(**row))

    def forget(self, workspace: str, pixel: str) -> None:
        """Forget what was known of a pixel's token."""
        with self._tables.transaction() as connection:
            connection.execute(delete(token_check).where(_of(workspace, pixel)))


def _of(workspace: str, pixel: str) -> Any:
    return (token_check.c.workspace == workspace) & (token_check.c.pixel == pixel)


def _check(row: Mapping[Any, Any]) -> TokenCheck:
    fields = {str(name): value for name, value in row.items()}  # SQLAlchemy's names are of a type of its own
    return msgspec.convert(fields | {"proven": bool(fields["proven"])}, TokenCheck)
