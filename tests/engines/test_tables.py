"""The tables that SQLAlchemy keeps lie in the store's own file, under its locks and settings."""

import sqlite3
import threading
from contextlib import closing
from importlib import import_module
from pkgutil import iter_modules

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

import new_stores
from new_stores import BY_ALEMBIC, Noted
from twinbeam.admin.token_record import TokenCheck, TokenVerdict
from twinbeam.core.errors import ConfigError, StorageBusy, StorageError
from twinbeam.engines.sqlite_file import open_file, open_reader, transaction
from twinbeam.engines.stores import tables
from twinbeam.engines.stores.sqlite.migrate import migrate
from twinbeam.engines.stores.tables import account_schema, fleet, upgrade
from twinbeam.engines.stores.tables.database import Tables
from twinbeam.engines.stores.tables.jobs import JobTable
from twinbeam.engines.stores.tables.schema import lease, metadata
from twinbeam.engines.stores.tables.token_checks import TokenCheckTable
from twinbeam.engines.stores.tables.upgrade import bring_forward
from twinbeam.engines.stores.tables.users_schema import sign_in_link, user, user_session
from twinbeam.jobs.contract import Run

RUNS = [
    Run(name="overdue", every_ms=1_000, last_ms=7, took_ms=3, next_ms=9, trouble="StorageFull: no room"),
    Run(name="removed", every_ms=5_000),
]


@pytest.fixture(autouse=True)
def _by_alembic(monkeypatch):
    """Let Alembic itself make the tables: other tests have them by its statements."""
    monkeypatch.setattr(upgrade, "_upgrade", BY_ALEMBIC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


def everything_in(db):
    """Give the schema of a file, and the migration that it has seen."""
    return set(db.execute("SELECT type, name, sql FROM sqlite_master")), upgrade.tables_version(db)


@pytest.fixture
def db(path):
    with closing(open_file(path)) as db:
        migrate(db)
        bring_forward(db)
        yield db


def test_the_migrations_make_what_the_schema_says(db):
    for module in iter_modules(tables.__path__):
        import_module(f"{tables.__name__}.{module.name}")  # each adds its own tables to the schema

    def ours(_name, kind, _parents):
        return kind != "table" or _name in metadata.tables

    with Tables(db).reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    made = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    assert all(made[name].rstrip().endswith("STRICT") for name in metadata.tables)
    assert {user.name, sign_in_link.name, user_session.name} <= set(metadata.tables)


def test_the_schema_knows_the_tables_of_every_topic():
    assert {table.name for table in vars(account_schema).values() if isinstance(table, Table)} <= set(metadata.tables)


def test_the_week_of_pixels_is_among_them():
    assert fleet.pixel_week.name in metadata.tables


def test_the_newest_migration_is_the_one_that_the_release_knows():
    assert ScriptDirectory(str(upgrade._FOLDER)).get_current_head() == upgrade.HEAD


def test_a_new_store_of_other_tests_has_the_same_tables(db, tmp_path):
    noted = Noted()
    for name in ("first", "second"):
        with closing(open_file(tmp_path / name)) as quick:
            migrate(quick)
            noted.upgrade(quick)
            assert everything_in(quick) == everything_in(db)


def test_a_store_with_an_event_in_it_is_brought_forward_by_alembic(path, tmp_path, monkeypatch):
    by_alembic = []
    monkeypatch.setattr(new_stores, "BY_ALEMBIC", by_alembic.append)
    with closing(open_file(path)) as db:
        migrate(db)
        db.execute("INSERT INTO counter VALUES (1, 'main', 'C0', 'Purchase', 'recorded', '', 1)")
        Noted().upgrade(db)
        assert by_alembic == [db]


def test_a_file_that_is_brought_forward_is_left_as_it_is(path, db):
    before = db.total_changes
    bring_forward(db)
    assert (db.total_changes, db.in_transaction) == (before, False)


def test_a_file_of_a_newer_release_is_refused(db):
    db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="tables 9999, and this release knows"):
        bring_forward(db)


