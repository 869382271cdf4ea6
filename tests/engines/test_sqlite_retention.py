"""What retention and erasure leave in the files of the SQLite store, and what they cost."""

import os
import shutil
import sqlite3
import time
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import pytest

from engines.kit.embedded import SqliteEngine, found_in_files
from engines.kit.harness import Harness
from signals import (
    DAY,
    HOUR,
    NOW,
    a_refusal,
    a_signal,
    a_statement,
    an_email,
    an_undecided,
    carried_ids,
    denied,
)
from twinbeam.core.clock import day_of
from twinbeam.core.erasure import person
from twinbeam.core.errors import StorageError
from twinbeam.core.keys import lookup
from twinbeam.core.values import Facts
from twinbeam.engines.sqlite_file import transaction
from twinbeam.engines.stores.sqlite import housekeeping
from twinbeam.engines.stores.sqlite.consent_watchlist import ConsentWatchlist
from twinbeam.engines.stores.sqlite.lookup_index import lookup_tables
from twinbeam.engines.stores.sqlite.packed_rows import pack_ids, unpack_ids

ADA = an_email("ada")
LOOKUP = lookup("email", "shop", ADA)


def wrapped_keys(h: Harness) -> dict[int, bytes]:
    return dict(h.store._db.execute("SELECT id, wrapped FROM held_key"))


def days_with_a_key(h: Harness) -> list[int]:
    return [day - day_of(NOW) for (day,) in h.store._db.execute("SELECT day FROM day_key ORDER BY day")]


def test_pixel_counts_go_after_90_days_where_nothing_is_delivered_any_more(h: Harness) -> None:
    h.take(a_signal("e-1"))
    assert h.store.pixel_counts()
    h.clock.advance(ms=90 * DAY)
    h.tidy()
    assert h.store.pixel_counts()
    h.clock.advance(ms=DAY)
    h.tidy()
    assert h.store.pixel_counts() == []


def test_the_key_of_what_was_refused_lies_in_no_file(h: Harness, data: Path) -> None:
    h.take(an_undecided("e-1"), an_undecided("e-2"))
    gone, kept = wrapped_keys(h).values()
    assert found_in_files(data, gone)
    h.take(a_refusal("e-1"))
    h.tidy()
    assert found_in_files(data, gone) == []
    assert found_in_files(data, kept) == ["store.db"]


def test_the_keys_of_what_ended_in_vain_lie_in_no_file(h: Harness, data: Path) -> None:
    h.take(*(an_undecided(f"e-{n}", received_ms=NOW + (n % 3) * HOUR) for n in range(600)))
    before = wrapped_keys(h)
    h.end_held()
    h.tidy()
    left = wrapped_keys(h)
    assert 0 < len(left) < len(before)
    h.engine.close()
    assert found_in_files(data, *(wrapped for id_, wrapped in before.items() if id_ not in left)) == []
    assert all(found_in_files(data, wrapped) for wrapped in list(left.values())[:3])
    h.engine._open()


def test_a_key_is_not_left_behind_by_pages_that_were_split_and_joined(h: Harness, data: Path) -> None:
    """Held ones come and go in any order, so that pages of keys are joined in all ways."""
    h.take(*(an_undecided(f"e-{n}") for n in range(400)))
    before = list(wrapped_keys(h).items())
    for n in (*range(0, 400, 3), *range(1, 400, 3)):
        h.store.record(h.engine.reader.journal_id, [], h.now())
        with_key = [id_ for id_, _ in before]
        h.store._db.execute("BEGIN")
        h.store._payloads.purge([with_key[n]])
        h.store._db.execute("COMMIT")
    while h.store.tidy(h.now()):
        pass
    left = wrapped_keys(h)
    assert found_in_files(data, *(wrapped for id_, wrapped in before if id_ not in left)) == []
    assert len(left) == 133


def test_a_reader_in_the_way_only_delays_the_scrubbing(h: Harness, data: Path) -> None:
    h.take(an_undecided("e-1"))
    (wrapped,) = wrapped_keys(h).values()
    reader = sqlite3.connect(data / "store.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM held_key").fetchone()
    h.take(a_refusal("e-1"))
    h.tidy()
    assert found_in_files(data, wrapped)
    reader.execute("COMMIT")
    reader.close()
    h.tidy()
    assert found_in_files(data, wrapped) == []


def test_the_keys_of_days_that_nothing_needs_are_destroyed(h: Harness, data: Path) -> None:
    for _ in range(3):
        h.take(a_signal(f"e-{h.now()}", received_ms=h.now()))
        h.delivered(h.lease())
        h.clock.advance(ms=DAY)
    wrapped = [row[0] for row in h.store._db.execute("SELECT wrapped FROM day_key ORDER BY day")]
    h.tidy(29)
    assert days_with_a_key(h) == [1, 2]  # the third is needed, and clocks may differ by a day
    assert found_in_files(data, wrapped[0]) == []
    h.tidy(2)
    assert days_with_a_key(h) == []
    assert found_in_files(data, *wrapped) == []


