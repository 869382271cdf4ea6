"""What owners set up: pixels with their sealed tokens, keys of which only a hash is kept, and the audit."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

import msgspec

from twinbeam.admin.contract import Reused
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import DEFAULT_RULES, PixelRules, Route, WorkspaceRules
from twinbeam.core.story import Change, KeyRow
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite.auditing import add_changes
from twinbeam.engines.stores.sqlite.connection import StoreConnection

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
_encode = msgspec.json.Encoder(order="deterministic").encode
_VERSION = "SELECT (SELECT coalesce(max(id), 0) FROM audit), (SELECT coalesce(sum(until), 0) FROM confirming)"


class Setup:
    """See admin.contract.Administration for the promises. Short transactions; safe beside a running writer."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection
        self._ring = connection.ring
        self._db = connection.db
        self._day_keys = connection.keys

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all that is changed inside together, durably, or nothing of it."""
        return self._connection.transaction()

    def add_changes(self, changes: Iterable[Change]) -> None:
        """Add lines to the audit."""
        with self.transaction():
            add_changes(self._db, changes)

    def save_workspace(self, name: str, rules: WorkspaceRules) -> None:
        """Add a workspace, or change its rules."""
        sql = "INSERT INTO workspace VALUES (?,?) ON CONFLICT DO UPDATE SET rules=excluded.rules"
        with self.transaction():
            self._db.execute(sql, (name, _as_json(rules)))

    def add_shop(self, workspace: str, name: str, *, now_ms: int) -> None:
        """Add a shop to a workspace; one that was removed goes on under the ids it had."""
        sql = "INSERT INTO shop VALUES (?,?,?,NULL) ON CONFLICT DO UPDATE SET removed=NULL"
        with self.transaction():
            self._db.execute(sql, (workspace, name, now_ms))

    def remove_shop(self, workspace: str, name: str, *, now_ms: int) -> None:
        """Take a shop from the list; what it reported stays, and is found as before."""
        sql = "UPDATE shop SET removed=? WHERE workspace=? AND name=? AND removed IS NULL"
        with self.transaction():
            self._db.execute(sql, (now_ms, workspace, name))

    def save_pixel(
        self,
        *,
        workspace: str,
        code: str,
        event_source: str,
        name: str,
        now_ms: int,
        rules: PixelRules = DEFAULT_RULES,
    ) -> None:
        """Add a pixel or event set, or change its name and rules."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO pixel (workspace, code, event_source, name, rules, created) VALUES (?,?,?,?,?,?) "
                "ON CONFLICT DO UPDATE SET name=excluded.name, rules=excluded.rules",
                (workspace, code, event_source, name, _as_json(rules), now_ms),
            )
            self._db.execute("DELETE FROM removed_pixel WHERE workspace=? AND code=?", (workspace, code))

    def save_token(self, *, workspace: str, code: str, token: str, now_ms: int) -> None:
        """Keep the access token of a pixel that is there, sealed by the key ring."""
        sealed = self._ring.seal(token.encode(), token_context(workspace, code))
        sql = "UPDATE pixel SET token=?, token_at=? WHERE workspace=? AND code=?"
        with self.transaction():
            self._db.execute(sql, (sealed, now_ms, workspace, code))

    def remove_pixel(self, *, workspace: str, code: str, now_ms: int) -> None:
        """Take a pixel and its token away; the writer ends what waits for it (`removed_pixels`)."""
        with self.transaction():
            self._db.execute("DELETE FROM pixel WHERE workspace=? AND code=?", (workspace, code))
            self._db.execute("DELETE FROM stopped_pixel WHERE workspace=? AND code=?", (workspace, code))
            self._db.execute("DELETE FROM pixel_flow WHERE workspace=? AND code=?", (workspace, code))
            self._db.execute("INSERT OR REPLACE INTO removed_pixel VALUES (?,?,?)", (workspace, code, now_ms))

    def stop_pixel(self, *, workspace: str, code: str, why: str, who: str, now_ms: int) -> None:
        """Let nothing be sent to a pixel until it is started; one that is stopped stays as it was."""
        sql = "INSERT OR IGNORE INTO stopped_pixel VALUES (?,?,?,?,?)"
        with self.transaction():
            self._db.execute(sql, (workspace, code, now_ms, who, why))

    def start_pixel(self, *, workspace: str, code: str) -> None:
        """Let what waits for a stopped pixel be sent, and all that comes."""
        with self.transaction():
            self._db.execute("DELETE FROM stopped_pixel WHERE workspace=? AND code=?", (workspace, code))

    def add_key(self, key: KeyRow) -> None:
        """Keep a new key's hash and what it may do."""
        routes = _as_json(key.routes)
        row = (key.hash, key.id, key.kind, key.workspace, key.source, routes, key.created_ms, None, key.shop)
        with self.transaction():
            self._db.execute("INSERT INTO write_key VALUES (?,?,?,?,?,?,?,?,?)", row)

    def save_routes(self, key_id: str, routes: Sequence[Route]) -> None:
        """Change where the events of a key go."""
        with self.transaction():
            self._db.execute("UPDATE write_key SET routes=? WHERE id=?", (_as_json(routes), key_id))

    def revoke_key(self, key_id: str, now_ms: int) -> None:
        """Make a key invalid; one that was revoked before stays as it was."""
        with self.transaction():
            self._db.execute("UPDATE write_key SET revoked=? WHERE id=? AND revoked IS NULL", (now_ms, key_id))

    def ask_release(self, *, workspace: str, order_id: str, now_ms: int) -> list[Reused]:
        """Ask the writer to let go what is held because this order's number was used before (`release_asked`)."""
        with self.transaction():
            found = self._db.execute(_REUSED, (workspace, order_id, Reason.ORDER_REUSED)).fetchall()
            self._db.executemany(
                "INSERT OR IGNORE INTO release_request VALUES (?,?)", [(id_, now_ms) for id_, _ in found]
            )
        return [Reused(id_, event_id) for id_, event_id in found]

    def removed_pixels(self, *, since_ms: int) -> list[tuple[str, str]]:
        """List the pixels that were removed since a moment, by workspace and code."""
        sql = "SELECT workspace, code FROM removed_pixel WHERE at >= ? ORDER BY workspace, code"
        with translated():
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
        with translated():
            rows = self._db.execute("SELECT workspace, code, token FROM pixel WHERE token IS NOT NULL").fetchall()
        opened = {(workspace, code): self._token(workspace, code, sealed) for workspace, code, sealed in rows}
        return {pixel: token for pixel, token in opened.items() if token is not None}

    def _token(self, workspace: str, code: str, sealed: bytes) -> str | None:
        try:
            return self._ring.open_sealed(sealed, token_context(workspace, code)).decode()
        except StorageDamaged:
            return None

    def settings_version(self) -> tuple[int, int]:
        """
        Return how far pixels, tokens, keys, sources and workspaces have changed: a different pair after each change.

        Each change of theirs has a line in the audit, but for the time until which a server's word is awaited.
        """
        with translated():
            newest, awaited = self._db.execute(_VERSION).fetchone()
        return newest, awaited

    def opens(self) -> bool:
        """Return whether the key ring opens what was sealed last in this store."""
        row = self._db.execute("SELECT day FROM day_key ORDER BY day DESC LIMIT 1").fetchone()
        try:
            return row is None or self._day_keys.has(row[0])
        except StorageDamaged:
            return False


def _as_json(value: object) -> str:
    """Write a value as JSON; of rules and routes, only what is not as by default."""
    return _encode(value).decode()


def token_context(workspace: str, code: str) -> bytes:
    """Bind a token to its pixel: a row copied onto another pixel does not open."""
    return f"token {workspace} {code}".encode()
