"""The way in by name and password, and what stands against guessing."""

import asyncio
import re
import threading
import time
from statistics import median

import pytest
from argon2 import PasswordHasher

from cookie_browser import CookieBrowser
from quick_passwords import HASH, PASSWORD
from showroom import Showroom
from twinbeam.admin import passwords
from twinbeam.admin import users as people
from twinbeam.admin.contract import Actor, Admin
from twinbeam.core.clock import HandClock
from twinbeam.core.errors import StorageBusy
from twinbeam.core.users import Role, UserRow
from twinbeam.engines.stores.tables.users import UserRows
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.web.contract import SignInTerms
from twinbeam.web.sign_in.door import safe_place
from twinbeam.web.sign_in.hashing import AT_ONCE, MOST_WAITING, Hashing, TooManyAtOnce
from twinbeam.web.sign_in.throttle import MOST_BY_ADDRESS, MOST_BY_NAME, MOST_KEPT, WINDOW_SECONDS, Throttle, network_of


@pytest.fixture
def room(tmp_path):
    room = Showroom(tmp_path / "data", terms=SignInTerms(proxies=Proxies(["127.0.0.1"])))
    room.store.users.add_user(UserRow(0, "Ada", Role.OWNER, "", HASH, "", room.clock.now_ms()))
    yield room
    room.close()


@pytest.fixture
def ada(room):
    return CookieBrowser(room.app)


def sign_in(browser, name="ada", password=PASSWORD, place="/", **how):
    return browser.post("/sign-in", name=name, password=password, next=place, **how)


def test_a_name_and_its_password_lead_to_the_page_that_was_asked_for(ada):
    asked = ada.get("/conversions?state=held&pixel=A%26B")
    shown = ada.get(asked.headers["location"])
    place = re.search(r'name="next" value="([^"]*)"', shown.text)[1].replace("&amp;", "&")
    answer = sign_in(ada, place=place)
    assert (answer.status, answer.headers["location"]) == (303, "/conversions?state=held&pixel=A%26B")
    assert "Ada" in ada.get("/conversions").text
    assert ada.get("/sign-in").headers["location"] == "/"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(ada):
    sign_in(ada)
    line = ada.set[-1]
    assert re.fullmatch(r"twinbeam=[\w-]{43}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", line)


def test_behind_https_the_cookie_is_bound_to_the_host(room):
    secure = CookieBrowser(room.app, headers={"x-forwarded-proto": "https"})
    sign_in(secure)
    assert secure.set[0].startswith("__Host-twinbeam-form=")
    assert re.match(r"__Host-twinbeam=[\w-]{43}; Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$", secure.set[-1])
    assert secure.is_signed_in()
    # A page of a sister host may set the name without the prefix: that counts for nothing here.
    planted = CookieBrowser(room.app, headers={"x-forwarded-proto": "https"})
    planted.cookies["twinbeam"] = secure.cookies["__Host-twinbeam"]
    assert not planted.is_signed_in()


def test_only_a_hash_of_the_cookie_is_kept(room, ada):
    sign_in(ada)
    rows = room.store._connection.db.execute("SELECT * FROM user_session").fetchall()
    assert len(rows) == 1
    assert ada.cookies["twinbeam"] not in str(rows)


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("ada", "x" * 5_000)])
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(ada, name, password):
    answer = sign_in(ada, name, password)
    assert answer.status == 400
    assert "Name or password is wrong. Check both and try again." in answer.text
    assert not ada.is_signed_in()


