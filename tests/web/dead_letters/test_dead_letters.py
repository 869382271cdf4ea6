"""The page of dead letters: what TikTok said, what to do, and sending again after a look."""

import re
from contextlib import closing

import pytest

from builders import WORKSPACE
from reading import words
from showroom import Showroom, bought
from twinbeam.admin.dead_letters import ResendTerms, carry_out
from twinbeam.core.clock import MS_PER_DAY
from twinbeam.core.rules import WorkspaceRules

PATH = "/dead-letters"
TERMS = ResendTerms(never_taken=frozenset({40002}))


@pytest.fixture
def room(tmp_path):
    with closing(Showroom(tmp_path / "data", resend_terms=TERMS)) as room:
        room.store.save_workspace(WORKSPACE, WorkspaceRules())
        room.add_pixel()
        yield room


@pytest.fixture
def refused(room):
    room.record(bought("1001", received_ms=room.clock.now_ms()), bought("1002", received_ms=room.clock.now_ms()))
    room.clock.advance(seconds=20)
    room.refuse()
    return room


def page(room, query="", **how):
    return room.get(f"{PATH}?workspace={WORKSPACE}{query}", **how)


def test_without_any_it_says_so(room):
    assert "There are none" in words(page(room)) or "None matches" in words(page(room))


def test_each_shows_what_tiktok_said_and_what_to_do(refused):
    text = words(page(refused))
    assert "40002 data.0.properties.contents.0.content_id: Not a valid string request 20261120-bad" in text
    assert "Correct the field that the message names" in text
    assert text.index("order 1002") < text.index("order 1001")


def test_sending_all_again_shows_first_what_that_does(refused):
    seen = refused.post(PATH, workspace=WORKSPACE)
    assert "Send 2 of 2 again? Worth 41.00 EUR. 2 will be sent with the pixel's rules of today." in words(seen)
    assert refused.store.resends.unfinished() is None
    assert refused.post(PATH, workspace=WORKSPACE, sure="yes").status == 303
    assert carry_out(refused.store, TERMS, refused.clock.now_ms()).sent == 2
    assert "done 2 none" in words(page(refused))


def test_one_is_sent_again_by_its_button(refused):
    (number,) = re.findall(r'name="id" value="(\d+)"', page(refused, "&id=2").text)[-1:]
    assert refused.post(PATH, workspace=WORKSPACE, id=number, sure="yes").status == 303
    assert carry_out(refused.store, TERMS, refused.clock.now_ms()).sent == 1


def test_what_cannot_be_sent_has_no_button_and_says_why(refused):
    refused.clock.advance(ms=7 * MS_PER_DAY)
    answer = page(refused)
    assert "It is older than seven days" in words(answer)
    assert "Send again</button>" not in answer.text
    seen = refused.post(PATH, workspace=WORKSPACE)
    assert "Send 0 of 2 again? 2 stay: It is older than seven days" in words(seen)
    assert 'value="yes"' not in seen.text
    forced = refused.post(PATH, workspace=WORKSPACE, sure="yes")
    assert (forced.status, "None of these can be sent again" in words(forced)) == (400, True)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("&code=abc", "code: write it as a whole number, such as 40002."),
        ("&since=yesterday", "since: write the time in UTC as 2026-11-29T08:00."),
        ("&event=" + "x" * 201, "event: at most 200 characters."),
        ("&before=-1", "before: write it as a whole number"),
    ],
)
def test_a_wrong_filter_is_told_with_its_field(refused, query, told):
    answer = page(refused, query)
    assert (answer.status, told in words(answer)) == (400, True)


def test_filters_narrow_the_list(refused):
    assert "order 1001" in words(page(refused, "&code=40002&since=2020-01-01T00:00"))
    assert "None matches" in words(page(refused, "&code=40001"))
    assert "None matches" in words(page(refused, "&event=Lead"))


def test_what_is_narrowed_can_be_shown_whole_again(refused):
    assert "Show all" not in words(page(refused))
    narrowed = page(refused, "&code=40002")
    assert "<button>Show</button>" in narrowed.text
    assert f'<a href="/dead-letters?workspace={WORKSPACE}">Show all</a>' in narrowed.text


def test_viewers_do_not_see_it(refused):
    assert page(refused, who="viewer").status == 403
