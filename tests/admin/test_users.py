"""Users, links and sessions as functions; the pages' tests try them through a browser."""

import pytest

from twinbeam.admin import links, sessions, users
from twinbeam.admin.errors import Conflict, Invalid, NotFound
from twinbeam.core.rules import MAIN
from twinbeam.core.users import Purpose, Role, SignedIn, UserRow


@pytest.fixture
def owner(admin):
    admin.store.users.add_user(UserRow(0, "ada", Role.OWNER, "", "hash", "", 1))
    return admin


def test_a_name_is_the_same_however_its_letters_are_written(owner):
    assert users.known(owner, "ADA").name == "ada"
    with pytest.raises(Conflict, match="There is a user Ada already"):
        links.invite(owner, "Ada", Role.MEMBER)


def test_there_is_always_an_owner_left(owner):
    for change in (
        lambda: users.disable(owner, "ada"),
        lambda: users.decide(owner, "ada", Role.VIEWER),
    ):
        with pytest.raises(Conflict, match="ada is the only owner"):
            change()
    owner.store.users.add_user(UserRow(0, "grace", Role.OWNER, "", "", "", 1))
    users.disable(owner, "ada")
    with pytest.raises(Conflict, match="grace is the only owner"):
        users.disable(owner, "grace")


def test_only_a_viewer_is_kept_to_a_workspace(owner):
    with pytest.raises(Invalid, match="Only a viewer"):
        links.invite(owner, "grace", Role.MEMBER, MAIN)
    with pytest.raises(NotFound, match="no workspace hats"):
        links.invite(owner, "grace", Role.VIEWER, "hats")
    assert links.invite(owner, "grace", Role.VIEWER, MAIN).row.workspace == MAIN


def test_somebody_who_is_disabled_gets_no_new_password(owner):
    owner.store.users.add_user(UserRow(0, "grace", Role.MEMBER, "", "", "", 1, disabled_ms=2))
    with pytest.raises(Conflict, match="grace is disabled"):
        links.for_password(owner, "grace")


def test_a_link_for_a_password_is_void_once_its_user_is_disabled(owner):
    owner.store.users.add_user(UserRow(0, "grace", Role.MEMBER, "", "", "", 1))
    made = links.for_password(owner, "grace")
    users.disable(owner, "grace")
    with pytest.raises(NotFound, match="not valid"):
        sessions.accept(owner, made.text, "", "hash")
    assert owner.store.users.link_by(made.row.hash).used_ms is None, "nothing of it was done"


def test_of_two_who_open_a_link_at_once_one_gets_in(owner):
    made = links.invite(owner, "grace", Role.MEMBER)
    sessions.accept(owner, made.text, "", "hash")
    with pytest.raises(NotFound):
        sessions.accept(owner, made.text, "", "hash")
    assert [user.name for user in users.listed(owner)] == ["ada", "grace"]


def test_the_links_that_are_valid_at_once_are_bounded(owner, monkeypatch):
    monkeypatch.setattr(links, "MOST_LINKS", 3)
    for n in range(3):
        links.invite(owner, f"user{n}", Role.MEMBER)
    with pytest.raises(Conflict, match="Revoke some first"):
        links.invite(owner, "user3", Role.MEMBER)
    links.revoke(owner, links.valid(owner)[0].id)
    links.invite(owner, "user3", Role.MEMBER)


def test_a_link_for_the_first_owner_is_made_while_there_is_no_user(admin):
    assert links.first_owner(admin).row.purpose is Purpose.FIRST_OWNER
    admin.store.users.add_user(UserRow(0, "ada", Role.OWNER, "", "hash", "", 1))
    assert links.first_owner(admin) is None


def test_the_link_of_the_first_owner_is_void_once_somebody_else_was_first(admin):
    printed = links.first_owner(admin)
    sessions.accept(admin, links.for_owner(admin).text, "ada", "hash")
    assert links.valid(admin) == []
    with pytest.raises(NotFound, match="not valid"):
        sessions.accept(admin, printed.text, "mallory", "hash")
    assert [user.name for user in users.listed(admin)] == ["ada"]


def test_a_provider_makes_a_user_once_and_takes_nobody_over(owner):
    first = sessions.provided(owner, "iss 1", "grace@shop.example", Role.MEMBER)
    second = sessions.provided(owner, "iss 1", "grace.hopper@shop.example", Role.OWNER)
    assert first.row.user_id == second.row.user_id
    assert users.known(owner, "grace@shop.example").role is Role.MEMBER, "owners change it on /users from then on"
    owner.store.users.add_user(UserRow(0, "joan@shop.example", Role.OWNER, "", "hash", "", 1))
    with pytest.raises(Conflict, match="does not sign in by the provider"):
        sessions.provided(owner, "iss 2", "joan@shop.example", Role.MEMBER)
    with pytest.raises(Conflict, match="does not sign in by the provider"):
        sessions.provided(owner, "iss 3", "grace@shop.example", Role.MEMBER)
    users.disable(owner, "grace@shop.example")
    with pytest.raises(Conflict, match="is disabled"):
        sessions.provided(owner, "iss 1", "grace@shop.example", Role.MEMBER)


def test_whom_a_session_stands_for(owner):
    opened = sessions.sign_in(owner, users.known(owner, "ada"), sessions.SessionKind.PASSWORD)
    found = owner.store.users.presented(links.fingerprint(opened.text))
    now_ms = owner.clock.now_ms()
    assert sessions.signed_in_by(found, now_ms) == SignedIn("ada", Role.OWNER, "", opened.row.id, 1)
    assert sessions.signed_in_by(found, now_ms + sessions.IDLE_MS) is None
    assert sessions.signed_in_by(None, now_ms) is None
    assert owner.store.users.presented(links.fingerprint(opened.text + "x")) is None