def test_an_unknown_name_takes_as_long_as_a_known_one(room, monkeypatch):
    slow = PasswordHasher()
    monkeypatch.setattr(passwords, "_hasher", lambda: slow)
    passwords._nobodys_hash.cache_clear()
    room.store.users.save_password(room.store.users.user_named("ada").id, slow.hash(PASSWORD))

    def seconds(name, n):
        browser = CookieBrowser(room.app, address=f"198.51.100.{n}")
        page = browser.get("/sign-in")
        token = re.search(r'name="csrf" value="(\w+)"', page.text)[1]
        began = time.process_time()  # of all threads: other work on the machine is no part of it
        browser.send("/sign-in", {"csrf": token, "name": name, "password": "wrong"})
        return time.process_time() - began

    passwords.matches("", "warm up")
    pairs = [(seconds("ada", n), seconds("nobody", n)) for n in range(5)]  # by turns
    known, unknown = (median(took) for took in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


def test_somebody_who_is_disabled_is_not_told_that_the_password_was_right(room, ada):
    admin = Admin(room.store, Actor("test"), room.clock)
    room.store.users.add_user(UserRow(0, "grace", Role.OWNER, "", HASH, "", room.clock.now_ms()))
    people.disable(admin, "grace")
    assert "Name or password is wrong" in sign_in(ada, "grace").text


def test_guessing_one_name_from_many_addresses_comes_to_an_end(room):
    answers = [sign_in(CookieBrowser(room.app, address=f"198.51.100.{n}"), password=f"guess {n}") for n in range(12)]
    assert [answer.status for answer in answers] == [400] * MOST_BY_NAME + [429] * (12 - MOST_BY_NAME)
    assert "Too many tries. Wait 10 min and try again." in answers[-1].text
    assert answers[-1].headers["retry-after"] == str(WINDOW_SECONDS)
    # Even the right password waits, or a guess would be told from a miss.
    assert sign_in(CookieBrowser(room.app, address="192.0.2.1")).status == 429
    room.clock.advance(seconds=WINDOW_SECONDS)
    assert sign_in(CookieBrowser(room.app, address="192.0.2.1")).status == 303


def test_guessing_many_names_from_one_address_comes_to_an_end(room):
    browser = CookieBrowser(room.app)
    statuses = [sign_in(browser, name=f"user{n}").status for n in range(MOST_BY_ADDRESS + 1)]
    assert statuses == [400] * MOST_BY_ADDRESS + [429]
    assert sign_in(CookieBrowser(room.app, address="192.0.2.1")).status == 303


def test_an_address_cannot_be_made_up_by_whoever_tries(tmp_path):
    room = Showroom(tmp_path / "data")  # it knows no proxy
    room.signed_in()
    statuses = [
        sign_in(CookieBrowser(room.app, address=f"198.51.100.{n}"), name=f"user{n}").status
        for n in range(MOST_BY_ADDRESS + 1)
    ]
    assert statuses[-1] == 429
    room.close()


def test_the_right_password_in_between_begins_the_count_of_its_name_anew(room):
    for n in range(MOST_BY_NAME - 1):
        sign_in(CookieBrowser(room.app, address=f"198.51.100.{n}"), password="wrong")
    assert sign_in(CookieBrowser(room.app, address="192.0.2.1")).status == 303
    assert sign_in(CookieBrowser(room.app, address="192.0.2.2"), password="wrong").status == 400


def test_the_throttle_is_bounded_and_forgets_whoever_tried_longest_ago():
    throttle = Throttle(HandClock())
    for n in range(MOST_KEPT + 500):
        throttle.take(f"user{n}", f"2001:db8:{n:x}::1")
    assert len(throttle.by_name) == len(throttle.by_address) == MOST_KEPT


def test_all_addresses_of_one_ipv6_network_count_together():
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")


def test_few_hashes_are_made_at_once_and_few_wait(monkeypatch):
    going, most, done = threading.Semaphore(0), [0, 0], threading.Event()

    def slow(_password):
        most[0] += 1
        most[1] = max(most)
        going.release()
        done.wait(5)
        most[0] -= 1
        return "hash"

    monkeypatch.setattr("twinbeam.web.sign_in.hashing.hashed", slow)

    async def crowd():
        hashing = Hashing()
        tasks = [asyncio.create_task(hashing.hashed("x")) for _ in range(AT_ONCE + MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyAtOnce):
            await hashing.hashed("x")
        await asyncio.to_thread(going.acquire)
        done.set()  # the event loop turned while they hashed
        assert await asyncio.gather(*tasks) == ["hash"] * len(tasks)
        return await hashing.hashed("x")

    assert asyncio.run(crowd()) == "hash"
    assert most[1] <= AT_ONCE


def test_where_too_many_sign_in_at_once_the_next_is_asked_to_wait(ada, monkeypatch):
    async def full(*_):
        raise TooManyAtOnce

    monkeypatch.setattr(Hashing, "matches", full)
    answer = sign_in(ada)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "Many people sign in right now." in answer.text


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%0d%0aLocation: https://evil.example"[:3] + "\r\nLocation: https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/sign-out",
        "/sign-in?next=/",
        "/welcome/x",
        "/" + "x" * 3_000,
        "http:/evil.example",
        "/a\\..\\evil",
        "//[",
        "https://[evil.example",
    ],
)
def test_nobody_is_led_to_another_site(ada, place):
    assert safe_place(place) == "/"
    assert sign_in(ada, place=place).headers["location"] == "/"


