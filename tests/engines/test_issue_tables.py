"""What is kept of issues: notes are added up by day, records and mutes are as they were written."""

import pytest

from builders import NOW_MS, PIXEL, WORKSPACE
from showroom import Showroom
from twinbeam.checks.facts import Evidence, NoteSum
from twinbeam.checks.noting import DayNote, Noting
from twinbeam.checks.records import IssueRecord, Mute
from twinbeam.core.clock import day_of

TODAY = day_of(NOW_MS)
OTHER = "C0OTHERPIXELSCODE002"


@pytest.fixture
def issues(tmp_path):
    room = Showroom(tmp_path / "data")
    yield room.store.issues
    room.close()


def key(what, day=TODAY, currency="EUR", pixel=PIXEL):
    return day, WORKSPACE, pixel, "Purchase", what, currency


def test_what_is_noted_is_added_up_and_of_the_most_of_a_day_the_largest_counts(issues):
    sale, most = key(Noting.SALE), key(Noting.ONE_EMAIL, currency="")
    issues.keep_notes({sale: DayNote(2, 300, [1, 2]), most: DayNote(7)}, 10, forget_before=TODAY - 15)
    issues.keep_notes({sale: DayNote(3, 100, [5]), most: DayNote(4)}, 20, forget_before=TODAY - 15)
    told = issues.notes(since_day=TODAY)
    assert (told[sale].n, told[sale].minor, told[sale].samples, told[most].n) == (5, 400, [5], 7)
    assert issues.note_cursor() == 20
    issues.keep_notes({key(Noting.SALE, TODAY + 20): DayNote(1)}, 21, forget_before=TODAY + 5)
    assert issues.notes(since_day=0).keys() == {key(Noting.SALE, TODAY + 20)}


def test_records_mutes_and_evidence_come_back_until_their_pixel_is_removed(issues):
    records = [IssueRecord(WORKSPACE, pixel, "x", 1, 2, 3, 4, {"EUR": 5}, None) for pixel in (PIXEL, OTHER)]
    mute = Mute(WORKSPACE, PIXEL, "x", "sold", "ada", NOW_MS)
    evidence = Evidence(WORKSPACE, PIXEL, 1, {"sale": NoteSum(2, {"EUR": 5}, [9])}, silent=[("Lead", 70)])
    issues.keep_records(records, [])
    issues.save_mute(mute)
    issues.save_mute(mute)
    issues.keep_evidence([evidence])
    issues.keep_notes({key(Noting.SALE): DayNote(1)}, 1, forget_before=0)
    assert (sorted(issues.records(), key=lambda it: it.pixel), issues.mutes()) == (records, [mute])
    assert [it.noted["sale"] for it in issues.evidence()] == [NoteSum(2, {"EUR": 5}, [9])]
    issues.forget(WORKSPACE, PIXEL)
    assert (issues.records(), issues.mutes(), issues.evidence(), issues.notes(since_day=0)) == (records[1:], [], [], {})
    issues.keep_records([], [records[1].key])
    assert issues.records() == []
