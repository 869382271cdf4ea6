"""
The writer process: records, sends, settles and shows. One per store; the store's lock sees to that.

All calls that write go through one thread, the store's; pages read on a connection and a thread of their own.
Run by the supervisor: python -m twinbeam.app.writer LISTENER-FD LIFELINE-FD
"""

import asyncio
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from uuid import uuid4

from twinbeam.app.counter_jobs import counter_jobs
from twinbeam.app.dashboard import Shown, dashboard
from twinbeam.app.erasures import ask_again
from twinbeam.app.feeds import Feeds
from twinbeam.app.flows import LiveFlows, taken_flows
from twinbeam.app.importing import Importing, Saved, account_tokens, saved_tokens
from twinbeam.app.journal_folders import left_behind, remember_folders, remove_restored
from twinbeam.app.keyring import open_keyring
from twinbeam.app.known_time import Watch
from twinbeam.app.live_rules import LiveRules
from twinbeam.app.machine import LOOK_SECONDS, REPEAT_SECONDS, Machine
from twinbeam.app.opening import Pages, named, opened
from twinbeam.app.presence import check_store, remember_store
from twinbeam.app.process import Act, attempt, end_with_parent, leave, pause, run, side_by_side
from twinbeam.app.recording import Follower
from twinbeam.app.reports import Reports
from twinbeam.app.sending import joined_end, joined_sender
from twinbeam.app.sign_in import print_first_link
from twinbeam.app.snapshot import SnapshotFile, directory_of, is_published, publish
from twinbeam.app.store_jobs import hold_restored, store_jobs
from twinbeam.app.thread import Thread
from twinbeam.core.clock import Clock, SystemClock
from twinbeam.core.delivery import Lane
from twinbeam.core.errors import ConfigError, StorageBusy, StorageDamaged, StorageError, StorageFull
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.http_server.server import Server
from twinbeam.jobs import changed_settings, journals, overdue
from twinbeam.jobs.contract import Job
from twinbeam.jobs.erasures import carry_out
from twinbeam.jobs.scheduler import Scheduler
from twinbeam.observe import logs, metrics
from twinbeam.observe.health import BEHIND_SECONDS
from twinbeam.observe.tallies import FOLDER as METRICS
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.limits import Ages
from twinbeam.settings import Settings, load
from twinbeam.web.contract import JournalLag, LagView
from twinbeam.web.failures import unread
from twinbeam.web.hosts import KnownHosts
from twinbeam.web.rendering import PageRenderer

TAKEOVER_SECONDS = 20.0  #: how long a predecessor that is told to stop may still hold the store
MEASURE_SECONDS = 1.0
CLOCK_SECONDS = 1.0  #: between two looks at a clock that may be wrong


