"""What operators set up: pixels with their sealed tokens, keys of which only a hash is kept, and who changed what."""

from typing import Any

import msgspec
from msgspec import Struct

from twinbeam.core.errors import ConfigError, StorageDamaged
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import DEFAULT_RULES, PixelRules, Route, WorkspaceRules
from twinbeam.core.story import Change, KeyRow
from twinbeam.engines.stores.sqlite.auditing import add_changes
from twinbeam.engines.stores.sqlite.connection import Connection
from twinbeam.engines.stores.sqlite.differences import as_json, differences

_REUSED = (
    "SELECT conversion.id, event_id FROM held JOIN conversion USING (id) "
    "WHERE workspace=? AND order_id=? AND reason=? ORDER BY conversion.id"
)
_HELD_FOR = (
    "SELECT count(*) FROM held JOIN conversion ON conversion.id = held.id "
    "WHERE conversion.workspace = ? AND conversion.pixel = ?"
)
_READY_FOR = (
    "SELECT count(*) FROM lane JOIN ready ON ready.lane = lane.id WHERE lane.workspace = ? AND lane.source_id = ?"
)

_VERSION = "SELECT (SELECT coalesce(max(id), 0) FROM audit), (SELECT coalesce(sum(until), 0) FROM confirming)"


class Removed(Struct, frozen=True):
    """What the removal of a pixel did to keys, by their ids."""

    changed: list[str]
    revoked: list[str]


