"""What the pages list: the newest answers, and conversions by their state."""

from engines.kit.harness import BUSY, OK, Harness
from signals import NOW, PIXEL, WORKSPACE, a_signal
from twinbeam.core.delivery import Answered
from twinbeam.core.story import LastAnswer

NO_TOKEN = Answered(status=401, code=40105, message="Access token is incorrect or has been revoked.", request_id="r-4")


def each_pixel_tells_its_newest_answer(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    assert h.store.last_answers() == []
    h.waiting(h.lease(), answer=BUSY)
    h.delivered(h.lease(pixel="PIXEL2"), answer=OK)
    h.clock.advance(ms=7)
    h.waiting(h.lease(), answer=NO_TOKEN)
    assert h.store.last_answers() == [
        LastAnswer(WORKSPACE, PIXEL, NOW + 7, 40105, NO_TOKEN.message),
        LastAnswer(WORKSPACE, "PIXEL2", NOW, 0, "OK"),
    ]


def silence_and_an_open_request_leave_the_newest_answer_as_it_is(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease(), answer=NO_TOKEN)
    h.clock.advance(ms=7)
    h.waiting(h.lease(), answer=Answered(message="no answer within 10 seconds"))
    h.lease()
    assert [answer.code for answer in h.store.last_answers()] == [40105]
