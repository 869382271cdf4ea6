"""The SQLite store at rest and in trouble: what is unreadable, what damage does, and what a full disk keeps."""

import sqlite3
from pathlib import Path

import pytest

from engines.kit.embedded import found_in_files
from engines.kit.harness import Harness
from signals import BROWSER, DAY, NOW, WORKSPACE, a_refusal, a_signal, an_email, carried_ids, granted
from twinbeam.app.pending import Pending
from twinbeam.core.clock import day_of
from twinbeam.core.errors import StorageDamaged, StorageFull
from twinbeam.core.values import Facts
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slot_path
from twinbeam.engines.keyring import KeyRing
from twinbeam.pipeline.flow import Recording
from twinbeam.pipeline.record.contract import Numbered

JOURNAL = "ab" * 16
SECRETS = Facts(
    ttclid="click-marker", ttp="cookie-marker", ip="203.0.113.77", user_agent="agent-marker", url="url-marker"
)


def test_nothing_about_a_visitor_can_be_read_in_any_file(h: Harness, data: Path) -> None:
    email = an_email("ada")
    user = {"email": email, "ttclid": SECRETS.ttclid, "ip": SECRETS.ip}
    h.take(a_signal("e-1", user=user, page={"url": "url-marker"}, visitor="visit-marker", facts=SECRETS))
    h.take(a_signal("e-1", channel=BROWSER, user={"ttp": "cookie-marker"}, properties={"description": "text-marker"}))
    lease = h.lease()
    h.waiting(lease)
    h.quarantine(b"quarantine-marker", seq=9)
    markers = (email, *(value for value in vars_of(SECRETS)), "visit-marker", "text-marker", "quarantine-marker")
    assert len(markers) == 9
    assert email.encode() in lease.body
    assert not found_in_files(data, *(marker.encode() for marker in markers))


def vars_of(facts: Facts) -> list[str]:
    return [value for name in facts.__struct_fields__ if isinstance(value := getattr(facts, name), str)]


