"""The page of the users: for owners, and there is always one left."""

import re
from html import unescape

import pytest

from cookie_browser import CookieBrowser
from quick_passwords import PASSWORD
from reading import words
from showroom import Showroom
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.users import Role
from twinbeam.web.contract import SignInTerms


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data", terms=SignInTerms(public_url="https://pages.example"))
    room.store.save_workspace("hats", DEFAULT_WORKSPACE)
    yield room
    room.close()


def link_in(answer):
    return re.search(r"https://pages\.example(/welcome/[\w-]+)", answer.text)[1]


def test_an_owner_invites_somebody_who_then_is_in_the_list(room):
    answer = room.post("/users", do="invite", name="grace", role="viewer", workspace="hats")
    assert "Copy it now and send it by a private way" in answer.text
    grace = CookieBrowser(room.app)
    assert grace.post(link_in(answer), password=PASSWORD).status == 303
    told = words(room.get("/users"))
    assert "grace viewer of hats" in told
    assert "invitation" not in told.partition("Invite")[2], "the link is used up"


def test_a_link_is_shown_once(room):
    text = link_in(room.post("/users", do="show", name="Hats Ltd", workspace="hats", days="30"))
    page = room.get("/users")
    assert text not in page.text
    assert "workspace viewer of hats Hats Ltd" in words(page)


def test_the_link_of_a_client_opens_that_workspace_until_it_is_revoked(room):
    path = link_in(room.post("/users", do="show", name="Hats Ltd", workspace="hats", days="30"))
    client = CookieBrowser(room.app)
    client.post(path)
    assert client.is_signed_in()
    number = re.search(r'name="link" value="(\d+)"', room.get("/users").text)[1]
    assert room.post("/users", do="revoke", link=number).status == 303
    assert not client.is_signed_in()


def test_a_role_is_changed_and_a_user_disabled_and_enabled(room):
    room.signed_in("member")
    assert room.post("/users", do="decide", name="member", role="owner", workspace="").status == 303
    assert room.store.users.user_named("member").role is Role.OWNER
    assert room.post("/users", do="disable", name="member").status == 303
    assert "member disabled" in words(room.get("/users"))
    assert room.post("/users", do="enable", name="member").status == 303
    assert room.store.users.user_named("member").disabled_ms is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"do": "disable", "name": "owner"}, "owner is the only owner. Make another user an owner first."),
        ({"do": "decide", "name": "owner", "role": "member"}, "owner is the only owner."),
        ({"do": "decide", "name": "ghost", "role": "member"}, "There is no user of this name"),
        ({"do": "invite", "name": "grace", "role": "king"}, "Choose a role: owner, member or viewer."),
        ({"do": "invite", "name": "a b", "role": "member"}, "Choose a name of at most 64 letters"),
        ({"do": "invite", "name": "OWNER", "role": "member"}, "There is a user OWNER already."),
        ({"do": "invite", "name": "grace", "role": "viewer", "workspace": "shoes"}, "There is no workspace shoes"),
        ({"do": "show", "name": "Hats", "workspace": "hats", "days": "0"}, "A link is valid for 1 to 366 days."),
        ({"do": "show", "name": "Hats", "workspace": "hats", "days": "x"}, "as a whole number, such as 30"),
        ({"do": "show", "name": " ", "workspace": "hats", "days": "3"}, "Write for whom the link is"),
        ({"do": "revoke", "link": "77"}, "There is no valid link of this number"),
        ({"do": "revoke", "link": "x"}, "There is no valid link of this number"),
        ({"do": "nonsense"}, "The form is not one of this page."),
        ({}, "The form is not one of this page."),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(room, form, sentence):
    room.get("/users")
    before = (room.store.users.users(), room.store.users.links())
    answer = room.post("/users", **form)
    assert answer.status == 400
    assert sentence in unescape(answer.text)
    assert (room.store.users.users(), room.store.users.links()) == before


def test_a_member_is_kept_to_no_workspace(room):
    room.post("/users", do="invite", name="grace", role="member", workspace="hats")
    assert room.store.users.links()[0].workspace == ""
