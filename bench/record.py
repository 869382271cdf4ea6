"""Record: journal groups of 38 events into the SQLite store, on one core, empty and after months."""

import time
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

from filler import fill
from ledger import open_store, recording, signals, size_mb, write_journal
from processes import House, furnish
from result import Row
from scale import Bench

from twinbeam.engines.stores.sqlite.deferred_index import SWEEP_EVENTS
from twinbeam.engines.stores.sqlite.store import SqliteStore

STAGE = "record"
TARGET = 10_000.0
_ANEW = 600_000_000  #: events that no filled store holds
_SEALED_AT_ONCE = 65_536  #: before they are recorded, so that they need not all lie in memory
_READ_BYTES = 2**24


def measure(bench: Bench) -> Iterator[Row]:
    """Measure recording into new stores, then into a filled one."""
    yield _into_new_stores(bench)
    yield from _into_a_filled_store(bench)


def _into_new_stores(bench: Bench) -> Row:
    rates = [_into_a_new_store(bench, number) for number in range(bench.scale.rounds)]
    return Row.of(STAGE, "journal to an empty store", rates, "events/s", target=TARGET)


def _into_a_new_store(bench: Bench, number: int) -> float:
    house = furnish(bench.folder / f"record-{number}")
    store = open_store(house)
    rate, *_ = _recorded(house, store, 0, _ANEW, bench.scale.record_events)
    store.close()
    return rate


def _into_a_filled_store(bench: Bench) -> Iterator[Row]:
    scale = bench.scale
    house = furnish(bench.folder / "record-filled")
    seconds = fill(house, conversions=scale.stored_conversions, visitors=scale.stored_visitors)
    size = size_mb(house.data / "store.db")
    store = open_store(house)
    begin = 2 * scale.stored_visitors  # every second event is by a stored visitor
    warm = min(SWEEP_EVENTS, scale.stored_conversions // 8)  # until the deferred indexes know and sweep as much as ever
    slots = count()
    for first in range(begin, begin + warm, _SEALED_AT_ONCE):
        _recorded(house, store, next(slots), first, min(_SEALED_AT_ONCE, begin + warm - first))
    firsts = count(begin + warm, scale.record_events)
    took = [_round(house, store, next(slots), next(firsts), scale.record_events) for _ in range(scale.rounds)]
    silent = [
        _round(house, store, next(slots), next(firsts), scale.record_events, silent=True) for _ in range(scale.rounds)
    ]
    held = store.held()
    store.close()
    if not held:
        raise AssertionError("nothing of the silent work is held")
    rates = [rate for rate, _, _ in took]
    name = f"journal to a store of {scale.stored_conversions:,} conversions, {scale.stored_visitors:,} visitors"
    note = f"{size:,.0f} MB, filled in {seconds:.0f} s"
    yield Row.of(STAGE, name, rates, "events/s", target=TARGET, note=note)
    name = "likewise, a fifth of the events without a word on consent"
    note = f"{held / scale.rounds / scale.record_events:.0%} are held; the other visitors had permitted before"
    yield Row.of(STAGE, name, [rate for rate, _, _ in silent], "events/s", target=TARGET, note=note)
    longest = [most for _, most, _ in took]
    yield Row.of(STAGE, "longest transaction, filled store", longest, "ms", note="1,000 events or a little more")
    written = [each for _, _, each in took]
    yield Row.of(STAGE, "written, filled store", written, "bytes/event", note="WAL and checkpoints together")


def _round(
    house: House, store: SqliteStore, slot: int, first: int, events: int, *, silent: bool = False
) -> tuple[float, float, float]:
    """Record beside a store that is in the system's cache: some systems empty it of what rests for half a minute."""
    with (house.data / "store.db").open("rb") as file:
        while file.read(_READ_BYTES):
            pass
    return _recorded(house, store, slot, first, events, silent=silent)


def _recorded(
    house: House, store: SqliteStore, slot: int, first: int, events: int, *, silent: bool = False
) -> tuple[float, float, float]:
    """Record a journal of these events; give events per second, the longest transaction in ms, and bytes an event."""
    write_journal(house, slot, signals(first, events, silent=silent))
    room = recording(house, slot, store)
    written = _written()
    laps = [time.perf_counter()]
    while room.step() is not None:
        laps.append(time.perf_counter())
    longest = max(later - earlier for earlier, later in pairwise(laps))
    each = (_written() - written) / events
    return events / (laps[-1] - laps[0]), longest * 1_000, each


def _written() -> int:
    """Give the bytes this process has handed to the operating system to write."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])
