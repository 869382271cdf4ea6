"""What people ask a store: stories, totals, what is new. Reads only; works beside a writer."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from twinbeam.core.errors import StorageBusy, StorageError, StorageFull
from twinbeam.core.keys import conversion_key, scope_of, stream_of
from twinbeam.core.lifecycle import UNSENT, State
from twinbeam.core.pixel_counts import CountedEvent, PixelCount
from twinbeam.core.rules import FIRST_SHOP, WorkspaceRules
from twinbeam.core.story import Attempt, Change, CopySeen, Count, Covered, KeyRow, PixelRow, Story, Total
from twinbeam.core.values import EVENT_SOURCES, JSON
from twinbeam.engines.sqlite_file import translated
from twinbeam.engines.stores.sqlite import packed_rows
from twinbeam.engines.stores.sqlite.deferred_index import log_table
from twinbeam.engines.stores.sqlite.lookup_index import conversions_by_lookup
from twinbeam.engines.stores.sqlite.partitions import id_in, partition_of
from twinbeam.engines.stores.sqlite.sightings import SightingReader
from twinbeam.engines.stores.tables.order_numbers import UNDER_NUMBER
from twinbeam.pipeline.record.counted import OTHER, event_id_lookup

STORY = (
    "SELECT id, workspace, pixel, event_source, event, event_id, event_time, order_id, received AS received_ms, state, "
    "CASE state WHEN 'leased' THEN '' ELSE reason END AS reason, "  # until it is settled, a reason there is but a note
    "minor AS value_minor, currency, channels, consent, source, due AS due_ms, settled_at AS settled_ms, "
    "attempts, batch, shop FROM conversion"
)
_PLACES = (
    "SELECT DISTINCT workspace, pixel, event FROM coverage WHERE workspace IN (SELECT value FROM json_each(?)) "
    "ORDER BY workspace, pixel"
)
#: The codes under which tests were sent, and those of today: what never was to be sent has no lane.
_TEST_CODES = (
    "SELECT source_id, test_code FROM lane WHERE workspace = ?1 AND test_code <> '' UNION "
    "SELECT code, json_extract(rules, '$.test_code') FROM pixel WHERE workspace = ?1"
)
#: What is asked for of a pixel and day is a few leaps, however many others there are.
_COUNTED = (
    "WITH asked AS MATERIALIZED (SELECT json_extract(value, '$[0]') AS kind, json_extract(value, '$[1]') AS event "
    "FROM json_each(?2)) "
    "SELECT ?1, it.workspace, it.pixel, it.kind, it.event, it.name, sum(it.n) "
    "FROM pixel CROSS JOIN json_each(?4) AS asked_day CROSS JOIN asked CROSS JOIN pixel_count AS it "
    "ON it.day = asked_day.value AND it.workspace = pixel.workspace AND it.pixel = pixel.code "
    "AND it.kind = asked.kind AND it.event = asked.event "
    "WHERE +it.name IN (SELECT value FROM json_each(?3)) GROUP BY 2, 3, 4, 5, 6"
)
_TOTALS = {
    by_event: (
        f"SELECT workspace, pixel, {event} AS event, outcome, reason, sum(n) AS n FROM counter "  # noqa: S608
        f"WHERE day >= ? GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4, 5"
    )
    for by_event, event in ((True, "event"), (False, "''"))
}
_OF_ORDER = (
    f'SELECT DISTINCT link.conversion FROM shop_order_conversion AS link WHERE link."order" IN ({UNDER_NUMBER}) '  # noqa: S608 -- our own text
    "ORDER BY 1"
)
_PARTITIONS = "SELECT partition, entries FROM dedup WHERE partition IN (SELECT value FROM json_each(?))"
_COPIES = "SELECT channel, source, at AS received_ms, consent, differs FROM copy WHERE id = ? ORDER BY n"
_ATTEMPTS = (
    "SELECT id AS batch, state, at AS at_ms, answered_at AS answered_ms, status, code, "
    "coalesce(message, '') AS message, "
    "coalesce(request_id, '') AS request_id FROM batch "
    "WHERE id IN (SELECT batch FROM attempt WHERE attempt.id = ?) OR id = ? ORDER BY id"
)
_LISTED = (
    "SELECT workspace, code, event_source, name, rules, token IS NOT NULL AS has_token, token_at AS token_ms, "
    "created AS created_ms, coalesce((SELECT until FROM confirming WHERE confirming.workspace = pixel.workspace "
    "AND confirming.pixel = code), 0) AS confirming_until_ms, "
    "(SELECT json_object('since_ms', at, 'who', who, 'why', why) FROM stopped_pixel AS stop "
    "WHERE stop.workspace = pixel.workspace AND stop.code = pixel.code) AS stopped, "
    "{} AS flow, {} AS account "
    "FROM pixel ORDER BY workspace, created, code"
)
_FLOW = (
    "(SELECT json_object('mode', mode, 'since_ms', since_ms, 'who', who) FROM pixel_flow AS flow "
    "WHERE flow.workspace = pixel.workspace AND flow.code = pixel.code)"
)
_ACCOUNT = (
    "coalesce((SELECT connection.id FROM imported_pixel "
    "JOIN connection ON connection.id = imported_pixel.connection "
    "JOIN advertiser ON advertiser.connection = connection.id AND advertiser.id = imported_pixel.advertiser "
    "WHERE imported_pixel.code = pixel.code AND connection.workspace = pixel.workspace "
    "AND connection.state = 'connected' AND vanished_since_ms IS NULL AND chosen = 1 "
    "ORDER BY connected_ms DESC, connection.id DESC LIMIT 1), '')"
)
#: What is tried one after the other: a table of the pages that is damaged keeps no event.
_PIXELS = tuple(_LISTED.format(flow, account) for flow in (_FLOW, "NULL") for account in (_ACCOUNT, "''"))
_KEYS = (
    "SELECT id, h AS hash, kind, workspace, source, routes, created AS created_ms, revoked AS revoked_ms, shop "
    "FROM write_key "
    "ORDER BY created, id"
)
_BRIEF = f"{STORY} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 -- constants only
_CHANGES = "SELECT at AS at_ms, who, what, before, after FROM audit ORDER BY id DESC LIMIT ?"


class StoreReader:
    """See web.contract.ReadModel for the promises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let all reads inside see one committed state."""
        with translated():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def by_id(self, conversion_id: int) -> Story | None:
        """Return one conversion by its number, with its copies and attempts."""
        return next(iter(self._stories([conversion_id])), None)

    def by_event_id(self, workspace: str, event_id: str) -> list[Story]:
        """Find what is known under an event id, in all events and pixels of the workspace; tests and tombstones too."""
        return self.by_event_ids([workspace], event_id)

    def by_event_ids(self, workspaces: Sequence[str], event_id: str) -> list[Story]:
        """Find what is known under an event id in some workspaces, in one pass."""
        places = self._rows(_PLACES, (json.dumps(list(workspaces)),))
        unnamed = {workspace for workspace, _, event in places if event == OTHER}
        hashes = [event_id_lookup(workspace, event_id) for workspace in sorted(unnamed)]
        found = conversions_by_lookup(self._db, hashes) if hashes else []
        return self._stories(sorted({*self._ids(list(self._keys(places, event_id))), *found}))

    def by_order(self, workspaces: Sequence[str], order_id: str) -> list[Story]:
        """Return what follows from an order in the ledger of some workspaces, by its number."""
        found = self._rows(_OF_ORDER, {"number": order_id, "workspaces": json.dumps(list(workspaces))})
        return self._stories([id_ for (id_,) in found])

    def by_lookup(self, hashes: Iterable[bytes]) -> list[Story]:
        """Find conversions by look-up hashes (core.keys.lookup)."""
        return self._stories(conversions_by_lookup(self._db, hashes))

    @property
    def sightings(self) -> SightingReader:
        """What the debugger shows."""
        return SightingReader(self._db, self._brief)

    def recent(self, *, limit: int) -> list[Story]:
        """Return the newest conversions and tombstones, newest first, without copies and attempts."""
        rows = self._records(f"{STORY} ORDER BY id DESC LIMIT ?", (limit,))
        return [as_story(row, [], []) for row in rows]

    def counts(self, *, since_day: int = 0) -> list[Count]:
        """Return all counters from a UTC day on."""
        sql = "SELECT day, workspace, pixel, event, outcome, reason, n FROM counter WHERE day >= ? AND n <> 0"
        return [msgspec.convert(row, Count) for row in self._records(sql, (since_day,))]

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """Add the counters from a UTC day on up over the days, and over the events unless they are asked for."""
        return [msgspec.convert(row, Total) for row in self._records(_TOTALS[by_event], (since_day,))]

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen and what the delivered ones carried, from a UTC day on."""
        sql = f"SELECT {', '.join(Covered.__struct_fields__)} FROM coverage WHERE day >= ?"  # noqa: S608 -- our own names
        return [Covered(*row) for row in self._rows(sql, (since_day,))]

    def pixel_counts(self) -> list[PixelCount]:
        """Return what is counted of pixels beside states and sides."""
        return [
            PixelCount(*row) for row in self._rows("SELECT * FROM pixel_count WHERE n <> 0 ORDER BY 1, 2, 3, 4, 5, 6")
        ]

    def counted(
        self, asked: Collection[CountedEvent], names: Collection[str], *, since_day: int, until_day: int
    ) -> list[PixelCount]:
        """Add the counts of some names of all pixels up over the days; `day` is the first one."""
        days = json.dumps(list(range(since_day, until_day + 1)))
        told = (since_day, json.dumps(list(asked)), json.dumps(list(names)), days)
        return [PixelCount(*row) for row in self._rows(_COUNTED, told)]

    def states(self) -> dict[str, int]:
        """Count the rows by state; what the counters must agree with."""
        return dict(self._rows("SELECT state, count(*) FROM conversion GROUP BY state", ()))

    def removed(self) -> dict[str, int]:
        """Count, by state, the conversions whose rows are gone after their time; their counters stay."""
        return dict(self._rows("SELECT state, n FROM removed_count", ()))

    def cursors(self) -> dict[str, tuple[int, int]]:
        """Return how far each journal is recorded: sequence number and events."""
        return {
            journal: (seq, events) for journal, seq, events in self._rows("SELECT journal, seq, events FROM cursor", ())
        }

    def unsent(self) -> int:
        """Count the conversions that wait for the wire."""
        return int(self._rows("SELECT count(*) FROM ready", ())[0][0])

    def held(self) -> int:
        """Count the conversions that wait for permission or confirmation."""
        return int(self._rows("SELECT count(*) FROM held", ())[0][0])

    def quarantined(self) -> int:
        """Count what could not be recorded."""
        return int(self._rows("SELECT count(*) FROM quarantine", ())[0][0])

    def pixels(self) -> list[PixelRow]:
        """List the configured pixels; pauses and accounts that cannot be read are left out."""
        rows = self._first_readable(_PIXELS)
        return [msgspec.convert(_parsed(row, "rules", "stopped", "flow"), PixelRow, strict=False) for row in rows]

    def _first_readable(self, statements: Sequence[str]) -> list[dict[str, Any]]:
        """Return what the first statement finds that meets no damage."""
        *others, last = statements
        for statement in others:
            try:
                return self._records(statement)
            except (StorageBusy, StorageFull):
                raise
            except StorageError:
                continue
        return self._records(last)

    def access_keys(self) -> list[KeyRow]:
        """List the keys, revoked ones too."""
        return [msgspec.convert(_parsed(row, "routes"), KeyRow) for row in self._records(_KEYS)]

    def workspaces(self) -> dict[str, WorkspaceRules]:
        """Return what was decided about each workspace, by its name."""
        rows = self._rows("SELECT name, rules FROM workspace ORDER BY name")
        return {name: msgspec.json.decode(rules, type=WorkspaceRules) for name, rules in rows}

    def shops(self, workspace: str) -> list[str]:
        """Name the shops of a workspace, its first one first."""
        sql = "SELECT name FROM shop WHERE workspace=? AND removed IS NULL ORDER BY created, name"
        return [FIRST_SHOP, *(name for (name,) in self._rows(sql, (workspace,)))]

    def all_shops(self, workspace: str) -> list[str]:
        """Name all shops that a workspace has or had, as ids bear their names: the first one's is empty."""
        return [
            "",
            *(name for (name,) in self._rows("SELECT name FROM shop WHERE workspace=? ORDER BY name", (workspace,))),
        ]

    def changes(self, *, limit: int) -> list[Change]:
        """Return the latest changes of what operators set up, newest first."""
        return [msgspec.convert(row, Change) for row in self._records(_CHANGES, (limit,))]

    def _keys(self, places: Iterable[tuple[str, str, str]], event_id: str) -> Iterator[bytes]:
        """Yield the keys that a conversion may have somewhere: of all pixels, tests and names there are."""
        workspaces = {workspace for workspace, _, _ in places}
        tests = {workspace: self._rows(_TEST_CODES, (workspace,)) for workspace in workspaces}
        scopes = {it: [scope_of(it, shop) for shop in self.all_shops(it)] for it in workspaces}
        kinds = {(row.workspace, row.code): (row.event_source,) for row in self.pixels()}
        for workspace, pixel, event in places:
            codes = ["", *(code for place, code in tests[workspace] if place == pixel and code)]
            for event_source in kinds.get((workspace, pixel), EVENT_SOURCES):
                for scope in scopes[workspace]:
                    for code in codes:
                        yield conversion_key(scope, event_source, stream_of(pixel, code), event, event_id)

    def _ids(self, keys: Sequence[bytes]) -> set[int]:
        """
        Find conversions by their keys: in the log first, since an entry is in the index before it leaves the log.

        Of two entries for one key the later one counts, and what the log has is later than what the index has.
        """
        with translated():
            logged = packed_rows.latest(self._db, log_table("dedup"), keys)
            return set((dict(self._indexed(keys)) | logged).values())

    def _indexed(self, keys: Sequence[bytes]) -> Iterator[packed_rows.Entry]:
        """Find conversions by those of their keys that are in the index; each partition is read once."""
        by_partition: dict[int, list[bytes]] = {}
        for key in keys:
            by_partition.setdefault(partition_of(key), []).append(key)
        for partition, entries in self._db.execute(_PARTITIONS, (json.dumps(sorted(by_partition)),)):
            yield from ((key, id_) for key in by_partition[partition] if (id_ := id_in(entries, key)) is not None)

    def _brief(self, ids: Sequence[int]) -> list[Story]:
        rows = self._records(_BRIEF, (json.dumps(list(ids)),))
        return [as_story(row, [], []) for row in rows]

    def _stories(self, ids: Iterable[int]) -> list[Story]:
        found = [row for id_ in ids for row in self._records(f"{STORY} WHERE id = ?", (id_,))]
        return [as_story(row, self._copies(row), self._attempts(row)) for row in found]

    def _copies(self, row: JSON) -> list[CopySeen]:
        first = CopySeen(row["channels"].split("+")[0], row["source"], row["received_ms"], row["consent"])
        later = self._records(_COPIES, (row["id"],))
        return [first, *(msgspec.convert(copy, CopySeen) for copy in later)]

    def _attempts(self, row: JSON) -> list[Attempt]:
        log = self._records(_ATTEMPTS, (row["id"], row["batch"]))
        return [msgspec.convert(attempt, Attempt) for attempt in log]

    def _records(self, sql: str, parameters: Sequence[Any] = ()) -> list[JSON]:
        with translated():
            cursor = self._db.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        with translated():
            return self._db.execute(sql, parameters).fetchall()


def _parsed(row: JSON, *columns: str) -> JSON:
    return {**row, **{name: row[name] and msgspec.json.decode(row[name]) for name in columns}}


def as_story(row: JSON, copies: list[CopySeen], log: list[Attempt]) -> Story:
    """Read a row as STORY selects it."""
    waits = State(row["state"]) in UNSENT - {State.LEASED}
    due_ms, shop = row["due_ms"] if waits else None, row["shop"] or FIRST_SHOP
    told = {**row, "channels": row["channels"].split("+"), "due_ms": due_ms, "shop": shop}
    return msgspec.convert({**told, "copies": copies, "log": log}, Story)