def test_a_payload_is_unreadable_once_its_days_key_is_gone(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.clock.advance(ms=DAY)
    h.take(a_signal("e-2", pixel="PIXEL2", received_ms=h.now()))
    h.store._db.execute("DELETE FROM day_key WHERE day = ?", (day_of(NOW),))
    h.engine.reopen()
    assert h.try_lease(h.lane()) is None
    assert (h.state("e-1"), h.story("e-1").reason) == ("expired", "payload_lost")
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-2"]


def test_a_payload_copied_to_another_conversion_does_not_open(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    h.store._db.execute("UPDATE payload SET body = (SELECT body FROM payload WHERE id = 1)")
    assert carried_ids(h.lease()) == ["e-1"]
    assert h.try_lease(h.lane("PIXEL2")) is None
    assert h.story("e-2").reason == "payload_lost"


@pytest.mark.parametrize("damage", ["DELETE FROM payload WHERE id=2", "UPDATE payload SET body=zeroblob(9) WHERE id=2"])
def test_a_lost_payload_does_not_hold_up_the_rest_of_its_batch(h: Harness, damage: str) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"), a_signal("e-3"))
    h.store._db.execute(damage)
    lease = h.lease()
    assert carried_ids(lease) == ["e-1", "e-3"]
    assert (h.state("e-2"), h.counted("expired", "payload_lost")) == ("expired", 1)
    assert h.delivered(lease)


def test_a_payload_lost_after_its_lease_does_not_hold_up_the_halves(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    lease = h.lease()
    h.store._db.execute("DELETE FROM payload WHERE id=2")
    assert [carried_ids(half) for half in h.split(lease)] == [["e-1"]]
    assert h.story("e-2").reason == "payload_lost"


def test_a_batch_that_cannot_be_sent_again_hides_no_rest_of_another(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"), a_signal("e-3", pixel="PIXEL2"))
    h.lease()
    h.lease(pixel="PIXEL2")
    h.take(a_refusal("e-1"))
    h.store._db.execute("DELETE FROM payload WHERE id=3")
    with pytest.raises(StorageDamaged):
        h.restart()
    assert [carried_ids(lease) for lease in h.reclaim()] == [["e-2"]]


def test_the_wrong_key_ring_ends_nothing(h: Harness, tmp_path: Path) -> None:
    h.take(a_signal("e-1"))
    own, h.engine.ring = h.engine.ring, KeyRing.open_or_create(tmp_path / "other.json")
    h.engine.reopen()
    with pytest.raises(StorageDamaged):
        h.lease()
    assert h.state("e-1") == "ready"
    h.engine.ring = own
    h.engine.reopen()
    assert carried_ids(h.lease()) == ["e-1"]


def test_a_refusal_on_the_wire_deletes_the_payload_with_the_answer(h: Harness) -> None:
    h.take(a_signal("e-1"))
    lease = h.lease()
    h.take(a_refusal("e-1"))
    h.waiting(lease)
    assert h.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)


def test_what_is_known_of_the_sides_is_read_again_after_a_failure(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-3", pixel="PIXEL2"))
    h.store._db.execute("CREATE TRIGGER watch BEFORE UPDATE ON side_seen BEGIN SELECT raise(ABORT, 'again'); END")
    with pytest.raises(sqlite3.IntegrityError, match="again"):
        h.store.record(JOURNAL, [Numbered(9, [a_signal("e-4", received_ms=NOW + DAY)])], NOW)
    h.store._db.execute("DROP TRIGGER watch")
    assert h.store._loading.last_seen == {(WORKSPACE, pixel, "server"): NOW for pixel in ("PIXEL1", "PIXEL2")}
    h.take(a_signal("e-5", received_ms=NOW + 1))
    assert [(seen.pixel, seen.at_ms) for seen in h.store.sides_seen()] == [("PIXEL1", NOW + 1), ("PIXEL2", NOW)]


def test_a_refusal_deletes_the_payload(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.take(a_signal("e-1", channel=BROWSER), a_refusal("e-1"))
    assert h.store._db.execute("SELECT count(*) FROM payload").fetchone() == (0,)


def test_a_batch_whose_bytes_changed_is_not_sent_again(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.lease()
    h.store._db.execute("UPDATE batch SET body_hash = zeroblob(16)")
    with pytest.raises(StorageDamaged, match="no longer gives the bytes"):
        h.restart()
    assert h.state() == "leased"


def test_a_damaged_batch_does_not_keep_the_others_from_being_taken_over(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"), a_signal("e-3", pixel="PIXEL3"))
    bodies = [h.lease(pixel=f"PIXEL{n}").body for n in (1, 2, 3)]
    h.store._db.execute("UPDATE batch SET body_hash = zeroblob(16) WHERE id = 2")
    with pytest.raises(StorageDamaged, match="batch 2 "):
        h.restart()
    assert [lease.body for lease in h.reclaim()] == [bodies[0], bodies[2]]


def fill(h: Harness) -> int:
    """Record until the store is full; gives the number of events that were recorded."""
    pages = h.store._db.execute("PRAGMA page_count").fetchone()[0]
    h.store._db.execute(f"PRAGMA max_page_count={pages + 20}")
    for n in range(1_000):
        try:
            h.store.record(JOURNAL, [Numbered(n + 1, [a_signal(f"e-{n}", pixel=f"P{n}")])], NOW + n * DAY)
        except StorageFull:
            return n
    raise AssertionError("the store never became full")


def make_room(h: Harness) -> None:
    h.store._db.execute("PRAGMA max_page_count=1000000")


def test_a_full_disk_keeps_nothing_of_the_group_and_everything_before_it(h: Harness) -> None:
    recorded = fill(h)
    assert h.store.cursor(JOURNAL) == recorded
    h.check()


def test_recording_goes_on_after_the_disk_has_room_again(h: Harness) -> None:
    recorded = fill(h)
    make_room(h)
    again = Numbered(recorded + 1, [a_signal(f"e-{recorded}", pixel=f"P{recorded}")])
    assert h.store.record(JOURNAL, [again], NOW).opened == 1
    h.check()
    h.clock.advance(ms=1)
    assert carried_ids(h.lease(pixel=f"P{recorded}")) == [f"e-{recorded}"]


def test_a_group_that_cannot_be_recorded_leaves_no_trace(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = h.store._db.execute("SELECT count(*) FROM lane").fetchone()
    culprit = a_signal("e-3", pixel="PIXEL3", lookups=["no bytes"])
    for received in (NOW, NOW + DAY):
        group = Numbered(9, [a_signal("e-2", pixel="PIXEL2", received_ms=received), culprit])
        with pytest.raises(Exception, match="bytes"):
            h.store.record(JOURNAL, [group], received)
    assert h.store._db.execute("SELECT count(*) FROM lane").fetchone() == before
    h.check()
    h.take(a_signal("e-2", pixel="PIXEL2", received_ms=NOW + DAY))
    h.engine.reopen()
    h.clock.advance(ms=DAY)
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-2"]


def test_a_rehearsal_changes_nothing_and_tells_what_would_go_wrong(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = list(h.store._db.iterdump())
    h.store.rehearse(JOURNAL, Numbered(2, [a_signal("e-2", pixel="PIXEL2", received_ms=NOW + DAY)]), NOW)
    assert list(h.store._db.iterdump()) == before
    with pytest.raises(Exception, match="bytes"):
        h.store.rehearse(JOURNAL, Numbered(2, [a_signal("e-2", lookups=["no bytes"])]), NOW)
    assert list(h.store._db.iterdump()) == before
    h.take(a_signal("e-2", pixel="PIXEL2"))
    h.engine.reopen()
    assert carried_ids(h.lease(pixel="PIXEL2")) == ["e-2"]


def test_a_day_key_of_a_failed_quarantine_is_not_used(h: Harness) -> None:
    h.store._db.execute("PRAGMA max_page_count=1")
    with pytest.raises(StorageFull):
        h.store.quarantine(JOURNAL, 1, 0, b"x" * 100_000, "unreadable", NOW)
    make_room(h)
    h.take(a_signal("e-1"))
    h.engine.reopen()
    assert carried_ids(h.lease()) == ["e-1"]


def test_a_composer_that_fails_leaves_everything_as_it_was(h: Harness) -> None:
    h.take(a_signal("e-1"))
    before = list(h.store._db.iterdump())

    def fail(*_: object) -> bytes:
        raise ValueError("no body")

    with pytest.raises(ValueError, match="no body"):
        h.store.lease(h.lane(), limit=10, owner="writer-1", now_ms=NOW, compose=fail)
    assert list(h.store._db.iterdump()) == before


def test_more_keys_and_tokens_than_one_statement_takes_are_looked_up(h: Harness) -> None:
    signals = [a_signal(f"e-{n}", visitor=f"v-{n}", facts=Facts(ttclid=f"c-{n}")) for n in range(600)]
    assert h.take(*signals).opened == 600
    assert h.take(*(a_signal(f"e-{n}", channel=BROWSER, visitor=f"v-{n}") for n in range(600))).merged == 600


@pytest.mark.parametrize("damage", ["zeroblob(length(facts))", "substr(facts, 1, 20)"])
def test_a_damaged_visit_stops_nobody_and_permits_nothing_until_it_says_so_again(h: Harness, damage: str) -> None:
    h.take(a_signal("v", event="ViewContent", visitor="v-1", consent=granted(), facts=SECRETS))
    h.store._db.execute(f"UPDATE visitor SET facts = {damage}")
    h.take(a_signal("e-1", visitor="v-1"), a_signal("e-2", visitor="v-2"))
    assert (h.state("e-1"), h.state("e-2")) == ("dropped", "ready")
    h.take(a_signal("e-3", visitor="v-1", consent=granted()))
    assert h.state("e-3") == "ready"


def test_a_damaged_payload_does_not_keep_a_later_copy_out(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER))
    h.store._db.execute("UPDATE payload SET body = zeroblob(length(body))")
    h.take(a_signal("e-1"), a_signal("e-2"))
    assert carried_ids(h.lease()) == ["e-1"]
    assert h.state("e-2") == "ready"


def test_a_group_whose_seal_is_broken_is_put_aside_and_what_follows_is_recorded(h: Harness, data: Path) -> None:
    h.append(a_signal("e-1"), a_signal("e-2"))
    h.append(a_signal("e-3"))
    h.engine.journal._db.execute("UPDATE commit_group SET body = zeroblob(length(body)) WHERE seq = 1")
    pending = Pending(data, h.engine.ring, h.store.cursors)
    assert pending.holds("shop", "e-3")
    assert not pending.holds("shop", "e-1")
    told: list[str] = []
    room = Recording(
        journal=h.engine.reader, store=h.store, clock=h.clock, report=lambda event, /, **_: told.append(event)
    )
    while room.step() is not None:
        pass
    assert (h.state("e-3"), h.store.quarantined(), told) == ("ready", 1, ["record.quarantined"])
    assert h.engine.journal.backlog().pending == 0


def test_what_the_key_ring_does_not_open_is_left_where_it_is(h: Harness, data: Path) -> None:
    h.append(a_signal("e-1"))
    other = KeyRing.open_or_create(data / "other" / "keyring.json")
    with pytest.raises(StorageDamaged, match="lacks the key"):
        SqliteJournalReader(slot_path(data, 0), other).read(0, limit=10)


def test_damage_to_what_the_debugger_keeps_takes_no_event_with_it(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.store._db.execute("ALTER TABLE sighting_page RENAME TO away")
    h.take(a_signal("e-2"))
    h.store._db.execute("ALTER TABLE away RENAME TO sighting_page")
    h.take(a_signal("e-3"))
    assert h.store.states() == {"ready": 3}
    assert [it.number for it in h.store.sightings.before(None, limit=9)] == [2, 1]
