"""Sources that sign what they send: their routes, and one or two secrets, sealed by the key ring."""

import sqlite3
from base64 import b64encode
from typing import Any

import msgspec
from msgspec.structs import replace

from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import Route
from twinbeam.core.story import Change, SourceRow
from twinbeam.engines.signing import seal_secret
from twinbeam.engines.stores.sqlite.auditing import add_changes
from twinbeam.engines.stores.sqlite.connection import Connection
from twinbeam.engines.stores.sqlite.differences import as_json

_ALL = "SELECT name, workspace, shop, routes, secret, older_secret, created, rotated FROM signed_source ORDER BY name"


class SignedSources:
    """Short transactions; safe beside a running writer. `who` is the account that makes a change, for the audit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ring = connection.ring
        self._db = connection.db

    def signed_sources(self) -> list[SourceRow]:
        """List the sources by their names; their secrets are sealed."""
        return _all(self._db)

    def add_source(self, source: SourceRow, secret: bytes, *, who: str = "") -> None:
        """Keep a new source; raises ConfigError where one has this name."""
        routes, sealed = as_json(source.routes), seal_secret(self._ring, source.name, secret)
        row = (source.name, source.workspace, source.shop, routes, sealed, None, source.created_ms, None)
        shop = f" of shop {source.shop}" if source.shop else ""
        with self._connection.transaction():
            if _known(self._db, source.name):
                raise ConfigError(f"There is a source {source.name} already; choose another name.")
            self._db.execute("INSERT INTO signed_source VALUES (?,?,?,?,?,?,?,?)", row)
            _audit(self._db, source.created_ms, who, source.name, "", f"made for {source.workspace}{shop}: {routes}")

    def rotate_source(self, name: str, secret: bytes, *, now_ms: int, who: str = "") -> None:
        """Let a new secret count beside the one before; raises ConfigError where two count already."""
        sealed = seal_secret(self._ring, name, secret)
        with self._connection.transaction():
            if _existing(self._db, name).secrets[1:]:
                raise ConfigError(
                    f"Source {name} has two secrets already; end the older one first: twinbeam sources retire {name}"
                )
            sql = "UPDATE signed_source SET older_secret=secret, secret=?, rotated=? WHERE name=?"
            self._db.execute(sql, (sealed, now_ms, name))
            _audit(self._db, now_ms, who, name, "one secret", "a new secret beside it")

    def retire_secret(self, name: str, *, now_ms: int, who: str = "") -> None:
        """Let the newest secret alone count; raises ConfigError where there is one only."""
        with self._connection.transaction():
            if not _existing(self._db, name).secrets[1:]:
                raise ConfigError(
                    f"Source {name} has one secret only; make another first: twinbeam sources rotate {name}"
                )
            self._db.execute("UPDATE signed_source SET older_secret=NULL WHERE name=?", (name,))
            _audit(self._db, now_ms, who, name, "two secrets", "the older one ended")

    def remove_source(self, name: str, *, now_ms: int, who: str = "") -> None:
        """Take a source away; raises ConfigError for an unknown one."""
        with self._connection.transaction():
            _existing(self._db, name)
            self._db.execute("DELETE FROM signed_source WHERE name=?", (name,))
            _audit(self._db, now_ms, who, name, "valid", "removed")


def drop_routes(db: sqlite3.Connection, workspace: str, code: str, now_ms: int, who: str) -> list[SourceRow]:
    """
    Take the routes to a pixel from the sources of a workspace; one that led nowhere else goes, as a key is revoked.

    Returns the sources as they are from now on. Call inside the transaction that removes the pixel.
    """
    changed: list[SourceRow] = []
    for source in _all(db):
        routes = [route for route in source.routes if route.pixel != code]
        if source.workspace != workspace or len(routes) == len(source.routes):
            continue
        if routes:
            db.execute("UPDATE signed_source SET routes=? WHERE name=?", (as_json(routes), source.name))
            after = as_json(routes)
        else:
            db.execute("DELETE FROM signed_source WHERE name=?", (source.name,))
            after = f"removed: it led to pixel {code} alone"
        _audit(db, now_ms, who, source.name, as_json(source.routes), after)
        changed.append(replace(source, routes=routes))
    return changed


def _all(db: sqlite3.Connection) -> list[SourceRow]:
    return [_as_row(row) for row in db.execute(_ALL).fetchall()]


def _known(db: sqlite3.Connection, name: str) -> SourceRow | None:
    return next((row for row in _all(db) if row.name == name), None)


def _existing(db: sqlite3.Connection, name: str) -> SourceRow:
    found = _known(db, name)
    if found is None:
        raise ConfigError(f"There is no source {name}; see: twinbeam sources list")
    return found


def _audit(db: sqlite3.Connection, now_ms: int, who: str, name: str, before: str, after: str) -> None:
    add_changes(db, [Change(now_ms, who, f"source {name}", before, after)])


def _as_row(row: tuple[Any, ...]) -> SourceRow:
    name, workspace, shop, routes, secret, older, created_ms, rotated_ms = row
    secrets = tuple(b64encode(sealed).decode() for sealed in (secret, older) if sealed is not None)
    return SourceRow(
        name, workspace, shop, msgspec.json.decode(routes, type=list[Route]), secrets, created_ms, rotated_ms
    )
