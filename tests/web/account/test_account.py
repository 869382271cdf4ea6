"""One's own page: the password, and where one is signed in."""

import pytest

from cookie_browser import CookieBrowser
from quick_passwords import HASH, PASSWORD
from reading import words
from showroom import Showroom
from twinbeam.core.users import Role, UserRow
from twinbeam.web.sign_in.throttle import MOST_BY_NAME


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    room.store.users.add_user(UserRow(0, "ada", Role.MEMBER, "", HASH, "", room.clock.now_ms()))
    yield room
    room.close()


@pytest.fixture
def ada(room):
    browser = CookieBrowser(room.app)
    browser.post("/sign-in", name="ada", password=PASSWORD)
    return browser


def test_the_page_tells_who_one_is_and_where_one_is_signed_in(room, ada):
    CookieBrowser(room.app).post("/sign-in", name="ada", password=PASSWORD)
    told = words(ada.get("/account"))
    assert "You are a member." in told
    assert told.count("at the latest") == 2
    assert told.count("here password") == 1


@pytest.mark.parametrize(
    ("present", "password", "sentence"),
    [
        ("wrong", "another four words", "The present password is wrong. Nothing was changed."),
        (PASSWORD, "short", "at least 10 characters"),
        (PASSWORD, "x" * 201, "at most 200 characters"),
    ],
)
def test_a_password_is_changed_only_with_the_present_one_and_into_a_good_one(room, ada, present, password, sentence):
    answer = ada.post("/account", do="password", present=present, password=password)
    assert answer.status == 400
    assert sentence in answer.text
    assert room.store.users.user_named("ada").password_hash == HASH


def test_whoever_took_a_session_over_cannot_guess_the_password_by_it(ada):
    tries = [ada.post("/account", do="password", present=f"guess {n}", password=PASSWORD) for n in range(11)]
    assert [answer.status for answer in tries] == [400] * MOST_BY_NAME + [429]


def test_signing_out_everywhere_ends_all_sessions(room, ada):
    other = CookieBrowser(room.app)
    other.post("/sign-in", name="ada", password=PASSWORD)
    assert ada.post("/account", do="everywhere").headers["location"] == "/sign-in"
    assert not ada.is_signed_in()
    assert not other.is_signed_in()


def test_others_keep_their_sessions(room, ada):
    ada.post("/account", do="everywhere")
    assert room.get("/account").status == 200
