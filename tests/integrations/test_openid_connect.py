"""OpenID Connect against a provider that is a process of its own, signs with real keys, and may do wrong."""

import json
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

import identity_provider
from cookie_browser import CookieBrowser
from identity_provider import CLIENT, SECRET
from running import Program, answers, ask, wait_until
from showroom import Showroom
from twinbeam.core.clock import SystemClock
from twinbeam.core.users import Role, UserRow
from twinbeam.demo.processes import free_port
from twinbeam.integrations import openid_connect
from twinbeam.integrations.openid_connect import OpenIdConnect, Registration
from twinbeam.web.contract import SignInTerms

pytestmark = pytest.mark.journey

PAGES = "http://dashboard.test"
ROLES = (("shop.example", Role.MEMBER), ("grace@shop.example", Role.OWNER))


class Provider:
    def __init__(self, folder):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._program = Program(
            [sys.executable, identity_provider.__file__, str(port)], folder / "provider", {}, folder
        )
        wait_until(lambda: answers(f"{self.url}/keys"), "the provider comes up")

    def plays(self, **what):
        ask(f"{self.url}/_play", "POST", body=json.dumps(what).encode())

    def stop(self):
        self._program.stop()


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    provider = Provider(tmp_path_factory.mktemp("provider"))
    yield provider
    provider.stop()


@pytest.fixture
def connect(provider):
    provider.plays()
    registration = Registration(provider.url, CLIENT, SECRET, f"{PAGES}/sign-in/callback", ROLES)
    return OpenIdConnect(registration, SystemClock())


@pytest.fixture
def room(tmp_path, connect):
    room = Showroom(tmp_path / "data", terms=SignInTerms(public_url=PAGES, provider=connect))
    room.store.users.add_user(UserRow(0, "owner", Role.OWNER, "", "hash", "", 1))
    yield room
    room.close()


def way_back(browser, place="/pixels?x=1"):
    """Go to the provider and give the address at which a browser comes back."""
    browser.get("/sign-in")
    begun = browser.get(f"/sign-in/provider?next={place}")
    assert begun.status == 303, begun.text
    return begun.headers["location"], ask(begun.headers["location"]).headers["location"].removeprefix(PAGES)


def come_back(browser, place="/pixels?x=1"):
    return browser.get(way_back(browser, place)[1])


def test_whoever_the_provider_vouches_for_is_let_in_and_led_on(room):
    browser = CookieBrowser(room.app)
    answer = come_back(browser)
    assert (answer.status, answer.headers["location"]) == (303, "/pixels?x=1")
    assert browser.is_signed_in()
    user = room.store.users.user_named("ada@shop.example")
    assert (user.role, user.password_hash) == (Role.MEMBER, "")
    assert "Change the password" not in browser.get("/account").text
    again = CookieBrowser(room.app)
    come_back(again)
    assert [it.name for it in room.store.users.users()] == ["owner", "ada@shop.example"]


def test_the_page_offers_the_provider_only_where_there_is_one(room, tmp_path):
    assert "/sign-in/provider" in CookieBrowser(room.app).get("/sign-in").text
    without = Showroom(tmp_path / "other" / "data")
    assert "/sign-in/provider" not in CookieBrowser(without.app).get("/sign-in").text
    assert CookieBrowser(without.app).get("/sign-in/provider").status == 404
    assert CookieBrowser(without.app).get("/sign-in/callback?code=1&state=2").status == 404
    without.close()


def test_an_address_goes_before_its_domain(room, provider):
    provider.plays(person={"sub": "p-2", "email": "grace@shop.example"})
    browser = CookieBrowser(room.app)
    come_back(browser)
    assert browser.get("/users").status == 200