@dataclass(kw_only=True)
class Writer:
    """The writer's parts, joined."""

    settings: Settings
    ring: KeyRing
    store: SqliteStore
    clock: Clock
    reports: Reports
    on_store: Thread
    live_rules: LiveRules
    watch: Watch | None = None
    earlier: Sequence[Path] = ()  #: folders that journals of this store were in before

    def __post_init__(self) -> None:
        self.time = self.watch or Watch(self.settings.data, self.clock)
        self._told_at: dict[tuple[str, str], float] = {}  #: when trouble with a duty was last reported
        self.owner = uuid4().hex
        self._sending = asyncio.Event()  #: all is in force that was said while no writer ran
        self.tokens: dict[tuple[str, str], str] = {}
        self._saved: Saved = {}
        self._of_accounts: Saved = {}  #: the tokens of accounts, as of when they could be read
        self._stopped: frozenset[tuple[str, str]] = frozenset()  #: the pixels to which nothing is sent
        self._flows = LiveFlows(self.live_rules)
        self._renewed: set[tuple[str, str]] = set()  #: event sources that may be sent to anew, still to be told of
        self.directory = Directory()
        self._snapshot = SnapshotFile(self.settings.data)
        self.destination = TikTok(
            base_url=self.settings.tiktok_url,
            token=self._token,
            report=self.reports.happening,
            proxy=self.settings.proxy,
        )
        self.importing = Importing(self.settings, self.store, self.clock)
        self.feeds = Feeds(self.settings, self.store, self.clock)
        self.sender = joined_sender(
            self.store,
            self.destination,
            self.settings,
            owner=self.owner,
            clock=self.clock,
            on_store=self.on_store,
            report=self.reports.happening,
            is_stopped=self._is_stopped,
            flows=self._flows,
        )
        self.machine = Machine(self.settings, self.store, self.time, self.reports)
        self.follower = Follower(
            folders=[self.settings.journal_folder, *self.earlier],
            ring=self.ring,
            store=self.store,
            clock=self.clock,
            reports=self.reports,
            on_store=self.on_store,
            wake=self.sender.wake,
            take_rules=self.take_rules,
        )

    async def attempt(self, what: str, act: Act) -> None:
        """Act; trouble with the store or the disk is reported once a minute, and events go on meanwhile."""
        await attempt(self._trouble, what, act)

    def _job_failed(self, name: str, error: Exception) -> None:
        self._trouble("upkeep.crashed", what=name, error=type(error).__name__, detail=str(error))

    def _trouble(self, event: str, *, what: str, error: str, detail: str) -> None:
        now = self.clock.monotonic()
        if now - self._told_at.get((what, error), -inf) >= REPEAT_SECONDS:
            self._told_at[what, error] = now
            self.reports.happening(event, what=what, error=error, detail=detail)

    async def prepare(self) -> None:
        """Take in what was decided and asked for while no writer ran."""
        await self.on_store(ask_again, self.store, self.settings, self.ring, self.reports, folders=self.earlier)
        # No token is new yet: what waits after an attempt keeps its time.
        await self.attempt("settings", self.take_settings)

    async def send(self, stop: asyncio.Event) -> None:
        """Send, and let what is overdue end, once all is in force that was said or asked for while no writer ran."""
        await self.follower.caught_up.wait()
        await self.attempt("erasures", partial(carry_out, self.store, self.clock, self.on_store, stop))
        while not stop.is_set() and not self.time.is_sure():
            await pause(CLOCK_SECONDS, stop)  # what was tried before is sent again by the time
        await self.attempt("restored", partial(hold_restored, self.store, self.on_store, self.clock, self.reports))
        self._sending.set()
        await self.sender.run(stop)

    async def take_settings(self) -> None:
        """Take in tokens, pixels and keys, and hand these to the intake; with the tokens alone one can send."""
        saved = await self.on_store(self._read_tokens)
        self.tokens = {place: token for place, (token, _) in saved.items()}
        self.directory = await self.on_store(directory_of, self.store)
        self._saved = saved
        self._stopped = frozenset((it.workspace, it.code) for it in self.directory.pixels.values() if it.stopped)
        self._renewed |= await taken_flows(self._flows, self.store.flows.all, self.on_store, self._trouble)
        self.live_rules.update(self.directory, self._flows.known)
        await self.on_store(self._publish)

    def take_rules(self) -> None:
        """Take in rules that a command has just published: the intake may go by them already."""
        with suppress(StorageDamaged, OSError):  # the next look at the settings takes them from the store
            if self._snapshot.refresh():
                self.live_rules.update(self._snapshot.current)

    async def refresh(self) -> None:
        """Take in what changed, and let go what waited for another token or for its pixel to be started."""
        before, stopped = self._saved, self._stopped
        await self.take_settings()
        self._renewed |= {place for place, saved in self._saved.items() if saved != before.get(place)}
        self._renewed |= stopped - self._stopped
        for place in sorted(self._renewed):
            await self.sender.resume(*place)
            self._renewed.remove(place)

    def scheduler(self, *others: Job) -> Scheduler:
        """Join the jobs of this process, and others, and their scheduler."""
        scheduler = Scheduler(
            jobs=[*self.jobs(), *others],
            ledger=self.store.jobs,
            owner=self.owner,
            clock=self.clock,
            rng=Random(),  # noqa: S311 -- jitter, not secrets
            on_store=self.on_store,
            report=self._job_failed,
        )
        self.importing.runs = scheduler.runs
        return scheduler

    def jobs(self) -> list[Job]:
        """List what is done again and again beside recording and sending."""
        on_store, store = self.on_store, self.store
        sends, ending = self._sending.is_set, joined_end(self.sender, store, self.settings, self.time, on_store)
        return [
            changed_settings.job(store.settings_version, self._publish, on_store, take=self.refresh),
            Job(name="metrics", every_seconds=MEASURE_SECONDS, act=self.measure, alone=False),
            Job(name="machine", every_seconds=LOOK_SECONDS, act=self.machine.look, alone=False),
            journals.job(self.follower, on_store, self._forget_folder),
            overdue.job(ending, is_due=sends),
            *store_jobs(
                self.settings,
                self.ring,
                store,
                on_store,
                self.time,
                sends=sends,
                wake=self.sender.wake,
                keep_orders_days_of=self.live_rules.keep_orders_days_of,
            ),
            self.importing.job(on_store),
            *self.feeds.jobs(on_store),
        ]

    def counting(self, counter: SqliteReader, on_counter: Thread) -> list[Job]:
        """List the jobs that read much, on a reader and a thread of their own."""
        return counter_jobs(
            *(self.settings, self.ring, counter, on_counter, self.store, self.on_store),
            watch=self.time,
            lag_seconds=lambda: self.follower.backlogs.lag_seconds,
            directory=lambda: self.directory,
            reports=self.reports,
        )

    def _forget_folder(self, folder: Path) -> None:
        """Follow an earlier folder of journals no more: all that was left in it is recorded."""
        left = [other for other in self.follower.folders[1:] if other != folder]
        if remember_folders(self.settings, left):
            self.follower.folders = [self.settings.journal_folder, *left]
            remove_restored(self.settings, folder)
            self.reports.happening("journals.drained", folder=str(folder))

    async def measure(self) -> None:
        """Bring the gauges up to date."""
        unsent, held = await self.on_store(self._measure)
        metrics.RECORD_LAG.set(self.follower.backlogs.lag_seconds)
        metrics.PENDING.set(self.follower.backlogs.pending)
        metrics.UNSENT.set(unsent)
        metrics.HELD.set(held)
        self.reports.flush()

    def pages(self, reader: SqliteReader, on_reader: Thread, closing: Callable[[], bool]) -> KnownHosts:
        """Build the dashboard on a reader of its own; `closing` tells its open streams to end."""
        return dashboard(
            Shown(
                settings=self.settings,
                ring=self.ring,
                store=self.store,
                on_store=self.on_store,
                reader=reader,
                on_reader=on_reader,
                clock=self.clock,
                importing=self.importing,
                feeds=self.feeds,
                directory=lambda: self.directory,
                lag=self._lag,
                not_ready=self._not_ready,
                closing=closing,
                sign_in_failed=self.reports.sign_in_failed,
                sending_waits=self.sender.waits,
            )
        )

    def _is_stopped(self, lane: Lane) -> bool:
        """Return whether a pixel is stopped, by the snapshot or by the store: no snapshot starts one by itself."""
        pixel = lane.workspace, lane.source_id
        return pixel in self._stopped or self.live_rules(*pixel).stopped

    def _publish(self) -> None:
        if not is_published(self.directory, self.settings.data):
            publish(self.store, self.settings.data)

    def _token(self, lane: Lane) -> str | None:
        return self.tokens.get((lane.workspace, lane.source_id))

    def _read_tokens(self) -> Saved:
        self._look_at_accounts()
        return saved_tokens(self.store, self._of_accounts)

    def _look_at_accounts(self) -> None:
        """Take in what the accounts say; where they cannot be read, what they said before counts, and events go on."""
        try:
            self.importing.desk.look()
            self._of_accounts = account_tokens(self.store)
        except (StorageBusy, StorageFull):
            raise  # it passes, and the next look takes all of it in
        except StorageError as error:
            self._trouble("upkeep.crashed", what="accounts", error=type(error).__name__, detail=str(error))

    def _measure(self) -> tuple[int, int]:
        self.follower.measure()
        return self.store.unsent(), self.store.held()

    def _lag(self) -> LagView:
        found = self.follower.backlogs
        journals = tuple(JournalLag(name, *lag) for name, lag in found.by_journal.items())
        return LagView(lag_seconds=found.lag_seconds, pending=found.pending, journals=journals)

    def _not_ready(self) -> list[str]:
        found, lag = self.follower.backlogs, self.follower.backlogs.lag_seconds
        behind = [f"the recorder is {lag:.0f} seconds behind"] if lag >= BEHIND_SECONDS else []
        clock = [trouble] if (trouble := self.time.trouble()) else []
        return behind + clock + [f"the journal {name} cannot be read" for name in found.unreadable]


