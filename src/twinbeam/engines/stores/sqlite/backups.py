"""Backups of the store, what it was restored from, and what of it waits for its owner's decision since."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, get_args

from msgspec.structs import replace

from twinbeam.core.errors import StorageDamaged
from twinbeam.core.outcomes import Reason
from twinbeam.core.restored import AfterRestore, Awaiting, Decision, Restore
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.resending import Resending
from twinbeam.pipeline.record.policy import RecordPolicy

HELD_AT_ONCE = 500  #: in one transaction

_NEWEST = "SELECT max(at_ms) FROM backup"
_NOTE = "INSERT OR REPLACE INTO backup VALUES (?,?,?)"
_FORGET = "DELETE FROM backup WHERE at_ms NOT IN (SELECT at_ms FROM backup ORDER BY at_ms DESC LIMIT 100)"
_RESTORE = "SELECT taken_ms, restored_ms FROM restored ORDER BY restored_ms DESC LIMIT 1"
_AWAITING = (
    "SELECT workspace, pixel, event, currency, count(*), min(event_time), sum(minor) FROM held "
    "JOIN conversion USING (id) WHERE reason = ? GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
)
_DECIDE = "UPDATE restored SET decision = ?, decided_ms = ? WHERE restored_ms = (SELECT max(restored_ms) FROM restored)"
_DECIDED = "SELECT decision FROM restored WHERE decision <> ''"
_HELD = "SELECT held.id FROM held JOIN conversion USING (id) WHERE reason = ? LIMIT ?"
_HELD_ROWS = (
    "SELECT held.due, conversion.id, received, workspace, pixel, event, reason, lacks FROM held "
    "JOIN conversion USING (id) WHERE reason = ? LIMIT ?"
)
#: Of what waited in the backup TikTok may have a copy since then.
_DOUBT = (
    "UPDATE conversion SET maybe_at = ? WHERE maybe_at IS NULL "
    "AND state NOT IN ('delivered', 'dropped', 'withdrawn', 'erased')"
)
_DOUBT_NEW = (
    "UPDATE conversion SET maybe_at = max(event_time * 1000, ?) "
    "WHERE id > ? AND maybe_at IS NULL AND event_time * 1000 < ?"
)
_CLEAR = "UPDATE conversion SET maybe_at = NULL WHERE id IN (SELECT value FROM json_each(?))"
#: What waits for the wire; an enrichment is late after minutes, and a test counts for nobody.
_WAITING = (
    "SELECT ready.id FROM lane JOIN ready ON ready.lane = lane.id WHERE lane.enriches = 0 AND lane.test_code = '' "
    "ORDER BY ready.id"
)


class Backups:
    """See admin.contract.Backups for the promises; short transactions, safe beside a running writer."""

    _connection: StoreConnection
    _db: sqlite3.Connection

    def note_backup(self, at_ms: int, place: str, size: int) -> None:
        """Remember a good backup."""
        with self._connection.transaction():
            self._db.execute(_NOTE, (at_ms, place, size))
            self._db.execute(_FORGET)

    def newest_backup_ms(self) -> int | None:
        """Return of when the newest good backup is, None where there is none."""
        return newest_backup_ms(self._db)

    def awaiting_decision(self) -> list[Awaiting]:
        """Count what is held because it came back with an old backup."""
        return list(after_restore(self._db).awaiting)

    def decide_restored(self, decision: Decision, now_ms: int) -> None:
        """Ask the writer to send, or to end unsent, what is held because it came back with an old backup."""
        with self._connection.transaction():
            self._db.execute(_DECIDE, (decision, now_ms))

    def newest_restore(self) -> Restore | None:
        """Return the restore that this store comes from, None where it comes from none."""
        return newest_restore(self._db)

    def unopened_days(self) -> list[int]:
        """List the days whose keys the ring does not open."""
        days = [day for (day,) in self._db.execute("SELECT day FROM day_key ORDER BY day")]
        return [day for day in days if not self._is_opened(day)]

    def _is_opened(self, day: int) -> bool:
        try:
            return self._connection.keys.has(day)
        except StorageDamaged:
            return False


class Restoring(Resending):
    """What the writer does after a restore."""

    def begin_restored(self, restore: Restore) -> None:
        """Note that this store was restored: since the backup TikTok may have what waited in it."""
        sql = "INSERT OR REPLACE INTO restored (taken_ms, restored_ms) VALUES (?,?)"
        with self._connection.transaction():
            self._db.execute(sql, (restore.taken_ms, restore.restored_ms))
            self._db.execute(_DOUBT, (restore.taken_ms,))

    def hold_restored(self, now_ms: int, *, always: bool = False) -> int:
        """Hold, once, what waited in a backup that is too old by now, or in any; tells how much that is."""
        restore = newest_restore(self._db)
        if restore is None or not (always or restore.is_late(now_ms)) or self._is_held(restore):
            return 0
        ids = [id_ for (id_,) in self._db.execute(_WAITING) if self._came_back(id_, restore)]
        for at in range(0, len(ids), HELD_AT_ONCE):
            with self._refolding(ids[at : at + HELD_AT_ONCE], now_ms) as (fold, rows):
                fold.hold_restored(rows, now_ms)
        with self._connection.transaction():
            self._db.execute("UPDATE restored SET held_ms=? WHERE taken_ms=?", (now_ms, restore.taken_ms))
        return len(ids)

    def carry_out_decision(self, now_ms: int) -> bool:
        """Send or end some of what is held since a restore, as its owner decided; tells whether there is more."""
        row = self._db.execute(_DECIDED).fetchone()
        if row is None or row[0] not in get_args(Decision):
            return False
        done = self._send_some(now_ms) if row[0] == "send" else self._discard_some(now_ms)
        if done < HELD_AT_ONCE:
            with self._connection.transaction():
                self._db.execute("UPDATE restored SET decision=''")
        return done == HELD_AT_ONCE

    def _send_some(self, now_ms: int) -> int:
        ids = [id_ for (id_,) in self._db.execute(_HELD, (Reason.RESTORED, HELD_AT_ONCE))]
        with self._refolding(ids, now_ms) as (fold, rows):
            fold.release_restored(rows, now_ms)
            self._connection.execute_with_ids(_CLEAR, ids)
        return len(ids)

    def _discard_some(self, now_ms: int) -> int:
        with self._connection.transaction():
            rows = self._db.execute(_HELD_ROWS, (Reason.RESTORED, HELD_AT_ONCE)).fetchall()
            self._end_held(rows, [Reason.DISCARDED] * len(rows), now_ms)
        return len(rows)

    def _doubt_new(self, after: int) -> None:
        """Mark what was opened behind an id and may be at TikTok since before the restore."""
        if (restore := self._policy.restored) is not None:
            self._db.execute(_DOUBT_NEW, (restore.taken_ms, after, restore.restored_ms))

    def _is_held(self, restore: Restore) -> bool:
        sql = "SELECT held_ms FROM restored WHERE taken_ms = ?"
        return self._db.execute(sql, (restore.taken_ms,)).fetchone()[0] is not None

    def _came_back(self, id_: int, restore: Restore) -> bool:
        sql = "SELECT event_time FROM conversion WHERE id = ?"
        return bool(self._db.execute(sql, (id_,)).fetchone()[0] * 1_000 < restore.restored_ms)


def after_restore(db: sqlite3.Connection) -> AfterRestore:
    """Return what the newest restore left for its owner to decide."""
    with translated():
        rows = db.execute(_AWAITING, (Reason.RESTORED,)).fetchall()
        decided = db.execute(_DECIDED).fetchone()
    found = tuple(_awaiting(place, list(parts)) for place, parts in groupby(rows, key=itemgetter(0, 1, 2)))
    return AfterRestore(newest_restore(db), decided[0] if decided else "", found)


def _awaiting(place: tuple[str, str, str], parts: list[tuple[Any, ...]]) -> Awaiting:
    """Add up what waits of one kind in several currencies."""
    worth = {part[3]: part[6] for part in parts if part[6] is not None}
    return Awaiting(*place, sum(part[4] for part in parts), min(part[5] for part in parts), worth)


def newest_backup_ms(db: sqlite3.Connection) -> int | None:
    """Return of when the newest good backup is, None where there is none."""
    with translated():
        newest: int | None = db.execute(_NEWEST).fetchone()[0]
    return newest


def newest_restore(db: sqlite3.Connection) -> Restore | None:
    """Return the newest restore of a store, None where there was none."""
    with translated():
        row: Sequence[int] | None = db.execute(_RESTORE).fetchone()
    return Restore(*row) if row else None


def since_restore(policy: RecordPolicy, db: sqlite3.Connection) -> RecordPolicy:
    """Return the policy of a store that may have been restored."""
    restore = newest_restore(db)
    return replace(policy, restored=restore) if restore else policy
