import asyncio
import re

import pytest

from asgi import ask, listen
from showroom import Showroom, bought, seen_in_browser
from twinbeam.core.errors import StorageBusy
from twinbeam.web.live import view
from twinbeam.web.streaming import event
from twinbeam.web.wording import iso


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(view, "_EVERY_SECONDS", 0.01)
    room = Showroom(tmp_path / "data")
    room.add_pixel()
    yield room
    room.close()


def events(text):
    """Give the stream's events as (name, data, id)."""
    found = []
    for block in text.split("\n\n"):
        fields = [line.partition(": ")[::2] for line in block.splitlines()]
        data = "\n".join(value for name, value in fields if name == "data")
        by_name = dict(fields)
        if "event" in by_name:
            found.append((by_name["event"], data, by_name.get("id")))
    return found


@pytest.fixture
def readings(room, monkeypatch):
    """Count how often the store is read for the page Live."""
    read, found = room.reader.recent, []

    def noted(**asked):
        found.append(asked)
        return read(**asked)

    monkeypatch.setattr(room.reader, "recent", noted)
    return found


def test_a_hundred_viewers_cost_one_reading(room, readings):
    shown = room.signed_in()

    async def crowd():
        pages = [ask(room.app, "/", headers=shown) for _ in range(50)]
        streams = [
            listen(room.app, "/live", enough=lambda text: "event: snapshot" in text, headers=shown) for _ in range(50)
        ]
        return await asyncio.gather(*pages, *streams)

    assert len(asyncio.run(crowd())) == 100
    assert len(readings) == 1


def test_a_second_later_there_is_one_more_reading(room, readings):
    room.get("/")
    room.clock.advance(ms=999)
    room.get("/?days=1")
    assert len(readings) == 1
    room.clock.advance(ms=1)
    room.get("/")
    assert len(readings) == 2


def test_the_stream_begins_with_the_page_and_then_only_ticks(room):
    room.record(bought("1"))
    text = room.listen("/live", enough=lambda text: text.count("event: tick") == 3)
    (first, *rest) = events(text)
    assert (first[0], first[2]) == ("snapshot", "2026-09-21T14:13:20.000Z")
    assert first[1].strip() in room.get("/").text
    assert {name for name, _, _ in rest} == {"tick"}
    assert text.startswith("retry: ")


def test_the_stream_carries_what_happens_meanwhile(room):
    def enough(text):
        if text.count("event: snapshot") == 1 and "order 7" not in text:
            room.clock.advance(seconds=1)
            room.record(seen_in_browser("7"))
        return "order 7" in text and text.endswith("\n\n")

    text = room.listen("/live", enough=enough)
    snapshots = [data for name, data, _ in events(text) if name == "snapshot"]
    assert len(snapshots) == 2
    assert "order 7" in snapshots[1]


def test_each_period_has_a_stream_of_its_own(room):
    room.record(bought("1"))
    room.clock.advance(seconds=86_400)

    def received(path):
        text = room.listen(path, enough=lambda text: "event: snapshot" in text)
        return re.search(r"Received.*?data-number>(\d+)<", text, re.DOTALL).group(1)

    assert (received("/live?days=1"), received("/live?days=7")) == ("0", "1")


def test_a_store_that_cannot_be_read_for_a_while_is_told_and_got_over(room, monkeypatch):
    whole = room.reader.totals
    failures = iter([True, True])

    def sometimes(**asked):
        if next(failures, False):
            raise StorageBusy("locked")
        return whole(**asked)

    monkeypatch.setattr(room.reader, "totals", sometimes)
    text = room.listen("/live", enough=lambda text: "event: snapshot" in text)
    names = [name for name, _, _ in events(text)]
    assert names == ["trouble", "trouble", "snapshot"]
    assert "locked" not in text


def test_a_process_that_stops_ends_its_streams(tmp_path):
    room = Showroom(tmp_path / "data", closing=lambda: True)
    assert room.listen("/live", enough=lambda _: False) == "retry: 2000\n\n"
    room.close()


def test_an_event_of_several_lines_keeps_them():
    written = event("snapshot", "<p>\n\n</p>", iso(1_790_000_000_000))
    assert events(written) == [("snapshot", "<p>\n\n</p>", "2026-09-21T14:13:20.000Z")]
    assert written == "event: snapshot\nid: 2026-09-21T14:13:20.000Z\ndata: <p>\ndata: \ndata: </p>\n\n"
