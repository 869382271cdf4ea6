"""Sessions: they begin anew with each sign-in, end in time, and end with what they rest on."""

import asyncio
import re

import pytest

from cookie_browser import CookieBrowser
from quick_passwords import HASH, PASSWORD
from showroom import Showroom
from twinbeam.admin import links, sessions
from twinbeam.admin import users as people
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.errors import StorageFull
from twinbeam.core.rules import DEFAULT_WORKSPACE
from twinbeam.core.users import Role, SessionKind, UserRow
from twinbeam.engines.stores.tables.users import UserRows
from twinbeam.web.live import view

HOUR = 3_600
DAY = 24 * HOUR


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data")
    for name, role in (("ada", Role.OWNER), ("grace", Role.OWNER)):
        room.store.users.add_user(UserRow(0, name, role, "", HASH, "", room.clock.now_ms()))
    yield room
    room.close()


@pytest.fixture
def admin(room):
    return Admin(room.store, Actor("test"), room.clock)


def signed_in(room, name="ada"):
    browser = CookieBrowser(room.app)
    assert browser.post("/sign-in", name=name, password=PASSWORD).status == 303
    return browser


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(room):
    planted = "x" * 43
    browser = CookieBrowser(room.app)
    browser.cookies["twinbeam"] = planted
    browser.post("/sign-in", name="ada", password=PASSWORD)
    assert browser.cookies["twinbeam"] != planted
    thief = CookieBrowser(room.app)
    thief.cookies["twinbeam"] = planted
    assert not thief.is_signed_in()


def test_a_session_of_the_attackers_ends_when_the_victim_signs_in_on_it(room):
    thief = signed_in(room, "grace")
    victim = CookieBrowser(room.app)
    victim.cookies.update(thief.cookies)
    page = victim.get("/account")
    token = re.search(r'name="csrf" value="(\w+)"', page.text)[1]
    victim.send("/sign-in", {"csrf": token, "name": "ada", "password": PASSWORD})
    assert "ada" in victim.get("/account").text
    assert not thief.is_signed_in()


def test_signing_out_ends_the_session_and_not_only_the_cookie(room):
    browser = signed_in(room)
    copied = CookieBrowser(room.app)
    copied.cookies.update(browser.cookies)
    answer = browser.post("/sign-out", shown="/pixels")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert "twinbeam" not in browser.cookies
    assert not copied.is_signed_in()


def test_nobody_is_signed_out_by_a_link_or_another_site(room):
    browser = signed_in(room)
    assert browser.get("/sign-out").status == 405
    assert browser.send("/sign-out", {}, {"sec-fetch-site": "cross-site"}).status == 403
    assert browser.is_signed_in()


def test_a_session_ends_after_twelve_hours_without_a_request(room):
    browser = signed_in(room)
    for _ in range(3):
        room.clock.advance(seconds=12 * HOUR - 1)
        assert browser.is_signed_in()
    room.clock.advance(seconds=12 * HOUR)
    assert not browser.is_signed_in()


def test_a_session_ends_after_fourteen_days_whatever_is_done(room):
    browser = signed_in(room)
    for _ in range(41):
        room.clock.advance(seconds=8 * HOUR)
        assert browser.is_signed_in()
    room.clock.advance(seconds=8 * HOUR)
    assert not browser.is_signed_in()


def test_it_is_noted_once_a_minute_at_most_that_a_session_is_used(room, monkeypatch):
    written = []
    see = UserRows.see_session
    monkeypatch.setattr(UserRows, "see_session", lambda rows, *said: written.append(said) or see(rows, *said))
    browser = signed_in(room)
    for _ in range(30):
        room.clock.advance(seconds=10)
        browser.get("/pixels")
    assert len(written) == 5


def test_a_full_disk_signs_nobody_out(room, monkeypatch):
    def full(*_):
        raise StorageFull("no room")

    browser = signed_in(room)
    monkeypatch.setattr(UserRows, "see_session", full)
    room.clock.advance(seconds=90)
    assert browser.is_signed_in()


def test_a_stolen_session_ends_when_the_password_is_changed(room):
    victim, thief = signed_in(room), signed_in(room)
    thief_copy = CookieBrowser(room.app)
    thief_copy.cookies.update(thief.cookies)
    answer = victim.post("/account", do="password", present=PASSWORD, password="another four words")
    assert (answer.status, answer.headers["location"]) == (303, "/account?done=password")
    assert victim.is_signed_in()
    assert not thief.is_signed_in()
    assert not thief_copy.is_signed_in()
    assert CookieBrowser(room.app).post("/sign-in", name="ada", password=PASSWORD).status == 400
    assert CookieBrowser(room.app).post("/sign-in", name="ada", password="another four words").status == 303


def test_whoever_is_disabled_is_out_at_once(room, admin):
    browser = signed_in(room, "grace")
    people.disable(admin, "grace")
    assert not browser.is_signed_in()
    people.enable(admin, "grace")
    assert not browser.is_signed_in(), "the session has ended for good"


def test_another_role_counts_at_once(room, admin):
    browser = signed_in(room, "grace")
    assert browser.get("/users").status == 200
    people.decide(admin, "grace", Role.MEMBER)
    assert browser.get("/users").status == 403


def test_nobody_signs_in_by_what_was_verified_before_a_change(room, admin):
    user = room.store.users.user_named("ada")
    room.store.users.save_password(user.id, "another")
    with pytest.raises(people.Conflict, match="changed a moment ago"):
        sessions.sign_in(admin, user, SessionKind.PASSWORD)


def test_two_thousand_sessions_by_one_link_are_a_few(room, admin):
    room.store.save_workspace("hats", DEFAULT_WORKSPACE)
    made = links.show_workspace(admin, "Hats", "hats", days=30)
    with room.store.transaction():
        first, *_, last = [sessions.visit(admin, made.text) for _ in range(2_000)]
    kept = room.store.users.sessions()
    assert len(kept) == sessions.MOST_SESSIONS
    assert last.row.id in [it.id for it in kept]
    assert first.row.id not in [it.id for it in kept]


def test_what_ended_long_ago_is_removed(room, admin):
    signed_in(room)
    links.invite(admin, "joan", Role.MEMBER)
    room.clock.advance(seconds=60 * DAY)
    signed_in(room, "grace")
    assert len(room.store.users.sessions()) == 1
    assert room.store.users.links() == []


def test_a_stream_ends_when_whoever_looks_is_signed_out(room, admin, monkeypatch):
    monkeypatch.setattr(view, "_EVERY_SECONDS", 0.01)
    browser = signed_in(room, "grace")

    def enough(text):
        if text.count("event: tick") == 3 and "event: ended" not in text:
            room.store.users.end_sessions([it.id for it in room.store.users.sessions()])
        return False

    async def watched():
        cookie = {"cookie": f"twinbeam={browser.cookies['twinbeam']}"}
        return await asyncio.to_thread(room.listen, "/live", enough=enough, headers=cookie)

    text = asyncio.run(watched())
    assert text.rstrip().endswith("data: Your sign-in has ended. Reload this page to sign in again.")
    assert text.count("event: tick") < 10


def test_signing_in_and_out_is_told_in_the_audit(room):
    browser = signed_in(room)
    browser.post("/sign-out", shown="/pixels")
    told = [(line.who, line.what, line.after) for line in room.store.changes(limit=2)]
    assert told == [("ada", "sign-in ada", "signed out"), ("ada", "sign-in ada", "signed in by password")]
