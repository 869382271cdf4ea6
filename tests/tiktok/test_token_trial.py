"""Trying a token against TikTok's side: every verdict, and that nothing that is asked ever counts or tells the token."""

import asyncio
import contextlib
import logging
import socket

import pytest

from tiktok_emulator.accounts import Advertiser, EventSet, Pixel, Seed, Token
from tiktok_emulator.embed import Emulator
from twinbeam.admin.token_check import TrialOf, Tried
from twinbeam.admin.token_record import TokenVerdict
from twinbeam.core.clock import HandClock
from twinbeam.core.delivery import Answered
from twinbeam.destinations.tiktok.token_trial import TikTokTrial, trial_request, verdict_of, verdict_of_code
from twinbeam.destinations.tiktok.verdicts import ACCESS_CODES, CODES

V = TokenVerdict
OTHERS_PIXEL = "C0SOMEBODYELSES00001"
OFFLINE, CRM = "7412345678901234567", "7412345678901234568"
SECRET = "s3cret-token-of-the-shop"


@pytest.fixture(scope="module")
def running():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def tiktok(running):
    return begun_anew(running)


def begun_anew(running):
    """Give TikTok's side as it is before each trial."""
    running.reset()
    running.seed(
        Seed(
            advertisers=[Advertiser(id="7000000000000000009")],
            pixels=[Pixel(code=OTHERS_PIXEL, advertiser_id="7000000000000000009")],
            event_sets=[EventSet(id=OFFLINE, kind="offline"), EventSet(id=CRM, kind="crm")],
            tokens=[Token(token=SECRET)],
        )
    )
    return running


def tried(url, *, token=SECRET, code=None, kind="web", test_code="", **how):
    of = TrialOf("main", code or Emulator.pixel, kind, test_code)
    return asyncio.run(TikTokTrial(url, HandClock(), **how)(of, token))


def script(**trouble):
    return lambda tiktok: tiktok.trouble(**trouble)


def nothing(_tiktok):
    pass


CODE = Emulator.test_code
ANSWERS = [
    ("a test event is taken", nothing, {"test_code": CODE}, V.GOOD),
    ("a test event of an offline set", nothing, {"test_code": CODE, "code": OFFLINE, "kind": "offline"}, V.GOOD),
    ("a test event of a CRM set", nothing, {"test_code": CODE, "code": CRM, "kind": "crm"}, V.GOOD),
    ("the probe is refused as it must be", nothing, {}, V.UNPROVEN),
    ("the probe of an event set", nothing, {"code": OFFLINE, "kind": "offline"}, V.UNPROVEN),
    ("the probe is taken", script(kind="code", code=0), {}, V.UNPROVEN),
    ("a pixel of another account", nothing, {"code": OTHERS_PIXEL}, V.WRONG_ACCOUNT),
    ("the same by a test event", nothing, {"code": OTHERS_PIXEL, "test_code": CODE}, V.WRONG_ACCOUNT),
    ("a pixel that nobody has", nothing, {"code": "C0NOBODYSPIXELCODE01"}, V.WRONG_ACCOUNT),
    ("no role at the advertiser", script(kind="code", code=40301), {}, V.WRONG_ACCOUNT),
    ("no scope", script(kind="code", code=40130), {}, V.WRONG_SCOPE),
    ("no endpoint", script(kind="code", code=40117), {"test_code": CODE}, V.WRONG_SCOPE),
    ("a token that nobody made", nothing, {"token": "nonsense"}, V.EXPIRED),
    ("a revoked token", script(kind="token_revoked"), {"test_code": CODE}, V.EXPIRED),
    ("an expired token", script(kind="code", code=40102), {}, V.EXPIRED),
    ("no token arrives", script(kind="code", code=40104), {}, V.EMPTY),
    ("the app is forbidden", script(kind="code", code=40113), {}, V.APP_FORBIDDEN),
    ("a developer is rejected", script(kind="code", code=40124), {}, V.APP_FORBIDDEN),
    ("too many requests", script(kind="rate_limit"), {}, V.RATE_LIMITED),
    ("the same with 200", script(kind="rate_limit", status=200), {"test_code": CODE}, V.RATE_LIMITED),
    ("a bare 429", script(kind="status", status=429), {}, V.RATE_LIMITED),
    ("a page of a proxy", script(kind="html_502"), {}, V.UNREACHABLE),
    ("trouble on TikTok's side", script(kind="code", code=50000), {"test_code": CODE}, V.UNREACHABLE),
    ("a broken connection", script(kind="reset"), {}, V.UNREACHABLE),
    ("half an answer", script(kind="truncated", status=200), {}, V.UNEXPECTED),
    ("a bare 200", script(kind="status", status=200), {}, V.UNEXPECTED),
    ("a bare 404", script(kind="status", status=404), {}, V.UNEXPECTED),
    ("a test event is refused", script(kind="code", code=40002), {"test_code": CODE}, V.UNEXPECTED),
    ("a code that nobody knows", script(kind="code", code=49999), {}, V.UNEXPECTED),
    ("a part is taken", script(kind="partial"), {"test_code": CODE}, V.UNEXPECTED),
]


