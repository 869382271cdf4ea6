"""
A store of an agency: five hundred pixels and five million conversions, put in by SQL so that every law holds of it.

Counters and coverage are counted from the rows; keys and the look-ups of the last 30 days are real, so that pages and
searches do what they do in earnest. Payloads are not there: no page opens one.
"""

import os
import sqlite3
from array import array
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from twinbeam.core.clock import MS_PER_DAY, day_of
from twinbeam.core.keys import conversion_key, lookup
from twinbeam.core.order import YES, OrderFacts, Stated
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite import packed_rows
from twinbeam.engines.stores.sqlite.lookup_index import lookup_table
from twinbeam.engines.stores.sqlite.migrate import _statements, migrations
from twinbeam.engines.stores.sqlite.partitions import pack_entry, partition_of
from twinbeam.engines.stores.sqlite.store import SqliteSetup
from twinbeam.pipeline.identity.email import email_digest

WORKSPACES = 25
DAYS = 50
KEPT_DAYS = 30  #: look-ups of earlier days are gone
EVENTS = (
    ("Pageview", 30),
    ("ViewContent", 25),
    ("AddToCart", 15),
    ("InitiateCheckout", 10),
    ("AddPaymentInfo", 5),
    ("Purchase", 10),
    ("Lead", 3),
    ("CompleteRegistration", 2),
)
KINDS = ("order", "email", "phone", "external_id", "ttclid")
_AT_ONCE = 1_000  #: conversions whose look-ups share a row

_FAST = ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000000", "BEGIN")
_SAFE = ("COMMIT", "PRAGMA journal_mode=WAL")
_ROWS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count),
spread AS (SELECT i, (i * 2654435761) % 4294967296 AS h FROM n),
placed AS (SELECT i, h, (h / 8) % :pixels AS p, (h / 4096) % 100 AS e, (h / 524288) % 100 AS s, (h / 64) % 10 AS c FROM spread)
INSERT INTO conversion (id, key, workspace, pixel, event_source, event, event_id, event_time, received, since, state,
  reason, minor, currency, order_id, channels, consent, source, due, copies, lacks, native_proven, match, enriched,
  test_code, found, conditions, evidence, visitor, other_visitor, granter, contested, united, person, spelling, attempts,
  maybe_at, settled_at, batch)
SELECT i, randomblob(16), place.workspace, place.code, 'web', name.event, 'order-' || i,
  (:now - (:count - i) * :step) / 1000, :now - (:count - i) * :step, :now - (:count - i) * :step,
  CASE WHEN s < 96 THEN 'delivered' WHEN s < 97 THEN 'refused' WHEN s < 99 THEN 'expired' ELSE 'withdrawn' END,
  CASE WHEN s < 96 THEN '' WHEN s < 97 THEN 'refused_by_tiktok' WHEN s < 99 THEN 'consent_never_said'
    ELSE 'no_consent' END,
  2495, 'EUR', '' || i, CASE WHEN c < 2 THEN 'browser' WHEN c < 4 THEN 'server' ELSE 'browser+server' END,
  'ad_storage=granted, ad_user_data=granted', 'checkout', 0, CASE WHEN c < 4 THEN 1 ELSE 2 END, 0, 0,
  (h / 32768) % 64, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, x'', name.event, s < 97, :now, :now, NULL
