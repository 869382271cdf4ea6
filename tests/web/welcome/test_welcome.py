"""One-time links and the links of a workspace: opened, used, guessed, expired, revoked."""

import pytest

from cookie_browser import CookieBrowser
from quick_passwords import PASSWORD
from showroom import Showroom
from twinbeam.admin import links
from twinbeam.admin import users as people
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.users import Role


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    room.store.save_workspace("hats", DEFAULT_WORKSPACE)
    yield room
    room.close()


@pytest.fixture
def admin(room):
    return Admin(room.store, Actor("test"), room.clock)


def test_the_first_owner_gets_in_by_the_link_and_only_once(room, admin):
    made = links.first_owner(admin)
    ada = CookieBrowser(room.app)
    assert "You become an owner" in ada.get(made.path).text
    answer = ada.post(made.path, name="ada", password=PASSWORD)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert ada.get("/users").status == 200
    for again in (ada, CookieBrowser(room.app)):
        assert again.get(made.path).status == 404
        assert again.post(made.path, shown="/sign-in", name="eve", password=PASSWORD).status in (403, 404)
    assert [user.name for user in people.listed(admin)] == ["ada"]
    assert links.first_owner(admin) is None


def test_opening_a_link_uses_nothing_up(room, admin):
    made = links.first_owner(admin)
    for _ in range(5):
        assert CookieBrowser(room.app).get(made.path).status == 200
    assert CookieBrowser(room.app).post(made.path, name="ada", password=PASSWORD).status == 303


def test_each_start_makes_the_link_of_the_first_owner_anew(room, admin):
    before, now = links.first_owner(admin), links.first_owner(admin)
    assert CookieBrowser(room.app).get(before.path).status == 404
    assert CookieBrowser(room.app).get(now.path).status == 200


def test_a_link_of_an_owner_is_over_after_half_an_hour(room, admin):
    made, other = links.first_owner(admin), links.for_owner(admin)
    room.clock.advance(seconds=1_799)
    assert CookieBrowser(room.app).get(made.path).status == 200
    browser = CookieBrowser(room.app)
    page = browser.get(other.path)
    room.clock.advance(seconds=1)
    assert page.status == 200
    assert CookieBrowser(room.app).get(made.path).status == 404
    assert browser.post(other.path, shown="/sign-in", name="ada", password=PASSWORD).status in (403, 404)
    assert people.listed(admin) == []


def test_what_is_wrong_with_a_password_is_said_and_the_link_stays(room, admin):
    made = links.first_owner(admin)
    browser = CookieBrowser(room.app)
    for name, password, sentence in (
        ("ada", "short", "at least 10 characters"),
        ("ada", "aaaaaaaaaaaaaaa", "too easy to guess"),
        ("ada-lovelace", "Ada-Lovelace", "too easy to guess"),
        ("two words", PASSWORD, "Choose a name of at most 64 letters"),
        ("", PASSWORD, "Choose a name of at most 64 letters"),
    ):
        answer = browser.post(made.path, name=name, password=password)
        assert answer.status == 400
        assert sentence in answer.text
        assert f'value="{password}"' not in answer.text
    assert browser.post(made.path, name="ada", password=PASSWORD).status == 303


def test_an_invitation_makes_the_user_it_says_and_no_other(room, admin):
    made = links.invite(admin, "grace", Role.VIEWER, "hats")
    browser = CookieBrowser(room.app)
    browser.post(made.path, name="eve", password=PASSWORD, role="owner", workspace="")
    (user,) = people.listed(admin)
    assert (user.name, user.role, user.workspace) == ("grace", Role.VIEWER, "hats")


def test_a_forgotten_password_is_chosen_anew_and_ends_what_was_signed_in(room, admin):
    old = CookieBrowser(room.app)
    old.post(links.for_owner(admin).path, name="ada", password=PASSWORD)
    made = links.for_owner(admin, "ada")
    new = CookieBrowser(room.app)
    assert "Choose a new password" in new.get(made.path).text
    assert new.post(made.path, password="another four words").status == 303
    assert new.is_signed_in()
    assert not old.is_signed_in()
    assert old.post("/sign-in", name="ada", password=PASSWORD).status == 400


def test_a_guessed_link_lets_nobody_in_and_guessing_comes_to_an_end(room, admin):
    links.first_owner(admin)
    browser = CookieBrowser(room.app)
    answers = [browser.get(f"/welcome/guess-{n}") for n in range(12)]
    assert {answer.status for answer in answers} == {404, 429}
    assert "was used, has expired, or was revoked" in answers[0].text
    assert answers[-1].headers["retry-after"]


def test_the_text_of_a_link_is_kept_nowhere(room, admin):
    made = links.first_owner(admin)
    db = room.store._connection.db
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    assert all(made.text not in str(db.execute(f'SELECT * FROM "{name}"').fetchall()) for name in tables)


def test_a_client_looks_at_one_workspace_as_often_as_they_like(room, admin):
    made = links.show_workspace(admin, "Hats Ltd", "hats", days=2)
    for _ in range(3):
        client = CookieBrowser(room.app)
        assert "shows what became of the events of" in client.get(made.path).text
        assert not client.is_signed_in()
        assert client.post(made.path).status == 303
        page = client.get("/")
        assert "link Hats Ltd" in page.text
    assert [client.get(path).status for path in ("/users", "/account", "/metrics")] == [403, 404, 403]
    room.clock.advance(seconds=2 * 86_400)
    assert not client.is_signed_in()
    assert client.get(made.path).status == 404


def test_a_revoked_link_ends_what_it_opened(room, admin):
    made = links.show_workspace(admin, "Hats Ltd", "hats", days=30)
    client = CookieBrowser(room.app)
    client.post(made.path)
    assert client.is_signed_in()
    links.revoke(admin, made.row.id)
    assert not client.is_signed_in()
    assert client.get(made.path).status == 404


def test_a_session_by_a_link_outlives_neither_the_link_nor_fourteen_days(room, admin):
    client = CookieBrowser(room.app)
    client.post(links.show_workspace(admin, "Hats Ltd", "hats", days=1).path)
    assert "Max-Age=86400;" in client.set[-1]
    longer = CookieBrowser(room.app)
    longer.post(links.show_workspace(admin, "Hats Ltd", "hats", days=300).path)
    assert "Max-Age=1209600;" in longer.set[-1]


def test_a_link_of_a_workspace_makes_no_user_and_an_invitation_no_visitor(room, admin):
    shown, invited = links.show_workspace(admin, "Hats Ltd", "hats", days=1), links.invite(admin, "grace", Role.MEMBER)
    CookieBrowser(room.app).post(shown.path, name="eve", password=PASSWORD)
    assert people.listed(admin) == []
    with pytest.raises(links.NotFound):
        links.opening(room.store.users, invited.text[:-1], room.clock.now_ms())
