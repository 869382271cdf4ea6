"""A dead letter is sent again when its owner says so, and only where nothing counts twice and nobody has refused it."""

import json
from collections import Counter
from typing import Any

from engines.kit.harness import BAD, OK, Harness, as_it_was
from signals import BROWSER, DAY, HOUR, NOW, WORKSPACE, a_refusal, a_signal, a_statement, carried_ids, denied
from twinbeam.core.dead_letters import DeadLetter, LetterFilter, ShapedEvent
from twinbeam.core.delivery import Answered, Lease
from twinbeam.core.keys import lookup
from twinbeam.core.restored import Restore
from twinbeam.core.rules import PixelRules
from twinbeam.pipeline.send.limits import Ages
from twinbeam.pipeline.send.resending import why_not

_PARTIAL = Answered(status=200, code=20001, message="Partial success", request_id="r-4")


def a_dead_letter_is_sent_again_under_its_id(h: Harness) -> None:
    body = _refuse(h, "e-1")
    assert h.resend() == {"": 1}
    lease = h.lease()
    assert (h.state(), carried_ids(lease), lease.body) == ("leased", ["e-1"], body)
    h.delivered(lease)
    story = h.story()
    assert (story.state, story.reason, story.attempts) == ("delivered", "", 2)
    assert [attempt.code for attempt in story.log] == [40002, 0]