FROM placed JOIN place ON place.n = p JOIN name ON name.n = e
"""
_COPIES = (
    "INSERT INTO copy SELECT id, 2, 'server', received + 900, consent, 'shop', '' FROM conversion WHERE copies = 2"
)
_COUNTERS = (
    (
        "CREATE TEMP TABLE counted AS SELECT received / 86400000 AS day, workspace, pixel, event, state, reason, "
        "count(*) AS n, sum(copies) AS copies FROM conversion GROUP BY 1, 2, 3, 4, 5, 6"
    ),
    "INSERT INTO counter SELECT day, workspace, pixel, event, state, reason, n FROM counted",
    (
        "INSERT INTO counter SELECT day, workspace, pixel, event, 'recorded', '', sum(copies) FROM counted "
        "GROUP BY 1, 2, 3, 4"
    ),
    (
        "INSERT INTO counter SELECT day, workspace, pixel, event, 'merged', '', sum(copies - n) FROM counted "
        "GROUP BY 1, 2, 3, 4"
    ),
)
_SIDES = (
    (
        "INSERT INTO side_seen SELECT workspace, pixel, event, 'browser', max(received), 0 FROM conversion "
        "WHERE channels <> 'server' GROUP BY 1, 2, 3"
    ),
    (
        "INSERT INTO side_seen SELECT workspace, pixel, event, 'server', max(received), 0 FROM conversion "
        "WHERE channels <> 'browser' GROUP BY 1, 2, 3"
    ),
)
#: Orders of each fifth purchase, each under the id of its conversion: some 100,000 of five million conversions.
_ORDERS = (
    (
        "CREATE TEMP TABLE sold AS SELECT id, workspace, received / 86400000 AS day, received AS at FROM conversion "
        "WHERE event = 'Purchase' AND id % 5 = 0"
    ),
    (
        "INSERT INTO order_alike (day, workspace, source, kind, currency, state) "
        "SELECT DISTINCT day, workspace, 'checkout', '', 'EUR', 'paid' FROM sold"
    ),
    (
        "INSERT INTO shop_order (id, workspace, shop, order_id, system, source, kind, state, placed_ms, paid_ms, "
        "currency, value_minor, first_ms, heard_ms, facts, day, links, alike) "
        "SELECT sold.id, sold.workspace, '', '' || sold.id, 'shopify', 'checkout', '', 'paid', at, at, "
        "'EUR', 2495, at, at, :facts, sold.day, 1, alike.id "
        "FROM sold JOIN order_alike AS alike ON alike.day = sold.day AND alike.workspace = sold.workspace"
    ),
    'INSERT INTO shop_order_conversion ("order", conversion) SELECT id, id FROM sold',
)
#: Words on consent, gaps, hours and parameters of every tenth pixel, as many rows as one has of them.
_BESIDE = """
INSERT INTO pixel_count
SELECT day, workspace, pixel, name.kind, event, name.name, 1 + sum(both) / 9 FROM coverage, (
  SELECT 'consent' AS kind, channel.value || '|' || region.value || '|' || said.value || '|allowed' AS name
  FROM json_each('["browser", "server"]') AS channel, json_each('["DE", "FR", "US-CA", ""]') AS region,
    json_each('["granted", "nothing"]') AS said
  UNION ALL SELECT 'gap', side.value || '|' || step.value
  FROM json_each('["browser", "server"]') AS side, json_each('["1", "5", "60", "more"]') AS step
  UNION ALL SELECT 'hour', value FROM json_each('["00", "06", "12", "18", "23"]')
  UNION ALL SELECT 'delay', value FROM json_each('["1", "2", "5", "10", "30"]')
  UNION ALL SELECT 'parameter', value FROM json_each('["", "value", "currency", "contents", "content_ids", "page_url"]')
) AS name WHERE substr(pixel, -1) = '3' GROUP BY 1, 2, 3, 4, 5, 6
"""


class Known(NamedTuple):
    """A conversion that may be looked for, by all that it can be found by."""

    workspace: str
    event_id: str
    order_id: str
    email: str
    phone: str
    customer: str
    ttclid: str


def workspace_of(pixel: int) -> str:
    """Name the workspace of a pixel."""
    return f"client-{pixel % WORKSPACES:02}"


def code_of(pixel: int) -> str:
    """Give the code of a pixel."""
    return f"C0FLEET{pixel:013}"


def fill(folder: Path, ring: KeyRing, *, pixels: int, conversions: int, now_ms: int) -> list[Known]:
    """Fill an empty store; gives some conversions of it that may be looked for."""
    setup = SqliteSetup(folder, ring)
    for pixel in range(pixels):
        setup.save_pixel(
            workspace=workspace_of(pixel),
            code=code_of(pixel),
            event_source="web",
            name=f"Shop {pixel:03}",
            now_ms=now_ms - DAYS * MS_PER_DAY,
        )
        if pixel % 7:
            setup.save_token(workspace=workspace_of(pixel), code=code_of(pixel), token="t" * 40, now_ms=now_ms)
    setup.close()
    db = sqlite3.connect(folder / "store.db", isolation_level=None)
    for statement in _FAST:
        db.execute(statement)
    _name_places(db, pixels)
    step = DAYS * MS_PER_DAY // conversions
    db.execute(_ROWS, {"count": conversions, "pixels": pixels, "now": now_ms, "step": step})
    _give_keys(db, conversions)
    carried = _statements(migrations()[3])[1]
    for statement in (_COPIES, *_COUNTERS, *_statements(migrations()[1])[1:], carried, _BESIDE, *_SIDES):
        db.execute(statement)
    facts = msgspec.msgpack.encode(
        OrderFacts("1", "shopify", {"value": Stated(1, "24.95 EUR"), "paid": Stated(1, YES)})
    )
    for statement in _ORDERS:
        db.execute(statement, {"facts": facts} if ":facts" in statement else {})
    _fill_keys(db)
    known = _fill_lookups(db, conversions, now_ms, step)
    for statement in _SAFE:
        db.execute(statement)
    db.close()
    return known


def an_order(folder: Path) -> tuple[str, str]:
    """Give the newest order of a full store: its workspace and its number."""
    with closing(sqlite3.connect(folder / "store.db")) as db:
        workspace, number = db.execute("SELECT workspace, order_id FROM shop_order ORDER BY id DESC LIMIT 1").fetchone()
    return workspace, number


def _name_places(db: sqlite3.Connection, pixels: int) -> None:
    db.execute("CREATE TEMP TABLE place (n INTEGER PRIMARY KEY, workspace TEXT, code TEXT)")
    db.executemany("INSERT INTO place VALUES (?,?,?)", [(n, workspace_of(n), code_of(n)) for n in range(pixels)])
    db.execute("CREATE TEMP TABLE name (n INTEGER PRIMARY KEY, event TEXT)")
    events = [name for name, weight in EVENTS for _ in range(weight)]
    db.executemany("INSERT INTO name VALUES (?,?)", list(enumerate(events)))


def _give_keys(db: sqlite3.Connection, conversions: int) -> None:
    """Give their real keys to those that may be looked for."""
    ids = range(1, conversions + 1, _AT_ONCE)
    sql = "SELECT workspace, pixel, event, event_id FROM conversion WHERE id=?"
    places = [(*db.execute(sql, (id_,)).fetchone(), id_) for id_ in ids]
    keys = [
        (conversion_key(workspace, "web", pixel, event, event_id), id_)
        for workspace, pixel, event, event_id, id_ in places
    ]
    db.executemany("UPDATE conversion SET key=? WHERE id=?", keys)


def _fill_keys(db: sqlite3.Connection) -> None:
    entries = groupby(db.execute("SELECT key, id FROM conversion ORDER BY 1"), lambda entry: partition_of(entry[0]))
    rows = ((partition, b"".join(pack_entry(*entry) for entry in some)) for partition, some in entries)
    db.executemany("INSERT INTO dedup VALUES (?,?)", rows)


def _fill_lookups(db: sqlite3.Connection, conversions: int, now_ms: int, step: int) -> list[Known]:
    """Give each thousand conversions a row of look-ups; of the first of each they are real."""
    known = []
    first_day = day_of(now_ms) - KEPT_DAYS + 1
    for first in range(1, conversions + 1, _AT_ONCE):
        day = day_of(now_ms - (conversions - first) * step)
        if day < first_day:
            continue
        ids = range(first, min(first + _AT_ONCE, conversions + 1))
        (workspace,) = db.execute("SELECT workspace FROM conversion WHERE id=?", (first,)).fetchone()
        it = Known(workspace, f"order-{first}", str(first), f"p{first}@shop.example", *(f"{k}-{first}" for k in "pct"))
        hashes = [
            lookup("order", workspace, it.order_id),
            lookup("email", workspace, email_digest(it.email) or ""),
            *(lookup(kind, workspace, text) for kind, text in zip(KINDS[2:], it[4:], strict=True)),
        ]
        packed = b"".join(hashes) + os.urandom(8 * len(KINDS) * (len(ids) - 1))
        table = lookup_table(day)
        db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({packed_rows.COLUMNS}) STRICT")
        every = array("q", (id_ for id_ in ids for _ in KINDS)).tobytes()
        db.execute(f"INSERT INTO {table} (hashes, ids) VALUES (?,?)", (packed, every))
        known.append(it)
    return known
