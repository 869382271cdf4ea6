"""The page `/issues`, and muting on it."""

from urllib.parse import urlencode

import pytest

from builders import PIXEL, WORKSPACE
from reading import words
from showroom import bought
from twinbeam.core.rules import DEFAULT_WORKSPACE

OTHER = "acme"


def muted(room, **how):
    usual = {"workspace": WORKSPACE, "pixel": PIXEL, "check": "token_missing", "why": "sold last year"}
    return room.post("/issues/mute", **usual | how)


@pytest.fixture
def tokenless(room):
    room.store.save_workspace(WORKSPACE, DEFAULT_WORKSPACE)
    room.store.save_workspace(OTHER, DEFAULT_WORKSPACE)
    room.add_pixel(token=None)
    return room


def test_an_issue_stands_there_with_its_fix_its_command_and_its_check(tokenless):
    text = words(tokenless.get("/issues"))
    assert "No access token." in text
    assert f"twinbeam pixels token {PIXEL} --workspace {WORKSPACE} < token.txt" in text
    assert "token_missing" in text


def test_a_pixel_for_which_tiktok_takes_no_requests_stands_there_until_it_takes_them(room):
    room.store.save_workspace(WORKSPACE, DEFAULT_WORKSPACE)
    room.add_pixel()
    room.record(bought("1001"))
    now_ms = room.clock.now_ms()
    room.store.request_counts.keep_closed({(WORKSPACE, PIXEL): now_ms + 300_000, (OTHER, "C0OTHER"): now_ms + 1})
    for page in ("/issues", "/"):
        assert "TikTok takes no requests for this pixel until" in words(room.get(page))
    assert "no requests for this pixel" in words(room.get("/issues", who="viewer", workspace=WORKSPACE))
    room.clock.advance(seconds=301)
    assert "TikTok takes no requests" not in words(room.get("/issues"))


def test_an_installation_without_trouble_says_so(room):
    assert "None. All checks are fine." in words(room.get("/issues"))


def test_what_is_muted_is_folded_with_who_and_why_and_is_told_of_again_when_unmuted(tokenless):
    assert muted(tokenless, who="member").status == 303
    text = words(tokenless.get("/issues"))
    assert "by member: sold last year" in text
    assert "1 muted" in words(tokenless.get("/pixels"))
    assert "No access token." not in words(tokenless.get("/pixels"))
    assert muted(tokenless, unmute="yes").status == 303
    assert "No access token." in words(tokenless.get("/pixels"))
    told = [
        line for line in tokenless.store.changes(limit=9) if line.what == f"issue {WORKSPACE}/{PIXEL} token_missing"
    ]
    assert [(line.who, line.after) for line in told] == [("owner", ""), ("member", "muted: sold last year")]


def test_a_mute_needs_a_reason_and_a_check_that_is_there(tokenless):
    answer = muted(tokenless, why=" ")
    assert (answer.status, "Say why it is muted" in words(answer)) == (422, True)
    assert muted(tokenless, check="nonsense").status == 422
    assert muted(tokenless, pixel="C0NOWHERE").status == 422
    assert tokenless.store.issues.mutes() == []


def test_a_viewer_may_not_mute_and_sees_no_other_workspace(tokenless):
    tokenless.add_pixel("C0EXAMPLEPIXELCODE21", workspace=OTHER, token=None, name="Hats")
    muted(tokenless, workspace=OTHER, pixel="C0EXAMPLEPIXELCODE21", why="secret of others")
    assert muted(tokenless, who="viewer").status == 403
    text = words(tokenless.get("/issues", who="viewer", workspace=WORKSPACE))
    assert "No access token." in text
    assert "Hats" not in text
    assert "secret of others" not in text
    assert 'action="/issues/mute"' not in tokenless.get("/issues", who="viewer").text


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("pixel=c0example", True),
        ("pixel=shoes", False),
        ("check=token_missing", True),
        ("check=rejected", False),
        ("weight=idle", True),
        ("weight=broken", False),
        ("workspace=acme", False),
        ("check=nonsense&weight=nonsense&page=99999999", True),
    ],
)
def test_the_list_is_narrowed(tokenless, query, is_there):
    assert ("No access token." in words(tokenless.get(f"/issues?{query}"))) is is_there


HOSTILE = ("<script>alert(1)</script>", "two\nlines", "\x1b[31mred", "\u202eder", "x" * 201)


@pytest.mark.parametrize("why", HOSTILE)
def test_no_reason_of_a_mute_becomes_markup_or_more_than_a_line_and_a_refused_one_stays_typed(tokenless, why):
    answer = muted(tokenless, why=why)
    shown = answer if answer.status == 422 else tokenless.get("/issues")
    assert (answer.status == 303) is why.isprintable() if len(why) <= 200 else answer.status == 422
    assert "<script>alert" not in shown.text
    if answer.status == 422:
        assert "Give the reason in one line of at most 200 characters." in words(answer)
        assert "<details open><summary>Mute" in answer.text
        assert tokenless.store.issues.mutes() == []


def test_a_megabyte_is_refused_and_a_search_is_no_markup(tokenless):
    assert muted(tokenless, why="x" * 1_000_000).status == 413
    for typed in HOSTILE:
        answer = tokenless.get(f"/issues?{urlencode({'pixel': typed, 'check': typed, 'workspace': typed})}")
        assert answer.status == 200
        assert "<script>alert" not in answer.text
