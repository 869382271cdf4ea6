"""The head of every page tells how many issues are open: those that its reader may see, and none that are muted."""

import re

import pytest

from builders import PIXEL, WORKSPACE
from twinbeam.checks.records import IssueRecord, Mute
from twinbeam.core.errors import StorageBusy
from twinbeam.web.open_issues import FRESH_SECONDS

MUTED = Mute(WORKSPACE, PIXEL, "one_sided", "no server", "ada", 1)


def stands(check, workspace=WORKSPACE, ended_ms=None):
    return IssueRecord(workspace, PIXEL, check, 1, 1, 1, ended_ms=ended_ms)


@pytest.fixture
def room(room):
    room.add_pixel()
    room.add_pixel(workspace="other")
    records = [stands("stopped"), stands("paused"), stands("one_sided"), stands("rejected", ended_ms=2)]
    room.store.issues.keep_records([*records, stands("stopped", "other")], [])
    room.store.issues.save_mute(MUTED)
    return room


def badge(room, path="/pixels", **who):
    found = re.search(
        r'<a href="/issues"[^>]*>Issues(?: <span class="badge">([^<]+)<span class="unseen"> open</span></span>)?</a>',
        room.get(path, **who).text,
    )
    return found.group(1)


def test_it_counts_what_stands_and_is_not_muted(room):
    assert badge(room) == "3"
    assert badge(room, "/nowhere") == "3"


def test_who_sees_one_workspace_hears_of_its_issues_alone(room):
    assert badge(room, who="viewer", workspace=WORKSPACE) == "2"
    assert badge(room, who="viewer", workspace="other") == "1"
    assert badge(room, who="viewer", workspace="third") is None


def test_where_none_is_open_nothing_stands_there(room):
    room.store.issues.forget(WORKSPACE, PIXEL)
    room.store.issues.forget("other", PIXEL)
    assert badge(room) is None


def test_it_is_counted_once_in_some_seconds_for_all_who_see_the_same(room, monkeypatch):
    asked, count = [], type(room.reader.issues).open_by_workspace
    monkeypatch.setattr(type(room.reader.issues), "open_by_workspace", lambda it: asked.append(1) or count(it))
    assert [badge(room), badge(room, who="viewer", workspace="other")] == ["3", "1"]
    assert [badge(room), badge(room, who="viewer", workspace="other")] == ["3", "1"]
    assert len(asked) == 2, "once for those who see all, and once for those of a workspace"
    room.store.issues.drop_mute(MUTED.key)
    assert badge(room) == "3"
    room.clock.advance(seconds=FRESH_SECONDS)
    assert badge(room) == "4"
    assert len(asked) == 3


def test_a_store_that_cannot_be_read_leaves_the_last_number_and_the_page(room, monkeypatch):
    def fails(_):
        raise StorageBusy("no")

    assert badge(room) == "3"
    monkeypatch.setattr(type(room.reader.issues), "open_by_workspace", fails)
    room.clock.advance(seconds=FRESH_SECONDS)
    assert badge(room) == "3"
