"""Dead letters are listed, previewed and sent again by one resend that goes on where it stopped."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from builders import NOW_S, PIXEL, WORKSPACE
from showroom import Showroom, bought
from signals import carried
from twinbeam.admin import audit, dead_letters
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.dead_letters import AT_ONCE, ResendTerms, carry_out
from twinbeam.admin.errors import AdminError, NotFound
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.dead_letters import LetterFilter, shaping
from twinbeam.core.rules import PixelRules, WorkspaceRules

TERMS = ResendTerms(never_taken=frozenset({40002}))


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data")) as room:
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        room.add_pixel()
        yield room


@pytest.fixture
def admin(room):
    return Admin(room.store, Actor("ada"), room.clock)


def refuse(room, *orders, **changes):
    room.record(*(bought(order, received_ms=room.clock.now_ms(), **changes) for order in orders))
    room.clock.advance(seconds=20)
    room.refuse()


def reads(admin):
    return dead_letters.letter_judge(admin, TERMS)


def states(room):
    return {state: n for state, n in room.store.states().items() if n}


def test_a_page_lists_the_newest_first_and_goes_on(room, admin):
    refuse(room, "1001", "1002", "1003")
    first = dead_letters.listed(reads(admin), LetterFilter(WORKSPACE), limit=2)
    assert [it.letter.order_id for it in first.letters] == ["1003", "1002"]
    rest = dead_letters.listed(reads(admin), LetterFilter(WORKSPACE), before=first.next_id, limit=2)
    assert [it.letter.order_id for it in rest.letters] == ["1001"]
    assert rest.next_id is None


def test_a_preview_adds_up_what_goes_and_why_the_rest_stays(room, admin):
    refuse(room, "1001", "1002")
    room.clock.advance(ms=7 * MS_PER_DAY)
    refuse(room, "1003")
    seen = dead_letters.preview(reads(admin), LetterFilter(WORKSPACE))
    assert (seen.count, seen.sendable, seen.left, seen.value) == (3, 1, {"too_old": 2}, {"EUR": 2_050})
    assert states(room) == {"refused": 3}, "a preview changes nothing"


def test_a_resend_is_carried_out_once_and_told_in_the_audit(room, admin):
    refuse(room, "1001", "1002")
    run = dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)
    assert (run.count, states(room)) == (2, {"refused": 2}), "the gateway carries it out"
    done = carry_out(room.store, TERMS, room.clock.now_ms())
    assert (done.sent, done.left, done.finished_ms) == (2, {}, room.clock.now_ms())
    assert carry_out(room.store, TERMS, room.clock.now_ms()) is None
    assert states(room) == {"ready": 2}
    (line, *_) = audit.latest(admin, limit=1)
    assert (line.who, line.what) == ("ada", f"dead letters ({WORKSPACE}), resend 1")
    assert line.after == "send 2 again, 2 of them with the pixel's rules of today"


def test_it_goes_by_the_rules_and_rates_in_force_when_it_is_carried_out(room, admin):
    refuse(room, "1001", currency="XTS", properties={"description": "a gift"})
    seen = dead_letters.preview(reads(admin), LetterFilter(WORKSPACE))
    assert (seen.anew, seen.shaping) == (1, "1 will be sent with the pixel's rules of today.")
    dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)
    room.add_pixel(rules=PixelRules(parameters=("value", "currency")))
    day = datetime.fromtimestamp(NOW_S, UTC).date().isoformat()
    room.store.save_workspace(WORKSPACE, WorkspaceRules(rates={"XTS": {day: {"EUR": 0.5}}}))
    assert carry_out(room.store, TERMS, room.clock.now_ms()).sent == 1
    (lease,) = room.leases()
    assert carried(lease)[0]["properties"] == {"value": 10.25, "currency": "EUR"}
    (story,) = room.store.by_event_id(WORKSPACE, "order-1001")
    assert (story.value_minor, story.currency) == (1_025, "EUR")


def test_what_tiktok_may_have_is_told_apart_and_keeps_its_shape(room, admin):
    refuse(room, "1001", properties={"description": "a gift"})
    room.add_pixel(rules=PixelRules(parameters=("value", "currency")))
    unsure = ResendTerms(never_taken=frozenset())
    seen = dead_letters.preview(dead_letters.letter_judge(admin, unsure), LetterFilter(WORKSPACE))
    assert (seen.anew, seen.shaping) == (0, "1 will be sent as it was: TikTok may have it.")
    dead_letters.resend(admin, LetterFilter(WORKSPACE), unsure)
    assert carry_out(room.store, unsure, room.clock.now_ms()).sent == 1
    (lease,) = room.leases()
    assert carried(lease)[0]["properties"]["description"] == "a gift"
    (line, *_) = audit.latest(admin, limit=1)
    assert line.after == "send 1 again"


@pytest.mark.parametrize(
    ("anew", "unchanged", "words"),
    [
        (0, 0, ""),
        (12, 3, "12 will be sent with the pixel's rules of today, 3 as they were: TikTok may have them."),
        (1_200, 1, "1,200 will be sent with the pixel's rules of today, 1 as it was: TikTok may have it."),
        (0, 2, "2 will be sent as they were: TikTok may have them."),
    ],
)
def test_how_many_are_shaped_anew_is_said_in_words(anew, unchanged, words):
    assert shaping(anew, unchanged) == words


def test_what_became_a_dead_letter_later_is_not_meant(room, admin):
    refuse(room, "1001")
    dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)
    refuse(room, "1002")
    assert carry_out(room.store, TERMS, room.clock.now_ms()).sent == 1
    assert states(room) == {"ready": 1, "refused": 1}


def test_a_long_resend_goes_on_where_it_stopped(room, admin):
    refuse(room, *(str(n) for n in range(AT_ONCE + 1)))
    dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)
    half = carry_out(room.store, TERMS, room.clock.now_ms())
    assert (half.sent, half.done, half.finished_ms) == (AT_ONCE, AT_ONCE, None)
    whole = carry_out(room.store, TERMS, room.clock.now_ms())
    assert (whole.sent, whole.finished_ms) == (AT_ONCE + 1, room.clock.now_ms())
    assert room.store.resends.newest([WORKSPACE], limit=9) == [whole]
    assert room.store.resends.newest(["another"], limit=9) == []


def test_a_step_that_fails_changes_nothing_and_is_done_again(room, admin, monkeypatch):
    refuse(room, "1001")
    dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)
    table = type(room.store.resends)
    with monkeypatch.context() as broken:
        broken.setattr(table, "note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            carry_out(room.store, TERMS, room.clock.now_ms())
    assert states(room) == {"refused": 1}
    assert carry_out(room.store, TERMS, room.clock.now_ms()).sent == 1


def test_of_a_removed_pixel_nothing_is_sent(room, admin):
    refuse(room, "1001")
    room.store.remove_pixel(workspace=WORKSPACE, code=PIXEL, now_ms=room.clock.now_ms())
    seen = dead_letters.preview(reads(admin), LetterFilter(WORKSPACE))
    assert (seen.sendable, seen.left) == (0, {"pixel_removed": 1})
    with pytest.raises(AdminError, match="None of these can be sent again"):
        dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)


def test_a_pixel_that_is_removed_meanwhile_keeps_its_dead_letters(room, admin):
    refuse(room, "1001")
    dead_letters.resend(admin, LetterFilter(WORKSPACE), TERMS)
    room.store.remove_pixel(workspace=WORKSPACE, code=PIXEL, now_ms=room.clock.now_ms())
    assert carry_out(room.store, TERMS, room.clock.now_ms()).left == {"pixel_removed": 1}
    assert states(room) == {"refused": 1}


def test_nothing_that_matches_is_told(room, admin):
    with pytest.raises(NotFound, match="No dead letter matches"):
        dead_letters.resend(admin, LetterFilter(WORKSPACE, event="Lead"), TERMS)