async def joined(settings: Settings, reports: Reports, on_store: Thread) -> Writer:
    """
    Open the store on its thread and join the writer's parts around it.

    Raises StorageFull while there is no room for that, StorageBusy beside another writer, and ConfigError for a store
    that is missing or damaged.
    """
    check_store(settings)
    ring, live_rules = open_keyring(settings), LiveRules()
    policy = RecordPolicy(window=JoinWindow(wait_ms=settings.join_window_ms), terms_of=live_rules, judge=judge)
    try:
        store = await on_store(
            SqliteStore.open_as_writer,
            settings.data,
            ring,
            policy=policy,
            ages=Ages(),
            keep_days_of=live_rules.keep_days_of,
            wait_seconds=TAKEOVER_SECONDS,
        )
    except (StorageFull, StorageBusy):
        raise
    except StorageError as error:
        raise named(settings, error) from error
    remember_store(settings)
    watch = Watch(settings.data, SystemClock(), known_ms=await on_store(store.newest_ms))
    return Writer(
        settings=settings,
        ring=ring,
        store=store,
        clock=watch.clock,
        reports=reports,
        on_store=on_store,
        live_rules=live_rules,
        watch=watch,
        earlier=left_behind(settings, reports),
    )


async def main(listener: socket.socket, lifeline: int) -> None:
    """Work until told to stop or until the supervisor is gone."""
    settings = load()
    log = logs.named("writer")
    stop = asyncio.Event()
    end_with_parent(lifeline, stop)
    pages, reports = Pages(), Reports(log, settings.data / METRICS)
    server = Server(pages, report=reports.happening, refusing=unread(PageRenderer()))
    serving = server.serve(listener, stop)
    await side_by_side(stop, serving, work(settings, reports, pages, stop))
    log.info("writer.stopped")


