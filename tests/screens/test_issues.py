"""What is planted is found, and a healthy week is not troubled: by the checks alone, and by shops over a real store."""

import sqlite3
from contextlib import closing

import pytest

from planted import HEALTHY, PLANTED, facts_with
from shop_faults import FAULTS, digest
from shop_weeks import Shops
from showroom import Showroom
from twinbeam.checks.listing import CHECKS, issues


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    folder = tmp_path_factory.mktemp("issues") / "data"
    room = Showroom(folder)
    shops = Shops(room, FAULTS)
    shops.folder = folder
    shops.live()
    yield shops
    room.close()


@pytest.mark.slow
@pytest.mark.screens("issues", "blind", "false-alarm")
def test_all_that_is_planted_is_found_and_a_healthy_week_has_no_issue(shops, record_property):
    found = shops.found()
    false = found.pop("") | {issue.check for issue in issues(HEALTHY)}
    seen = {check for check in PLANTED if check in {it.check for it in issues(facts_with(PLANTED[check]))}}
    missed = {check for checks, its in found.items() for check in checks.split("+") if check not in its}
    n, of = len(seen - missed), len(CHECKS)
    record_property("figures", f"issues {n} of {of} planted found, {len(false)} false in a healthy week")
    assert (missed, set(PLANTED) - seen, false) == (set(), set(), set())


@pytest.mark.slow
def test_nothing_that_is_kept_for_the_checks_tells_of_anybody(shops):
    tables = ("check_day", "check_cursor", "pixel_evidence", "issue", "issue_mute")
    with closing(sqlite3.connect(shops.folder / "store.db")) as db:
        kept = b"\n".join(repr(row).encode() for table in tables for row in db.execute(f"SELECT * FROM {table}"))
    assert b"one_email" in kept
    for name in (digest("owner@shop.example"), "203.0.113.5", "E.C.P.", "ttp-", "visit-"):
        assert name.encode() not in kept


@pytest.mark.slow
def test_a_second_look_at_the_same_finds_the_same_and_writes_nothing(shops):
    before, notes = shops.room.store.issues.records(), shops.room.store.issues.notes(since_day=0)
    shops.look()
    assert shops.room.store.issues.records() == before
    assert shops.room.store.issues.notes(since_day=0) == notes
