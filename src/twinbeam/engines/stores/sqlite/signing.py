"""Sources that sign what they send: their routes, and one or two secrets, sealed by the key ring."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import msgspec

from twinbeam.core.rules import DEFAULT_SOURCE, Route, SourceRules
from twinbeam.core.story import SourceRow
from twinbeam.engines.signing import seal_secret
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.pipeline.accept.directory import WEBHOOK

#: `order_source` is kept by SQLAlchemy; it lies in the same file, and is asked for at each look at the settings.
_ALL = (
    "SELECT signed_source.name, workspace, shop, routes, secret, older_secret, created, rotated, dialect, rules "
    "FROM signed_source LEFT JOIN order_source ON order_source.name = signed_source.name ORDER BY signed_source.name"
)
_SPEAKS = (
    "INSERT INTO order_source VALUES (?,?,?) ON CONFLICT DO UPDATE SET dialect=excluded.dialect, rules=excluded.rules"
)


class SignedSources:
    """See admin.contract.Administration for the promises. Short transactions; safe beside a running writer."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._ring = connection.ring
        self._db = connection.db

    def signed_sources(self) -> list[SourceRow]:
        """Return the sources by their names; their secrets are sealed."""
        with translated():
            return [_as_row(row) for row in self._db.execute(_ALL).fetchall()]

    def add_source(self, source: SourceRow, secret: bytes) -> None:
        """Keep a new source, its secret sealed."""
        routes, sealed = _as_json(source.routes), seal_secret(self._ring, source.name, secret)
        row = (source.name, source.workspace, source.shop, routes, sealed, None, source.created_ms, None)
        with self._connection.transaction():
            self._change("INSERT INTO signed_source VALUES (?,?,?,?,?,?,?,?)", row)
            self._change(_SPEAKS, (source.name, source.dialect, _as_text(source.rules)))

    def save_source_rules(self, name: str, dialect: str, rules: SourceRules) -> None:
        """Change what was decided about the orders of a source."""
        self._change(_SPEAKS, (name, dialect, _as_text(rules)))

    def save_source_routes(self, name: str, routes: Sequence[Route]) -> None:
        """Change where the events of a source go."""
        self._change("UPDATE signed_source SET routes=? WHERE name=?", (_as_json(routes), name))

    def rotate_source(self, name: str, secret: bytes, *, now_ms: int) -> None:
        """Let a new secret count beside the newest one."""
        sql = "UPDATE signed_source SET older_secret=secret, secret=?, rotated=? WHERE name=?"
        self._change(sql, (seal_secret(self._ring, name, secret), now_ms, name))

    def retire_secret(self, name: str) -> None:
        """Let the newest secret of a source alone count."""
        self._change("UPDATE signed_source SET older_secret=NULL WHERE name=?", (name,))

    def remove_source(self, name: str) -> None:
        """Take a source away."""
        with self._connection.transaction():
            self._change("DELETE FROM signed_source WHERE name=?", (name,))
            self._change("DELETE FROM order_source WHERE name=?", (name,))

    def _change(self, sql: str, values: Sequence[Any]) -> None:
        with self._connection.transaction():
            self._db.execute(sql, values)


def _as_json(routes: Sequence[Route]) -> str:
    return msgspec.json.encode(routes, order="deterministic").decode()


def _as_text(rules: SourceRules) -> str:
    return msgspec.json.encode(rules).decode()


def _as_row(row: tuple[Any, ...]) -> SourceRow:
    name, workspace, shop, routes, secret, older, created_ms, rotated_ms, dialect, rules = row
    secrets = tuple(b64encode(sealed).decode() for sealed in (secret, older) if sealed is not None)
    return SourceRow(
        name,
        workspace,
        shop,
        msgspec.json.decode(routes, type=list[Route]),
        secrets,
        created_ms,
        rotated_ms,
        dialect or WEBHOOK,
        msgspec.json.decode(rules, type=SourceRules) if rules else DEFAULT_SOURCE,
    )
