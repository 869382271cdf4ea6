"""What operators set up: pixels with their sealed tokens, and keys of which only a hash is kept."""

from twinbeam.core.errors import ConfigError, StorageDamaged
from twinbeam.core.story import KeyRow
from twinbeam.engines.sqlite_file import transaction
from twinbeam.engines.stores.sqlite.connection import Connection


class Setup:
    """Short transactions; safe beside a running writer."""

    def __init__(self, connection: Connection) -> None:
        self._ring = connection.ring
        self._db = connection.db
        self._day_keys = connection.keys

    def save_pixel(self, *, workspace: str, code: str, event_source: str, name: str, consent: str, now_ms: int) -> None:
        """Add a pixel or event set, or change its name and consent policy."""
        with transaction(self._db):
            self._db.execute(
                "INSERT INTO pixel (workspace, code, event_source, name, consent, created) VALUES (?,?,?,?,?,?) "
                "ON CONFLICT DO UPDATE SET name=excluded.name, consent=excluded.consent",
                (workspace, code, event_source, name, consent, now_ms),
            )

    def save_token(self, *, workspace: str, code: str, token: str, now_ms: int) -> None:
        """Keep a pixel's access token, sealed by the key ring; raises ConfigError for an unknown pixel."""
        sealed = self._ring.seal(token.encode(), _context(workspace, code))
        with transaction(self._db):
            changed = self._db.execute(
                "UPDATE pixel SET token=?, token_at=? WHERE workspace=? AND code=?", (sealed, now_ms, workspace, code)
            ).rowcount
        if not changed:
            raise ConfigError(f"There is no pixel {code}; add it first: twinbeam pixels add {code}")

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

    def opens(self) -> bool:
        """Tell whether the key ring opens what was sealed last in this store."""
        row = self._db.execute("SELECT day FROM day_key ORDER BY day DESC LIMIT 1").fetchone()
        try:
            return row is None or self._day_keys.has(row[0])
        except StorageDamaged:
            return False

    def add_key(self, key: KeyRow) -> None:
        """Keep a new key's hash and what it may do."""
        row = (key.hash, key.id, key.kind, key.workspace, key.source, " ".join(key.pixels), key.created_ms, None)
        with transaction(self._db):
            self._db.execute("INSERT INTO write_key VALUES (?,?,?,?,?,?,?,?)", row)

    def revoke_key(self, key_id: str, now_ms: int) -> bool:
        """Make a key invalid; False when there is no such valid key."""
        with transaction(self._db):
            sql = "UPDATE write_key SET revoked=? WHERE id=? AND revoked IS NULL"
            return bool(self._db.execute(sql, (now_ms, key_id)).rowcount)


def _context(workspace: str, code: str) -> bytes:
    """Bind a token to its pixel: a row copied onto another pixel does not open."""
    return f"token {workspace} {code}".encode()
