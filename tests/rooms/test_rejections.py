"""What is rejected on arrival is kept as samples: bounded, without a word of it, and blind to what senders name."""

import json
import os

import pytest

from builders import NOW_S, PIXEL, WORKSPACE
from door import BROWSER_KEY, House
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rejections import KEEP_DAYS, MOST_OF_SENDER, MOST_SENDERS, RejectedEvent, noted
from twinbeam.observe.rejections import RejectionFiles, RejectionLog
from twinbeam.pipeline.accept.rejections import MOST_OF_REQUEST, known_path

GOOD = {"event": "Lead", "event_time": NOW_S}
HOSTILE = "ada@shop.example"


class Ears(House):
    """A door, and what it told of rejections."""

    def __init__(self):
        self.heard = []
        super().__init__(note_rejected=self.heard.extend)

    def send(self, *events, key=None):
        headers = {"authorization": f"Bearer {key}"} if key else None
        return self.post(json.dumps({"events": list(events)}).encode(), headers)


def an_event(n=1, **changes):
    usual = {"at_ms": n, "workspace": "main", "source": "tag", "channel": "browser", "code": "x", "message": "X."}
    return RejectedEvent(**usual | changes)


def test_an_event_that_is_rejected_is_told_with_its_sender_field_and_fix():
    ears = Ears()
    assert ears.send({"event": "Lead"}, GOOD).status == 202
    (one,) = ears.heard
    assert (one.workspace, one.source, one.channel, one.pixel) == (WORKSPACE, "checkout", "server", PIXEL)
    assert (one.at_ms, one.field, one.side) == (NOW_S * 1_000, "events[0].event_time", "server")
    assert one.message
    assert one.fix


def test_what_is_taken_is_not_told():
    ears = Ears()
    assert ears.send(GOOD).status == 202
    assert ears.heard == []


def test_of_a_request_the_first_are_told_and_how_many_more_there_were():
    ears = Ears()
    assert ears.send(*[{"event": ""}] * 20).status == 422
    assert [one.more for one in ears.heard] == [15] * MOST_OF_REQUEST


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"events": []}'])
def test_a_request_that_is_rejected_as_a_whole_is_one_line(body):
    ears = Ears()
    assert ears.post(body, {"authorization": f"Bearer {BROWSER_KEY}"}).status == 400
    (one,) = ears.heard
    assert (one.source, one.side, one.field) == ("tag", "browser", "")


def test_strangers_leave_no_line():
    ears = Ears()
    assert ears.send({"event": ""}, key="tbs_" + "x" * 32).status == 401
    assert ears.heard == []


def test_no_word_of_an_event_is_told():
    ears = Ears()
    for event in (
        {**GOOD, "event": HOSTILE * 9},
        {**GOOD, "pixel": HOSTILE},
        {**GOOD, "user": {HOSTILE: {HOSTILE: HOSTILE}}},
        {**GOOD, "event_time": HOSTILE, HOSTILE: HOSTILE},
        {**GOOD, "properties": {"value": HOSTILE, "contents": [{"price": HOSTILE}]}},
        HOSTILE,
    ):
        ears.send(event)
    assert len(ears.heard) >= 3
    assert HOSTILE not in repr(ears.heard)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("properties.contents[3].price", "properties.contents[3].price"),
        (f"user.{HOSTILE}", "user"),
        (f"user.email[{HOSTILE}]", "user"),
        (HOSTILE, ""),
        ("", ""),
    ],
)
def test_of_a_path_only_names_of_ours_are_told(written, told):
    assert known_path(written) == told


def test_a_flood_of_one_sender_pushes_out_nobody_elses():
    known = noted({}, [an_event(source="calm")])
    for n in range(1_000):
        known = noted(known, [an_event(n)])
    assert [len(known[name].last) for name in ("main/calm", "main/tag")] == [1, MOST_OF_SENDER]
    assert known["main/tag"].count == 1_000
    assert known["main/tag"].last[0].at_ms == 999
    for n in range(2 * MOST_SENDERS):
        known = noted(known, [an_event(source=f"s{n}")])
    assert len(known) == MOST_SENDERS


def test_the_samples_of_all_processes_are_read_newest_first_and_outlive_them(tmp_path):
    logs = [RejectionLog(tmp_path, slot) for slot in (0, 1)]
    for n, log in enumerate(logs):
        log.note([an_event(10 - n), an_event(20 - n)])
        log.flush(100)
    read = RejectionFiles(tmp_path)
    assert [(one.at_ms, one.number) for one in read()] == [(20, "r0-2"), (19, "r1-2"), (10, "r0-1"), (9, "r1-1")]
    again = RejectionLog(tmp_path, 0)
    again.note([an_event(30)])
    again.flush(100)
    assert (read()[0].number, len(read())) == ("r0-3", 5)


def test_a_damaged_file_and_a_full_disk_are_borne(tmp_path):
    (tmp_path / "rejections-0.json").write_bytes(b"\xff{")
    assert RejectionFiles(tmp_path)() == []
    log = RejectionLog(tmp_path / "nowhere", 0)
    log.note([an_event()])
    log.flush(100)
    assert RejectionFiles(tmp_path / "nowhere")() == []


def test_what_is_older_than_30_days_goes_with_the_file_of_a_process_that_there_is_no_more_of(tmp_path):
    month_ms = KEEP_DAYS * MS_PER_DAY

    def note(slot, at_ms, source):
        log = RejectionLog(tmp_path, slot)  # each begins anew: one alone does not write as often as a test does
        log.note([an_event(at_ms, source=source)])
        log.flush(at_ms)

    def kept():
        return [one.source for one in RejectionFiles(tmp_path)()]

    note(0, 5_000, "old")
    note(1, 5_000, "old")
    os.utime(tmp_path / "rejections-1.json", (5, 5))
    note(0, month_ms + 5_000, "new")
    assert kept() == ["new", "old", "old"], "30 days are not over"
    note(0, month_ms + MS_PER_DAY, "newer")
    assert kept() == ["newer", "new"]
    assert [file.name for file in tmp_path.iterdir()] == ["rejections-0.json"]