def test_two_processes_may_bring_a_new_file_forward_at_once(path):
    first, second = open_file(path), open_file(path)
    migrate(first)
    failed = []

    def bring(db):
        try:
            bring_forward(db)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it must not vanish with its thread
            failed.append(error)

    threads = [threading.Thread(target=bring, args=(db,)) for db in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for db in (first, second):
        assert db.execute("SELECT version_num FROM alembic_version").fetchall() == [(upgrade.HEAD,)]
        db.close()


def test_what_happens_in_a_transaction_is_kept_as_a_whole_or_not_at_all(path, db):
    told = []
    tables = Tables(db, told.append)
    with tables.transaction() as connection:
        connection.execute(insert(lease).values(name="kept", owner="a", until_ms=1))
        assert db.in_transaction
        with closing(open_reader(path)) as other:
            assert other.execute("SELECT count(*) FROM lease").fetchone() == (0,)
    with pytest.raises(RuntimeError):  # noqa: PT012, SIM117 -- it has to be raised inside
        with tables.transaction() as connection:
            connection.execute(insert(lease).values(name="lost", owner="a", until_ms=1))
            raise RuntimeError
    with tables.reading() as connection:
        assert [row.name for row in connection.execute(select(lease))] == ["kept"]
    assert (told, db.in_transaction) == ([1], False)


def test_the_settings_of_the_connection_stay_and_the_hot_statements_go_on(db):
    pragmas = ("journal_mode", "synchronous", "busy_timeout", "cache_size", "wal_autocheckpoint", "read_uncommitted")
    before = [db.execute(f"PRAGMA {name}").fetchone() for name in pragmas]
    tables = Tables(db)
    JobTable(tables).lead("a", now_ms=1, until_ms=2, runs=RUNS)
    assert [db.execute(f"PRAGMA {name}").fetchone() for name in pragmas] == before
    assert db.isolation_level is None
    with transaction(db):
        db.execute("INSERT INTO cursor VALUES ('j', 1, 1)")
    JobTable(tables).lead("a", now_ms=1, until_ms=2, runs=RUNS)
    assert db.execute("SELECT seq FROM cursor").fetchone() == (1,)


def test_trouble_is_told_in_our_own_words(path, db):
    db.execute("PRAGMA busy_timeout = 1")
    jobs = JobTable(Tables(db))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            jobs.lead("a", now_ms=1, until_ms=2, runs=[])
        assert jobs.runs() == [], "whoever reads does not wait"
        other.execute("ROLLBACK")
    db.execute("DROP TABLE lease")
    with pytest.raises(StorageError, match="no such table: lease"):
        jobs.lead("a", now_ms=1, until_ms=2, runs=[])
    assert not db.in_transaction


def test_a_lease_is_held_by_one_until_it_runs_out_or_is_given_back(db):
    jobs = JobTable(Tables(db))
    assert jobs.lead("a", now_ms=100, until_ms=200, runs=RUNS)
    assert not jobs.lead("b", now_ms=199, until_ms=300, runs=[])
    assert jobs.runs() == RUNS
    assert jobs.lead("a", now_ms=150, until_ms=250, runs=RUNS)
    assert jobs.lead("b", now_ms=250, until_ms=300, runs=RUNS[:1])
    jobs.resign("a", runs=[])
    assert (jobs.runs(), jobs.lead("a", now_ms=260, until_ms=300, runs=[])) == (RUNS[:1], False)
    jobs.resign("b", runs=[])
    assert jobs.lead("a", now_ms=260, until_ms=300, runs=RUNS)


def test_whoever_is_alone_waits_for_no_dead_owners_lease(db):
    assert JobTable(Tables(db)).lead("dead", now_ms=100, until_ms=200, runs=RUNS)
    assert JobTable(Tables(db), alone=True).lead("alive", now_ms=101, until_ms=201, runs=[])


def test_the_tables_are_described_for_postgresql_as_well():
    made = {
        name: str(CreateTable(table).compile(dialect=postgresql.dialect())) for name, table in metadata.tables.items()
    }
    assert "until_ms BIGINT NOT NULL" in made["lease"]
    assert not [name for name, sql in made.items() if "STRICT" in sql]


def test_what_changes_inside_a_transaction_of_the_file_is_a_part_of_it(path, db):
    tables = Tables(db)
    db.execute("BEGIN IMMEDIATE")
    with tables.transaction() as connection:
        connection.execute(insert(lease).values(name="a", owner="b", until_ms=1))
    assert db.in_transaction
    with tables.reading() as connection:
        assert connection.execute(select(lease.c.name)).scalars().all() == ["a"]
    assert db.in_transaction
    db.execute("ROLLBACK")
    with closing(open_reader(path)) as other:
        assert other.execute("SELECT count(*) FROM lease").fetchone() == (0,)
    with transaction(db), tables.transaction() as connection:
        connection.execute(insert(lease).values(name="a", owner="b", until_ms=1))
    with closing(open_reader(path)) as other:
        assert other.execute("SELECT count(*) FROM lease").fetchone() == (1,)
    with tables.transaction() as connection:  # and alone it is one of its own again
        connection.execute(insert(lease).values(name="c", owner="b", until_ms=1))
    assert not db.in_transaction


def test_the_newest_word_on_a_token_replaces_the_one_before(path, db):
    checks = TokenCheckTable(Tables(db))
    first = TokenCheck("main", "C1", 5, TokenVerdict.UNREACHABLE, message="no answer")
    second = TokenCheck("main", "C1", 9, TokenVerdict.EXPIRED, 40105, "Revoked.", "r-1", failing_since_ms=9)
    other = TokenCheck("hats", "C1", 7, TokenVerdict.GOOD, 0, "OK", "r-2", proven=True)
    for check in (first, second, other):
        checks.save(check)
    with closing(open_reader(path)) as reading:
        assert TokenCheckTable(Tables(reading)).all() == [other, second]
    assert (checks.find("main", "C1"), checks.find("main", "C2")) == (second, None)
    checks.forget("main", "C1")
    assert checks.all() == [other]
