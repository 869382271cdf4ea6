"""Follows every journal in the folder and records what it finds, one transaction at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

from twinbeam.app.process import pause
from twinbeam.app.reports import Reports
from twinbeam.core.clock import Clock
from twinbeam.core.errors import StorageBusy, StorageError
from twinbeam.engines.journals.confirmed import read_confirmed
from twinbeam.engines.journals.losses import Loss, note_loss
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slots
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.observe.health import lag_seconds
from twinbeam.pipeline.flow import EVENTS_PER_TRANSACTION, REPEAT_SECONDS, Recording
from twinbeam.pipeline.record.contract import Recorded

OnStore = Callable[..., Awaitable[Any]]

IDLE_SECONDS = 0.02  #: how often an idle journal is looked at; a look costs 3 us
#: Between two transactions, unless more waits than one can take: each costs the disk two syncs and as much again when
#: it is leased and settled, and the intake's own syncs wait behind them.
GATHER_SECONDS = 0.1
TROUBLE_SECONDS = 1.0
SLOTS_SECONDS = 1.0


class Backlogs:
    """How far the store is behind its journals; looked up on the store's thread, shown anywhere."""

    def __init__(self) -> None:
        self.pending = 0
        self.lag_seconds = 0.0
        self.unreadable: list[str] = []  #: journals of which nobody knows how much waits in them
        self.by_journal: dict[str, tuple[int, int | None]] = {}

    def update(self, found: dict[str, tuple[int, int | None]], unreadable: Iterable[str], now_ms: int) -> None:
        """Take in, per journal, the pending events and when the oldest of them was accepted (ms)."""
        self.by_journal, self.unreadable = found, sorted(unreadable)
        self.pending = sum(pending for pending, _ in found.values())
        self.lag_seconds = max((lag_seconds(oldest_ms, now_ms) for _, oldest_ms in found.values()), default=0.0)


@dataclass(kw_only=True)
class JournalInUse:
    """A journal that is followed."""

    reader: SqliteJournalReader
    recording: Recording
    upto: int  #: how far it was written when it was found
    rests_until: float = -inf  #: after trouble; the other journals go on meanwhile