@pytest.mark.pixels("bad-token")
def test_token_answers(running, record_property):
    trials = [(mode, *row) for mode in ("portal", "always200") for row in ANSWERS]
    wrong = [f"{trial[1]} ({trial[0]}): {failure}" for trial in trials if (failure := mistaken(running, *trial))]
    record_property("figures", f"token answers {len(trials) - len(wrong)} of {len(trials)}")
    assert wrong == []


def mistaken(running, mode, _what, prepare, asked, verdict):
    """Try a token, and tell what is wrong about the verdict, or nothing."""
    tiktok = begun_anew(running)
    tiktok.switch(http_status_mode=mode)
    prepare(tiktok)
    said = tried(tiktok.url, **asked)
    if said.verdict is not verdict or said.proven is not (verdict is V.GOOD) or not said.message:
        return f"{said} is not {verdict}"
    return "it counts" if tiktok.counted() else ""


def test_every_verdict_is_reached():
    assert {row[3] for row in ANSWERS} == set(V)


@pytest.mark.parametrize("position", ["before", "after"])
def test_where_the_right_to_the_pixel_is_looked_at_last_a_test_code_still_tells(tiktok, position):
    tiktok.switch(permission_checked=position)
    bare, tested = (tried(tiktok.url, code=OTHERS_PIXEL, test_code=code) for code in ("", CODE))
    assert bare.verdict is (V.WRONG_ACCOUNT if position == "before" else V.UNPROVEN)
    assert tested.verdict is V.WRONG_ACCOUNT


def test_a_closed_port_and_a_name_that_nobody_has_are_told_as_such():
    with contextlib.closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://nowhere.invalid"):
        said = tried(url, seconds=5)
        assert (said.verdict, said.code) == (V.UNREACHABLE, None)


def test_nobody_waits_longer_than_said_for_a_server_that_hangs(tiktok):
    tiktok.trouble("hang", seconds=5)
    assert tried(tiktok.url, seconds=0.3).verdict is V.UNREACHABLE


@pytest.mark.parametrize("test_code", ["", CODE])
def test_what_is_asked_goes_the_way_of_every_delivery_and_is_about_nobody(tiktok, test_code):
    tried(tiktok.url, test_code=test_code)
    (request,) = tiktok.requests()
    assert request["path"] == "/open_api/v1.3/event/track/"
    assert (
        request["body"].encode()
        == trial_request(TrialOf("main", Emulator.pixel, "web", test_code), HandClock().now_ms()).body
    )
    assert not {fault["rule"] for fault in tiktok.faults()} & {"unhashed_pii", "pii_in_url", "unknown_field"}
    if test_code:
        assert tiktok.complaints() == []
        assert [copy["test_code"] for copy in tiktok.received()] == [CODE]


@pytest.mark.parametrize("trouble", [{"code": 40105}, {"code": 49999}, {"code": 40001}])
def test_the_token_is_never_told_even_where_tiktok_repeats_it(tiktok, caplog, trouble):
    caplog.set_level(logging.DEBUG)
    tiktok.trouble("code", message=f"The token {SECRET} is wrong.", **trouble)
    said = tried(tiktok.url)
    assert said.message == "The token [token] is wrong."
    for text in (repr(said), caplog.text, repr(TikTokTrial("http://x", HandClock()))):
        assert SECRET not in text


@pytest.mark.parametrize("tested", [True, False])
def test_a_token_is_refused_by_exactly_the_codes_that_stop_a_lane(tested):
    refused = {code for code in CODES if verdict_of(Answered(200, code), tested=tested).refused}
    assert refused == ACCESS_CODES


def test_a_delivery_that_was_taken_proves_a_token():
    assert verdict_of_code(0) is V.GOOD
    assert Tried(verdict_of_code(0)).proven
