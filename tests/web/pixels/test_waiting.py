"""What waits for a pixel says why, until when, and what to do: on its page and in its row."""

import pytest

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import Showroom, bought
from twinbeam.core.sending_waits import NOTHING_WAITS, SendingWait, SendingWaits, WaitCause
from twinbeam.core.story import Flow
from twinbeam.web.wording import iso

PAGE = f"/pixels/{WORKSPACE}/{PIXEL}"
PLACE = (WORKSPACE, PIXEL)


class Told:
    """What the sender says."""

    now = NOTHING_WAITS

    def __call__(self):
        return self.now


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def room(tmp_path, told):
    room = Showroom(tmp_path / "data", sending_waits=told)
    room.add_pixel()
    room.record(bought("1"), bought("2"))
    room.clock.advance(seconds=20)
    yield room
    room.close()


def both(room):
    """Give what the row and the page say."""
    return words(room.get("/pixels")), words(room.get(PAGE))


def said(room, sentence):
    return all(sentence in text for text in both(room))


def test_what_nothing_keeps_has_no_reason(room):
    assert not any("waiting:" in text for text in both(room))
    assert "Events are sent as they become due. 2 waiting." in words(room.get(PAGE))


def test_what_tiktok_closed_says_the_code_and_until_when(room, told):
    until_ms = room.clock.now_ms() + 300_000
    told.now = SendingWaits(pixels={PLACE: SendingWait(WaitCause.TOO_MANY, until_ms, 40100, 401)})
    assert said(
        room, "2 waiting: TikTok answered code 40100, too many requests, so nothing is sent to this pixel until"
    )
    assert said(room, ". Nothing to do: sending goes on by itself. If this comes back, set lower limits. Sending")
    assert f'<time datetime="{iso(until_ms)}"' in room.get("/pixels").text
    assert f'<time datetime="{iso(until_ms)}"' in room.get(PAGE).text
    assert "as they become due" not in words(room.get(PAGE))


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (SendingWait(WaitCause.TOO_MANY, 1, None, 429, of_all=True), "answered HTTP 429, too many requests, so nothing is sent to all pixels"),
        (SendingWait(WaitCause.FAILED, 1, 50_002, 200), "TikTok answered code 50002, so nothing is sent"),
        (SendingWait(WaitCause.FAILED, 1), "TikTok could not be reached, so nothing is sent"),
        (SendingWait(WaitCause.SECOND, 1, limit=5), "the limit of 5 requests a second of this pixel is reached."),
        (SendingWait(WaitCause.DAY, 1, limit=1), "the limit of 1 request on a UTC day of this pixel is reached until"),
        (SendingWait(WaitCause.MINUTE, None, limit=600, of_all=True), "the limit of 600 requests a minute for all pixels is reached. They are sent as it allows. If they become more, an operator can raise TWINBEAM_REQUESTS_PER_MINUTE."),
    ],
)  # fmt: skip
def test_each_cause_has_its_sentence(room, told, wait, sentence):
    told.now = SendingWaits(wait if wait.of_all else None, {} if wait.of_all else {PLACE: wait})
    assert said(room, sentence)


def test_what_somebody_paused_says_who_and_since_when_whatever_tiktok_says(room, told):
    told.now = SendingWaits(SendingWait(WaitCause.TOO_MANY, 1, 40100))
    room.store.flows.save(WORKSPACE, PIXEL, Flow("paused", room.clock.now_ms(), "ada"))
    assert said(room, "2 waiting: paused since 2026-")
    assert said(
        room, "UTC by ada. Resume to send all of them, or drain to send what waits now; after 7 days they expire."
    )


def test_what_somebody_stopped_says_so(room):
    room.store.stop_pixel(workspace=WORKSPACE, code=PIXEL, why="wrong values", who="ada", now_ms=room.clock.now_ms())
    assert said(room, "2 waiting: stopped since 2026-")
    assert said(room, "Start the pixel to send them; after 7 days they expire. Kill switch")


def test_where_nothing_waits_nothing_is_said_of_it(room, told):
    told.now = SendingWaits(SendingWait(WaitCause.TOO_MANY, 1, 40100))
    room.deliver()
    assert not any("waiting:" in text for text in both(room))
