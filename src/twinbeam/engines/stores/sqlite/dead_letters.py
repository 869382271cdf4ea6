"""What TikTok refused: the rows behind the list of dead letters, and behind sending them again. Reads only."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from twinbeam.core.dead_letters import AlikeLetters, DeadLetter, LetterFilter
from twinbeam.engines.sqlite_file import translated
from twinbeam.pipeline.record.conversion import is_proven

_PLACES = "SELECT DISTINCT source_id FROM lane WHERE workspace = ?1 AND (?2 = '' OR source_id = ?2)"
_NARROWED = (
    "(?3 = '' OR event = ?3) AND (?4 IS NULL OR batch IN (SELECT id FROM batch WHERE code = ?4)) "
    "AND settled_at >= ?5 AND settled_at < ?6"
)
_REFUSED = (
    "FROM conversion INDEXED BY conversion_listed "
    "WHERE conversion.state NOT IN ('ready', 'leased', 'waiting') AND conversion.workspace = ?1 "
    f"AND conversion.pixel = ?2 AND conversion.state = 'refused' AND {_NARROWED} "
)
#: ?7 and ?8: behind which id, or before which one; the other end is open.
_IDS = f"SELECT conversion.id {_REFUSED} AND conversion.id > ?7 AND conversion.id < ?8 ORDER BY conversion.id "
_IS_KEPT = "EXISTS (SELECT 1 FROM payload WHERE payload.id = conversion.id)"
#: A batch that was taken over (again = 2) was perhaps sent by its first owner, and nobody knows the answer to that.
_PROVES_NOTHING = "{0}.code IS NULL OR {0}.again = 2 OR {0}.code NOT IN (SELECT value FROM json_each({1}))"
#: What happened before a restore may have been resent and taken between the backup and then: no batch tells of that.
_AFTER_RESTORES = "conversion.event_time * 1000 >= coalesce((SELECT max(restored_ms) FROM restored), 0)"
#: For a few letters: their own batches are looked at.
_NEVER_TAKEN = (
    f"coalesce(NOT ({_PROVES_NOTHING.format('answered', '?2')}), 0) AND NOT EXISTS (SELECT 1 FROM attempt "  # noqa: S608 -- constants only
    "JOIN batch AS earlier ON earlier.id = attempt.batch WHERE attempt.id = conversion.id "
    f"AND ({_PROVES_NOTHING.format('earlier', '?2')})) AND {_AFTER_RESTORES}"
)
#: For many: the batches whose answers do not prove it are looked up once.
_MAYBE_TAKEN = f"(SELECT id FROM batch WHERE {_PROVES_NOTHING.format('batch', '?7')})"  # noqa: S608 -- likewise
_EARLIER = "(SELECT 1 FROM attempt WHERE attempt.id = conversion.id AND attempt.batch IN "
_NONE_MAYBE_TAKEN = (
    f"(coalesce(conversion.batch NOT IN {_MAYBE_TAKEN}, 0) AND NOT EXISTS {_EARLIER}{_MAYBE_TAKEN}) "
    f"AND {_AFTER_RESTORES})"
)
_SINCE = "(({0} > ?8) + ({0} > ?9))"
#: All that decides, in one number (`_like` takes it apart): sorting a million rows by one is a third faster.
_DECIDES = (
    f"{_SINCE.format('since')} + 3 * coalesce({_SINCE.format('maybe_at')}, 3) "
    f"+ 12 * coalesce({_SINCE.format('browser_at')}, 3) + 48 * (lacks <> 0) + 96 * (united <> 0) + 192 * {_IS_KEPT} "
    f"+ 384 * {_NONE_MAYBE_TAKEN} + 768 * evidence"
)
_ALIKE = (
    "SELECT " + _DECIDES + " AS decides, minor, currency, event_source, test_code, count(*) "
    f"{_REFUSED} GROUP BY 1, 2, 3, 4, 5"
)
_FACTS = (
    "SELECT conversion.id, workspace, event_source, pixel, test_code, event, event_id, order_id, minor, currency, "
    "event_time, coalesce(settled_at, received), attempts, answered.code, coalesce(answered.message, ''), "
    "coalesce(answered.request_id, ''), since, maybe_at, browser_at, evidence, lacks <> 0, united <> 0, "
)
_BY_IDS = (
    " FROM conversion LEFT JOIN batch AS answered ON answered.id = conversion.batch "
    "WHERE conversion.id IN (SELECT value FROM json_each(?1)) AND conversion.state = 'refused' ORDER BY conversion.id"
)
_LETTERS = _FACTS + _IS_KEPT + ", " + _NEVER_TAKEN + _BY_IDS
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

    def alike(self, asked: LetterFilter, never_taken: Collection[int], moments: Sequence[int]) -> list[AlikeLetters]:
        """Count the dead letters that are meant by all that decides about them."""
        if asked.ids:
            letters = self.letters(self._merged(asked, 0, _END, len(asked.ids), "ASC"), never_taken)
            return [AlikeLetters(letter, 1) for letter in letters]
        narrowed = (asked.event, asked.code, asked.since_ms, asked.until_ms, json.dumps(sorted(never_taken)), *moments)
        with translated():
            return [
                AlikeLetters(_like((asked.workspace, pixel), moments, tuple(row)), count)
                for pixel in self._pixels(asked)
                for *row, count in self._db.execute(_ALIKE, (asked.workspace, pixel, *narrowed))
            ]

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
            sql, pixels = f"{_IDS} {order} LIMIT ?9", self._pixels(asked)
            lists = [[id_ for (id_,) in self._db.execute(sql, (asked.workspace, pixel, *narrowed))] for pixel in pixels]
        return list(islice(merge(*lists, reverse=order == "DESC"), limit))

    def _pixels(self, asked: LetterFilter) -> list[str]:
        return [pixel for (pixel,) in self._db.execute(_PLACES, (asked.workspace, asked.pixel))]


def _like(place: tuple[str, str], moments: Sequence[int], row: tuple[Any, ...]) -> DeadLetter:
    """Make one letter that stands for all of a row of _ALIKE."""
    decides, minor, currency, event_source, test_code = row
    decides, since = divmod(decides, 3)
    decides, maybe = divmod(decides, 4)
    evidence, rest = divmod(decides, 64)
    flags, browser = divmod(rest, 4)
    times = (*moments, moments[-1] + 1, None)
    return DeadLetter(
        id=0,
        workspace=place[0],
        event_source=event_source,
        pixel=place[1],
        test_code=test_code,
        event="",
        event_id="",
        order_id="",
        value_minor=minor,
        currency=currency,
        event_time=0,
        refused_ms=0,
        attempts=0,
        code=None,
        message="",
        request_id="",
        since_ms=times[since] or 0,
        maybe_at=times[maybe],
        browser_at=times[browser],
        is_proven=is_proven(evidence),
        is_contested=bool(flags & 1),
        is_united=bool(flags & 2),
        is_kept=bool(flags & 4),
        never_taken=bool(flags & 8),
    )


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    *facts, evidence, contested, united, kept, never_taken = row
    flags = (is_proven(evidence), bool(contested), bool(united), bool(kept), bool(never_taken))
    return DeadLetter(**dict(zip(DeadLetter.__struct_fields__, (*facts, *flags), strict=True)))
