"""What every part of the SQLite store works with: the connection, the day keys, lanes, and lists as parameters."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from twinbeam.core.clock import day_of
from twinbeam.core.delivery import Lane
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.values import Facts
from twinbeam.engines.compact import Compactor
from twinbeam.engines.keyring import DayKeys, KeyRing, NotOpenedHere
from twinbeam.engines.sqlite_file import transaction
from twinbeam.engines.stores.sqlite.checkpoints import Checkpoints
from twinbeam.engines.stores.sqlite.rows import decode_copies, decode_facts, encode_copies
from twinbeam.pipeline.record.conversion import Copy

if TYPE_CHECKING:
    from twinbeam.engines.stores.tables.database import Tables

#: One statement text per use: shorter lists are padded, so SQLite prepares it once.
_CHUNK = 256
#: Of the WAL for each row that is changed, measured while recording: 3.4 of them to a page of 4 kB.
_BYTES_A_CHANGE = 1_200

_NEW_LANE = "INSERT OR IGNORE INTO lane (workspace, event_source, source_id, test_code, enriches) VALUES (?,?,?,?,?)"
_LANE = "SELECT id FROM lane WHERE workspace=? AND event_source=? AND source_id=? AND test_code=? AND enriches=?"

LanePlace = tuple[str, str, str, str, bool]
"""(workspace, event source, source id, test code, enriches)"""


class StoreConnection:
    """A connection with the sealing, look-up and commit habits of the store; the writer's has checkpoints."""

    def __init__(self, db: sqlite3.Connection, ring: KeyRing, checkpoints: Checkpoints | None = None) -> None:
        self.db = db
        self.ring = ring
        self.keys = DayKeys(ring, load=self._load_key, save=self._save_key)
        self._checkpoints = checkpoints
        self._compactor = Compactor()
        self._lanes: dict[LanePlace, Lane] = {}
        self._newest_day: int | None = None
        self.scrub_due = True  #: something was destroyed whose bytes may still lie in the WAL

    @cached_property
    def tables(self) -> "Tables":
        """The tables that SQLAlchemy keeps; it is loaded only where they are asked for."""
        from twinbeam.engines.stores.tables.database import Tables  # noqa: PLC0415

        return Tables(self.db, self._note_commit)

    def _note_commit(self, changes: int) -> None:
        if self._checkpoints is not None:
            self._checkpoints.note_commit(changes * _BYTES_A_CHANGE)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, durably, or nothing of it; within a transaction it is a part of that."""
        if self.db.in_transaction:
            yield
            return
        before = self.db.total_changes
        with transaction(self.db):
            yield
        self._note_commit(self.db.total_changes - before)

    def on_checkpoint(self, act: Callable[[], None]) -> None:
        """Have something done now and after each checkpoint that brought all that was committed into the file."""
        if self._checkpoints is not None:
            self._checkpoints.after_checkpoint = act
            self._checkpoints.finish()

    def run_due_checkpoint(self) -> None:
        """Go on with the checkpoint that is under way or due, if any."""
        if self._checkpoints is not None:
            self._checkpoints.tend()

    def close(self) -> None:
        """Close the file."""
        if self._checkpoints is not None:
            self._checkpoints.close()
        self.db.close()

    def select_in(self, sql: str, values: Iterable[Any]) -> Iterator[Any]:
        """Run a query with `IN ({})` over any number of values."""
        statement = sql.format(",".join("?" * _CHUNK))
        rest = iter(values)
        while chunk := list(islice(rest, _CHUNK)):
            chunk += chunk[-1:] * (_CHUNK - len(chunk))
            yield from self.db.execute(statement, chunk)

    def execute_with_ids(self, sql: str, ids: Sequence[int], *before: Any) -> sqlite3.Cursor:
        """Run a statement whose last placeholder, inside `json_each`, stands for a list of ids."""
        return self.db.execute(sql, (*before, json.dumps(ids)))

    def pack_copies(self, copies: Sequence[Copy]) -> bytes:
        """Write copies as they are sealed."""
        return self._compactor.compact(encode_copies(copies))

    def unpack_copies(self, packed: bytes) -> list[Copy]:
        """Read copies; raises StorageDamaged or MsgspecError for what `packed` did not give."""
        return decode_copies(self._compactor.restored(packed))

    def facts_in(self, visitor: int, sealed: bytes) -> Facts | None:
        """Return what a visit is known by, or None where that was forgotten or is damaged."""
        try:
            return decode_facts(self.keys.open_sealed(sealed, facts_context(visitor))) if sealed else None
        except NotOpenedHere:
            raise
        except StorageDamaged:
            return None

    def highest_id(self, table: str) -> int:
        """Return the highest id that a table ever had."""
        there = self.db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608 -- our own name
        before = self.db.execute("SELECT id FROM highest_id WHERE name = ?", (table,)).fetchone()
        return max(int(there), int(before[0]) if before else 0)

    def save_highest_id(self, table: str) -> None:
        """Keep the highest id of a table before rows of it are removed; call inside a transaction."""
        self.db.execute("INSERT OR REPLACE INTO highest_id VALUES (?,?)", (table, self.highest_id(table)))

    def lane(self, place: LanePlace) -> Lane:
        """Find or make a lane; call inside a transaction."""
        if place not in self._lanes:
            self.db.execute(_NEW_LANE, place)
            self._lanes[place] = Lane(self.db.execute(_LANE, place).fetchone()[0], *place)
        return self._lanes[place]

    def sealing_day(self, now_ms: int) -> int:
        """
        Return the day under whose key something is sealed now; never an earlier one than before.

        So whatever is recorded later is sealed under the same key or a later one, also when the clock was set back.
        """
        if self._newest_day is None:
            self._newest_day = int(self.db.execute("SELECT coalesce(max(day), 0) FROM day_key").fetchone()[0])
        self._newest_day = max(self._newest_day, day_of(now_ms))
        return self._newest_day

    def clear_cache(self) -> None:
        """Drop what a rolled-back transaction may have left in memory."""
        self.keys.clear_cache()
        self._lanes.clear()
        self._newest_day = None

    def _load_key(self, day: int) -> bytes | None:
        row = self.db.execute("SELECT wrapped FROM day_key WHERE day = ?", (day,)).fetchone()
        return row[0] if row else None

    def _save_key(self, day: int, wrapped: bytes) -> None:
        self.db.execute("INSERT INTO day_key VALUES (?, ?)", (day, wrapped))


def payload_context(conversion_id: int) -> bytes:
    """Bind a sealed payload to its conversion."""
    return b"payload %d" % conversion_id


def facts_context(visitor: int) -> bytes:
    """Bind sealed facts to their visitor."""
    return b"facts %d" % visitor
