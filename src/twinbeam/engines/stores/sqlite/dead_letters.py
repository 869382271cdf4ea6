"""What TikTok refused: the rows behind the list of dead letters, and behind sending them again. Reads only."""

import json
import sqlite3
from collections.abc import Collection
from heapq import merge
from itertools import islice
from typing import Any

from twinbeam.core.dead_letters import DeadLetter, LetterFilter
from twinbeam.engines.sqlite_file import translated
from twinbeam.pipeline.record.conversion import is_proven

_PLACES = "SELECT DISTINCT source_id FROM lane WHERE workspace = ?1 AND (?2 = '' OR source_id = ?2)"
_NARROWED = "(?3 = '' OR event = ?3) AND (?4 IS NULL OR batch.code = ?4) AND settled_at >= ?5 AND settled_at < ?6"
_REFUSED = (
    "FROM conversion INDEXED BY conversion_listed LEFT JOIN batch ON batch.id = conversion.batch "
    "WHERE conversion.state NOT IN ('ready', 'leased', 'waiting') AND conversion.workspace = ?1 "
    f"AND conversion.pixel = ?2 AND conversion.state = 'refused' AND {_NARROWED} "
)
#: ?7 and ?8: behind which id, or before which one; the other end is open.
_IDS = f"SELECT conversion.id {_REFUSED} AND conversion.id > ?7 AND conversion.id < ?8 ORDER BY conversion.id "
_LETTERS = (
    "SELECT conversion.id, workspace, event_source, pixel, test_code, event, event_id, order_id, minor, currency, "
    "event_time, coalesce(settled_at, received), attempts, batch.code, coalesce(batch.message, ''), "
    "coalesce(batch.request_id, ''), since, maybe_at, browser_at, evidence, lacks <> 0, united <> 0, "
    "EXISTS (SELECT 1 FROM payload WHERE payload.id = conversion.id), "
    "batch.code IN (SELECT value FROM json_each(?2)) AND NOT EXISTS (SELECT 1 FROM attempt JOIN batch AS earlier "
    "ON earlier.id = attempt.batch WHERE attempt.id = conversion.id "
    "AND (earlier.code IS NULL OR earlier.code NOT IN (SELECT value FROM json_each(?2)))) "
    "FROM conversion LEFT JOIN batch ON batch.id = conversion.batch "
    "WHERE conversion.id IN (SELECT value FROM json_each(?1)) AND conversion.state = 'refused' ORDER BY conversion.id"
)
_END = 2**62


class DeadLetters:
    """See admin.dead_letter_contract.DeadLetterReads for the promises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def ids(self, asked: LetterFilter, *, after: int, upto: int, limit: int) -> list[int]:
        """Return the next dead letters that are meant, the oldest first."""
        return self._merged(asked, after, upto + 1, limit, "ASC")

    def newest(self, asked: LetterFilter, *, before: int | None, limit: int) -> list[int]:
        """Return the newest dead letters that are meant, the newest first."""
        return self._merged(asked, 0, before or _END, limit, "DESC")

    def letters(self, ids: Collection[int], never_taken: Collection[int]) -> list[DeadLetter]:
        """Return those of some conversions that are dead letters; `never_taken` are codes that prove non-arrival."""
        with translated():
            rows = self._db.execute(_LETTERS, (json.dumps(list(ids)), json.dumps(sorted(never_taken)))).fetchall()
        return [_letter(row) for row in rows]

    def _merged(self, asked: LetterFilter, after: int, before: int, limit: int, order: str) -> list[int]:
        if asked.ids:
            ids = sorted((id_ for id_ in asked.ids if after < id_ < before), reverse=order == "DESC")
            return [letter.id for letter in self.letters(ids, ()) if letter.workspace == asked.workspace][:limit]
        narrowed = (asked.event, asked.code, asked.since_ms, asked.until_ms, after, before, limit)
        with translated():
            pixels = [pixel for (pixel,) in self._db.execute(_PLACES, (asked.workspace, asked.pixel))]
            sql = f"{_IDS} {order} LIMIT ?9"
            lists = [[id_ for (id_,) in self._db.execute(sql, (asked.workspace, pixel, *narrowed))] for pixel in pixels]
        return list(islice(merge(*lists, reverse=order == "DESC"), limit))


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    *facts, evidence, contested, united, kept, never_taken = row
    flags = (is_proven(evidence), bool(contested), bool(united), bool(kept), bool(never_taken))
    return DeadLetter(**dict(zip(DeadLetter.__struct_fields__, (*facts, *flags), strict=True)))
