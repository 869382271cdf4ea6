"""
A whole gateway in this process, at a time that is led: the real rooms, journal, store, sender and jobs.

Only what is outside of it is the simulation's: the clock, and TikTok's side, which is called instead of connected to.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, ParamSpec, TypeVar

from msgspec import Struct

from month import shop
from month.tiktok import PIXEL, TOKEN, TikTok
from twinbeam.admin import keys, pixels, sources, tokens
from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.file_import import JOURNAL, Importer
from twinbeam.app.import_proposal import proposed_of
from twinbeam.app.import_records import orders_in
from twinbeam.app.import_verdicts import OrderImport, Wanted
from twinbeam.app.ingest import intake_app
from twinbeam.app.known_time import Watch
from twinbeam.app.live_rules import LiveRules
from twinbeam.app.reports import Reports
from twinbeam.app.row_files import opened
from twinbeam.app.sending import LONGEST_TWIN_MS
from twinbeam.app.snapshot import SnapshotFile, directory_of, publish
from twinbeam.core.clock import HandClock
from twinbeam.core.delivery import Lease, Verdict
from twinbeam.core.rules import MAIN, Route
from twinbeam.core.story import Story
from twinbeam.core.values import KeyKind
from twinbeam.destinations.tiktok.verdicts import NOT_TAKEN, verdict
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteSetup, SqliteStore
from twinbeam.jobs import lookups
from twinbeam.jobs.overdue import Overdue
from twinbeam.pipeline.consent import gate
from twinbeam.pipeline.flow import Recording
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.lanes import Sender
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.policy import Policy
from twinbeam.pipeline.settle.settle import Settler
from twinbeam.settings import Settings, load

SOURCE = "lamps"
#: The sender is woken by what is recorded and by what becomes due; a look without either finds nothing.
LOOK_MS = 3_600_000
#: The writer does both each second. Minutes are nothing in a month, and each run costs as much as an event.
OVERDUE_SECONDS = 900.0
TIDY_SECONDS = 24 * 3_600.0

P = ParamSpec("P")
T = TypeVar("T")


class Answer(Struct, frozen=True):
    """What a door answers."""

    status: int
    body: bytes


class Log:
    """Takes note of what a person would be told."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()

    def info(self, event: str, /, **fields: object) -> None:
        """Pass over what is routine."""

    def warning(self, event: str, /, **_fields: object) -> None:
        """Count it."""
        self.told[event] += 1

    error = warning


class Emulated:
    """Hands batches to TikTok's side, and reads its answers as the client does."""

    def __init__(self, tiktok: TikTok, clock: HandClock) -> None:
        self._tiktok = tiktok
        self._clock = clock

    async def deliver(self, lease: Lease) -> Verdict:
        """Deliver one batch."""
        answered = self._tiktok.server(lease.body, self._clock.now_ms())
        return verdict(answered.status, answered.body, {})


