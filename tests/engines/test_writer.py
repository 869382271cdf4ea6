"""The writer's parts, joined on real files: what it does at its start, and what it does beside its work."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from msgspec.structs import replace

from engines.kit.embedded import SqliteEngine
from engines.kit.harness import Harness
from sending import OK, Scripted, ids_in, quiet, until
from signals import DAY, HOUR, NOW, PIXEL, WORKSPACE, a_refusal, a_signal, a_statement, an_email, an_undecided, granted
from twinbeam.admin import tokens, workspaces
from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.known_time import Watch, accept_clock
from twinbeam.app.live_rules import LiveRules
from twinbeam.app.process import every
from twinbeam.app.reports import Reports
from twinbeam.app.snapshot import publish
from twinbeam.app.thread import Thread
from twinbeam.app.writer import Writer
from twinbeam.core.clock import HandClock
from twinbeam.core.erasure import Erasure, person
from twinbeam.core.errors import ConfigError
from twinbeam.core.keys import lookup
from twinbeam.core.rules import PixelRules
from twinbeam.core.story import Flow
from twinbeam.engines.journals.sqlite import SqliteJournal, slot_path
from twinbeam.engines.stores import tables
from twinbeam.engines.stores.tables import schema
from twinbeam.pipeline.send.rates import Rates
from twinbeam.settings import load

#: All that SQLAlchemy keeps: nothing of it is needed on an event's way.
for _module in iter_modules(tables.__path__):
    import_module(f"{tables.__name__}.{_module.name}")  # each adds its own to the schema
TABLES = set(schema.metadata.tables)

Lines = list[tuple[str, dict[str, Any]]]


class Log:
    """What a logger was told."""

    def __init__(self) -> None:
        self.lines: Lines = []

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))

    error = warning = info

    def told(self, event: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.lines if name == event]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def writer(engine: SqliteEngine, log: Log, data: Path) -> Writer:
    return a_writer(engine, log, data, on_store=Thread("store"))


async def at_once(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Be a store's thread without a thread, so that it is known who comes first."""
    await asyncio.sleep(0)
    return fn(*args, **kwargs)


def a_writer(
    engine: SqliteEngine, log: Log, data: Path, on_store: Any = at_once, clock: Any = None, watch: Watch | None = None
) -> Writer:
    """Join the parts around a clock that is moved by hand, and a destination that takes everything."""
    settings = load({"TWINBEAM_DATA": str(data), "TWINBEAM_KEYRING": str(data.parent / "keys" / "keyring.json")})
    writer = Writer(
        settings=settings,
        ring=engine.ring,
        store=engine.store,
        clock=clock or HandClock(NOW),
        reports=Reports(log),
        on_store=on_store,
        live_rules=LiveRules(),
        watch=watch,
    )
    writer.sender.destination = Scripted(lambda _: OK)
    return writer


def sent_by(writer: Writer) -> list[str]:
    return [event_id for lease in writer.sender.destination.sent for event_id in ids_in(lease)]


def work(writer: Writer, condition: Callable[[], Any]) -> None:
    """Let a writer start, its follower last, and work until something is so."""

    async def shift() -> None:
        stop = asyncio.Event()
        sending = asyncio.create_task(writer.send(stop))
        await quiet()
        following = asyncio.create_task(writer.follower.run(stop))
        try:
            await until(condition)
        finally:
            stop.set()
            await asyncio.gather(sending, following)

    asyncio.run(shift())


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("settings", "pixel"),
        ("settings", "audit"),
        ("settings", "order_source"),
        ("overdue", "held"),
        ("removed", "removed_pixel"),
        ("housekeeping", "erasure"),
        ("metrics", "cursor"),
    ],
)
def test_a_job_that_fails_is_reported_and_tried_again(
    writer: Writer, log: Log, data: Path, name: str, table: str
) -> None:
    writer._sending.set()
    jobs = [replace(it, every_seconds=0.001) for it in writer.jobs() if it.name == name]
    writer.jobs = lambda: jobs
    scheduler = writer.scheduler()

    async def work() -> None:
        stop = asyncio.Event()
        with closing(sqlite3.connect(data / "store.db", isolation_level=None)) as other:
            other.execute(f"ALTER TABLE {table} RENAME TO away")
            task = asyncio.create_task(scheduler.run(stop))
            await until(lambda: log.told("upkeep.crashed"))
            assert "no such table" in scheduler.runs()[0].trouble
            other.execute(f"ALTER TABLE away RENAME TO {table}")
        await until(lambda: scheduler.runs()[0].last_ms is not None and not scheduler.runs()[0].trouble)
        stop.set()
        await task

    asyncio.run(work())
    fields = log.told("upkeep.crashed")[0]
    assert (fields["what"], fields["error"]) == (name, "StorageError")
    assert "no such table" in fields["detail"]


