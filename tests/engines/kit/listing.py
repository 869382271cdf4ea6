"""What the pages read: conversions by their state, the newest answers, and when each side last reported."""

from collections.abc import Collection
from typing import Any

import pytest

from engines.kit.harness import BUSY, OK, Harness
from signals import BROWSER, NOW, PIXEL, WORKSPACE, a_refusal, a_signal, an_email, an_undecided
from twinbeam.core.delivery import Answered
from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.story import LastAnswer, Narrowed, SideSeen

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
    assert h.listed(*SENDING) == (["e-4", "e-1"], None)
    assert h.listed("held") == (["e-2"], None)
    assert h.listed("dropped", "held") == (["", "e-2"], None)
    assert h.listed("refused") == ([], None)
    h.refused(h.lease())
    assert h.listed("refused") == (["e-4", "e-1"], None)


def a_list_goes_on_where_its_page_ended(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}", pixel="PIXEL2" if n == 2 else PIXEL) for n in range(1, 5)))
    first, next_id = h.listed(*SENDING, limit=3)
    assert first == ["e-4", "e-3", "e-2"]
    assert h.listed(*SENDING, limit=3, before_id=next_id) == (["e-1"], None)
    assert h.listed(*SENDING, pixel=(WORKSPACE, "PIXEL2")) == (["e-2"], None)
    assert h.listed(*SENDING, pixel=("another", "PIXEL2")) == ([], None)


def any_page_of_any_list_holds_what_is_newest_in_its_states(h: Harness) -> None:
    for n in range(6):
        h.take(*(a_signal(f"a-{n}-{p}", pixel=p) for p in ("PIXEL2", PIXEL)), an_undecided(f"h-{n}"))
        if n == 2:
            h.delivered(h.lease(limit=2))
            h.refused(h.lease(pixel="PIXEL2", limit=2))
    h.lease()
    h.take(a_refusal("h-1"), a_refusal("new"))
    for states in (tuple(State), SENDING, ("delivered",), ("refused", "held"), ("withdrawn", "dropped")):
        for pixel in (None, (WORKSPACE, PIXEL), (WORKSPACE, "PIXEL2")):
            whole = h.listed(*states, pixel=pixel)[0]
            assert whole == _newest(h, states, pixel)
            paged, top = [], None
            while True:
                page, top = h.listed(*states, pixel=pixel, before_id=top, limit=2)
                paged += page
                if top is None:
                    break
                assert len(page) == 2
            assert paged == whole


def _newest(h: Harness, states: Collection[str], pixel: tuple[str, str] | None) -> list[str]:
    of_pixel = (it for it in h.store.recent(limit=99) if pixel in (None, (it.workspace, it.pixel)))
    return [story.event_id for story in of_pixel if story.state in states]


def what_is_being_sent_is_listed_as_a_whole(h: Harness) -> None:
    with pytest.raises(ValueError, match="as a whole"):
        h.listed("ready")


def each_side_tells_when_it_last_reported_and_what_came_without_it(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-1", channel=BROWSER, received_ms=NOW + 1))
    h.take(*(a_signal(f"b-{n}", channel=BROWSER, received_ms=NOW + n) for n in (2, 4, 3)))
    h.take(a_signal("b-4", channel=BROWSER, received_ms=NOW + 5))
    assert h.store.sides_seen() == [
        SideSeen(WORKSPACE, PIXEL, "Purchase", "browser", NOW + 5, 0),
        SideSeen(WORKSPACE, PIXEL, "Purchase", "server", NOW, 3),
    ]
    h.take(a_signal("b-2", received_ms=NOW + 6), a_signal("e-2", received_ms=NOW + 7))
    assert [(seen.at_ms, seen.alone) for seen in h.store.sides_seen()] == [(NOW + 5, 1), (NOW + 7, 0)]


def custom_events_share_a_record_and_a_side_that_never_reported_has_none(h: Harness) -> None:
    h.take(*(a_signal(f"e-{n}", event=f"Custom_{n}") for n in range(3)))
    assert h.store.sides_seen() == [SideSeen(WORKSPACE, PIXEL, "", "server", NOW, 0)]


def a_conversion_is_found_by_its_number_with_its_log(h: Harness) -> None:
    h.take(a_refusal("e-1"), a_signal("e-2"))
    h.delivered(h.lease())
    assert h.store.by_id(2) == h.story("e-2")
    assert [attempt.state for attempt in h.store.by_id(2).log] == ["delivered"]
    assert h.store.by_id(1).state == "dropped"
    assert h.store.by_id(3) is None


def a_list_is_narrowed_to_a_reason_a_finding_and_to_what_came_more_than_once(h: Harness) -> None:
    h.take(
        a_signal("e-1", value=10.0, currency="EUR", channel=BROWSER),
        a_signal("e-2"),
        an_undecided("e-3"),
        a_refusal("e-4"),
    )
    h.take(a_signal("e-1", value=20.0, currency="EUR", received_ms=NOW + 1), a_refusal("e-2", received_ms=NOW + 1))

    def listed(**narrowed: Any) -> list[str]:
        whole = h.store.in_state(tuple(State), limit=9, narrowed=Narrowed(**narrowed)).stories
        return [story.event_id or story.state for story in whole]

    assert listed(reason="consent_not_said") == ["e-3"]
    assert listed(reason="no_consent") == ["dropped", "withdrawn"]
    assert listed(reason="consent_not_said,no_consent,too_old") == ["dropped", "e-3", "withdrawn"]
    assert listed(reason="consent,said") == []
    assert listed(found="value_differs") == ["e-1"]
    assert listed(found="name_differs") == []
    assert listed(carries="email") == []
    h.take(a_signal("e-5", user={"email": an_email("ada")}))
    assert listed(carries="email") == ["e-5"]
    assert listed(several=True) == ["withdrawn", "e-1"]
