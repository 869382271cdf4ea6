"""The record room's part of the SQLite store: load what is known, fold, write, in one transaction."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NoReturn

import msgspec

from twinbeam.core.clock import day_of
from twinbeam.core.lifecycle import State
from twinbeam.core.outcomes import Outcome
from twinbeam.core.values import Facts, Signal
from twinbeam.engines.sqlite_file import transaction
from twinbeam.engines.stores.sqlite.connection import Connection, facts_context, payload_context
from twinbeam.engines.stores.sqlite.counting import add_counts
from twinbeam.engines.stores.sqlite.late import LateIndex
from twinbeam.engines.stores.sqlite.traces import add_traces
from twinbeam.pipeline.record.contract import Numbered, Recorded, has_gap
from twinbeam.pipeline.record.conversion import Conversion, Copy
from twinbeam.pipeline.record.fold import Fold, Known, PixelChannel
from twinbeam.pipeline.record.merge import show
from twinbeam.pipeline.record.tally import RECORDED
from twinbeam.pipeline.record.visits import lacks
from twinbeam.pipeline.record.window import JoinWindow

_COLUMNS = (
    "id, key, workspace, pixel, event_source, event, event_id, event_time, received, state, reason, minor, currency, "
    "order_id, channels, consent, source, due, copies"
)
_INSERT = f"INSERT INTO conversion ({_COLUMNS}) VALUES ({','.join('?' * 19)})"  # noqa: S608 -- constants only
_UPDATE = (
    "UPDATE conversion SET event_id=?, event_time=?, state=?, reason=?, minor=?, currency=?, order_id=?, channels=?, "
    "consent=?, due=?, copies=? WHERE id=?"
)
_HOUR_MS = 3_600_000
_HANDLE_BYTES = 8

encode_copies = msgspec.msgpack.Encoder().encode
decode_copies = msgspec.msgpack.Decoder(list[Copy]).decode
_encode_facts = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(Facts).decode


class _Undo(Exception):  # noqa: N818 -- never leaves this file
    """Roll a rehearsal back."""


def _undo() -> NoReturn:
    raise _Undo


class Recording:
    """See record.contract.Recorder for the promises."""

    def __init__(self, connection: Connection, window: JoinWindow) -> None:
        self._connection = connection
        self._db = connection.db
        self._window = window
        self._last_seen: dict[PixelChannel, int] = {}
        self._seen_hours: dict[PixelChannel, int] = {}  #: what the file says, to the hour
        self._last_id = 0
        self._dedup = LateIndex(connection, "dedup", "h")
        self._visitor_keys = LateIndex(connection, "visitor_key", "k")
        self._read_again()

    def cursor(self, journal_id: str) -> int:
        """Give the last recorded sequence number of a journal, 0 when it is new."""
        row = self._db.execute("SELECT seq FROM cursor WHERE journal = ?", (journal_id,)).fetchone()
        return row[0] if row else 0

    def record(self, journal_id: str, groups: Sequence[Numbered], now_ms: int) -> Recorded:
        """Record groups in one durable transaction; a group at or below the cursor changes nothing."""
        try:
            with transaction(self._db):
                before = self.cursor(journal_id)
                fresh = [group for group in groups if group.seq > before]
                fold = self._fold(journal_id, fresh)
                self._write(fold, now_ms)
                self._advance(journal_id, fresh)
        except BaseException:
            self._read_again()
            self._dedup.read_again()
            self._visitor_keys.read_again()
            raise
        self._dedup.committed()
        self._visitor_keys.committed()
        return fold.recorded(skipped_groups=len(groups) - len(fresh), gap=has_gap(before, fresh))

    def rehearse(self, journal_id: str, group: Numbered, now_ms: int) -> None:
        """Raise what recording this group would raise, and change nothing."""
        try:
            with transaction(self._db):
                self._write(self._fold(journal_id, [group]), now_ms)
                _undo()
        except _Undo:
            pass
        finally:
            self._read_again()

    def quarantine(  # noqa: PLR0913 -- where, what, why, when and how many
        self, journal_id: str, seq: int, index: int, raw: bytes, why: str, now_ms: int, *, count: int = 1
    ) -> None:
        """Keep, encrypted, what cannot be recorded; counted once, as `count` arrivals, however often it is tried."""
        context = f"quarantine {journal_id} {seq} {index}".encode()
        try:
            with transaction(self._db):
                sealed = self._connection.keys.seal(day_of(now_ms), raw, context)
                row = (journal_id, seq, index, now_ms, why, sealed)
                if self._db.execute("INSERT OR IGNORE INTO quarantine VALUES (?,?,?,?,?,?)", row).rowcount:
                    nowhere = (day_of(now_ms), "", "", "")
                    add_counts(self._db, [(*nowhere, RECORDED, "", count), (*nowhere, Outcome.QUARANTINED, "", count)])
        except BaseException:
            self._read_again()
            raise

    def _read_again(self) -> None:
        """Take what is kept in memory from the file, as at the start and after every rollback."""
        self._connection.forget_cached()
        seen = self._db.execute("SELECT workspace, pixel, channel, at FROM channel_seen")
        self._last_seen = {(workspace, pixel, channel): at for workspace, pixel, channel, at in seen}
        self._seen_hours = dict(self._last_seen)
        self._last_id = self._highest_id()
        self._last_visitor = self._highest_visitor()

    def _fold(self, journal_id: str, groups: Sequence[Numbered]) -> Fold:
        signals = list(chain.from_iterable(group.signals for group in groups))
        fold = Fold(self._known(signals), new_id=self._new_id, window=self._window)
        fold.learn(signals)
        origin = bytes.fromhex(journal_id)[:8]
        for group in groups:
            place = origin + group.seq.to_bytes(8, "big")
            for index, signal in enumerate(group.signals):
                fold.take(signal, place + index.to_bytes(4, "big"))
        return fold

    def _known(self, signals: Sequence[Signal]) -> Known:
        keys = {signal.key for signal in signals}
        ids = sorted(self._dedup.find(keys).values())
        select = f"SELECT {_COLUMNS}, attempts FROM conversion WHERE id IN ({{}})"  # noqa: S608 -- constants only
        rows = {row[0]: row for row in self._connection.among(select, ids)}
        visitor_of, facts_of = self._visits(signals)
        return Known(
            conversions={row[1]: _conversion(row) for row in rows.values()},
            visitor_of=visitor_of,
            facts_of=facts_of,
            last_seen=self._last_seen,
        )

    def _visits(self, signals: Iterable[Signal]) -> tuple[dict[bytes, bytes], dict[bytes, Facts]]:
        tokens = {token for signal in signals if signal.facts is not None or lacks(signal) for token in signal.visits}
        links = self._visitor_keys.find(tokens)
        known = self._connection.among("SELECT id, facts FROM visitor WHERE id IN ({})", sorted(set(links.values())))
        opened = self._connection.keys.open_sealed
        facts = {_handle(id_): _decode_facts(opened(sealed, facts_context(id_))) for id_, sealed in known}
        return {token: _handle(id_) for token, id_ in links.items()}, facts

    def _write(self, fold: Fold, now_ms: int) -> None:
        writes = fold.writes
        payloads = self._joined(fold)
        self._dedup.add([(row.key, row.id) for row in writes.opened], events=fold.arrivals)
        self._db.executemany(_INSERT, map(_row, writes.opened))
        self._db.executemany(_UPDATE, map(_changes, self._changed(fold)))
        self._write_payloads(payloads)
        self._db.executemany("DELETE FROM payload WHERE id=?", [(id_,) for id_ in writes.purged])
        self._write_schedule(fold)
        self._db.executemany("INSERT INTO copy VALUES (?,?,?,?,?,?)", writes.notes)
        self._write_lookups(writes.lookups)
        self._write_visits(fold, now_ms)
        self._write_seen(writes.seen)
        add_counts(self._db, fold.tally)

    def _changed(self, fold: Fold) -> list[Conversion]:
        new = {row.id for row in fold.writes.opened}
        return [row for row in fold.writes.changed.values() if row.id not in new]

    def _joined(self, fold: Fold) -> dict[int, list[Copy]]:
        """Give all copies of each conversion that got some, the kept ones first, and let its row show them."""
        rows = {row.id: row for row in fold.writes.opened}
        held = self._held_copies([id_ for id_ in fold.writes.payloads if id_ not in rows])
        rows |= fold.writes.changed
        joined = {id_: [*held.get(id_, []), *copies] for id_, copies in fold.writes.payloads.items()}
        for id_, copies in joined.items():
            if len(copies) > 1:
                show(rows[id_], copies)
        return joined

    def _held_copies(self, ids: Sequence[int]) -> dict[int, list[Copy]]:
        opened = self._connection.keys.open_sealed
        found = self._connection.among("SELECT id, body FROM payload WHERE id IN ({})", ids)
        return {id_: decode_copies(opened(sealed, payload_context(id_))) for id_, sealed in found}

    def _write_payloads(self, payloads: dict[int, list[Copy]]) -> None:
        seal = self._connection.keys.seal
        rows = [
            (id_, seal(day_of(copies[0].received_ms), encode_copies(copies), payload_context(id_)))
            for id_, copies in payloads.items()
        ]
        self._db.executemany("INSERT OR REPLACE INTO payload VALUES (?,?)", rows)

    def _write_schedule(self, fold: Fold) -> None:
        lane = self._connection.lane
        gone = [
            (lane(row.workspace, row.event_source, row.pixel).id, due, row.id)
            for row, due in fold.writes.unscheduled.values()
        ]
        self._db.executemany("DELETE FROM ready WHERE lane=? AND due=? AND id=?", gone)
        due_rows = [
            (lane(row.workspace, row.event_source, row.pixel).id, row.due_ms, row.id)
            for row in fold.writes.scheduled.values()
        ]
        self._db.executemany("INSERT INTO ready VALUES (?,?,?)", due_rows)

    def _write_lookups(self, lookups: Sequence[tuple[list[bytes], int, int]]) -> None:
        by_day: dict[int, list[tuple[bytes, int]]] = {}
        for hashes, id_, at_ms in lookups:
            by_day.setdefault(day_of(at_ms), []).extend([(h, id_) for h in hashes])
        for day, found in by_day.items():
            add_traces(self._db, day, found)

    def _write_visits(self, fold: Fold, now_ms: int) -> None:
        seal, day = self._connection.keys.seal, day_of(now_ms)
        ids = {handle: self._visitor_id(handle) for handle in fold.writes.facts}
        links = [(token, ids.get(handle) or _known_id(handle)) for token, handle in fold.writes.links.items()]
        self._visitor_keys.add(links, events=fold.arrivals)
        facts = [(ids[handle], _encode_facts(facts)) for handle, facts in fold.writes.facts.items()]
        rows = [(id_, day, seal(day, encoded, facts_context(id_))) for id_, encoded in facts]
        self._db.executemany("INSERT OR REPLACE INTO visitor VALUES (?,?,?)", sorted(rows))

    def _visitor_id(self, handle: bytes) -> int:
        if len(handle) == _HANDLE_BYTES:
            return _known_id(handle)
        self._last_visitor += 1
        return self._last_visitor

    def _write_seen(self, seen: dict[PixelChannel, int]) -> None:
        hours = {place: at_ms - at_ms % _HOUR_MS for place, at_ms in seen.items()}
        news = {place: hour for place, hour in hours.items() if hour > self._seen_hours.get(place, -1)}
        self._db.executemany(
            "INSERT INTO channel_seen VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET at=excluded.at",
            [(*place, hour) for place, hour in news.items()],
        )
        self._seen_hours |= news

    def _advance(self, journal_id: str, groups: Sequence[Numbered]) -> None:
        if groups:
            events = sum(len(group.signals) + group.set_aside for group in groups)
            self._db.execute(
                "INSERT INTO cursor VALUES (?,?,?) ON CONFLICT DO UPDATE SET seq=excluded.seq, "
                "events=events+excluded.events",
                (journal_id, groups[-1].seq, events),
            )

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _highest_visitor(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM visitor").fetchone()[0])

    def _highest_id(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM conversion").fetchone()[0])


def _handle(visitor: int) -> bytes:
    """Name a stored visitor as the fold does; new ones go by their first token, which is longer."""
    return visitor.to_bytes(_HANDLE_BYTES, "big")


def _known_id(handle: bytes) -> int:
    return int.from_bytes(handle, "big")


def _row(c: Conversion) -> tuple[object, ...]:
    return (
        *(c.id, c.key, c.workspace, c.pixel, c.event_source, c.event, c.event_id, c.event_time, c.received_ms),
        *(c.state, c.reason, c.minor, c.currency, c.order_id, c.channels, c.consent, c.source, c.due_ms, c.copies),
    )


def _changes(c: Conversion) -> tuple[object, ...]:
    return (
        *(c.event_id, c.event_time, c.state, c.reason, c.minor, c.currency, c.order_id, c.channels, c.consent),
        *(c.due_ms, c.copies, c.id),
    )


def _conversion(row: Sequence[Any]) -> Conversion:
    (id_, key, workspace, pixel, event_source, event, event_id, event_time, received, state, *rest) = row
    (reason, minor, currency, order_id, channels, consent, source, due, copies, attempts) = rest
    return Conversion(
        id=id_,
        key=key,
        workspace=workspace,
        pixel=pixel,
        event_source=event_source,
        event=event,
        event_id=event_id,
        event_time=event_time,
        received_ms=received,
        state=State(state),
        reason=reason,
        minor=minor,
        currency=currency,
        order_id=order_id,
        channels=channels,
        consent=consent,
        source=source,
        frozen=bool(attempts),
        due_ms=due,
        copies=copies,
    )