def run_job(writer: Writer, name: str) -> None:
    """Run one job once, now."""
    (act,) = [it.act for it in writer.jobs() if it.name == name]
    asyncio.run(act())


def test_a_full_disk_under_the_snapshot_is_reported_and_tried_again(writer: Writer, log: Log, data: Path) -> None:
    (data / "directory.json").mkdir()

    async def work() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(every(0.001, stop, partial(writer.attempt, "settings", writer.refresh)))
        await until(lambda: log.told("upkeep.crashed"))
        stop.set()
        await task

    asyncio.run(work())
    told = log.told("upkeep.crashed")[0]
    assert (told["error"], "Is a directory" in told["detail"]) == ("StorageError", True)


def test_an_event_is_recorded_by_the_rules_that_a_command_published(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    writer = a_writer(engine, log, data)
    writer.follower._open_new_slots()
    rules = PixelRules(native_wait_seconds=7)
    h.store.save_pixel(workspace=WORKSPACE, code=PIXEL, event_source="web", name="", now_ms=NOW, rules=rules)
    publish(h.store, data)
    h.append(a_signal("e-1"))
    assert asyncio.run(writer.follower._round()) == 1
    assert writer.live_rules(WORKSPACE, PIXEL).rules == rules
    writer.follower._close()


def test_an_older_snapshot_starts_no_pixel_that_the_store_says_is_stopped(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    place = {"workspace": WORKSPACE, "code": PIXEL}
    h.store.save_pixel(**place, event_source="web", name="", now_ms=NOW)
    h.take(a_signal())
    (lane,) = h.store.due_lanes(NOW)
    writer = a_writer(engine, log, data)
    publish(h.store, data)
    before = (data / "directory.json").read_bytes()
    h.store.stop_pixel(**place, why="", who="ada", now_ms=NOW)
    asyncio.run(writer.refresh())
    assert writer.sender.is_stopped(lane)
    (data / "older").write_bytes(before)
    (data / "older").replace(data / "directory.json")
    writer.take_rules()
    assert writer.sender.is_stopped(lane)
    asyncio.run(writer.refresh())
    assert b'"stopped": true' in (data / "directory.json").read_bytes()
    h.store.start_pixel(**place)
    asyncio.run(writer.refresh())
    assert not writer.sender.is_stopped(lane)


def test_a_writer_obeys_a_pause_a_drain_and_a_pixels_own_limits(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    place = {"workspace": WORKSPACE, "code": PIXEL}
    rules = PixelRules(requests_per_second=7, requests_per_day=90)
    h.store.save_pixel(**place, event_source="web", name="", now_ms=NOW, rules=rules)
    h.take(a_signal())
    (lane,) = h.store.due_lanes(NOW)
    writer = a_writer(engine, log, data)
    asyncio.run(writer.refresh())
    assert writer.sender.pixel_rates(lane) == Rates(7, 0, 90)
    assert (writer.sender.is_stopped(lane), writer.sender.drained_since(lane)) == (False, None)
    for flow, found in (
        (Flow("paused", NOW, "ada"), (True, None)),
        (Flow("draining", NOW + 5, "ada"), (False, NOW + 5)),
        (None, (False, None)),
    ):
        h.store.flows.save(WORKSPACE, PIXEL, flow)
        asyncio.run(writer.refresh())
        assert (writer.sender.is_stopped(lane), writer.sender.drained_since(lane)) == found


def test_a_pause_that_is_known_holds_while_its_table_cannot_be_read_and_nothing_else_does(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    for code in (PIXEL, "OTHER"):
        h.store.save_pixel(workspace=WORKSPACE, code=code, event_source="web", name="", now_ms=NOW)
    h.take(a_signal("e-1"), a_signal("e-2", pixel="OTHER"))
    paused, other = sorted(h.store.due_lanes(NOW), key=lambda lane: lane.source_id != PIXEL)
    writer = a_writer(engine, log, data)
    h.store.flows.save(WORKSPACE, PIXEL, Flow("paused", NOW, "ada"))
    asyncio.run(writer.refresh())
    h.store._db.execute("ALTER TABLE pixel_flow RENAME TO away")
    asyncio.run(writer.refresh())
    assert [writer.sender.is_stopped(lane) for lane in (paused, other)] == [True, False]
    assert writer.live_rules(WORKSPACE, PIXEL).flow == Flow("paused", NOW, "ada")
    assert [it["what"] for it in log.told("upkeep.crashed")] == ["pauses"]
    started = a_writer(engine, log, data)
    asyncio.run(started.prepare())
    assert not started.sender.is_stopped(paused), "a start that cannot know of a pause sends"


def test_a_writer_that_looked_before_a_command_puts_no_older_snapshot_over_its_own(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    writer = a_writer(engine, log, data)
    asyncio.run(writer.refresh())
    h.store.save_pixel(workspace=WORKSPACE, code=PIXEL, event_source="web", name="", now_ms=NOW)
    publish(h.store, data)
    published = (data / "directory.json").read_bytes()
    writer._publish()
    assert (data / "directory.json").read_bytes() == published


def test_a_start_hastens_nothing_and_a_new_token_does(h: Harness, engine: SqliteEngine, log: Log, data: Path) -> None:
    place = {"workspace": WORKSPACE, "code": PIXEL}
    h.store.save_pixel(**place, event_source="web", name="", now_ms=NOW)
    h.store.save_token(**place, token="token-1", now_ms=NOW)
    h.take(a_signal())
    h.waiting(h.lease(), after_ms=HOUR)
    writer = a_writer(engine, log, data)

    async def work() -> None:
        await writer.prepare()
        await writer.refresh()
        assert h.store.next_due_ms() == NOW + HOUR
        h.store.save_token(**place, token="token-2", now_ms=NOW)
        await writer.refresh()
        assert h.store.next_due_ms() == NOW

    asyncio.run(work())


def test_the_same_token_saved_again_is_tried_at_once(h: Harness, engine: SqliteEngine, log: Log, data: Path) -> None:
    place = {"workspace": WORKSPACE, "code": PIXEL}
    h.store.save_pixel(**place, event_source="web", name="", now_ms=NOW)
    h.store.save_token(**place, token="token-1", now_ms=NOW)
    h.take(a_signal())
    h.waiting(h.lease(), after_ms=HOUR)
    writer = a_writer(engine, log, data)

    async def work() -> None:
        await writer.prepare()
        await writer.refresh()
        assert h.store.next_due_ms() == NOW + HOUR
        h.store.save_token(**place, token="token-1", now_ms=NOW + 1)
        await writer.refresh()
        assert h.store.next_due_ms() == NOW

    asyncio.run(work())


def test_tokens_are_decrypted_when_something_changed_and_not_each_second(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    admin = Admin(h.store, Actor("ada"), HandClock(NOW))
    workspaces.add(admin, WORKSPACE)
    h.store.save_pixel(workspace=WORKSPACE, code=PIXEL, event_source="web", name="", now_ms=NOW)
    tokens.save(admin, WORKSPACE, PIXEL, "token-1")
    writer = a_writer(engine, log, data)
    opened = []
    its_tokens = writer.store.tokens
    writer.store.tokens = lambda: opened.append(1) or its_tokens()
    (act,) = [it.act for it in writer.jobs() if it.name == "settings"]

    async def work() -> None:
        for _ in range(3):
            await act()
        assert (len(opened), writer.tokens) == (1, {(WORKSPACE, PIXEL): "token-1"})
        tokens.save(admin, WORKSPACE, PIXEL, "token-2")
        await act()
        await act()
        assert (len(opened), writer.tokens) == (2, {(WORKSPACE, PIXEL): "token-2"})

    asyncio.run(work())


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_text("{")])
def test_a_snapshot_that_is_gone_or_damaged_is_written_anew_though_nothing_changed(
    writer: Writer, data: Path, spoil: Callable[[Path], Any]
) -> None:
    (act,) = [it.act for it in writer.jobs() if it.name == "settings"]

    async def work() -> None:
        await act()
        before = (data / "directory.json").read_bytes()
        spoil(data / "directory.json")
        await act()
        assert (data / "directory.json").read_bytes() == before

    asyncio.run(work())


def test_what_waits_for_a_pixel_that_was_removed_ends(h: Harness, engine: SqliteEngine, log: Log, data: Path) -> None:
    h.store.save_pixel(workspace=WORKSPACE, code=PIXEL, event_source="web", name="", now_ms=NOW)
    h.take(an_undecided("e-1", visitor="v"), *(a_signal(f"e-{n}") for n in range(2, 5)), a_signal("e-5", pixel="P2"))
    h.store.remove_pixel(workspace=WORKSPACE, code=PIXEL, now_ms=NOW)
    writer = a_writer(engine, log, data)
    run_job(writer, "removed")
    assert [h.state(f"e-{n}") for n in range(1, 6)] == ["expired"] * 4 + ["ready"]
    h.check()


def test_what_was_refused_while_no_writer_ran_is_not_sent_again(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    assert h.lease().count == 2
    h.append(a_refusal("e-1"))
    writer = a_writer(engine, log, data)
    work(writer, lambda: h.store.states().get("delivered"))
    assert sent_by(writer) == ["e-2"]
    assert h.state("e-1") == "withdrawn"


def test_whoever_was_to_be_erased_while_no_writer_ran_is_not_sent_again(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    ada = [lookup("email", WORKSPACE, an_email("ada"))]
    h.take(a_signal("e-1", lookups=ada), a_signal("e-2"))
    assert h.lease().count == 2
    h.append(a_signal("e-3", lookups=ada))
    request = h.ask_erasure("email", an_email("ada"))
    writer = a_writer(engine, log, data)
    work(writer, lambda: h.store.states().get("delivered"))
    assert sent_by(writer) == ["e-2"]
    receipt = h.store.erasure(request)
    assert (receipt.removed, receipt.in_flight) == (1, 1)
    assert h.state("e-3") == "erased"


def test_what_was_granted_in_time_is_sent_though_no_writer_ran_at_the_deadline(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(an_undecided("e-1", visitor="v"))
    h.append(a_statement(granted(NOW + 23 * HOUR), visitor="v", received_ms=NOW + 23 * HOUR))
    writer = a_writer(engine, log, data)
    writer.clock.advance(ms=25 * HOUR)
    work(writer, lambda: h.store.states().get("delivered"))
    assert sent_by(writer) == ["e-1"]


def test_a_journal_that_cannot_be_recorded_keeps_nothing_else_from_being_sent(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(a_signal("e-1"))
    h.append(a_signal("e-2"))
    h.store._db.execute("CREATE TRIGGER stuck BEFORE INSERT ON cursor BEGIN SELECT raise(ABORT, 'stuck'); END")
    writer = a_writer(engine, log, data)
    work(writer, lambda: h.store.states().get("delivered"))
    assert sent_by(writer) == ["e-1"]
    assert log.told("record.crashed")


def test_a_request_that_waits_for_a_lost_journal_holds_nothing_up(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(a_signal("e-1"))
    who = person("email", WORKSPACE, an_email("ada"))
    h.store.ask_erasure(Erasure("request-1", who, NOW, {"a lost journal": 7}))
    writer = a_writer(engine, log, data)
    work(writer, lambda: h.store.states().get("delivered"))
    assert h.store.erasure("request-1") is None


def test_a_stop_is_obeyed_before_all_is_caught_up(h: Harness, engine: SqliteEngine, log: Log, data: Path) -> None:
    h.take(a_signal("e-1"))
    writer = a_writer(engine, log, data)
    writer.follower._behind.add(data / "journal-7.db")
    work(writer, lambda: writer.follower._followed)
    assert (sent_by(writer), h.state("e-1")) == ([], "ready")


def test_a_journal_that_cannot_be_read_is_told_of_once_a_minute_until_it_can(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.append(a_signal("e-1"))
    broken, making = data / "journal-7.db", data / "journal-8.db"
    broken.write_bytes(b"no database" * 100)
    making.touch()
    writer = a_writer(engine, log, data)
    for _ in range(121):
        writer.follower._open_new_slots()
        writer.clock.advance(seconds=1)
    assert [(fields["file"], fields["error"]) for fields in log.told("record.crashed")] == [
        ("journal-7.db", "StorageDamaged")
    ] * 3
    writer.follower.measure()
    assert writer._not_ready() == ["the recorder is 121 seconds behind", "the journal journal-7 cannot be read"]
    assert [lag.journal for lag in writer._lag().journals] == ["journal-0"]
    h.drain()
    broken.unlink()
    writer.follower._open_new_slots()
    writer.follower.measure()
    assert writer._not_ready() == []
    writer.follower._close()


def test_a_journal_that_breaks_while_it_is_followed_is_told_beside_the_others(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    writer = a_writer(engine, log, data)
    SqliteJournal(slot_path(data, 1), engine.ring, reserve_bytes=0).close()
    writer.follower._open_new_slots()
    with closing(sqlite3.connect(data / "journal-1.db")) as other:
        other.execute("DROP TABLE commit_group")
    h.append(a_signal("e-1"))
    writer.follower.measure()
    assert writer._not_ready() == ["the journal journal-1 cannot be read"]
    assert writer.follower.backlogs.pending == 1
    writer.follower._close()


def test_a_broken_journal_is_tried_once_a_second_and_slows_no_other(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    broken = SqliteJournal(slot_path(data, 1), engine.ring, reserve_bytes=0)
    writer = a_writer(engine, log, data)
    writer.follower._open_new_slots()
    with closing(sqlite3.connect(data / "journal-1.db")) as other:
        other.execute("DROP TABLE commit_group")

    async def rounds() -> list[int]:
        events = []
        for n in range(20):
            h.append(a_signal(f"e-{n}"))
            events.append(await writer.follower._round())
            writer.clock.advance(ms=100)
        return events

    assert asyncio.run(rounds()) == [1] * 20
    assert [fields["file"] for fields in log.told("record.crashed")] == ["journal-1.db"] * 2
    writer.follower._close()
    broken.close()


@pytest.mark.outside("clock")
def test_nothing_that_is_held_ends_while_the_clock_is_ahead_and_it_does_once_somebody_confirms_it(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(an_undecided("e-1"))
    hand = HandClock(NOW)
    watch = Watch(data, hand)
    writer = a_writer(engine, log, data, clock=watch.clock, watch=watch)
    hand.step(9 * DAY)
    run_job(writer, "overdue")
    asyncio.run(writer.machine.look())
    assert h.state("e-1") == "held"
    assert [fields["detail"] for fields in log.told("clock.parted")] == ["The clock was set ahead by 777600 seconds."]
    assert writer._not_ready() == ["The clock was set ahead by 777600 seconds."]
    accept_clock(data, hand.now_ms())
    asyncio.run(writer.machine.look())
    run_job(writer, "overdue")
    assert h.state("e-1") == "expired"


@pytest.mark.outside("clock")
def test_nothing_is_sent_again_at_a_start_at_which_the_clock_is_behind(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(a_signal("e-1"))
    assert h.lease().count == 1
    hand = HandClock(NOW - 9 * DAY)
    watch = Watch(data, hand, known_ms=NOW)
    writer = a_writer(engine, log, data, clock=watch.clock, watch=watch)

    async def shift() -> None:
        stop = asyncio.Event()
        sending = asyncio.create_task(writer.send(stop))
        following = asyncio.create_task(writer.follower.run(stop))
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(sending, following)

    asyncio.run(shift())
    assert sent_by(writer) == []
    hand.step(9 * DAY)
    work(a_writer(engine, log, data, clock=watch.clock, watch=watch), lambda: h.store.states().get("delivered"))


@pytest.mark.outside("clock")
def test_what_a_wrong_clock_made_due_in_days_goes_out_within_a_second(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), after_ms=9 * DAY)
    writer = a_writer(engine, log, data)
    run_job(writer, "overdue")
    assert h.store.next_due_ms() == NOW


@pytest.mark.outside("store")
def test_a_store_that_is_gone_ends_the_writer_with_the_mend(
    h: Harness, engine: SqliteEngine, log: Log, data: Path
) -> None:
    writer = a_writer(engine, log, data)
    asyncio.run(writer.machine.look())
    (data / "store.db").rename(data / "elsewhere.db")
    assert engine.store.is_gone()
    with pytest.raises(ConfigError, match="put the store back"):
        asyncio.run(writer.machine.look())
    (data / "store.db").touch()
    assert engine.store.is_gone(), "another file lies in its place"
    (data / "elsewhere.db").rename(data / "store.db")


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_table_of_the_pages_that_cannot_be_read_stops_no_event(
    h: Harness, engine: SqliteEngine, log: Log, data: Path, table: str
) -> None:
    place = {"workspace": WORKSPACE, "code": PIXEL}
    h.store.save_pixel(**place, event_source="web", name="", now_ms=NOW)
    h.store.save_token(**place, token="token-1", now_ms=NOW)
    h.append(a_signal("e-1"))
    h.store._db.execute(f'ALTER TABLE "{table}" RENAME TO away')
    writer = a_writer(engine, log, data)
    asyncio.run(writer.prepare())
    assert writer.tokens == {(WORKSPACE, PIXEL): "token-1"}
    work(writer, lambda: h.store.states().get("delivered"))
    assert sent_by(writer) == ["e-1"]
