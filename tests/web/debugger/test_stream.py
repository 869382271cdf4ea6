"""The debugger's stream: new rows as they arrive, in small pieces, for whoever keeps up."""

import asyncio
import re

import pytest

from asgi import listen
from builders import PIXEL, WORKSPACE
from showroom import DENIED, Showroom, bought, seen_in_browser
from twinbeam.core.errors import StorageBusy
from twinbeam.core.rejections import RejectedEvent
from twinbeam.web.debugger import newest, stream

OTHER = "acme"


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(newest, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(stream, "EVERY_SECONDS", 0.005)
    room = Showroom(tmp_path / "data")
    room.add_pixel()
    yield room
    room.close()


def events(text):
    """Give the stream's events as names with the keys of their rows."""
    blocks = re.findall(r"^event: (\w+)\n((?:.+\n)*)", text, re.MULTILINE)
    return [(name, re.findall(r'data-key="([^"]+)"', body)) for name, body in blocks]


def meanwhile(room, act, *, when="event: tick"):
    """Do something once the stream stands still, and go on until it has told of it."""
    done = []

    def enough(text):
        if not done and when in text:
            act()
            done.append(len(text))
        return bool(done) and "event: tick" in text[done[0] :] and len(text) > done[0]

    return enough


def test_what_arrives_is_told_once_with_the_newest_first(room):
    room.record(bought("1"))
    enough = meanwhile(room, lambda: room.record(bought("2"), bought("3")))
    text = room.listen("/debugger/live?after=1", enough=enough)
    assert [(name, keys) for name, keys in events(text) if name != "tick"] == [("rows", ["3", "2"])]
    assert not re.search(r">\d+ \w+ \d{4} ", text), "the time of today needs no date, as in the list"


def test_what_becomes_of_a_row_is_told_as_well(room):
    def deliver():
        room.clock.advance(seconds=2)
        room.deliver()

    room.record(bought("1"))
    text = room.listen("/debugger/live", enough=meanwhile(room, deliver))
    assert [name for name, _ in events(text) if name != "tick"] == ["rows", "changed"]
    assert "state-delivered" in text.partition("event: changed")[2]


def test_a_flood_comes_in_pieces_of_fifty_and_says_that_there_is_more(room):
    enough = meanwhile(room, lambda: room.record(*(bought(str(n)) for n in range(300))))
    told = [
        (name, keys) for name, keys in events(room.listen("/debugger/live?after=0", enough=enough)) if name != "tick"
    ]
    assert [(name, len(keys)) for name, keys in told] == [("rows", 50), ("left", 0)]


def test_only_what_is_asked_for_is_told(room):
    def arrive():
        room.record(bought("1"), seen_in_browser("2"), bought("3", permission=DENIED, body=b""))

    told = events(room.listen("/debugger/live?side=server&outcome=dropped", enough=meanwhile(room, arrive)))
    rows = [key for name, keys in told if name == "rows" for key in keys]
    assert len(rows) == 1


def test_what_was_rejected_is_told_too(room):
    one = RejectedEvent(room.clock.now_ms() + 5, WORKSPACE, "tag", "browser", "no_pixel", "No.", number="r0-1")
    text = room.listen("/debugger/live", enough=meanwhile(room, lambda: room.rejected.append(one)))
    assert ("rows", ["r0-1"]) in events(text)


def test_whoever_comes_back_goes_on_where_they_were(room):
    room.record(*(bought(str(n)) for n in range(5)))
    headers = room.signed_in() | {"last-event-id": "3/0"}
    told = events(room.listen("/debugger/live?after=0", enough=lambda text: "event: tick" in text, headers=headers))
    assert told[0] == ("rows", ["5", "4"])


def test_whoever_comes_back_to_a_store_that_was_restored_is_told_of_what_arrives(room):
    room.record(*(bought(str(n)) for n in range(5)))
    headers = room.signed_in() | {"last-event-id": "900/0"}
    enough = meanwhile(room, lambda: room.record(bought("5")))
    assert ("rows", ["6"]) in events(room.listen("/debugger/live?after=0", enough=enough, headers=headers))


def test_a_viewer_of_one_workspace_is_told_of_its_events_alone(room):
    def arrive():
        room.record(bought("1"), bought("2", workspace=OTHER, pixel="C0EXAMPLEPIXELCODE21"))

    room.add_pixel("C0EXAMPLEPIXELCODE21", workspace=OTHER)
    headers = room.signed_in("viewer", OTHER)
    text = room.listen("/debugger/live", enough=meanwhile(room, arrive), headers=headers)
    assert "order 2" in text
    assert "order 1" not in text
    assert PIXEL not in text


def test_a_hundred_who_watch_cost_one_reading(room, monkeypatch):
    monkeypatch.setattr(newest, "EVERY_SECONDS", 60.0)
    room.record(bought("1"))
    shown, before = room.signed_in(), room.reads

    async def crowd():
        rows = lambda text: "event: rows" in text  # noqa: E731
        return await asyncio.gather(
            *(listen(room.app, "/debugger/live", enough=rows, headers=shown) for _ in range(50))
        )

    assert len(asyncio.run(crowd())) == 50
    signing_in = 50  # each is looked up once
    assert room.reads - before <= signing_in + 1 + 1  # the last for the head: how many issues are open


def test_who_reads_too_slowly_is_hung_up_on(room, monkeypatch):
    monkeypatch.setattr(room.clock, "monotonic", iter(range(0, 10**9, 10)).__next__)
    room.record(bought("1"))
    text = room.listen("/debugger/live", enough=lambda _text: False)
    assert [name for name, _ in events(text)] == ["rows"]


def test_trouble_with_the_store_is_told_and_the_stream_goes_on(room, monkeypatch):
    reads = type(room.reader.sightings)
    failing = {"now": True}
    newest = reads.newest

    def sometimes(self):
        if failing["now"]:
            raise StorageBusy("locked")
        return newest(self)

    def mend():
        failing["now"] = False
        room.record(bought("1"))

    monkeypatch.setattr(reads, "newest", sometimes)
    told = events(room.listen("/debugger/live", enough=meanwhile(room, mend, when="event: trouble")))
    assert [name for name, _ in told if name != "tick"][-1] == "rows"


def test_the_stream_ends_with_the_sign_in_and_with_the_process(room):
    text = room.listen(
        "/debugger/live",
        enough=meanwhile(room, lambda: room.clock.advance(seconds=400 * 86_400), when="retry"),
    )
    assert text.startswith("retry: ")
    room.stopping = True
    assert events(room.listen("/debugger/live", enough=lambda _text: False)) == []
