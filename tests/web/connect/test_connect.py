"""The page that connects an account: once, in the browser that began, within ten minutes, and every refusal in words."""

import pytest

from account_rooms import AccountRoom
from accounting import APP, FORBIDDEN
from reading import words
from twinbeam.admin import accounts
from twinbeam.core.users import Role, UserRow
from twinbeam.web.connect import view


@pytest.fixture
def room(tmp_path):
    room = AccountRoom(tmp_path / "data")
    yield room
    room.close()


def test_one_click_leads_to_tiktok_and_back_to_the_choice(room):
    assert 'href="/connect/tiktok/start"' in room.visit("/connect/tiktok").text
    started = room.visit("/connect/tiktok/start")
    assert started.status == 303
    assert started.headers["location"].startswith(f"https://tiktok.example/{APP.id}/")
    assert started.headers["location"].endswith("http://dashboard.test/connect/tiktok/callback")
    cookie = started.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/connect/tiktok", "max-age=600"))
    done = room.come_back(room.begin())
    (account,) = accounts.listed(room.admin)
    assert (done.status, done.headers["location"]) == (303, f"/accounts/{account.connection.id}/choose")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"auth_code": ""}, "The access was refused on TikTok's page."),
        ({"error": "access_denied"}, "The access was refused on TikTok's page."),
    ],
)
def test_a_refused_consent_is_told(room, told, sentence):
    answer = room.come_back(room.begin(), **told)
    assert answer.status == 400
    assert sentence in words(answer)


def test_an_app_that_is_not_let_in_is_told(room):
    room.tiktok.refuses = lambda asked: FORBIDDEN if asked[0] == "exchange" else None
    answer = room.come_back(room.begin())
    assert "TikTok does not let this app in." in words(answer)
    assert accounts.listed(room.admin) == []


def test_an_answer_that_was_used_is_told(room):
    state = room.begin()
    room.come_back(state)
    answer = room.come_back(state)
    assert (answer.status, len(accounts.listed(room.admin))) == (400, 1)
    assert "This answer was used already" in words(answer)


@pytest.mark.parametrize("state", ["", "forged", "%00", "<script>alert(1)</script>"])
def test_a_forged_answer_is_told_and_never_shown(room, state):
    room.begin()
    answer = room.come_back(state)
    assert "does not belong to a connection that was begun here" in words(answer)
    assert "<script>alert" not in answer.text
    assert room.tiktok.asked == []


def test_a_late_answer_is_told(room):
    state = room.begin()
    room.clock.advance(seconds=601)
    assert "more than 10 minutes ago" in words(room.come_back(state))


@pytest.mark.parametrize("cookie", [None, "somebody-elses-cookie"])
def test_an_answer_in_another_browser_is_refused_and_stays_good_in_its_own(room, cookie):
    state = room.begin()
    own, room.cookies = room.cookies, {view.COOKIE: cookie} if cookie else {}
    answer = room.come_back(state)
    assert "another browser or session" in words(answer)
    assert room.tiktok.asked == []
    room.cookies = own
    assert room.come_back(state).status == 303


def test_an_answer_for_somebody_else_in_the_same_browser_is_refused(room):
    state = room.begin()
    room.store.users.add_user(UserRow(0, "mallory", Role.OWNER, "", "", "", room.clock.now_ms()))
    room.sign_in_as("mallory")
    assert "another browser or session" in words(room.come_back(state))


def test_reconnecting_keeps_the_account(room):
    id_ = room.connect()
    answer = room.come_back(room.begin(f"?account={id_}"))
    assert answer.headers["location"] == f"/accounts/{id_}/choose"
    assert len(accounts.listed(room.admin)) == 1


def test_an_unknown_workspace_or_account_is_told(room):
    assert "There is no workspace hats" in words(room.visit("/connect/tiktok/start?workspace=hats"))
    assert "There is no account nobody" in words(room.visit("/connect/tiktok/start?account=nobody"))


def test_the_environments_app_is_named_and_cannot_be_changed(room):
    page = room.visit("/connect/tiktok")
    assert "TWINBEAM_TIKTOK_APP_ID" in words(page)
    assert '<form class="act" method="post"' not in page.text
    answer = room.visit("/connect/tiktok", {"app_id": "7000000000000000209", "secret": "secret-of-the-app"})
    assert (answer.status, "is set by" in words(answer)) == (400, True)


def test_an_owner_saves_an_app_whose_secret_is_never_shown(tmp_path):
    room = AccountRoom(tmp_path / "data", app=None)
    assert "No app of TikTok's developer portal is known yet" in words(room.visit("/connect/tiktok/start"))
    assert "First, an app" in words(room.visit("/connect/tiktok"))
    refused = room.visit("/connect/tiktok", {"app_id": "not an id", "secret": "secret-of-the-app"})
    assert (refused.status, "it has digits only" in words(refused)) == (400, True)
    assert "secret-of-the-app" not in refused.text
    saved = room.visit("/connect/tiktok", {"app_id": APP.id, "secret": "secret-of-the-app"})
    assert saved.status == 303
    page = room.visit("/connect/tiktok")
    assert f"App {APP.id} is saved" in words(page)
    assert "secret-of-the-app" not in page.text
    assert room.connect()
    room.close()


def test_neither_code_nor_state_nor_token_stays_in_a_page(room):
    state = room.begin()
    for answer in (room.come_back(state), room.come_back(state), room.visit("/accounts")):
        assert state not in answer.text
        assert "code-1" not in answer.text
        assert room.tiktok.token not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy" if answer.status != 303 else "cache-control"]


def test_a_broken_account_is_offered_to_be_renewed(room):
    id_ = room.connect()
    room.store.accounts.change_connection(id_, state="broken", problem="token_revoked")
    assert f'href="/connect/tiktok/start?account={id_}"' in room.visit("/connect/tiktok").text