def test_the_way_there_carries_state_nonce_and_a_proof_key_that_differ_each_time(room):
    seen = [parse_qs(urlsplit(way_back(CookieBrowser(room.app))[0]).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert seen[0][name] != seen[1][name]
        assert len(seen[0][name][0]) >= 32
    assert seen[0]["code_challenge_method"] == ["S256"]


DOUBTFUL = "could not be verified"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"claims": {"nonce": "another"}}, DOUBTFUL),
        ({"without": ["nonce"]}, DOUBTFUL),
        ({"claims": {"aud": "another-client"}}, DOUBTFUL),
        ({"claims": {"aud": ["another-client", "a-third"]}}, DOUBTFUL),
        ({"without": ["aud"]}, DOUBTFUL),
        ({"claims": {"azp": "another-client"}}, DOUBTFUL),
        ({"claims": {"iss": "https://evil.example"}}, DOUBTFUL),
        ({"without": ["iss"]}, DOUBTFUL),
        ({"without": ["sub"]}, DOUBTFUL),
        ({"expired_seconds": 120}, DOUBTFUL),
        ({"without": ["exp"]}, DOUBTFUL),
        ({"foreign_key": True}, DOUBTFUL),
        ({"alg": "none"}, DOUBTFUL),
        ({"alg": "HS256"}, DOUBTFUL),
        ({"names_itself": "https://evil.example"}, DOUBTFUL),
        ({"person": {"email_verified": False}}, "does not say that your e-mail address is verified"),
        ({"person": {"email_verified": "true"}}, "does not say that your e-mail address is verified"),
        ({"without": ["email"]}, "does not say that your e-mail address is verified"),
        ({"person": {"email": "ada@evil.example"}}, "not on the list of those who may sign in"),
        ({"person": {"email": "ada@notshop.example"}}, "not on the list of those who may sign in"),
        ({"person": {"email": "shop.example"}}, "does not say that your e-mail address is verified"),
        ({"declines": True}, "did not let you in"),
    ],
    ids=lambda it: json.dumps(it) if isinstance(it, dict) else "",
)
def test_what_is_wrong_with_a_token_lets_nobody_in(room, provider, wrong, sentence):
    provider.plays(**wrong)
    browser = CookieBrowser(room.app)
    answer = come_back(browser)
    assert answer.status == 403
    assert sentence in answer.text
    assert not browser.is_signed_in()
    assert [it.name for it in room.store.users.users()] == ["owner"]


def test_a_way_back_works_once_and_only_in_the_browser_that_left(room):
    browser, other = CookieBrowser(room.app), CookieBrowser(room.app)
    _, back = way_back(browser)
    other.get("/sign-in")
    answer = other.get(back)
    assert answer.status == 403
    assert "begun in another browser, or too long ago" in answer.text
    assert browser.get(back).status == 403, "it was used up by the one who had no right to it"
    _, back = way_back(browser)
    assert browser.get(back).status == 303
    assert CookieBrowser(room.app).get(back).status == 403


@pytest.mark.parametrize("query", ["", "?state=guess&code=guess", "?code=x", "?error=access_denied"])
def test_a_way_back_that_was_never_begun_lets_nobody_in(room, query):
    assert CookieBrowser(room.app).get(f"/sign-in/callback{query}").status == 403


def test_a_code_that_was_swapped_is_not_worth_a_token(room):
    browser, other = CookieBrowser(room.app), CookieBrowser(room.app)
    mine, theirs = way_back(browser)[1], way_back(other)[1]
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    state = parse_qs(urlsplit(mine).query)["state"][0]
    assert browser.get(f"/sign-in/callback?code={code}&state={state}").status == 403


def test_nobody_is_led_to_another_site(room):
    assert come_back(CookieBrowser(room.app), "https://evil.example/").headers["location"] == "/"


def test_a_new_key_of_the_provider_is_looked_up(room, provider):
    come_back(CookieBrowser(room.app))
    provider.plays(new_key=True)
    assert come_back(CookieBrowser(room.app)).status == 303


def test_a_provider_that_is_not_the_one_that_was_set_up_is_refused(room, provider):
    provider.plays(issuer="https://evil.example")
    browser = CookieBrowser(room.app)
    browser.get("/sign-in")
    answer = browser.get("/sign-in/provider")
    assert answer.status == 502
    assert "does not answer as it should" in answer.text


def test_those_on_their_way_are_bounded(room, monkeypatch):
    monkeypatch.setattr(openid_connect, "_MOST_PENDING", 2)
    first, second, third = (CookieBrowser(room.app) for _ in range(3))
    backs = [way_back(browser)[1] for browser in (first, second, third)]
    assert [browser.get(back).status for browser, back in zip((first, second, third), backs, strict=True)] == [
        403,
        303,
        303,
    ]