@pytest.mark.parametrize("needs", ["payload", "visit", "quarantine"])
def test_a_key_that_something_needs_is_kept(h: Harness, needs: str) -> None:
    h.take(a_signal("e-0"))
    h.delivered(h.lease())
    h.clock.advance(ms=DAY)
    if needs == "payload":
        h.take(a_signal("e-1", received_ms=h.now()))
    elif needs == "visit":
        h.take(a_signal("e-1", received_ms=h.now(), visitor="v", facts=Facts(ttclid="c")))
        h.delivered(h.lease())
    else:
        h.take_all_but_one(a_signal("culprit"))
    h.clock.advance(ms=29 * DAY)
    h.tidy(9 if needs == "payload" else 1)
    assert 1 in days_with_a_key(h)
    if needs == "payload":
        h.engine.reopen()
        assert [copy.received_ms for copy in h.store.copies_kept(2)] == [NOW + DAY]


def test_what_is_recorded_late_is_sealed_under_the_key_of_the_day(h: Harness) -> None:
    """Or else the key of a day that is long past would still be needed, and nobody would know."""
    h.clock.advance(ms=40 * DAY)
    h.take(a_signal("e-1", received_ms=NOW))
    h.clock.advance(ms=-2 * DAY)  # and a clock that was set back changes nothing
    h.take(a_signal("e-2", received_ms=NOW))
    assert days_with_a_key(h) == [40]


def test_look_ups_are_dropped_as_tables(h: Harness) -> None:
    for day in range(3):
        h.take(a_signal(f"e-{day}", lookups=[LOOKUP], received_ms=NOW + day * DAY))
    h.tidy(32)
    assert lookup_tables(h.store._db) == [f"lookup_{day_of(NOW) + 2}"]


def test_an_erased_address_lies_in_no_file_in_any_form(h: Harness, data: Path) -> None:
    h.take(
        a_signal("e-1", lookups=[LOOKUP], user={"email": ADA}), a_signal("e-2", lookups=[lookup("order", "shop", "9")])
    )
    assert found_in_files(data, LOOKUP)
    h.erase("email", ADA)
    assert found_in_files(data, LOOKUP, ADA.encode()) == []
    assert [story.event_id for story in h.store.by_lookup([lookup("order", "shop", "9")])] == ["e-2"]


def test_of_a_visit_only_what_waits_stays_noted_when_the_visit_is_forgotten(h: Harness) -> None:
    h.take(an_undecided("e-1", visitor="v"), an_undecided("e-2", visitor="v"))
    h.take(a_refusal("e-1"))
    h.take(an_undecided("e-3", visitor="w"))
    h.take(a_refusal("e-3"))
    with transaction(h.store._db):
        ConsentWatchlist(h.store._connection).forget([1, 2], h.now())
    assert h.store._db.execute("SELECT id, watchlist, facts FROM visitor").fetchall() == [(1, pack_ids([2]), b"")]


def test_notes_of_a_visit_that_comes_again_and_again_do_not_pile_up(h: Harness) -> None:
    for n in range(70):
        h.take(a_signal(f"e-{n}", visitor="v", received_ms=h.now()))
        h.delivered(h.lease())
        h.clock.advance(ms=600_000)
    [notes] = h.store._db.execute("SELECT watchlist FROM visitor").fetchone()
    assert len(unpack_ids(notes)) < 16  # at the 64th one only those of the last hour were left


def test_a_workspace_keeps_as_long_as_it_said(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path)
    engine.store._tidying._keep_days_of = {"shop": 3, "": 3}.get
    h = Harness(engine)
    h.take(a_signal("e-1"))
    h.delivered(h.lease())
    h.tidy(3)
    assert len(h.store.copies_kept(1)) == 1
    h.tidy(1)
    assert h.store.copies_kept(1) == []
    engine.close()


def test_a_refusal_reaches_what_was_held_in_vain_though_its_visit_is_forgotten(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path)
    engine.store._tidying._keep_days_of = {"shop": 3, "": 3}.get
    h = Harness(engine)
    h.take(an_undecided("e-1", visitor="v"))
    h.end_held()
    h.tidy(5)
    assert h.store._db.execute("SELECT facts FROM visitor").fetchall() == [(b"",)]
    h.take(a_statement(denied(h.now()), visitor="v", received_ms=h.now()))
    h.take(a_signal("e-1"))
    assert h.state("e-1") == "withdrawn"
    engine.close()


def test_the_keys_of_a_quiet_store_are_removed_too(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(900)))
    h.delivered(h.lease())
    h.tidy(8)
    assert h.store._dedup.pending() == 0
    assert h.store.by_event_id("shop", "e-1") == []
    h.engine.reopen()  # and the log does not bring them back
    assert h.store._db.execute("SELECT sum(length(entries)) FROM dedup").fetchone() == (0,)
    assert h.take(a_signal("e-1", received_ms=h.now())).opened == 1