def what_is_no_dead_letter_is_left_alone(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2", pixel="PIXEL2"))
    h.delivered(h.lease())
    ids = [h.story("e-1").id, h.story("e-2").id, 99]
    assert h.step(lambda: h.store.resend(ids, (40002,), h.now(), as_it_was)) == {}
    assert (h.state("e-1"), h.state("e-2")) == ("delivered", "ready")


def sending_twice_is_asked_for_once(h: Harness) -> None:
    _refuse(h, "e-1")
    assert h.resend() == {"": 1}
    assert h.resend() == {}
    assert len(carried_ids(h.lease())) == 1


def it_survives_a_restart(h: Harness) -> None:
    _refuse(h, "e-1")
    h.resend()
    h.engine.reopen()
    assert carried_ids(h.lease()) == ["e-1"]


def what_tiktok_certainly_never_took_goes_for_seven_days(h: Harness) -> None:
    _refuse(h, "e-1")
    h.clock.advance(ms=7 * DAY - 1)
    assert h.resend() == {"": 1}
    assert carried_ids(h.lease()) == ["e-1"], "its 48 hours begin with this attempt"


def what_is_older_than_seven_days_stays(h: Harness) -> None:
    _refuse(h, "e-1")
    h.clock.advance(ms=7 * DAY)
    assert h.resend() == {"too_old": 1}
    assert h.state() == "refused"


def what_may_be_there_stays_after_47_hours(h: Harness) -> None:
    _refuse(h, "e-1", answer=_PARTIAL)
    h.clock.advance(ms=47 * HOUR)
    assert h.resend() == {"dedup_window": 1}


def what_may_be_there_goes_before_47_hours(h: Harness) -> None:
    _refuse(h, "e-1", answer=_PARTIAL)
    h.clock.advance(ms=47 * HOUR - 1)
    assert h.resend() == {"": 1}


def one_unclear_answer_among_several_is_enough_to_stay(h: Harness) -> None:
    h.take(a_signal("e-1"))
    h.waiting(h.lease())
    h.refused(h.lease())
    h.clock.advance(ms=47 * HOUR)
    assert h.resend() == {"dedup_window": 1}


def the_answers_to_larger_batches_count_too(h: Harness) -> None:
    h.take(a_signal("e-1"), a_signal("e-2"))
    for half in h.split(h.lease()):
        h.refused(half)
    h.clock.advance(ms=48 * HOUR)
    assert h.resend() == {"": 2}, "the whole was refused with 40002, and so were its halves"
    assert h.resend() == {}


def what_a_visitor_declines_is_no_dead_letter_any_more(h: Harness) -> None:
    _refuse(h, "e-1")
    h.take(a_refusal("e-1"))
    assert h.store.states() == {"withdrawn": 1}
    assert h.store.dead_letters.ids(LetterFilter(WORKSPACE), after=0, upto=2**62, limit=10) == []


def what_a_visit_declines_later_reaches_its_dead_letters(h: Harness) -> None:
    h.take(a_signal("e-1", channel=BROWSER, visitor="v"))
    h.refused(h.lease())
    h.take(a_statement(denied(), visitor="v", received_ms=NOW + 1))
    assert h.store.states() == {"withdrawn": 1}


def a_dead_letter_of_an_erased_person_stays(h: Harness) -> None:
    ada = "ada@example.com"
    _refuse(h, "e-1", lookups=[lookup("email", WORKSPACE, ada)])
    id_ = h.story().id
    h.clock.advance(ms=1)
    assert h.erase("email", ada).removed == 1
    assert h.resend_of([id_]) == {}


def what_is_sent_again_and_refused_again_is_a_dead_letter_again(h: Harness) -> None:
    _refuse(h, "e-1")
    h.resend()
    h.refused(h.lease())
    assert h.resend() == {"": 1}
    h.delivered(h.lease(), answer=OK)
    assert h.state() == "delivered"


def dead_letters_are_found_by_what_they_have_in_common(h: Harness) -> None:
    _refuse(h, "e-1")
    h.clock.advance(ms=HOUR)
    _refuse(h, "e-2", event="Lead", answer=_PARTIAL)
    _refuse(h, "e-3", pixel="PIXEL2")
    found = h.store.dead_letters
    asked = {
        "all": LetterFilter(WORKSPACE),
        "pixel": LetterFilter(WORKSPACE, pixel="PIXEL2"),
        "event": LetterFilter(WORKSPACE, event="Lead"),
        "code": LetterFilter(WORKSPACE, code=40002),
        "since": LetterFilter(WORKSPACE, since_ms=NOW + HOUR),
        "until": LetterFilter(WORKSPACE, until_ms=NOW + HOUR),
        "ids": LetterFilter(WORKSPACE, ids=(h.story("e-2").id,)),
        "another": LetterFilter("another"),
    }
    listed = {
        name: [letter.event_id for letter in found.letters(found.ids(one, after=0, upto=2**62, limit=9), ())]
        for name, one in asked.items()
    }
    assert listed == {
        "all": ["e-1", "e-2", "e-3"],
        "pixel": ["e-3"],
        "event": ["e-2"],
        "code": ["e-1", "e-3"],
        "since": ["e-2", "e-3"],
        "until": ["e-1"],
        "ids": ["e-2"],
        "another": [],
    }
    newest = found.newest(LetterFilter(WORKSPACE), before=None, limit=2)
    assert newest == [h.story("e-3").id, h.story("e-2").id]
    assert found.newest(LetterFilter(WORKSPACE), before=newest[-1], limit=2) == [h.story("e-1").id]


def a_dead_letter_tells_what_was_said_of_it(h: Harness) -> None:
    _refuse(h, "e-1", order_id="1001")
    (letter,) = h.store.dead_letters.letters([h.story().id], (40002,))
    assert (letter.code, letter.message, letter.request_id) == (BAD.code, BAD.message, BAD.request_id)
    assert (letter.event_id, letter.order_id, letter.attempts, letter.refused_ms) == ("e-1", "1001", 1, NOW)
    assert (letter.never_taken, letter.is_kept, letter.is_contested, letter.is_united) == (True, True, False, False)


def a_copy_that_comes_in_between_changes_nothing_of_what_goes(h: Harness) -> None:
    body = _refuse(h, "e-1")
    h.take(a_signal("e-1", channel=BROWSER))
    h.resend()
    assert h.lease().body == body


def what_is_alike_is_counted_together_and_decided_as_each_alone(h: Harness) -> None:
    for n, answer in enumerate((BAD, _PARTIAL, BAD, BAD)):
        _refuse(h, f"e-{n}", answer=answer)
        h.clock.advance(ms=24 * HOUR)
    _refuse(h, "e-4", pixel="PIXEL2")
    h.take(a_refusal("e-3", received_ms=h.now()))
    found, ages = h.store.dead_letters, Ages()
    for _ in range(4):
        h.clock.advance(ms=DAY)
        for asked in (LetterFilter(WORKSPACE), LetterFilter(WORKSPACE, code=20001), LetterFilter(WORKSPACE, "PIXEL2")):
            ids = found.ids(asked, after=0, upto=2**62, limit=10)
            alone = Counter(_decided(letter, h.now()) for letter in found.letters(ids, (40002,)))
            together: Counter[tuple[object, ...]] = Counter()
            for alike in found.alike(asked, (40002,), ages.moments(h.now())):
                together[_decided(alike.like, h.now())] += alike.count
            assert together == alone


def what_tiktok_certainly_never_took_is_sent_as_it_is_shaped_anew(h: Harness) -> None:
    h.take(a_signal("e-1", value=20, currency="EUR", user={"email": "hash"}, properties={"description": "a gift"}))
    h.take(a_signal("e-1", channel=BROWSER, user={"ttclid": "c"}, page={"url": "https://shop.example/"}))
    before = h.lease()
    h.refused(before)
    assert h.resend(shape=_without_description) == {"": 1}
    story = h.story()
    assert (story.event_id, story.value_minor, story.currency) == ("e-1", 1_000, "USD")
    after = h.lease()
    expected = _event(before)
    expected["properties"] = {"value": 10, "currency": "USD"}
    assert _event(after) == expected, "all else stays, identifiers and event id as well"
    assert [lease.body for lease in h.restart()] == [after.body], "from its next attempt on its bytes stand"


def what_tiktok_may_have_is_sent_again_byte_for_byte(h: Harness) -> None:
    properties = {"description": "a gift"}
    body = _refuse(h, "e-1", answer=_PARTIAL, value=20, currency="EUR", properties=properties)
    assert h.resend(shape=_without_description) == {"": 1}
    assert (h.lease().body, h.story().value_minor) == (body, 2_000)


def one_answer_that_proves_nothing_is_enough_to_keep_the_bytes(h: Harness) -> None:
    h.take(a_signal("e-1", properties={"description": "a gift"}))
    h.waiting(h.lease())
    before = h.lease()
    h.refused(before)
    assert h.resend(shape=_without_description) == {"": 1}
    assert h.lease().body == before.body


def what_a_dead_writer_may_have_sent_keeps_its_bytes(h: Harness) -> None:
    h.take(a_signal("e-1", properties={"description": "a gift"}), a_signal("e-2"))
    before = h.lease()
    (taken_over,) = h.restart()
    for half in h.split(taken_over):
        h.refused(half)
    never_taken = [letter.never_taken for letter in h.store.dead_letters.letters([1, 2], (40002,))]
    alike = h.store.dead_letters.alike(LetterFilter(WORKSPACE), (40002,), Ages().moments(h.now()))
    assert (never_taken, {it.like.never_taken for it in alike}) == ([False, False], {False})
    assert h.resend(shape=_without_description) == {"": 2}
    assert h.lease().body == before.body


def what_happened_before_a_restore_is_never_proven_to_be_untaken(h: Harness) -> None:
    _refuse(h, "e-1")
    h.clock.advance(ms=HOUR)
    h.store.begin_restored(Restore(NOW + 1, h.now()))
    h.clock.advance(ms=47 * HOUR)
    h.take(a_signal("e-2", event_time=NOW // 1_000, received_ms=h.now()))
    h.refused(h.lease())
    _refuse(h, "e-3")
    found, asked = h.store.dead_letters, LetterFilter(WORKSPACE)
    ids = found.ids(asked, after=0, upto=2**62, limit=9)
    alone = {it.event_id: it.never_taken for it in found.letters(ids, (40002,))}
    assert alone == {"e-1": False, "e-2": False, "e-3": True}
    alike = found.alike(asked, (40002,), Ages().moments(h.now()))
    assert sorted((it.like.never_taken, it.count) for it in alike) == [(False, 1), (False, 1), (True, 1)]
    assert h.resend("e-1") == {"dedup_window": 1}, "it may have been resent and taken since the backup"
    assert h.resend("e-2", "e-3") == {"": 2}


def what_comes_back_with_a_backup_is_sent_again_byte_for_byte(h: Harness) -> None:
    body = _refuse(h, "e-1", properties={"description": "a gift"})
    h.clock.advance(ms=HOUR)
    h.store.begin_restored(Restore(NOW + 1, h.now()))
    assert h.resend(shape=_without_description) == {"": 1}
    h.clock.advance(ms=HOUR)
    lease = h.lease()
    assert lease.body == body
    h.refused(lease)
    h.clock.advance(ms=46 * HOUR)
    assert h.resend() == {"dedup_window": 1}, "its 48 hours began at the latest after the backup"


def what_stays_a_dead_letter_keeps_its_content(h: Harness) -> None:
    _refuse(h, "e-1", value=20, currency="EUR")
    h.clock.advance(ms=7 * DAY)
    assert h.resend(shape=_without_description) == {"too_old": 1}
    assert (h.story().value_minor, h.story().currency) == (2_000, "EUR")


def what_is_shaped_anew_is_kept_so_over_a_restart(h: Harness) -> None:
    _refuse(h, "e-1", value=20, currency="EUR", properties={"description": "a gift"})
    h.resend(shape=_without_description)
    h.engine.reopen()
    assert _event(h.lease())["properties"] == {"value": 10, "currency": "USD"}


def _without_description(_letter: DeadLetter, body: bytes, _event_time: int) -> ShapedEvent | None:
    """Shape as a rule without descriptions would, with half the value in another currency."""
    event = json.loads(body)
    if "properties" not in event:
        return None
    event["properties"].pop("description", None)
    minor = None
    if "value" in event["properties"]:
        event["properties"] |= {"value": event["properties"]["value"] // 2, "currency": "USD"}
        minor = event["properties"]["value"] * 100
    return ShapedEvent(json.dumps(event, separators=(",", ":")).encode(), minor, "USD" if minor else "")


def _event(lease: Lease) -> dict[str, Any]:
    (event,) = json.loads(lease.body)["data"]
    return event


def _decided(letter: DeadLetter, now_ms: int) -> tuple[object, ...]:
    return why_not(letter, PixelRules(), Ages(), now_ms), letter.pixel, letter.value_minor, letter.currency


def _refuse(h: Harness, event_id: str, *, answer: Answered = BAD, pixel: str = "PIXEL1", **facts: object) -> bytes:
    h.take(a_signal(event_id, pixel=pixel, received_ms=h.now(), event_time=h.now() // 1_000, **facts))
    lease = h.lease(pixel=pixel)
    h.refused(lease, answer=answer)
    return lease.body