async def work(settings: Settings, reports: Reports, pages: Pages, stop: asyncio.Event) -> None:
    """Record, send, settle and show, from the moment on at which the store can be opened."""
    on_store, on_reader, on_counter = Thread("store"), Thread("reader"), Thread("counter")
    writer = await opened(settings, partial(joined, settings, reports, on_store), stop, SystemClock(), reports)
    if writer is None:
        return
    reader = await on_reader(SqliteReader, settings.data)
    counter = await on_counter(SqliteReader, settings.data)
    await writer.prepare()
    pages.app = writer.pages(reader, on_reader, stop.is_set)
    reports.happening("writer.ready", owner=writer.owner)
    await writer.attempt("first_owner", partial(print_first_link, writer.store, on_store, settings, reports))
    try:
        await side_by_side(
            stop,
            writer.follower.run(stop),
            writer.send(stop),
            writer.scheduler(*writer.counting(counter, on_counter)).run(stop),
        )
    except ConfigError as error:
        leave(error)  # without closing a store that is gone: SQLite would remove the WAL of what lies in its place
    await writer.destination.close()
    await writer.importing.client.close()
    await on_reader(reader.close)
    await on_counter(counter.close)
    await on_store(writer.store.close)


if __name__ == "__main__":
    logs.configure(load().log_format)
    run(main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])))
