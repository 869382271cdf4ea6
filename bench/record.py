"""Record: journal groups of 38 events into the SQLite store, on one core, empty and after months."""

import time
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path

from filler import fill
from ledger import open_store, recording, signals, size_mb, write_journal
from processes import House, furnish
from result import Row
from scale import Bench

from twinbeam.core.values import Signal
from twinbeam.engines.stores.sqlite.late import SPAN
from twinbeam.engines.stores.sqlite.store import SqliteStore

STAGE = "record"
TARGET = 10_000.0
_ANEW = 600_000_000  #: events that no filled store holds


def measure(bench: Bench) -> Iterator[Row]:
    """Measure recording into new stores, then into a filled one."""
    yield _into_new_stores(bench)
    yield from _into_a_filled_store(bench)


def _into_new_stores(bench: Bench) -> Row:
    sealed = signals(_ANEW, bench.scale.record_events)
    rates = [_into_a_new_store(bench, sealed, number) for number in range(bench.scale.rounds)]
    return Row.of(STAGE, "journal to an empty store", rates, "events/s", target=TARGET)


def _into_a_new_store(bench: Bench, sealed: Sequence[Signal], number: int) -> float:
    house = furnish(bench.folder / f"record-{number}")
    store = open_store(house)
    rate, *_ = _recorded(house, store, 0, sealed)
    store.close()
    return rate


def _into_a_filled_store(bench: Bench) -> Iterator[Row]:
    scale = bench.scale
    house = furnish(bench.folder / "record-filled")
    seconds = fill(house, conversions=scale.stored_conversions, visitors=scale.stored_visitors)
    size = size_mb(house.data / "store.db")
    store = open_store(house)
    begin = 2 * scale.stored_visitors  # every second event is by a stored visitor
    warm = min(SPAN, scale.stored_conversions // 10)  # until the late indexes have as much to sweep as ever
    _recorded(house, store, scale.rounds, signals(begin, warm))
    first = count(begin + warm, scale.record_events)
    took = [_recorded(house, store, slot, signals(next(first), scale.record_events)) for slot in range(scale.rounds)]
    store.close()
    rates = [rate for rate, _, _ in took]
    name = f"journal to a store of {scale.stored_conversions:,} conversions, {scale.stored_visitors:,} visitors"
    note = f"{size:,.0f} MB, filled in {seconds:.0f} s"
    yield Row.of(STAGE, name, rates, "events/s", target=TARGET, note=note)
    longest = [most for _, most, _ in took]
    yield Row.of(STAGE, "longest transaction, filled store", longest, "ms", note="1,000 events or a little more")
    written = [each for _, _, each in took]
    yield Row.of(STAGE, "written, filled store", written, "bytes/event", note="WAL and checkpoints together")


def _recorded(house: House, store: SqliteStore, slot: int, sealed: Sequence[Signal]) -> tuple[float, float, float]:
    """Record a journal of these signals; give events per second, the longest transaction in ms, and bytes an event."""
    write_journal(house, slot, sealed)
    room = recording(house, slot, store)
    written = _written()
    laps = [time.perf_counter()]
    while room.step() is not None:
        laps.append(time.perf_counter())
    longest = max(later - earlier for earlier, later in pairwise(laps))
    each = (_written() - written) / len(sealed)
    return len(sealed) / (laps[-1] - laps[0]), longest * 1_000, each


def _written() -> int:
    """Give the bytes this process has handed to the operating system to write."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])