def test_a_failed_step_is_taken_again(h: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    h.take(*(a_signal(f"e-{n}", order_id="9") for n in range(600)))
    h.delivered(h.lease())
    h.clock.advance(ms=31 * DAY)
    with monkeypatch.context() as trouble:
        trouble.setattr(h.store._tidying, "_visits", lambda _: (_ for _ in ()).throw(sqlite3.OperationalError("full")))
        with pytest.raises(StorageError, match="full"):
            h.tidy()
    h.clock.advance(ms=HOUR)
    h.tidy()
    assert h.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)


@pytest.mark.slow
def test_one_call_takes_little_time_however_much_there_is_to_do(h: Harness) -> None:
    for start in range(0, 6_000, 2_000):
        h.take(
            *(
                a_signal(f"e-{n}", visitor=f"v-{n}", facts=Facts(ttclid="c"), lookups=[os.urandom(8)])
                for n in range(start, start + 2_000)
            )
        )
        while lease := h.try_lease(h.lane()) if h.store.due_lanes(h.now()) else None:
            h.delivered(lease)
    h.clock.advance(ms=32 * DAY)
    longest = 0.0
    more = True
    while more:
        started = time.process_time()
        more = h.store.tidy(h.now(), budget_ms=20)
        longest = max(longest, time.process_time() - started)
    assert h.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)
    assert longest < 0.2, longest  # a wide margin: the machine may be busy


def test_a_restored_store_is_erased_anew(h: Harness, data: Path, tmp_path: Path) -> None:
    h.take(a_signal("e-1", lookups=[LOOKUP]))
    h.engine.close()
    backup = tmp_path / "backup"
    shutil.copytree(data, backup)
    h.engine._open()
    request = h.ask_erasure("email", ADA)
    h.tidy()
    known = h.store.erasure(request)
    h.engine.close()
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    h.engine._open()
    assert (h.state(), h.store.erasures()) == ("ready", set())
    assert known.removed == h.erase("email", ADA).removed == 1
    assert not h.store.due_lanes(2**62)


def test_a_person_is_told_of_a_visit_whose_token_has_left_the_log(h: Harness) -> None:
    h.take(a_signal("e-1", visitor="v-1", facts=Facts(ttclid="c")))
    with transaction(h.store._db):
        h.store._visitor_keys.sweep(10)
        h.store._db.execute("DELETE FROM visitor_key_log")
    h.store._visitor_keys.after_commit()
    about = h.store.stored_about(person("visitor", "shop", "v-1"))
    assert [one.story.event_id for one in about.conversions] == ["e-1"]
    assert about.visits == [Facts(ttclid="c")]


def test_the_stories_of_a_workspace_are_given_out_page_by_page(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}") for n in range(700)), a_signal("x", workspace="other"), a_refusal("t"))
    pages = list(h.store.stories_of("shop"))
    assert [len(page) for page in pages] == [500, 200]
    assert [story.event_id for page in pages for story in page] == [f"e-{n}" for n in range(700)]
    assert list(h.store.stories_of("shop", since_ms=NOW + 1)) == []


def test_a_refusal_takes_nothing_back_of_an_erasure_that_waits_for_an_answer(h: Harness) -> None:
    h.take(a_signal("e-1", lookups=[LOOKUP]), a_signal("e-2"))
    lease = h.lease()
    h.erase("email", ADA)
    h.take(a_refusal("e-1"))
    h.waiting(lease)
    h.tidy()
    assert h.state("e-1") == "erased"
    assert carried_ids(h.lease()) == ["e-2"]


def test_an_erasure_that_is_cut_off_and_begins_anew_tells_all_it_did(
    h: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    h.take(a_signal("e-1", lookups=[LOOKUP], order_id="1001"), a_signal("e-2", lookups=[LOOKUP], order_id="1002"))
    h.delivered(h.lease())
    h.take(a_signal("e-3", lookups=[LOOKUP], order_id="1003", received_ms=h.now()))
    lease = h.lease()
    request = h.ask_erasure("email", ADA)
    with monkeypatch.context() as patched:
        patched.setattr(housekeeping, "time", SimpleNamespace(monotonic=cycle([0.0, 0.0, 1e9]).__next__))  # a step each
        while "erased" not in h.store.states():
            h.store.tidy(h.now())
    assert h.store.erasure(request) is None
    h.engine.reopen()
    h.tidy()
    receipt = h.store.erasure(request)
    assert receipt is not None
    assert (receipt.removed, receipt.in_flight, receipt.delivered) == (2, 1, 3)
    h.delivered(lease)
    h.tidy()
    assert h.store.states()["erased"] == 3
