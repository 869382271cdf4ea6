"""
A store as it looks after months: rows put in by SQL, in bulk, without syncs, in the scattered order of real keys.

What recording touches is there and real: keys of conversions, conversions, visitors with sealed facts that open,
their tokens, and one day's look-ups. Payloads are not, because those of delivered conversions are deleted by
retention; look-ups of earlier days are not, because recording never reads them.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from itertools import groupby

import msgspec
from processes import SOURCE, WORKSPACE, House
from workload import COUNTRIES, PIXEL, purchase, visitor_id

from twinbeam.core import keys
from twinbeam.core.clock import day_of
from twinbeam.core.consent import ConsentRecord, DatedAnswer, Region
from twinbeam.core.values import Facts, Item
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.connection import StoreConnection, facts_context
from twinbeam.engines.stores.sqlite.lookup_index import add_lookups
from twinbeam.engines.stores.sqlite.packed_rows import pack_ids
from twinbeam.engines.stores.sqlite.partitions import pack_entry, partition_of
from twinbeam.pipeline.record.conversion import STRONG, VOUCHED

DAYS = 50  #: over which the stored conversions spread
_CACHE_KIB = 3 * 1024**2
_BEFORE = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", f"PRAGMA cache_size=-{_CACHE_KIB}", "BEGIN")
_AFTER = ("COMMIT", "PRAGMA journal_mode=WAL")
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
_CONVERSIONS = _NUMBERS + (
    "INSERT INTO conversion (id, key, workspace, pixel, event_source, event, event_id, event_time, received, since, "
    "state, reason, minor, currency, order_id, channels, consent, source, due, copies, lacks, native_proven, match, "
    "enriched, test_code, found, conditions, evidence, visitor, other_visitor, granter, contested, united, person, "
    "spelling, attempts, maybe_at, settled_at, batch) "
    "SELECT i, randomblob(16), :workspace, :pixel, 'web', 'Purchase', printf('order-%09d', i - 1), :now / 1000, "
    ":now - (:count - i) * :step, :now - (:count - i) * :step, 'delivered', '', 2495, 'EUR', printf('%09d', i - 1), "
    "'server', 'ad_storage=granted, ad_user_data=granted', :source, 0, 1, 0, 0, 31, 0, '', 0, 0, :evidence, "
    "(i + 1) / 2, 0, 0, 0, 0, x'', 'Purchase', 1, :now, :now, i / 1000 FROM n"
)
#: The key by event id, and the other one by order id.
_KEYS = "SELECT key, id FROM conversion UNION ALL SELECT randomblob(16), id FROM conversion ORDER BY 1"
#: Of each conversion the token by order id, two for each visitor, and the visitors' own.
_TOKENS = "SELECT randomblob(16), (id + 1) / 2 FROM conversion UNION ALL SELECT k, id FROM token ORDER BY 1"


def fill(house: House, *, conversions: int, visitors: int) -> float:
    """Fill an empty store and give the seconds it took."""
    began = time.monotonic()
    db = sqlite3.connect(house.data / "store.db", isolation_level=None, cached_statements=256)
    for statement in _BEFORE:
        db.execute(statement)
    connection = StoreConnection(db, KeyRing.open(house.keyring))
    _fill_conversions(db, conversions)
    _fill_visitors(connection, visitors)
    for statement in _AFTER:
        db.execute(statement)
    db.close()
    os.sync()  # what the disk still has to write must not be charged to the recording
    return time.monotonic() - began


def _fill_conversions(db: sqlite3.Connection, count: int) -> None:
    now_ms = time.time_ns() // 1_000_000
    step = DAYS * 86_400_000 // count
    named = {"count": count, "workspace": WORKSPACE, "pixel": PIXEL, "source": SOURCE, "now": now_ms, "step": step}
    named["evidence"] = VOUCHED | STRONG
    db.execute(_CONVERSIONS, named)
    _fill_index(db, "dedup", _KEYS)
    for day in range(DAYS):
        _fill_lookups(db, day_of(now_ms) - day, count // DAYS)


def _fill_index(db: sqlite3.Connection, table: str, entries: str) -> None:
    """Pack what a query gives, in the order of keys."""
    by_partition = groupby(db.execute(entries), lambda entry: partition_of(entry[0]))
    rows = ((partition, b"".join(pack_entry(*entry) for entry in some)) for partition, some in by_partition)
    db.executemany(f"INSERT INTO {table} VALUES (?,?)", rows)


def _fill_lookups(db: sqlite3.Connection, day: int, count: int) -> None:
    """Give a day the look-ups of its conversions, in rows as transactions of a thousand events leave them."""
    for first in range(1, count + 1, 1_000):
        add_lookups(db, day, [(os.urandom(8), id_) for id_ in range(first, first + 1_000) for _ in range(4)])


def _fill_visitors(connection: StoreConnection, count: int) -> None:
    """Give the workload's first visitors a memory under their real tokens."""
    now_ms = time.time_ns() // 1_000_000
    db = connection.db
    db.executemany("INSERT INTO visitor VALUES (?,?,?,?)", _remembered(connection, count, day_of(now_ms)))
    db.execute("CREATE TEMP TABLE token (k BLOB, id INTEGER)")
    db.executemany("INSERT INTO token VALUES (?,?)", zip(_tokens(count), range(1, count + 1), strict=True))
    _fill_index(db, "visitor_key", _TOKENS)


def _remembered(connection: StoreConnection, count: int, day: int) -> Iterator[tuple[int, int, bytes, bytes]]:
    """Give visitors as two purchases leave them, which are noted still."""
    encoded = [msgspec.msgpack.encode(_facts(country)) for country in range(COUNTRIES)]
    seal = connection.keys.seal
    for visitor in range(1, count + 1):
        notes, facts = pack_ids([2 * visitor - 1, 2 * visitor]), encoded[(visitor - 1) % COUNTRIES]
        yield visitor, day, notes, seal(day, facts, facts_context(visitor))


def _tokens(count: int) -> Iterator[bytes]:
    for visitor in range(count):
        yield keys.visit("visitor", WORKSPACE, visitor_id(visitor))


def _facts(country: int) -> Facts:
    """Give what a purchase in a country of the workload teaches, its word on consent with it."""
    said = msgspec.convert(purchase(2 * country), Item)
    user, given = said.user, DatedAnswer(1, "granted")
    consent = ConsentRecord(given, given, region=Region(str(user.country), 2), source=str(said.consent.source))
    return Facts(
        ttclid=user.ttclid, ttp=user.ttp, ip=user.ip, user_agent=user.user_agent, url=said.page.url, consent=consent
    )