class Setup:
    """Short transactions; safe beside a running writer. `who` is the account that makes a change, for the audit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ring = connection.ring
        self._db = connection.db
        self._day_keys = connection.keys

    def save_pixel(  # noqa: PLR0913 -- one for each column
        self,
        *,
        workspace: str,
        code: str,
        event_source: str,
        name: str,
        now_ms: int,
        rules: PixelRules = DEFAULT_RULES,
        who: str = "",
    ) -> None:
        """Add a pixel or event set, or change its name and rules."""
        wanted = as_json(rules)
        with self._connection.transaction():
            known = self._one("SELECT name, rules FROM pixel WHERE workspace=? AND code=?", (workspace, code))
            self._db.execute(
                "INSERT INTO pixel (workspace, code, event_source, name, rules, created) VALUES (?,?,?,?,?,?) "
                "ON CONFLICT DO UPDATE SET name=excluded.name, rules=excluded.rules",
                (workspace, code, event_source, name, wanted, now_ms),
            )
            self._db.execute("DELETE FROM removed_pixel WHERE workspace=? AND code=?", (workspace, code))
            if known is None or known[0] != name:
                self._audit(now_ms, who, f"pixel {workspace}/{code}", known[0] if known else "", name)
            self._audit_rules(now_ms, who, f"pixel {workspace}/{code}", known[1] if known else "{}", wanted)

    def save_workspace(self, name: str, rules: WorkspaceRules, *, now_ms: int, who: str = "") -> None:
        """Add a workspace, or change its rules."""
        wanted = as_json(rules)
        with self._connection.transaction():
            known = self._one("SELECT rules FROM workspace WHERE name=?", (name,))
            self._db.execute(
                "INSERT INTO workspace VALUES (?,?) ON CONFLICT DO UPDATE SET rules=excluded.rules", (name, wanted)
            )
            if known is None:
                self._audit(now_ms, who, f"workspace {name}", "", "added")
            self._audit_rules(now_ms, who, f"workspace {name}", known[0] if known else "{}", wanted)

    def save_token(self, *, workspace: str, code: str, token: str, now_ms: int, who: str = "") -> None:
        """Keep a pixel's access token, sealed by the key ring; raises ConfigError for an unknown pixel."""
        sealed = self._ring.seal(token.encode(), _context(workspace, code))
        with self._connection.transaction():
            known = self._one("SELECT token IS NOT NULL FROM pixel WHERE workspace=? AND code=?", (workspace, code))
            if known is None:
                raise ConfigError(f"There is no pixel {code}; add it first: twinbeam pixels add {code}")
            self._db.execute(
                "UPDATE pixel SET token=?, token_at=? WHERE workspace=? AND code=?", (sealed, now_ms, workspace, code)
            )
            before = "another one" if known[0] else ""
            self._audit(now_ms, who, f"pixel {workspace}/{code} token", before, "saved")

    def remove_pixel(self, *, workspace: str, code: str, now_ms: int, who: str = "") -> Removed:
        """
        Take a pixel away, its token and its routes with it; a write key that leads nowhere from then on is revoked.

        The writer ends what waits for it (`removed_pixels`). Raises ConfigError for an unknown pixel.
        """
        with self._connection.transaction():
            known = self._one("SELECT name FROM pixel WHERE workspace=? AND code=?", (workspace, code))
            if known is None:
                raise ConfigError(f"There is no pixel {code}.")
            self._db.execute("DELETE FROM pixel WHERE workspace=? AND code=?", (workspace, code))
            self._db.execute("DELETE FROM stopped_pixel WHERE workspace=? AND code=?", (workspace, code))
            self._db.execute("INSERT OR REPLACE INTO removed_pixel VALUES (?,?,?)", (workspace, code, now_ms))
            self._audit(now_ms, who, f"pixel {workspace}/{code}", known[0], "removed")
            return self._without_routes_to(workspace, code, now_ms, who)

    def stop_pixel(self, *, workspace: str, code: str, why: str, now_ms: int, who: str = "") -> bool:
        """
        Let nothing be sent to a pixel until it is started; False where it is stopped already, which stays as it was.

        Raises ConfigError for an unknown pixel.
        """
        with self._connection.transaction():
            if self._one("SELECT 1 FROM pixel WHERE workspace=? AND code=?", (workspace, code)) is None:
                raise ConfigError(f"There is no pixel {code}.")
            sql = "INSERT OR IGNORE INTO stopped_pixel VALUES (?,?,?,?,?)"
            stopped = bool(self._db.execute(sql, (workspace, code, now_ms, who, why)).rowcount)
            if stopped:
                after = f"stopped: {why}" if why else "stopped"
                self._audit(now_ms, who, f"pixel {workspace}/{code}", "started", after)
        return stopped

    def start_pixel(self, *, workspace: str, code: str, now_ms: int, who: str = "") -> bool:
        """Let what waits for a stopped pixel be sent, and all that comes; False where it is not stopped."""
        with self._connection.transaction():
            sql = "DELETE FROM stopped_pixel WHERE workspace=? AND code=?"
            started = bool(self._db.execute(sql, (workspace, code)).rowcount)
            if started:
                self._audit(now_ms, who, f"pixel {workspace}/{code}", "stopped", "started")
        return started

    def _without_routes_to(self, workspace: str, code: str, now_ms: int, who: str) -> Removed:
        sql = "SELECT id, kind, routes FROM write_key WHERE workspace=? AND revoked IS NULL ORDER BY id"
        removed = Removed([], [])
        for key_id, kind, written in self._db.execute(sql, (workspace,)).fetchall():
            before = msgspec.json.decode(written, type=list[Route])
            routes = [route for route in before if route.pixel != code]
            if len(routes) == len(before):
                continue
            if routes or kind == "read":
                after = as_json(routes)
                self._db.execute("UPDATE write_key SET routes=? WHERE id=?", (after, key_id))
                self._audit(now_ms, who, f"key {key_id}", written, after)
                removed.changed.append(key_id)
            else:
                self._db.execute("UPDATE write_key SET revoked=? WHERE id=?", (now_ms, key_id))
                self._audit(now_ms, who, f"key {key_id}", "valid", f"revoked: it led to pixel {code} alone")
                removed.revoked.append(key_id)
        return removed

    def ask_release(self, *, workspace: str, order_id: str, now_ms: int, who: str = "") -> list[str]:
        """
        Wish that what is held as a second use of an order's number is sent; give the event ids.

        The writer lets them go (`release_asked`).
        """
        with self._connection.transaction():
            found = self._db.execute(_REUSED, (workspace, order_id, Reason.ORDER_REUSED)).fetchall()
            self._db.executemany("INSERT OR IGNORE INTO release VALUES (?,?)", [(id_, now_ms) for id_, _ in found])
            for id_, event_id in found:
                self._audit(now_ms, who, f"conversion {id_} ({workspace}, event_id {event_id})", "held", "released")
        return [event_id for _, event_id in found]

    def removed_pixels(self, *, since_ms: int) -> list[tuple[str, str]]:
        """List the pixels that were removed since a moment, by workspace and code."""
        sql = "SELECT workspace, code FROM removed_pixel WHERE at >= ? ORDER BY workspace, code"
        return self._db.execute(sql, (since_ms,)).fetchall()

    def unsent_of(self, workspace: str, code: str) -> tuple[int, int]:
        """Count what is held, and what waits to be sent, for a pixel."""
        held = self._db.execute(_HELD_FOR, (workspace, code)).fetchone()[0]
        ready = self._db.execute(_READY_FOR, (workspace, code)).fetchone()[0]
        return held, ready

    def tokens(self) -> dict[tuple[str, str], str]:
        """
        Open every saved token, by workspace and pixel code, for the client that sends with them.

        One that cannot be opened is left out, as if it had not been saved: its pixel waits, the others go on.
        """
        rows = self._db.execute("SELECT workspace, code, token FROM pixel WHERE token IS NOT NULL").fetchall()
        opened = {(workspace, code): self._token(workspace, code, sealed) for workspace, code, sealed in rows}
        return {pixel: token for pixel, token in opened.items() if token is not None}

    def _token(self, workspace: str, code: str, sealed: bytes) -> str | None:
        try:
            return self._ring.open_sealed(sealed, _context(workspace, code)).decode()
        except StorageDamaged:
            return None

    def settings_version(self) -> tuple[int, int]:
        """
        Tell how far pixels, tokens, keys and workspaces have changed; another one after each change.

        Each change of theirs has a line in the audit, but for the time until which a server's word is awaited.
        """
        newest, awaited = self._db.execute(_VERSION).fetchone()
        return newest, awaited

    def opens(self) -> bool:
        """Tell whether the key ring opens what was sealed last in this store."""
        row = self._db.execute("SELECT day FROM day_key ORDER BY day DESC LIMIT 1").fetchone()
        try:
            return row is None or self._day_keys.has(row[0])
        except StorageDamaged:
            return False

    def add_key(self, key: KeyRow, *, who: str = "") -> None:
        """Keep a new key's hash and what it may do."""
        routes = as_json(key.routes)
        row = (key.hash, key.id, key.kind, key.workspace, key.source, routes, key.created_ms, None, key.shop)
        shop = f" of shop {key.shop}" if key.shop else ""
        with self._connection.transaction():
            self._db.execute("INSERT INTO write_key VALUES (?,?,?,?,?,?,?,?,?)", row)
            self._audit(key.created_ms, who, f"key {key.id}", "", f"{key.kind} for {key.source}{shop}: {routes}")

    def revoke_key(self, key_id: str, now_ms: int, *, workspace: str | None = None, who: str = "") -> bool:
        """Make a key invalid; False when there is no such valid key, in this workspace if one is named."""
        with self._connection.transaction():
            sql = "UPDATE write_key SET revoked=? WHERE id=? AND revoked IS NULL AND workspace=coalesce(?, workspace)"
            revoked = bool(self._db.execute(sql, (now_ms, key_id, workspace)).rowcount)
            if revoked:
                self._audit(now_ms, who, f"key {key_id}", "valid", "revoked")
        return revoked

    def add_shop(self, workspace: str, name: str, *, now_ms: int, who: str = "") -> None:
        """Add a shop to a workspace; one that was removed goes on under the ids it had."""
        with self._connection.transaction():
            self._db.execute(
                "INSERT INTO shop VALUES (?,?,?,NULL) ON CONFLICT DO UPDATE SET removed=NULL", (workspace, name, now_ms)
            )
            self._audit(now_ms, who, f"shop {workspace}/{name}", "", "added")

    def remove_shop(self, workspace: str, name: str, *, now_ms: int, who: str = "") -> None:
        """Take a shop from the list; what it reported stays, and is found as before."""
        with self._connection.transaction():
            sql = "UPDATE shop SET removed=? WHERE workspace=? AND name=? AND removed IS NULL"
            if self._db.execute(sql, (now_ms, workspace, name)).rowcount:
                self._audit(now_ms, who, f"shop {workspace}/{name}", "added", "removed")

    def note(self, what: str, before: str, after: str, *, now_ms: int, who: str = "") -> None:
        """Add a line to the audit about what an operator did with data; it never names whose."""
        with self._connection.transaction():
            self._audit(now_ms, who, what, before, after)

    def _audit_rules(self, now_ms: int, who: str, what: str, before: str, after: str) -> None:
        for name, old, new in differences(msgspec.json.decode(before), msgspec.json.decode(after)):
            self._audit(now_ms, who, f"{what} {name}", old, new)

    def _audit(self, now_ms: int, who: str, what: str, before: str, after: str) -> None:
        add_changes(self._db, [Change(now_ms, who, what, before, after)])

    def _one(self, sql: str, parameters: tuple[str, ...]) -> Any:
        return self._db.execute(sql, parameters).fetchone()


def _context(workspace: str, code: str) -> bytes:
    """Bind a token to its pixel: a row copied onto another pixel does not open."""
    return f"token {workspace} {code}".encode()
