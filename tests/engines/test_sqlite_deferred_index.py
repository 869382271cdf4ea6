"""The deferred indexes: what was added is found, wherever the sweep is, and after a restart."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.kit.harness import Harness
from signals import BROWSER, NOW, a_signal, carried
from twinbeam.core.values import Facts
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.sqlite_file import open_file, transaction
from twinbeam.engines.stores.sqlite import packed_rows
from twinbeam.engines.stores.sqlite.bloom_filter import BloomFilter
from twinbeam.engines.stores.sqlite.connection import StoreConnection
from twinbeam.engines.stores.sqlite.deferred_index import SWEEP_EVENTS, DeferredIndex
from twinbeam.engines.stores.sqlite.migrate import migrate
from twinbeam.engines.stores.sqlite.partitions import (
    PARTITIONS,
    entries_in,
    id_in,
    merged,
    pack_entry,
    partition_of,
    without_ids,
)
from twinbeam.engines.stores.sqlite.pending_keys import PendingKeys
from twinbeam.pipeline.record.contract import Numbered

JOURNAL = "ab" * 16
ROUND = SWEEP_EVENTS + SWEEP_EVENTS // 100  #: a little more than one sweep over all keys


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[StoreConnection]:
    db = open_file(tmp_path / "store.db")
    migrate(db)
    yield StoreConnection(db, KeyRing.open_or_create(tmp_path / "keys.json"))
    db.close()


def index_on(connection: StoreConnection) -> DeferredIndex:
    return DeferredIndex(connection, "dedup", of="conversion")


def add(index: DeferredIndex, entries: list[packed_rows.Entry], events: int) -> None:
    with transaction(index._db):
        add_found(index, entries, events)
    index.after_commit()


def add_found(index: DeferredIndex, entries: list[packed_rows.Entry], events: int) -> None:
    """Add as the recorder does: after looking for the keys."""
    assert index.find({key for key, _ in entries}) == {}
    index.add(entries, events=events)


def keys(count: int) -> list[packed_rows.Entry]:
    return [(os.urandom(16), id_) for id_ in range(count)]


#: Of few bytes, so that partitions are crowded, keys come again, and one begins inside another or inside an id.
crowded = st.lists(st.sampled_from(b"\0\1"), min_size=16, max_size=16).map(bytes)


def stored(connection: StoreConnection) -> int:
    """Count the entries of the index itself."""
    return sum(len(entries_in(partition)) for (partition,) in connection.db.execute("SELECT entries FROM dedup"))


def logged(connection: StoreConnection) -> int:
    """Count the rows of its log."""
    return int(connection.db.execute("SELECT count(*) FROM dedup_log").fetchone()[0])


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("step", [SWEEP_EVENTS // 50, SWEEP_EVENTS // 7, ROUND, 5 * ROUND])
def test_an_entry_is_found_wherever_the_sweep_is(connection: StoreConnection, step: int, *, restart: bool) -> None:
    index, added = index_on(connection), {}
    for _ in range(2 * ROUND // step + 3):
        new = keys(5)
        added |= dict(new)
        add(index, new, step)
        index = index_on(connection) if restart else index
        assert index.find({*added, b"x" * 16}) == added


def test_the_sweep_fills_the_index_and_the_log_is_forgotten(connection: StoreConnection) -> None:
    index, first = index_on(connection), keys(300)
    add(index, first, 1)
    assert (stored(connection), logged(connection)) == (0, 1)
    for _ in range(300):
        add(index, [], ROUND // 100)
    assert (stored(connection), logged(connection)) == (300, 0)
    assert index.pending() == 0
    assert index.find(set(dict(first))) == dict(first)


def test_a_row_of_the_log_stays_until_all_of_it_is_in_the_index(connection: StoreConnection) -> None:
    index = index_on(connection)
    for _ in range(300):
        add(index, keys(10), ROUND // 90)
        kept = {entry[0] for entry in packed_rows.entries_of(connection.db, "dedup_log", 16)}
        assert kept >= {key for key, _ in pending_in(index._pending, 0, PARTITIONS)}
    assert index.pending() < 2_000


def test_what_a_failed_transaction_added_is_not_known(connection: StoreConnection) -> None:
    index, (lost, kept) = index_on(connection), keys(2)
    with pytest.raises(ValueError, match="16 bytes"), transaction(connection.db):
        add_found(index, [lost, (b"short", 3)], SWEEP_EVENTS)
    add(index, [kept], 1)
    assert index.find({lost[0], kept[0]}) == dict([kept])
    assert index_on(connection).find({lost[0], kept[0]}) == dict([kept])


def test_a_key_that_was_not_looked_for_or_was_found_is_not_taken(connection: StoreConnection) -> None:
    index, (known, new, other) = index_on(connection), keys(3)
    add(index, [known], 1)
    index.find({known[0], new[0]})
    for wrong in (known, other):
        with pytest.raises(ValueError, match="not looked for before, or was found"):
            index.add([new, wrong], events=1)
    add(index, [new, other], 1)
    assert index.find({key for key, _ in (known, new, other)}) == dict([known, new, other])


def test_a_sweep_that_failed_is_done_again(connection: StoreConnection) -> None:
    index, first, lost = index_on(connection), keys(300), keys(5)
    add(index, first, 1)
    connection.db.execute("BEGIN")
    add_found(index, lost, ROUND)
    assert stored(connection) == 300
    connection.db.execute("ROLLBACK")
    assert stored(connection) == 0
    assert index.find({key for key, _ in first + lost}) == dict(first)
    for _ in range(3):
        add(index, [], ROUND)
    assert (stored(connection), logged(connection), index.pending()) == (300, 0, 0)
    assert index.find({key for key, _ in first + lost}) == dict(first)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.open_or_create(tmp_path_factory.mktemp("ring") / "keys.json")


@given(
    st.lists(st.tuples(st.sampled_from(["add", "add", "fail", "sweep", "restart"]), st.integers(0, ROUND)), max_size=25)
)
def test_whatever_happens_an_index_is_a_dictionary(ring: KeyRing, steps: list[tuple[str, int]]) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db)
    connection = StoreConnection(db, ring)
    index, added = index_on(connection), {}
    for step, amount in steps:
        new = [(key, len(added) + id_) for key, id_ in keys(amount % 7)]
        match step:
            case "add":
                add(index, new, amount)
                added |= dict(new)
            case "fail":
                db.execute("BEGIN")
                add_found(index, new, amount)
                db.execute("ROLLBACK")
            case "sweep":
                db.execute("BEGIN")
                index.sweep(amount % 50)
                db.execute("COMMIT")
                index.after_commit()
            case "restart":
                index = index_on(connection)
        assert index.find({*added, *(key for key, _ in new), os.urandom(16)}) == added
    db.close()


def test_a_rehearsal_moves_nothing(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.store.rehearse(JOURNAL, Numbered(1, [a_signal(f"e-{n}") for n in range(2_000)]), NOW)
    assert h.take(a_signal("e-1"), a_signal("e-2")).opened == 1
    h.check()


@given(st.lists(st.binary(min_size=2, max_size=2), max_size=40), st.binary(min_size=2, max_size=2))
def test_a_search_finds_what_was_packed_and_nothing_across_its_borders(found: list[bytes], asked: bytes) -> None:
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE log ({packed_rows.COLUMNS})")
    packed_rows.append(db, "log", 2, [(key, n) for n, key in enumerate(found)])
    assert list(packed_rows.search(db, "log", asked)) == [n for n, key in enumerate(found) if key == asked]
    assert list(packed_rows.entries_of(db, "log", 2)) == [(key, n) for n, key in enumerate(found)]


def test_a_conversion_is_found_by_its_key_and_its_visit_after_the_sweep(h: Harness) -> None:
    h.take(a_signal("v", event="ViewContent", channel=BROWSER, visitor="v-1", facts=Facts(ttclid="click-1")))
    for index in (h.store._dedup, h.store._visitor_keys):
        for _ in range(3):
            add(index, [], ROUND)
        assert index.pending() == 0
        assert list(packed_rows.entries_of(h.store._db, index._log, 16)) == []
    assert h.state("v") == "ready"
    assert h.take(a_signal("v", event="ViewContent")).merged == 1
    h.take(a_signal("e-1", visitor="v-1"))
    h.clock.advance(seconds=10)
    (event,) = [event for event in carried(h.lease()) if event["event"] == "Purchase"]
    assert event["user"] == {"ttclid": "click-1"}


def pending_in(pending: PendingKeys, first: int, end: int) -> list[packed_rows.Entry]:
    return [entry for _, partition in pending.between(first, end) for entry in entries_in(partition)]


@given(st.lists(crowded, max_size=60), st.lists(crowded, max_size=20))
def test_pending_keys_are_a_dictionary(added: list[bytes], asked: list[bytes]) -> None:
    entries = [(key, id_) for id_, key in enumerate(added)]
    pending, known = PendingKeys(entries), dict(entries)
    assert [pending.id_of(key) for key in added + asked] == [known.get(key) for key in added + asked]
    assert len(pending) == len(entries)
    assert pending.lowest_id() == (0 if entries else None)
    assert sorted(pending_in(pending, 0, PARTITIONS)) == sorted(entries)
    pending.drop(0, 1)
    assert sorted(pending_in(pending, 0, PARTITIONS)) == sorted(entry for entry in entries if entry[0][:2] != b"\0\0")
    assert len(pending) == len(list(pending_in(pending, 0, PARTITIONS)))


#: What a key leads to never changes.
entries_of_a_partition = st.lists(crowded.map(lambda key: (key, int.from_bytes(key[9:], "big"))), max_size=40)


@given(entries_of_a_partition, entries_of_a_partition, st.lists(crowded, max_size=10))
def test_a_partition_is_a_dictionary_whatever_is_joined_or_left_out(
    first: list[packed_rows.Entry], later: list[packed_rows.Entry], asked: list[bytes]
) -> None:
    partition, known = (
        merged(*(b"".join(pack_entry(*entry) for entry in some) for some in (first, later))),
        dict(first + later),
    )
    assert entries_in(partition) == first + [entry for entry in later if entry not in first]
    gone = {id_ for _, id_ in first[::2]}
    rest = {key: id_ for key, id_ in first + later if id_ not in gone}
    assert [id_in(without_ids(partition, gone), key) for key in [*known, *asked]] == [
        rest.get(key) for key in [*known, *asked]
    ]


def test_what_reached_the_index_before_a_start_is_not_in_it_twice(connection: StoreConnection) -> None:
    index, entries = index_on(connection), keys(300)
    add(index, entries, ROUND)
    assert (stored(connection), logged(connection)) == (0, 1)
    add(index, [], SWEEP_EVENTS // 2)
    assert stored(connection) > 0
    index = index_on(connection)
    for _ in range(3):
        add(index, [], ROUND)
    assert (stored(connection), logged(connection)) == (300, 0)


def test_what_is_removed_is_not_found_and_its_neighbours_are(connection: StoreConnection) -> None:
    index, entries = index_on(connection), keys(300)
    for some in (entries, [], []):
        add(index, some, ROUND)
    told: list[int] = []
    with transaction(connection.db):
        index.remove(0, PARTITIONS // 2, lambda ids: told.extend(ids) or [id_ for id_ in ids if id_ % 3])
    assert sorted(told) == sorted(id_ for key, id_ in entries if partition_of(key) < PARTITIONS // 2)
    left = {key: id_ for key, id_ in entries if partition_of(key) >= PARTITIONS // 2 or not id_ % 3}
    assert index.find({key for key, _ in entries}) == left


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=200))
def test_a_bloom_filter_denies_no_key_that_it_was_shown(shown: list[bytes]) -> None:
    bloom = BloomFilter(0)
    bloom.covered = PARTITIONS
    bloom.add(shown)
    assert bloom.add(shown) == shown


def test_a_bloom_filter_denies_most_other_keys_of_the_partitions_it_covers() -> None:
    bloom, others = BloomFilter(20_000), [os.urandom(16) for _ in range(10_000)]
    assert bloom.add(others[:100]) == others[:100]
    bloom.add(os.urandom(16) for _ in range(10_000))
    bloom.covered = PARTITIONS
    assert len(bloom.add(others)) < 1_500


def test_a_bloom_filter_denies_nine_in_ten_new_keys_when_it_holds_a_key_for_each_byte() -> None:
    bloom = BloomFilter(2**19)
    bloom.add(os.urandom(16) for _ in range(2**19))
    bloom.covered = PARTITIONS
    assert len(bloom.add([os.urandom(16) for _ in range(10_000)])) < 1_000


def test_after_one_sweep_new_keys_are_not_looked_for_in_the_index(connection: StoreConnection) -> None:
    earlier, old = index_on(connection), keys(2_000)
    for entries in (old, [], []):
        add(earlier, entries, ROUND)
    assert stored(connection) == 2_000
    index = index_on(connection)
    assert len(index._filter.add(key for key, _ in keys(2_000))) == 2_000
    for _ in range(3):
        add(index, [], ROUND)
    assert index._filter.covered == PARTITIONS
    assert len(index._filter.add(key for key, _ in keys(2_000))) < 300
    assert index.find({key for key, _ in old}) == dict(old)


def test_a_saturated_bloom_filter_is_made_anew(connection: StoreConnection) -> None:
    index = index_on(connection)
    index._filter._added = 1 << 21
    assert index._filter.saturated
    add(index, [], ROUND)
    assert not index._filter.saturated
    assert index._filter.covered < PARTITIONS
