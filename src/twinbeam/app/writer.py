"""
The writer process: records, sends, settles and shows. One per store; the store's lock sees to that.

All calls that write go through one thread, the store's; pages read on a connection and a thread of their own.
Run by the supervisor: python -m twinbeam.app.writer LISTENER-FD LIFELINE-FD
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from typing import NoReturn
from uuid import uuid4

from twinbeam.app.erasures import ask_again, carry_out
from twinbeam.app.journal_folders import left_behind, remember_folders
from twinbeam.app.known_time import Watch
from twinbeam.app.machine import LOOK_SECONDS, REPEAT_SECONDS, Machine
from twinbeam.app.opening import Pages, named, opened
from twinbeam.app.pending import Pending
from twinbeam.app.presence import check_store, remember_store
from twinbeam.app.process import Act, attempt, end_with_parent, every, pause, run, side_by_side
from twinbeam.app.recording import Follower
from twinbeam.app.reports import Reports
from twinbeam.app.ring import open_ring
from twinbeam.app.snapshot import SnapshotFile, directory_of, publish
from twinbeam.app.terms import LiveTerms
from twinbeam.app.thread import Thread
from twinbeam.core.clock import MS_PER_DAY, Clock, SystemClock
from twinbeam.core.delivery import Lane
from twinbeam.core.errors import ConfigError, StorageBusy, StorageDamaged, StorageError, StorageFull
from twinbeam.dashboard.app import build
from twinbeam.dashboard.contract import JournalLag, LagView
from twinbeam.dashboard.hosts import KnownHosts
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES, NOT_TAKEN
from twinbeam.destinations.tiktok.wire import compose
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteReader, SqliteStore
from twinbeam.http_server.server import Server
from twinbeam.observe import logs, metrics
from twinbeam.observe.health import BEHIND_SECONDS
from twinbeam.observe.tallies import FOLDER as METRICS
from twinbeam.observe.tallies import exposition
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.pipeline.consent.gate import judge
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.record.window import JoinWindow
from twinbeam.pipeline.send.lanes import Sender
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.policy import Policy
from twinbeam.pipeline.settle.settle import Settler
from twinbeam.settings import TIKTOK_URL, Settings, load

Saved = dict[tuple[str, str], tuple[str, int | None]]
"""The tokens by workspace and pixel, each with the moment it was saved: the same one, saved again, is tried at once."""

TAKEOVER_SECONDS = 20.0  #: how long a predecessor that is told to stop may still hold the store
SETTINGS_SECONDS = 1.0  #: how soon a new token is used
MEASURE_SECONDS = 1.0
LONGEST_TWIN_MS = 300_000  #: a first copy waits for TikTok's script at most 270 s (core/rules.py)
OVERDUE_SECONDS = 1.0  #: how late what waited for too long may end
REMOVED_SECONDS = 5.0  #: how late what waits for a pixel that was removed may end
REMOVED_DAYS = 10  #: nothing is held, or waits to be sent, for longer
TIDY_SECONDS = 1.0  #: a call takes 20 ms at most
ENDED_AT_ONCE = 1_000  #: in one transaction, so that the recorder never waits for long


@dataclass(kw_only=True)
class Writer:
    """The writer's parts, joined."""

    settings: Settings
    ring: KeyRing
    store: SqliteStore
    clock: Clock
    reports: Reports
    on_store: Thread
    terms: LiveTerms
    watch: Watch | None = None
    earlier: Sequence[Path] = ()  #: folders that journals of this store were in before

    def __post_init__(self) -> None:
        self.time = self.watch or Watch(self.settings.data, self.clock)
        self._told_at: dict[tuple[str, str], float] = {}  #: when trouble with a duty was last reported
        self.owner = uuid4().hex
        self.tokens: dict[tuple[str, str], str] = {}
        self._saved: Saved = {}
        self._stopped: frozenset[tuple[str, str]] = frozenset()  #: the pixels to which nothing is sent
        self._renewed: set[tuple[str, str]] = set()  #: event sources that may be sent to anew, still to be told of
        self.directory = Directory()
        self._snapshot = SnapshotFile(self.settings.data)
        self.destination = TikTok(
            base_url=self.settings.tiktok_url,
            token=self._token,
            report=self.reports.happening,
            proxy=self.settings.proxy,
        )
        self.sender = self._sender()
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

    def _trouble(self, event: str, *, what: str, error: str, detail: str) -> None:
        now = self.clock.monotonic()
        if now - self._told_at.get((what, error), -inf) >= REPEAT_SECONDS:
            self._told_at[what, error] = now
            self.reports.happening(event, what=what, error=error, detail=detail)

    async def prepare(self) -> None:
        """Take in what was decided and wished for while no writer ran."""
        await self.on_store(ask_again, self.store, self.settings, self.ring, self.reports)
        # No token is new yet: what waits after an attempt keeps its time.
        await self.attempt("settings", self.take_settings)

    async def send(self, stop: asyncio.Event) -> None:
        """Send, and end what is overdue, once all is in force that was said or wished for while no writer ran."""
        await self.follower.caught_up.wait()
        await self.attempt("tidy", partial(carry_out, self.store, self.clock, self.on_store, stop))
        while not stop.is_set() and not self.time.is_sure():
            await pause(OVERDUE_SECONDS, stop)  # what was tried before is sent again by the time
        end_overdue = partial(self.attempt, "overdue", self.end_overdue)
        end_removed = partial(self.attempt, "removed", self.end_removed)
        await side_by_side(
            stop,
            self.sender.run(stop),
            every(OVERDUE_SECONDS, stop, end_overdue),
            every(REMOVED_SECONDS, stop, end_removed),
        )

    async def take_settings(self) -> None:
        """Take in pixels, keys and tokens, and hand them to the intake."""
        self._saved, self.directory = await self.on_store(self._read_settings)
        self.tokens = {place: token for place, (token, _) in self._saved.items()}
        self._stopped = frozenset((it.workspace, it.code) for it in self.directory.pixels.values() if it.stopped)
        self.terms.update(self.directory)
        await self.on_store(publish, self.directory, self.settings.data)

    def take_rules(self) -> None:
        """Take in rules that a command has just published: the intake may go by them already."""
        with suppress(StorageDamaged, OSError):  # the next look at the settings takes them from the store
            if self._snapshot.refresh():
                self.terms.update(self._snapshot.current)

    async def refresh(self) -> None:
        """Take in what changed, and let go what waited for another token or for its pixel to be started."""
        before, stopped = self._saved, self._stopped
        await self.take_settings()
        self._renewed |= {place for place, saved in self._saved.items() if saved != before.get(place)}
        self._renewed |= stopped - self._stopped
        for place in sorted(self._renewed):
            await self.sender.resume(*place)
            self._renewed.remove(place)

    async def end_overdue(self) -> None:
        """
        Let go what its owner released, and what was held, or waited to be sent, for too long.

        No word is awaited any more of servers that went silent. While nobody can be sure of the time nothing ends.
        """
        await self.on_store(self.store.release_asked, self.clock.now_ms())
        if not self.time.is_sure():
            return
        await self.on_store(self.store.end_confirming, self.clock.now_ms())
        now_ms = self.clock.now_ms()
        latest_ms = now_ms + max(self.sender.policy.longest_wait_ms, self.settings.join_window_ms) + LONGEST_TWIN_MS
        while await self.on_store(self.store.pull_in, latest_ms, now_ms):
            self.sender.wake()
        for end in (self.store.end_overdue, self.store.end_stale):
            while await self.on_store(end, self.clock.now_ms(), limit=ENDED_AT_ONCE) == ENDED_AT_ONCE:
                pass

    async def end_removed(self) -> None:
        """Let go what waits for a pixel that was removed: of a request under way it may come back later."""
        since_ms = self.clock.now_ms() - REMOVED_DAYS * MS_PER_DAY
        for workspace, code in await self.on_store(self.store.removed_pixels, since_ms=since_ms):
            for end in (self.store.end_held_of, self.store.end_unsent_of):
                now_ms, ended = self.clock.now_ms(), ENDED_AT_ONCE
                while ended == ENDED_AT_ONCE:
                    ended = await self.on_store(end, workspace, code, now_ms, limit=ENDED_AT_ONCE)

    async def tidy(self) -> None:
        """Remove what people asked to have erased, and, while the time is sure, what has come to its end."""
        await self.on_store(self.store.tend)
        await self.on_store(partial(self.store.tidy, self.clock.now_ms(), retention=self.time.is_sure()))
        for folder in self.follower.folders[1:]:
            if await self.on_store(self.follower.is_drained, folder):
                self._forget_folder(folder)

    def _forget_folder(self, folder: Path) -> None:
        """Follow an earlier folder of journals no more: all that was left in it is recorded."""
        left = [other for other in self.follower.folders[1:] if other != folder]
        if remember_folders(self.settings, left):
            self.follower.folders = [self.settings.journal_folder, *left]
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
        pending = Pending(self.settings.journal_folder, self.ring, reader.cursors)

        async def is_pending(workspace: str, event_id: str) -> bool:
            return await on_reader(pending.holds, workspace, event_id)

        pages = build(
            ledger=reader,
            on_reader=on_reader,
            directory=lambda: self.directory,
            clock=self.clock,
            lag=self._lag,
            pending=is_pending,
            metrics=partial(exposition, self.settings.data / METRICS, os.getpid()),
            ready=self._not_ready,
            access_codes=ACCESS_CODES,
            emulator_url=None if self.settings.tiktok_url == TIKTOK_URL else self.settings.tiktok_url,
            closing=closing,
        )
        return KnownHosts(pages, self.settings.dashboard_hosts)

    def _sender(self) -> Sender:
        settler = Settler(
            ledger=self.store, owner=self.owner, clock=self.clock, on_store=self.on_store, not_taken=NOT_TAKEN
        )
        return Sender(
            leases=self.store,
            settle=settler.settle,
            destination=self.destination,
            compose=compose,
            clock=self.clock,
            rng=Random(),  # noqa: S311 -- jitter, not secrets
            policy=Policy(in_flight=self.settings.in_flight, linger_ms=self.settings.linger_ms),
            owner=self.owner,
            on_store=self.on_store,
            report=self.reports.happening,
            is_stopped=lambda lane: self.terms(lane.workspace, lane.source_id).stopped,
        )

    def _token(self, lane: Lane) -> str | None:
        return self.tokens.get((lane.workspace, lane.source_id))

    def _read_settings(self) -> tuple[Saved, Directory]:
        when = {(row.workspace, row.code): row.token_ms for row in self.store.pixels()}
        saved = {place: (token, when.get(place)) for place, token in self.store.tokens().items()}
        return saved, directory_of(self.store)

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
    ring, terms = open_ring(settings), LiveTerms()
    policy = RecordPolicy(window=JoinWindow(wait_ms=settings.join_window_ms), terms_of=terms, judge=judge)
    try:
        store = await on_store(
            SqliteStore.open_as_writer,
            settings.data,
            ring,
            policy=policy,
            ages=Ages(),
            keep_days_of=terms.keep_days_of,
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
        terms=terms,
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
    serving = Server(pages, report=reports.happening).serve(listener, stop)
    await side_by_side(stop, serving, work(settings, reports, pages, stop))
    log.info("writer.stopped")


async def work(settings: Settings, reports: Reports, pages: Pages, stop: asyncio.Event) -> None:
    """Record, send, settle and show, from the moment on at which the store can be opened."""
    on_store, on_reader = Thread("store"), Thread("reader")
    writer = await opened(settings, partial(joined, settings, reports, on_store), stop, SystemClock(), reports)
    if writer is None:
        return
    reader = await on_reader(SqliteReader, settings.data)
    await writer.prepare()
    pages.app = writer.pages(reader, on_reader, stop.is_set)
    reports.happening("writer.ready", owner=writer.owner)
    try:
        await side_by_side(
            stop,
            writer.follower.run(stop),
            writer.send(stop),
            every(SETTINGS_SECONDS, stop, partial(writer.attempt, "settings", writer.refresh)),
            every(TIDY_SECONDS, stop, partial(writer.attempt, "tidy", writer.tidy)),
            every(MEASURE_SECONDS, stop, partial(writer.attempt, "measure", writer.measure)),
            every(LOOK_SECONDS, stop, writer.machine.look),
        )
    except ConfigError as error:
        leave(error)
    await writer.destination.close()
    await on_reader(reader.close)
    await on_store(writer.store.close)


def leave(error: ConfigError) -> NoReturn:
    """End without closing a store that is gone: SQLite would remove the WAL of whatever lies in its place now."""
    logs.say(f"twinbeam: {error}")
    os._exit(1)


if __name__ == "__main__":
    logs.configure(load().log_format)
    run(main(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])))
