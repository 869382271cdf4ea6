import re
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench"))

import report  # noqa: E402 -- bench is not a package
import result  # noqa: E402


def test_the_page_is_in_step_with_the_newest_result():
    assert report.stale() == [], "run: python bench/report.py"


def test_the_page_shows_every_row_of_the_newest_result():
    text = report.PAGE.read_text()
    for row in result.newest().rows:
        assert re.search(rf"^\| {re.escape(row.name)} +\|", text, re.MULTILINE), row.name


def test_the_caveats_stand_before_the_numbers():
    text = report.PAGE.read_text()
    assert "The disk decides" in text
    assert text.index("The disk decides") < text.index("| what")


def test_a_full_run_is_preferred_to_a_newer_quick_one(tmp_path):
    newest = result.newest()
    for name, quick in (("2026-01-01T0000-full-aaaaaaaaa.json", False), ("2026-01-02T0000-quick-aaaaaaaaa.json", True)):
        (tmp_path / name).write_bytes(encoded(newest, quick=quick))
    assert not result.newest(tmp_path.glob("*.json")).quick


def test_a_row_knows_whether_its_target_is_reached():
    fast = result.Row.of("accept", "rate", [9_100.0, 9_300.0], "events/s", target=9_000)
    slow = result.Row(stage="accept", name="p99", value=15.1, unit="ms", target=15, at_most=True)
    aimless = result.Row(stage="rooms", name="gate", value=0.3, unit="us")
    absent = result.Row(stage="accept", name="rate", value=None, unit="events/s", target=9_000)
    assert [row.reached for row in (fast, slow, aimless, absent)] == [True, False, None, None]
    assert (fast.value, fast.low, fast.high) == (9_200.0, 9_100.0, 9_300.0)


def encoded(found, *, quick):
    return msgspec.json.encode(msgspec.structs.replace(found, quick=quick))