class Gateway:
    """Everything that `twinbeam serve` joins, for the event loop of one simulation."""

    def __init__(self, folder: Path, tiktok: TikTok, clock: HandClock) -> None:
        self.clock, self.log = clock, Log()
        self.settings = _settings(folder)
        self.ring = KeyRing.open_or_create(self.settings.keyring)
        self.tag_key = self._furnish()
        self._reports = Reports(self.log)
        self._rules = LiveRules()
        self._store = self._opened_store()
        self._rules.update(directory_of(self._store))
        self._journal = SqliteJournal(slot_path(self.settings.journal_folder, 0), self.ring, reserve_bytes=1)
        self._reader = SqliteJournalReader(slot_path(self.settings.journal_folder, 0), self.ring)
        watch, snapshot = Watch(self.settings.data, clock), SnapshotFile(self.settings.data)
        self._app = intake_app(self.settings, snapshot, self._journal, self.ring, self._reports, watch)
        self._recording = self._recording_of(self._reader)
        self._sender = self._joined_sender(Emulated(tiktok, clock))
        self._stop = asyncio.Event()

    async def post(self, path: str, body: bytes, headers: Sequence[tuple[bytes, bytes]], address: str) -> Answer:
        """Make a request at the front door, and let what it brought be recorded and sent."""
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": list(headers)}
        answer = await _conversed(self._app, {**scope, "client": (address, 50_000)}, body)
        self.record()
        return answer

    def import_orders(self, file: Path, consent_basis: str) -> Counter[str]:
        """Import a list of orders as `twinbeam import orders` does; tells what became of its records."""
        rows = opened(file)
        told = proposed_of(rows, {}, decimal=None, dates=None, zone="UTC")
        wanted = Wanted(
            workspace=MAIN,
            pixels=(PIXEL,),
            mapping=told.mapping,
            spelling=told.spelling,
            consent_basis=consent_basis,
        )
        directory = directory_of(self._store)
        judge = OrderImport(wanted, directory, self.clock)
        importer = Importer(self.settings, self.ring, directory, wanted, self.clock)
        try:
            records = list(orders_in(rows.rows(), told.mapping))
            words = Counter(verdict.what for verdict in judge.judged(records))
            carry = partial(importer.carry, records, judge, 0, lambda _: None)
            with ThreadPoolExecutor(1) as beside:  # it runs a loop of its own
                beside.submit(carry).result()
        finally:
            importer.close()
        reader = SqliteJournalReader(self.settings.journal_folder / JOURNAL, self.ring)
        recording = self._recording_of(reader)
        while recording.step() is not None:
            self._sender.wake()
        reader.close()
        return words

    def record(self) -> None:
        """Record what one request brought."""
        if self._recording.step() is not None:
            self._sender.wake()

    async def run(self, played: Callable[[], Any]) -> None:
        """Send and tidy while something is played."""
        beside = [
            asyncio.create_task(self._sender.run(self._stop)),
            asyncio.create_task(self._again(OVERDUE_SECONDS, self._overdue())),
            asyncio.create_task(self._again(TIDY_SECONDS, self._tidy)),
        ]
        try:
            await played()
        finally:
            self._stop.set()
            await beside[0]
            for task in beside[1:]:
                task.cancel()

    def stories(self, event_id: str) -> list[Story]:
        """Return what the store knows under an event id."""
        reader = SqliteReader(self.settings.data)
        try:
            return reader.by_event_ids([MAIN], event_id)
        finally:
            reader.close()

    def close(self) -> None:
        """Give journal and store back."""
        self._reader.close()
        self._journal.close()
        self._store.close()

    def _furnish(self) -> str:
        """Set up a pixel with its token, a key for the tag and the shop's webhooks; gives the key."""
        setup = SqliteSetup(self.settings.data, self.ring)
        admin = Admin(setup, Actor("month"), self.clock)
        pixels.add(admin, pixels.NewPixel(PIXEL, name="Lamps"))
        tokens.save(admin, MAIN, PIXEL, TOKEN)
        key = keys.create_for(admin, (MAIN, PIXEL), KeyKind.BROWSER)
        sources.create(admin, sources.NewSource(SOURCE, (Route(PIXEL),), secret=shop.SECRET, dialect="shopify"))
        publish(setup, self.settings.data)
        setup.close()
        return key.text

    def _opened_store(self) -> SqliteStore:
        policy = RecordPolicy(
            window=JoinWindow(wait_ms=self.settings.join_window_ms), terms_of=self._rules, judge=gate.judge
        )
        return SqliteStore.open_as_writer(
            self.settings.data, self.ring, policy=policy, ages=Ages(), keep_days_of=self._rules.keep_days_of
        )

    def _recording_of(self, reader: SqliteJournalReader) -> Recording:
        return Recording(journal=reader, store=self._store, clock=self.clock, report=self._reports.happening)

    def _joined_sender(self, destination: Emulated) -> Sender:
        settler = Settler(ledger=self._store, owner="month", clock=self.clock, on_store=inline, not_taken=NOT_TAKEN)
        return Sender(
            leases=self._store,
            settle=settler.settle,
            destination=destination,
            compose=compose,
            clock=self.clock,
            rng=Random(0),
            policy=Policy(look_ms=LOOK_MS),
            owner="month",
            on_store=inline,
            report=self._reports.happening,
        )

    def _overdue(self) -> Overdue:
        return Overdue(
            store=self._store,
            on_store=inline,
            clock=self.clock,
            is_sure=lambda: True,
            wake=self._sender.wake,
            longest_wait_ms=self._sender.policy.longest_wait_ms + LONGEST_TWIN_MS,
        )

    async def _tidy(self) -> None:
        self._journal.forget()
        while self._store.tidy(self.clock.now_ms()):
            pass
        await lookups.job(self._store, inline, self.clock).act()

    async def _again(self, seconds: float, act: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await act()


async def inline(fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call the store at once: a month has no thread to wait for."""
    return fn(*args, **kwargs)


def _settings(folder: Path) -> Settings:
    return load(
        {
            "TWINBEAM_DATA": str(folder / "data"),
            "TWINBEAM_KEYRING": str(folder / "keyring.json"),
            "TWINBEAM_DISK_RESERVE_MB": "1",
        }
    )


async def _conversed(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    """Play the server's side of one request."""
    sent: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Answer(sent[0]["status"], sent[1].get("body", b""))
