"""The Marketing API's client against the emulator, and against servers that lie, flood and never end."""

import asyncio
import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tiktok_emulator.accounts import DEFAULT_ADVERTISER, DEFAULT_APP, DEFAULT_PIXEL, DEFAULT_SECRET, DEFAULT_TOKEN
from tiktok_emulator.embed import Emulator
from twinbeam.core.accounts import AccountProblem, AccountTrouble, AdvertiserSeen, DeveloperApp, Granted
from twinbeam.integrations.tiktok import client as its
from twinbeam.integrations.tiktok.client import MarketingClient

APP = DeveloperApp(DEFAULT_APP, DEFAULT_SECRET)


@pytest.fixture
def tiktok():
    with Emulator() as emulator:
        yield emulator


def asked(url, ask, **options):
    """Ask by a client and close it again."""

    async def asking():
        client = MarketingClient(base_url=url, **options)
        try:
            return await ask(client)
        finally:
            await client.close()

    return asyncio.run(asking())


def code_of(url):
    """Confirm the consent page as an advertiser does, and return the code that comes back."""
    where = urlsplit(MarketingClient(base_url=url).consent_url(APP.id, "a&b", "https://pages.example/back?x=1"))
    connection = http.client.HTTPConnection(where.netloc)
    connection.request("POST", f"{where.path}?{where.query}")
    back = parse_qs(urlsplit(connection.getresponse().getheader("location")).query)
    connection.close()
    assert (back["state"], back["x"]) == (["a&b"], ["1"])
    return back["auth_code"][0]


def test_a_code_becomes_a_token_that_lists_and_is_revoked(tiktok):
    code = code_of(tiktok.url)
    granted = asked(tiktok.url, lambda client: client.exchange(APP, code))
    assert (granted.advertiser_ids, granted.scopes) == ((DEFAULT_ADVERTISER,), ("4",))
    listed = asked(tiktok.url, lambda client: client.advertisers(APP, granted.token))
    assert listed == (AdvertiserSeen(DEFAULT_ADVERTISER, "Demo advertiser"),)
    assert asked(tiktok.url, lambda client: client.revoke(APP, granted.token)) is None
    again = asked(tiktok.url, lambda client: client.revoke(APP, granted.token))
    assert again.problem is AccountProblem.TOKEN_REVOKED
    tiktok.allow("bad_token")
    gone = asked(tiktok.url, lambda client: client.advertisers(APP, granted.token))
    assert gone.problem is AccountProblem.TOKEN_REVOKED
    used = asked(tiktok.url, lambda client: client.exchange(APP, code))
    assert used.problem is AccountProblem.CODE_USED


def test_a_wrong_secret_is_the_apps_trouble(tiktok):
    said = asked(tiktok.url, lambda client: client.exchange(DeveloperApp(DEFAULT_APP, "wrong-secret"), "x"))
    assert said.problem is AccountProblem.APP_FORBIDDEN
    assert "wrong-secret" not in str(said)


def test_pixels_and_their_counts_are_read(tiktok):
    page = asked(tiktok.url, lambda client: client.pixel_page(DEFAULT_TOKEN, DEFAULT_ADVERTISER, 1))
    (pixel,) = page.pixels
    assert (pixel.code, pixel.name, pixel.owned, page.total_pages) == (DEFAULT_PIXEL, "Demo pixel", True, 1)
    day = tiktok.now_ms // 86_400_000
    stats = asked(
        tiktok.url, lambda client: client.event_stats(DEFAULT_TOKEN, DEFAULT_ADVERTISER, [pixel.pixel_id], day)
    )
    assert stats == ()


@pytest.mark.parametrize("status", [200, 401, 429])
def test_a_rate_limit_is_one_under_any_status(tiktok, status):
    tiktok.switch(marketing_queries_per_second=1, marketing_limit_status=status, retry_after_seconds=5)
    tiktok.freeze()
    ask = lambda client: client.pixel_page(DEFAULT_TOKEN, DEFAULT_ADVERTISER, 1)  # noqa: E731
    asked(tiktok.url, ask)
    said = asked(tiktok.url, ask)
    assert (said.problem, said.retry_after_seconds) == (AccountProblem.RATE_LIMITED, 5.0)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("reset", "unreachable"), ("html_502", "tiktok_trouble"), ("truncated", "unreachable"), ("hang", "unreachable")],
)
def test_trouble_on_the_way_is_told(tiktok, kind, problem):
    tiktok.trouble(kind)
    said = asked(
        tiktok.url, lambda client: client.pixel_page(DEFAULT_TOKEN, DEFAULT_ADVERTISER, 1), timeout_seconds=0.5
    )
    assert said.problem == AccountProblem(problem)


class Liar(BaseHTTPRequestHandler):
    """A server that answers what its test wants; `seen` keeps how much of the answer was taken."""

    protocol_version = "HTTP/1.1"
    body, headers_, status, chunks, seen = b"{}", {}, 200, 1, None

    def do_GET(self):
        self.send_response(self.status)
        for name, value in self.headers_.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(self.body) * self.chunks))
        self.end_headers()
        try:
            for _ in range(self.chunks):
                self.wfile.write(self.body)
                self.seen.append(len(self.body))
        except OSError:
            self.close_connection = True

    do_POST = do_GET  # noqa: N815 -- the name is of the standard library

    def log_message(self, *_):
        pass


@contextmanager
def a_liar(**answer):
    handler = type("Answering", (Liar,), answer | {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()


def test_an_answer_of_100_megabytes_is_read_no_further_than_its_limit():
    with a_liar(body=b" " * 1_000_000, chunks=100) as (url, liar):
        said = asked(url, lambda client: client.pixel_page("t", "1", 1))
        assert said.problem is AccountProblem.MALFORMED
        assert sum(liar.seen) < its.ANSWER_LIMIT_BYTES + 8_000_000  # what sockets hold


def test_a_redirect_is_not_followed_with_a_secret():
    with a_liar(status=302, headers_={"location": "http://127.0.0.1:1/elsewhere"}) as (url, _):
        said = asked(url, lambda client: client.exchange(APP, "code"))
        assert said.problem is AccountProblem.MALFORMED


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"<html>", b'{"code": 0}', b'{"code": 0, "data": {"pixels": null}}', b"\xff\xfe"]
)
def test_an_answer_that_makes_no_sense_is_malformed(body):
    with a_liar(body=body) as (url, _):
        assert asked(url, lambda client: client.pixel_page("t", "1", 1)).problem is AccountProblem.MALFORMED


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nobody.invalid", "http://[::1]:1"])
def test_nobody_there_is_unreachable_and_the_secret_stays_out_of_what_is_told(url):
    said = asked(url, lambda client: client.advertisers(DeveloperApp("1", "s3cret-of-the-app"), "t0ken"))
    assert isinstance(said, AccountTrouble)
    assert said.problem is AccountProblem.UNREACHABLE
    assert "s3cret" not in str(said)
    assert "t0ken" not in str(said)


def test_a_proxy_that_is_set_is_used(tiktok):
    with a_liar(body=json.dumps({"code": 0, "data": {"access_token": "by-the-proxy"}}).encode()) as (proxy, _):
        said = asked("http://tiktok.invalid", lambda client: client.exchange(APP, "x"), proxy=proxy)
    assert said == Granted("by-the-proxy")
