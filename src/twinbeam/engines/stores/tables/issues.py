"""Issues: what was noted of conversions, what was found out of pixels, since when something is wrong, what is muted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, exists, func, insert, select, tuple_
from sqlalchemy.dialects.sqlite import insert as put

from twinbeam.checks.facts import Evidence
from twinbeam.checks.noting import MOST_OF_DAY, MOST_SAMPLES, DayNote, NoteKey
from twinbeam.checks.records import IssueKey, IssueRecord, Mute
from twinbeam.engines.stores.tables import issue_schema as its
from twinbeam.engines.stores.tables.database import Tables

_CURSOR = "recorded"
_TOLD = 7  #: columns of an issue that are taken as they are
_AT_ONCE = 200  #: keys of three columns, of SQLite's parameters
_KEY = ("day", "workspace", "pixel", "event", "what", "currency")
_WHAT = _KEY.index("what")
_PUT = "INSERT INTO check_day VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
#: The newest samples stay.
_ADD = f"{_PUT}n = n + excluded.n, minor = minor + excluded.minor, samples = excluded.samples"
_RAISE = f"{_PUT}n = max(n, excluded.n)"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Evidence).decode
_samples = msgspec.json.Decoder(list[int]).decode
_worth = msgspec.json.Decoder(dict[str, int]).decode


class IssueTable:
    """See admin.issue_contract.IssueStore and admin.noting.NotedStore for the promises."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def evidence(self) -> list[Evidence]:
        """Return what a job found out of each pixel."""
        with self._tables.reading() as link:
            return [_decode(body) for (body,) in link.execute(select(its.pixel_evidence.c.body))]

    def keep_evidence(self, found: Sequence[Evidence]) -> None:
        """Keep these, and forget all others."""
        rows = [{"workspace": it.workspace, "pixel": it.pixel, "body": _encode(it)} for it in found]
        with self._tables.transaction() as link:
            link.execute(delete(its.pixel_evidence))
            if rows:
                link.execute(insert(its.pixel_evidence), rows)

    def records(self) -> list[IssueRecord]:
        """Return since when what is wrong, and what was within the last 30 days."""
        with self._tables.reading() as link:
            return [_record(row) for row in link.execute(select(its.issue))]

    def keep_records(self, changed: Sequence[IssueRecord], gone: Collection[IssueKey]) -> None:
        """Write some records, and forget some."""
        rows = [
            {
                "check_id": it.check,
                "worth": _encode(it.worth).decode(),
                **{name: getattr(it, name) for name in ("workspace", "pixel", "since_ms", "seen_ms", "grew_ms")},
                "count": it.count,
                "ended_ms": it.ended_ms,
            }
            for it in changed
        ]
        with self._tables.transaction() as link:
            self._forget(link, sorted({*gone, *(it.key for it in changed)}))
            if rows:
                link.execute(insert(its.issue), rows)

    def mutes(self) -> list[Mute]:
        """Return what is muted."""
        with self._tables.reading() as link:
            return [Mute(*row) for row in link.execute(select(its.issue_mute))]

    def open_by_workspace(self) -> dict[str, int]:
        """Return how many issues stand and are not muted, by workspace."""
        it, mute = its.issue.c, its.issue_mute.c
        is_muted = exists().where(mute.workspace == it.workspace, mute.pixel == it.pixel, mute.check_id == it.check_id)
        counted = select(it.workspace, func.count()).where(it.ended_ms.is_(None), ~is_muted).group_by(it.workspace)
        with self._tables.reading() as link:
            return dict(map(tuple, link.execute(counted)))

    def save_mute(self, mute: Mute) -> None:
        """Mute an issue, or say anew why."""
        said = {"why": mute.why, "who": mute.who, "at_ms": mute.at_ms}
        row = {"workspace": mute.workspace, "pixel": mute.pixel, "check_id": mute.check} | said
        with self._tables.transaction() as link:
            values = put(its.issue_mute).values(row)
            link.execute(values.on_conflict_do_update(index_elements=["workspace", "pixel", "check_id"], set_=said))

    def drop_mute(self, key: IssueKey) -> None:
        """Take a mute away."""
        it = its.issue_mute.c
        with self._tables.transaction() as link:
            link.execute(delete(its.issue_mute).where(tuple_(it.workspace, it.pixel, it.check_id) == key))

    def forget(self, workspace: str, pixel: str) -> None:
        """Forget all of a pixel that is removed: issues, mutes, and what was found out of it."""
        with self._tables.transaction() as link:
            for table in (its.issue, its.issue_mute, its.pixel_evidence, its.check_day):
                link.execute(delete(table).where(table.c.workspace == workspace, table.c.pixel == pixel))

    def note_cursor(self) -> int | None:
        """Return up to which conversion was looked; None before the first time."""
        with self._tables.reading() as link:
            return link.scalar(select(its.check_cursor.c.place).where(its.check_cursor.c.name == _CURSOR))

    def keep_notes(self, notes: Mapping[NoteKey, DayNote], place: int, *, forget_before: int) -> None:
        """Add what was noted to its days and move on, in one transaction; days before a UTC day are forgotten."""
        with self._tables.transaction() as link:
            for added, is_most in ((_ADD, False), (_RAISE, True)):
                rows = [
                    (*key, note.n, note.minor, _encode(note.samples[-MOST_SAMPLES:]).decode())
                    for key, note in notes.items()
                    if (key[_WHAT] in MOST_OF_DAY) is is_most
                ]
                if rows:
                    link.exec_driver_sql(added, rows)
            link.execute(delete(its.check_cursor))
            link.execute(insert(its.check_cursor).values(name=_CURSOR, place=place))
            link.execute(delete(its.check_day).where(its.check_day.c.day < forget_before))

    def notes(self, *, since_day: int) -> dict[NoteKey, DayNote]:
        """Return what was noted from a UTC day on."""
        it = its.check_day.c
        asked = select(*(it[name] for name in _KEY), it.n, it.minor, it.samples).where(it.day >= since_day)
        with self._tables.reading() as link:
            return {tuple(row[:6]): DayNote(row[6], row[7], _samples(row[8])) for row in link.execute(asked)}

    def _forget(self, link: Connection, keys: Sequence[IssueKey]) -> None:
        it = its.issue.c
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            link.execute(delete(its.issue).where(tuple_(it.workspace, it.pixel, it.check_id).in_(some)))


def _record(row: Row[Any]) -> IssueRecord:
    told: list[Any] = [*row[:_TOLD], _worth(row[_TOLD]), row[_TOLD + 1]]
    return IssueRecord(*told)
