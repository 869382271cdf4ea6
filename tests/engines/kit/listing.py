"""What the pages list: the newest answers, and conversions by their state."""

from engines.kit.harness import BUSY, OK, Harness
from signals import NOW, PIXEL, WORKSPACE, a_refusal, a_signal, an_undecided
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


def conversions_are_listed_by_state_newest_first(h: Harness) -> None:
    h.take(a_signal("e-1"), an_undecided("e-2"), a_refusal("e-3"), a_signal("e-4"))
    assert h.listed("ready") == (["e-4", "e-1"], None)
    assert h.listed("held") == (["e-2"], None)
    assert h.listed("dropped", "held") == (["", "e-2"], None)
    assert h.listed("refused") == ([], None)
    h.refused(h.lease())
    assert h.listed("refused") == (["e-4", "e-1"], None)


def a_list_goes_on_where_its_page_ended(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}", pixel="PIXEL2" if n == 2 else PIXEL) for n in range(1, 5)))
    first, next_id = h.listed("ready", limit=3)
    assert first == ["e-4", "e-3", "e-2"]
    assert h.listed("ready", limit=3, before_id=next_id) == (["e-1"], None)
    assert h.listed("ready", pixel=(WORKSPACE, "PIXEL2")) == (["e-2"], None)
    assert h.listed("ready", pixel=("another", "PIXEL2")) == ([], None)