@pytest.mark.parametrize("place", ["/", "/pixels", "/conversions?state=held&before=7", "/find?q=https://x.example"])
def test_pages_of_ours_are_places_to_go_on_to(place):
    assert safe_place(place) == place


def test_a_sign_in_cannot_be_begun_by_another_site(room, ada):
    # An attacker's form would sign the victim in as the attacker.
    page = CookieBrowser(room.app)
    token = re.search(r'name="csrf" value="(\w+)"', page.get("/sign-in").text)[1]
    fields = {"name": "ada", "password": PASSWORD, "csrf": token}
    assert ada.send("/sign-in", fields).status == 403, "a token of another browser"
    ada.get("/sign-in")
    assert ada.send("/sign-in", fields).status == 403
    assert page.send("/sign-in", fields, {"sec-fetch-site": "cross-site"}).status == 403
    assert page.send("/sign-in", fields).status == 303


def test_while_nobody_can_sign_in_the_page_teaches_how(tmp_path):
    room = Showroom(tmp_path / "data")
    assert "twinbeam users link" in CookieBrowser(room.app).get("/sign-in").text
    assert 'name="password"' not in CookieBrowser(room.app).get("/sign-in").text
    room.close()


def test_a_page_for_anyone_is_shown_while_the_store_cannot_be_read(ada, monkeypatch):
    sign_in(ada)

    def locked(*_):
        raise StorageBusy("locked")

    monkeypatch.setattr(UserRows, "presented", locked)
    assert [ada.get(path).status for path in ("/healthz", "/sign-in", "/pixels")] == [200, 200, 503]


def test_each_failed_try_is_reported_with_its_kind_alone(tmp_path):
    heard = []
    room = Showroom(tmp_path / "data", sign_in_failed=heard.append)
    room.store.users.add_user(UserRow(0, "Ada", Role.OWNER, "", HASH, "", room.clock.now_ms()))
    browser = CookieBrowser(room.app)
    browser.get("/sign-in")
    sign_in(browser, password="wrong")
    sign_in(browser, name="nobody")
    browser.get("/welcome/guess")
    for _ in range(MOST_BY_NAME):
        sign_in(browser, password="wrong")
    sign_in(browser)
    assert heard == ["password", "password", "link", *["password"] * (MOST_BY_NAME - 1), "too_many", "too_many"]
    room.close()


def test_a_sign_in_that_works_is_no_failed_try(tmp_path):
    heard = []
    room = Showroom(tmp_path / "data", sign_in_failed=heard.append)
    room.store.users.add_user(UserRow(0, "Ada", Role.OWNER, "", HASH, "", room.clock.now_ms()))
    browser = CookieBrowser(room.app)
    browser.get("/sign-in")
    assert sign_in(browser).status == 303
    assert heard == []
    room.close()