@dataclass(kw_only=True)
class Follower:
    """
    Room 5 as a loop. What it calls on the store, and the journals' readers, live on the store's thread.

    `caught_up` is set once all is recorded that the journals held when they were found: whatever a visitor refused or
    granted while no writer ran is known from then on. A journal that fails once is not waited for.
    """

    folders: Sequence[Path]  #: the one in use first; what earlier ones still hold is recorded too
    ring: KeyRing
    store: SqliteStore
    clock: Clock
    reports: Reports
    on_store: OnStore
    wake: Callable[[], None]
    take_rules: Callable[[], None]  #: an event is recorded by rules no older than those it was accepted by
    backlogs: Backlogs = field(default_factory=Backlogs)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    _followed: dict[Path, JournalInUse] = field(default_factory=dict)
    _behind: set[Path] = field(default_factory=set)
    _unopened: dict[Path, float] = field(default_factory=dict)  #: those that cannot be read, and when that was told

    async def run(self, stop: asyncio.Event) -> None:
        """Record until told to stop."""
        try:
            await self._follow(stop)
        finally:
            self.caught_up.set()  # nobody waits for one who has gone

    async def _follow(self, stop: asyncio.Event) -> None:
        looked = -SLOTS_SECONDS
        while not stop.is_set():
            if self.clock.monotonic() - looked >= SLOTS_SECONDS:
                await self._look()
                looked = self.clock.monotonic()
            events = await self._round()
            if not self._behind:
                self.caught_up.set()
            if events < EVENTS_PER_TRANSACTION:
                await pause(GATHER_SECONDS if events else IDLE_SECONDS, stop)
        await self.on_store(self._close)

    async def _look(self) -> None:
        try:
            await self.on_store(self._look_at_slots)
        except StorageError as error:  # the folder itself cannot be read now
            self.reports.happening("upkeep.crashed", what="journals", error=type(error).__name__, detail=str(error))

    def measure(self) -> None:
        """Look up the backlogs; for the store's thread."""
        cursors = self.store.cursors()
        found: dict[str, tuple[int, int | None]] = {}
        unreadable = {self._name(path) for path in self._unopened}
        for path, followed in self._followed.items():
            try:
                found[self._name(path)] = _backlog(followed.reader, *cursors.get(followed.reader.journal_id, (0, 0)))
            except StorageError:  # each step in it tells how
                unreadable.add(self._name(path))
        self.backlogs.update(found, unreadable, self.clock.now_ms())

    async def _round(self) -> int:
        """Record one transaction of each journal; give the events of the largest."""
        most = 0
        for path, followed in list(self._followed.items()):
            if self.clock.monotonic() < followed.rests_until:
                continue
            try:
                recorded = await self.on_store(partial(self._step, path))
            except Exception as error:  # noqa: BLE001 -- one journal must not take the writer with it
                followed.rests_until = self.clock.monotonic() + TROUBLE_SECONDS
                self._behind.discard(path)
                self._crashed(path, error)
                continue
            if recorded is not None:
                most = max(most, recorded.arrivals)
                self.reports.recorded(recorded)
                self.wake()
        return most

    def _step(self, path: Path) -> Recorded | None:
        followed = self._followed[path]
        self.take_rules()
        recorded = followed.recording.step()
        if path in self._behind:
            cursor = self.store.cursor(followed.reader.journal_id)
            if recorded is None or cursor >= followed.upto:
                self._behind.remove(path)
        return recorded

    def _crashed(self, path: Path, error: Exception) -> None:
        detail = str(error) if isinstance(error, StorageError) else ""  # others may quote an event
        self.reports.happening("record.crashed", file=path.name, error=type(error).__name__, detail=detail)

    def is_drained(self, folder: Path) -> bool:
        """Return whether nothing is left to record in a folder; for the store's thread."""
        there = slots(folder)
        followed = [self._followed[path] for path in there if path in self._followed]
        return len(followed) == len(there) and all(
            one.reader.newest()[0] <= self.store.cursor(one.reader.journal_id) for one in followed
        )

    def _name(self, path: Path) -> str:
        """Name a journal as people see it; one of an earlier folder with its folder."""
        return path.stem if path.parent == self.folders[0] else str(path.with_suffix(""))

    def _look_at_slots(self) -> None:
        """Leave journals whose file was set aside or replaced, and open new ones."""
        for path, followed in list(self._followed.items()):
            if followed.reader.is_gone():
                self._leave(path, followed)
        self._open_new_slots()

    def _leave(self, path: Path, followed: JournalInUse) -> None:
        """Record what can still be read of a journal whose file was set aside, and close it."""
        try:
            while (recorded := followed.recording.step()) is not None:
                self.reports.recorded(recorded)
        except Exception as error:  # noqa: BLE001 -- it was set aside because it is damaged
            self._crashed(path, error)
        followed.reader.close()
        del self._followed[path]
        self._behind.discard(path)

    def _open_new_slots(self) -> None:
        found = [path for folder in self.folders for path in slots(folder)]
        self._unopened = {path: told for path, told in self._unopened.items() if path in found}
        for path in found:
            if path not in self._followed:
                self._try_to_open(path)

    def _try_to_open(self, path: Path) -> None:
        try:
            self._open(path)
        except StorageBusy:
            return  # its ingest process is still creating it
        except StorageError as error:
            now = self.clock.monotonic()
            if now - self._unopened.get(path, -inf) >= REPEAT_SECONDS:
                self._unopened[path] = now
                self._crashed(path, error)
        else:
            self._unopened.pop(path, None)

    def _open(self, path: Path) -> None:
        reader = SqliteJournalReader(path, self.ring)
        try:
            upto, _ = reader.newest()
        except StorageError:
            reader.close()
            raise
        self._compare(path, reader)
        report = partial(self._report, path)
        recording = Recording(journal=reader, store=self.store, clock=self.clock, report=report)
        self._followed[path] = JournalInUse(reader=reader, recording=recording, upto=upto)
        if not self.caught_up.is_set():
            self._behind.add(path)

    def _compare(self, path: Path, reader: SqliteJournalReader) -> None:
        """Tell of a store that is behind what it confirmed: it lost its WAL, or a backup of it was put back."""
        seq, events = self.store.cursors().get(reader.journal_id, (0, 0))
        confirmed = read_confirmed(path, reader.journal_id)
        if confirmed.seq > seq:
            self.reports.happening(
                "store.behind",
                file=path.name,
                journal=reader.journal_id,
                cursor=seq,
                confirmed=confirmed.seq,
                events=max(0, confirmed.events - events),
            )

    def _report(self, path: Path, event: str, /, **fields: Any) -> None:
        """Report what one journal's recording tells; of what is gone for good a note is kept for `doctor`."""
        self.reports.happening(event, **fields)
        if event == "record.gap":
            place = {"journal": fields["journal"], "after": fields["after"], "upto": fields["seq"]}
            loss = Loss(file=path.name, events=fields["events"], at_ms=self.clock.now_ms(), **place)
            note_loss(self.folders[0], loss)

    def _close(self) -> None:
        for followed in self._followed.values():
            followed.reader.close()


def _backlog(reader: SqliteJournalReader, seq: int, events: int) -> tuple[int, int | None]:
    _, appended = reader.newest()
    return max(0, appended - events), reader.oldest_after(seq)
