"""What the stages behind the journal share: sealed signals, journals that hold them, and an open store."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from processes import SOURCE, WORKSPACE, House
from workload import PIXEL, body

from twinbeam.core.clock import SystemClock
from twinbeam.core.values import Arrival, Channel, Item, Judged, Origin, Signal
from twinbeam.engines.journals.sqlite import SqliteJournal, SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.stores.sqlite.store import SqliteStore
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.consent.gate import gate, judge
from twinbeam.pipeline.flow import Recording
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import encode
from twinbeam.pipeline.record.policy import RecordPolicy
from twinbeam.pipeline.send.limits import Ages
from twinbeam.sources import events_v1

GROUP = 38  #: events per commit group, as 64 connections make them
_AT_ONCE = 100


def arrivals(first: int, count: int, *, silent: bool = False) -> Iterator[Arrival]:
    """Read events as the accept room does."""
    origin = Origin(WORKSPACE, SOURCE, Channel.SERVER, SystemClock().now_ms())
    for start in range(first, first + count, _AT_ONCE):
        reading = events_v1.read(body(start, min(_AT_ONCE, first + count - start), silent=silent))
        if not isinstance(reading, Reading) or reading.notices:
            raise AssertionError(f"the workload is not taken as it is: {reading}")
        for index, item in enumerate(reading.items):
            if isinstance(item, Item):
                yield Arrival(item, origin, PIXEL, "Purchase", index, item.event_time or 0)


def signals(first: int, count: int, *, silent: bool = False) -> list[Signal]:
    """Seal events as the identity room does."""
    sealer, rest = Sealer(), arrivals(first, count, silent=silent)
    sealed: list[Signal] = []
    while group := list(islice(rest, GROUP)):
        sealed += [it.signal for it in sealer.seal([Judged(arrival, *gate(arrival)) for arrival in group])]
    return sealed


def write_journal(house: House, slot: int, sealed: Sequence[Signal]) -> None:
    """Fill a journal slot with groups of 38."""
    journal = SqliteJournal(slot_path(house.data, slot), KeyRing.open(house.keyring))
    rest, clock = iter(sealed), SystemClock()
    while group := list(islice(rest, GROUP)):
        journal.append(clock.now_ms(), len(group), encode(group))
    journal.close()


def open_store(house: House) -> SqliteStore:
    """Open the house's store as its one writer."""
    ring = KeyRing.open(house.keyring)
    return SqliteStore.open_as_writer(house.data, ring, policy=RecordPolicy(judge=judge), ages=Ages())


def recording(house: House, slot: int, store: SqliteStore) -> Recording:
    """Join a journal slot with the store."""
    reader = SqliteJournalReader(slot_path(house.data, slot), KeyRing.open(house.keyring))
    return Recording(journal=reader, store=store, clock=SystemClock(), report=_silent)


def size_mb(path: Path) -> float:
    """Give the size of a file, 0 when there is none."""
    return path.stat().st_size / 1e6 if path.exists() else 0.0


def _silent(_event: str, /, **_fields: object) -> None:
    """Report to nobody."""
