"""
Stores of earlier schemas are brought forward with all that is in them, and each step leaves the code before it working.

Expand, then contract: a release adds, and what it no longer needs goes with a later one (docs/decisions/0041).
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import twinbeam
from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from signals import NOW, UNSAID, WORKSPACE, a_signal
from twinbeam.admin.contract import Actor
from twinbeam.app.backup.restoring import restore
from twinbeam.app.backup.taking import Wish, take
from twinbeam.cli.doctor.store import accounting
from twinbeam.core.accounts import DeveloperApp
from twinbeam.core.clock import HandClock
from twinbeam.core.dead_letters import LetterFilter, Resend
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.sqlite_file import open_file
from twinbeam.engines.stores.sqlite.migrate import _apply, _text_id, migrations
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.engines.stores.tables import upgrade
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.upgrade import tables_version
from twinbeam.settings import load

pytestmark = pytest.mark.slow

Columns = Mapping[str, tuple[object, ...]]
Schema = Mapping[str, Columns]

HOT = list(range(1, len(migrations()) + 1))
REVISIONS = [it.revision for it in ScriptDirectory(str(upgrade._FOLDER)).walk_revisions()][::-1]
EARLIER = [(hot, upgrade.HEAD) for hot in HOT[:-1]] + [(HOT[-1], each) for each in REVISIONS[:-1]] + [(1, REVISIONS[0])]

#: Steps that did more than add, and why no code of before can be in their way.
ALLOWED: Mapping[str, str] = {}


def bring_to(db: sqlite3.Connection, hot: int, tables: str) -> None:
    """Give a new file an earlier schema."""
    steps = migrations()
    for number in range(1, hot + 1):
        _apply(db, number, steps[number - 1], _text_id(steps[:number]))
    config = Config()
    config.set_main_option("script_location", str(upgrade._FOLDER))
    config.set_main_option("path_separator", "os")
    with Tables(db).transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, tables)


def schema_of(db: sqlite3.Connection) -> Schema:
    """Tell of each table its columns: type, not null, default, place in the key."""
    names = [
        name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE '~_%'")
    ]
    return {
        name: {row[1]: tuple(row[2:]) for row in db.execute(f'PRAGMA table_info("{name}")')}
        for name in names
        if not name.startswith(("sqlite_", "alembic_"))
    }


def uniques_of(db: sqlite3.Connection, tables: Schema) -> set[tuple[str, str]]:
    """Name what must be unique, or acts by itself, in some tables."""
    found = set()
    for table in tables:
        for _, index, is_unique, *_ in db.execute(f'PRAGMA index_list("{table}")').fetchall():
            columns = [row[2] for row in db.execute(f'PRAGMA index_info("{index}")')]
            found |= {(table, f"unique {columns}")} if is_unique else set()
    triggers = db.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return found | {(table, f"trigger {name}") for table, name in triggers if table in tables}


def harms(
    before: Schema, after: Schema, bound_before: set[tuple[str, str]], bound_after: set[tuple[str, str]]
) -> set[str]:
    """Name what code that knows the schema before would run into."""
    found = {f"table {table} went" for table in before.keys() - after.keys()}
    for table in before.keys() & after.keys():
        was, now = before[table], after[table]
        found |= {f"column {table}.{name} went" for name in was.keys() - now.keys()}
        found |= {f"column {table}.{name} changed" for name in was.keys() & now.keys() if was[name] != now[name]}
        for name in now.keys() - was.keys():
            _, not_null, default, _ = now[name]
            if not_null and default is None:
                found.add(f"column {table}.{name} must be given")
            if table in inserted_by_place():
                found.add(f"column {table}.{name} joins a table that is filled by place")
    return found | {f"{table}: {what} is new" for table, what in bound_after - bound_before if table in before}


def inserted_by_place() -> set[str]:
    """Name the tables into which the code inserts without naming columns."""
    source = "".join(path.read_text() for path in Path(twinbeam.__file__).parent.rglob("*.py"))
    return set(re.findall(r'INSERT (?:OR \w+ )?INTO "?(\w+)"? (?:VALUES|SELECT)', source))


def steps() -> Iterator[tuple[str, tuple[int, str], tuple[int, str]]]:
    """Name every migration, with the schemas before and behind it."""
    for hot in HOT[1:]:
        yield f"hot {hot}", (hot - 1, upgrade.HEAD), (hot, upgrade.HEAD)
    for before, after in pairwise(REVISIONS):
        yield f"tables {after}", (HOT[-1], before), (HOT[-1], after)


@pytest.mark.parametrize(("name", "before", "after"), [pytest.param(*it, id=it[0]) for it in steps()])
def test_the_code_before_a_migration_works_behind_it(tmp_path, name, before, after):
    seen = []
    for place, (hot, tables) in enumerate((before, after)):
        with closing(open_file(tmp_path / f"{place}.db")) as db:
            bring_to(db, hot, tables)
            schema = schema_of(db)
            seen.append((schema, uniques_of(db, schema)))
    (was, bound_before), (now, bound_after) = seen
    assert name in ALLOWED or harms(was, now, bound_before, bound_after) == set()


@pytest.mark.parametrize(
    ("change", "harm"),
    [
        ("DROP TABLE b", "table b went"),
        ("ALTER TABLE a RENAME COLUMN x TO y", "column a.x went"),
        ("ALTER TABLE a DROP COLUMN x", "column a.x went"),
        ("ALTER TABLE a ADD COLUMN z TEXT NOT NULL DEFAULT ''", None),
        ("ALTER TABLE a ADD COLUMN z TEXT", None),
        ("ALTER TABLE day_key ADD COLUMN z TEXT", "column day_key.z joins a table that is filled by place"),
        ("CREATE TABLE c (x TEXT NOT NULL UNIQUE)", None),
        ("CREATE INDEX i ON a (x)", None),
        ("CREATE UNIQUE INDEX i ON a (x)", "a: unique ['x'] is new"),
        ("CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ABORT, 'no'); END", "a: trigger t is new"),
    ],
)
def test_a_step_that_would_break_the_code_before_it_is_noticed(change, harm):
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            "CREATE TABLE a (id INTEGER, x TEXT); CREATE TABLE b (x TEXT); CREATE TABLE day_key (d INTEGER)"
        )
        was = schema_of(db)
        bound = uniques_of(db, was)
        db.execute(change)
        now = schema_of(db)
        assert harms(was, now, bound, uniques_of(db, now)) == ({harm} if harm else set())


@pytest.fixture(scope="module")
def furnished(tmp_path_factory) -> Path:
    """Give the file of a store with conversions in many states, and something in most tables."""
    folder = tmp_path_factory.mktemp("furnished")
    engine = SqliteEngine(folder)
    h, store = Harness(engine), engine.store
    store.save_pixel(workspace=WORKSPACE, code="PIXEL1", event_source="web", name="Shop", now_ms=NOW)
    store.save_token(workspace=WORKSPACE, code="PIXEL1", token="t-1", now_ms=NOW)
    store.accounts.save_app(DeveloperApp("7000", "app-secret"), now_ms=NOW)
    store.products.save_address(WORKSPACE, "https://shop.example/feed", "shop.example", 24)
    store.resends.add(Resend(0, LetterFilter(WORKSPACE), "ada", NOW, 1, 1))
    h.take(a_signal("delivered", order_id="1"), a_signal("delivered-2"))
    h.delivered(h.lease())
    h.take(a_signal("refused"))
    h.refused(h.lease())
    h.take(a_signal("waiting"))
    h.waiting(h.lease())
    h.take(a_signal("held", permission=UNSAID), a_signal("ready", visitor="v-1"))
    engine.close()
    return folder


@pytest.mark.parametrize(("hot", "tables"), EARLIER)
def test_a_store_of_an_earlier_schema_goes_on_with_all_that_was_in_it(tmp_path, furnished, hot, tables):
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "keyring.json").write_bytes((furnished / "keys" / "keyring.json").read_bytes())
    (tmp_path / "keys" / "keyring.json").chmod(0o600)
    with closing(open_file(data / "store.db")) as db:
        bring_to(db, hot, tables)
        kept = copy_rows(furnished / "data" / "store.db", db)
    assert kept["conversion"] == 6
    engine = SqliteEngine(tmp_path)
    try:
        goes_on(Harness(engine), engine.store, kept)
    finally:
        engine.close()


def test_a_backup_of_an_earlier_schema_leaves_it_as_it_is_and_is_restored_under_this_release(tmp_path, furnished):
    keyring = furnished / "keys" / "keyring.json"
    places = [load({"TWINBEAM_DATA": str(tmp_path / it), "TWINBEAM_KEYRING": str(keyring)}) for it in ("old", "new")]
    places[0].data.mkdir()
    with closing(open_file(places[0].data / "store.db")) as db:
        bring_to(db, 1, REVISIONS[0])
        copy_rows(furnished / "data" / "store.db", db)
    ring, clock = KeyRing.open(keyring), HandClock(NOW)
    taken = take(places[0], ring, Wish(tmp_path / "backups"), clock, lambda *_: None)
    assert (taken.is_current, taken.manifest.schema, taken.manifest.tables) == (False, 1, REVISIONS[0])
    restored = restore(places[1], taken.place, Actor("ada"), clock, lambda _: None)
    assert sum(restored.conversions.values()) == 6
    with (
        closing(open_file(places[0].data / "store.db")) as before,
        closing(open_file(places[1].data / "store.db")) as db,
    ):
        assert (tables_version(before), tables_version(db)) == (REVISIONS[0], upgrade.HEAD)


def copy_rows(source: Path, db: sqlite3.Connection) -> dict[str, int]:
    """Put the rows of a store into an earlier one, as far as that has room for them; gives how many went where."""
    kept = {}
    db.execute("ATTACH ? AS newer", (str(source),))
    newer = {name for (name,) in db.execute("SELECT name FROM newer.sqlite_master WHERE type='table'")}
    with closing(sqlite3.connect(source)) as other:
        columns = schema_of(other)
    for table, has in schema_of(db).items():
        if table in newer:
            both = ", ".join(f'"{name}"' for name in has if name in columns[table])
            db.execute(f'DELETE FROM main."{table}"')
            kept[table] = db.execute(f'INSERT INTO main."{table}" ({both}) SELECT {both} FROM newer."{table}"').rowcount
    db.execute("DETACH newer")
    return kept


def goes_on(h: Harness, store: SqliteStore, kept: Mapping[str, int]) -> None:
    """Hold a store that was brought forward to what it had, and let it record, send and be set up."""
    assert isinstance(store, SqliteStore)
    counts = {table: store._db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in kept}
    assert counts == dict(kept)
    assert store.tokens() == {(WORKSPACE, "PIXEL1"): "t-1"}
    assert h.state("held") == "held"
    h.take(a_signal("held"), a_signal("fresh"))
    lease = h.lease()
    assert lease.count == 4  # waiting, ready, held with its permission, fresh
    h.delivered(lease)
    assert {h.state(it) for it in ("waiting", "ready", "held", "fresh", "delivered")} == {"delivered"}
    assert h.resend("refused") == {"": 1}
    assert accounting(store.totals(by_event=False), store.states(), store.removed()).fine
    store.jobs.resign("nobody", runs=[])
    assert (store.newest_backup_ms(), store.newest_restore(), store.users.users()) == (None, None, [])
    h.tidy(days=1)


def test_every_earlier_schema_is_tried():
    assert len(EARLIER) == len(HOT) + len(REVISIONS) - 1
