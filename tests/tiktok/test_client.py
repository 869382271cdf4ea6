import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from twinbeam.core.delivery import Accepted, Answered, Lane, Lease, Refused, TokenRejected, TryLater
from twinbeam.destinations.tiktok.client import TikTok
from twinbeam.destinations.tiktok.verdicts import MESSAGE_LIMIT
from twinbeam.destinations.tiktok.wire import compose

TOKEN = "s3cret-token-of-the-shop"
BODY_MARK = "order-77"


class EmulatorProcess:
    """TikTok's side in a process of its own, steered over HTTP."""

    def __init__(self):
        source = Path(__file__).parents[2] / "src"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tiktok_emulator", "--port", "0"],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(source)},
            text=True,
        )
        facts = json.loads(self._process.stdout.readline())
        self.url, self.pixel, self.token = facts["url"], facts["pixel"], facts["token"]
        self._wait_until_it_answers()

    def control(self, method, path, **body):
        data = json.dumps(body).encode() if method == "POST" else None
        request = Request(f"{self.url}/_control/{path}", data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def _wait_until_it_answers(self):
        for _ in range(500):
            with suppress(URLError):
                return self.control("GET", "switches")
            time.sleep(0.01)
        raise TimeoutError(self.url)

    def requests(self):
        return self.control("GET", "requests?body=1")["items"]

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def running_emulator():
    emulator = EmulatorProcess()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator):
    running_emulator.control("DELETE", "trouble")
    running_emulator.control("POST", "reset")
    return running_emulator


def a_lease(pixel="C0TWINBEAMDEMO000001", count=1, **changes):
    lane = Lane(id=1, workspace="shop", event_source="web", source_id=pixel)
    event = {
        "event_time": 1_790_000_000,
        "user": {"ttclid": "E.C.P.1"},
        "page": {"url": "https://shop.example/"},
        "properties": {"value": 20.5, "currency": "EUR", "order_id": "77"},
    }
    events = [
        ("Purchase", json.dumps({"event_id": f"{BODY_MARK}-{number}", **event, **changes}).encode())
        for number in range(count)
    ]
    return Lease(batch=1, lane=lane, body=compose(lane, events), count=count, attempt=1)


def deliver(url, lease=None, *, token=TOKEN, **options):
    """Deliver one batch with a client of its own."""

    async def once():
        client = TikTok(base_url=url, token=lambda lane: token, **options)
        try:
            return await client.deliver(lease or a_lease())
        finally:
            await client.close()

    return asyncio.run(once())


@asynccontextmanager
async def raw_server(answer):
    """Listen on a free port; `answer(reader, writer)` speaks after the request was read."""

    async def serve(reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(size)
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def deliver_to(answer, **options):
    """Deliver one batch to a raw server."""

    async def once():
        async with raw_server(answer) as url:
            client = TikTok(base_url=url, token=lambda lane: TOKEN, **options)
            try:
                return await client.deliver(a_lease())
            finally:
                await client.close()

    return asyncio.run(once())


def says(*chunks):
    """Write these bytes and close."""

    async def answer(reader, writer):
        for chunk in chunks:
            writer.write(chunk)
        await writer.drain()

    return answer


def http(status_line, body, *headers):
    head = [f"HTTP/1.1 {status_line}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def test_an_accepted_batch_arrives_byte_for_byte_and_counts(emulator):
    lease = a_lease(count=3)
    verdict = deliver(emulator.url, lease, token=emulator.token)
    assert isinstance(verdict, Accepted)
    (request,) = emulator.requests()
    assert verdict.answer == Answered(200, 0, "OK", request["request_id"])
    assert request["path"] == "/open_api/v1.3/event/track/"
    assert request["body"].encode() == lease.body
    counted = emulator.control("GET", "counted")["items"]
    assert [each["event_id"] for each in counted] == [f"{BODY_MARK}-{number}" for number in range(3)]
    assert emulator.control("GET", "faults?grave=1")["items"] == []


def test_a_batch_with_one_bad_event_is_refused_with_tiktoks_message(emulator):
    verdict = deliver(emulator.url, a_lease(event_time="yesterday"), token=emulator.token)
    assert isinstance(verdict, Refused)
    assert (verdict.answer.status, verdict.answer.code) == (400, 40002)
    assert "event_time" in verdict.answer.message


def test_a_wrong_token_is_told_from_bad_events(emulator):
    verdict = deliver(emulator.url, token="not-the-token")
    assert isinstance(verdict, TokenRejected)
    assert verdict.answer.code == 40105


def test_a_foreign_pixel_is_a_matter_of_access(emulator):
    verdict = deliver(emulator.url, a_lease(pixel="C0SOMEBODYELSES00001"), token=emulator.token)
    assert isinstance(verdict, TokenRejected)
    assert verdict.answer.code == 40001


@pytest.mark.parametrize("mode", ["portal", "always200"])
@pytest.mark.parametrize(
    ("trouble", "kind", "code"),
    [
        ({"kind": "rate_limit"}, TryLater, 40100),
        ({"kind": "rate_limit", "status": 429}, TryLater, 40100),
        ({"kind": "rate_limit", "status": 200}, TryLater, 40100),
        ({"kind": "code", "code": 50000}, TryLater, 50000),
        ({"kind": "code", "code": 51012}, TryLater, 51012),
        ({"kind": "code", "code": 40002}, Refused, 40002),
        ({"kind": "partial"}, Refused, 20001),
        ({"kind": "token_revoked"}, TokenRejected, 40105),
        ({"kind": "token_foreign"}, TokenRejected, 40001),
        ({"kind": "html_502"}, TryLater, None),
        ({"kind": "status", "status": 429}, TryLater, None),
        ({"kind": "status", "status": 200}, TryLater, None),
        ({"kind": "truncated"}, TryLater, None),
        ({"kind": "reset"}, TryLater, None),
    ],
)
def test_each_trouble_gets_its_verdict(emulator, mode, trouble, kind, code):
    emulator.control("POST", "switches", http_status_mode=mode)
    emulator.control("POST", "trouble", times=1, **trouble)
    verdict = deliver(emulator.url, token=emulator.token)
    emulator.control("POST", "switches", http_status_mode="portal")
    assert isinstance(verdict, kind)
    assert verdict.answer.code == code
    if isinstance(verdict, TryLater):
        assert verdict.arrived is (code != 40100)


def test_a_retry_after_is_passed_on(emulator):
    emulator.control("POST", "trouble", kind="rate_limit", times=1, retry_after_seconds=7)
    assert deliver(emulator.url, token=emulator.token).retry_after_seconds == 7.0


@pytest.mark.parametrize("trouble", [{"kind": "hang", "seconds": 1}, {"kind": "slow_body", "seconds": 2}])
def test_an_answer_that_does_not_come_in_time_may_stand_for_a_delivery(emulator, trouble):
    emulator.control("POST", "trouble", times=1, **trouble)
    verdict = deliver(emulator.url, token=emulator.token, timeout_seconds=0.15)
    assert isinstance(verdict, TryLater)
    assert verdict.arrived
    assert verdict.answer.code is None


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_no_request_is_made(emulator, token):
    verdict = deliver(emulator.url, token=token)
    assert verdict == TokenRejected(Answered(message="no access token is saved for this event source"))
    assert emulator.requests() == []


@pytest.mark.parametrize("token", ["two\r\nlines", "caf\u00e9", "nul\x00"])
def test_a_token_that_fits_no_header_makes_no_request_and_is_not_repeated(emulator, token):
    verdict = deliver(emulator.url, token=token)
    assert isinstance(verdict, TokenRejected)
    assert token not in verdict.answer.message
    assert emulator.requests() == []


def test_the_token_is_asked_for_anew_with_every_batch(emulator):
    async def story():
        tokens = {}
        client = TikTok(base_url=emulator.url, token=lambda lane: tokens.get(lane.source_id))
        first = await client.deliver(a_lease())
        tokens[emulator.pixel] = emulator.token
        second = await client.deliver(a_lease())
        await client.close()
        return first, second

    first, second = asyncio.run(story())
    assert isinstance(first, TokenRejected)
    assert isinstance(second, Accepted)


def test_a_closed_client_opens_again(emulator):
    async def story():
        client = TikTok(base_url=emulator.url + "/", token=lambda lane: emulator.token)
        for _ in range(2):
            assert isinstance(await client.deliver(a_lease()), Accepted)
            await client.close()
        await client.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://a..b", "http://", "ftp://x", "not a url"]
)
def test_what_never_left_certainly_did_not_arrive(url):
    verdict = deliver(url, timeout_seconds=2)
    assert isinstance(verdict, TryLater)
    assert not verdict.arrived
    assert verdict.answer.status == 0


def test_a_connection_that_does_not_come_about_in_time_carried_nothing():
    async def story():
        async def hang(reader, writer):
            await reader.read()

        async with raw_server(hang) as url:
            client = TikTok(base_url=url, token=lambda lane: TOKEN, timeout_seconds=0.2, connections=1)
            holding, waiting = await asyncio.gather(client.deliver(a_lease()), client.deliver(a_lease()))
            await client.close()
        return holding, waiting

    holding, waiting = asyncio.run(story())
    assert (holding.arrived, waiting.arrived) == (True, False)


OK_BODY = b'{"code":0,"message":"OK","request_id":"20261120-9","data":{}}'


@pytest.mark.parametrize(
    "answer",
    [
        says(),
        says(b"SSH-2.0-OpenSSH_9.2\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 61\r\n\r\n", OK_BODY[:20]),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n", OK_BODY[:20], b"\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip"),
        says(http("200 OK", b"<html>Welcome to the hotel</html>")),
        says(http("204 No Content", b"")),
        says(http("502 Bad Gateway", b"<html>502</html>")),
        says(http("200 OK", b'{"code":0,"padding":"' + b"x" * 1_000_000 + b'"}')),
    ],
)
def test_an_unreadable_answer_is_neither_delivery_nor_loss(answer):
    verdict = deliver_to(answer)
    assert isinstance(verdict, TryLater)
    assert verdict.arrived
    assert verdict.answer.code is None
    assert 0 < len(verdict.answer.message) <= MESSAGE_LIMIT


def test_an_answer_that_breaks_off_keeps_its_status():
    verdict = deliver_to(says(b"HTTP/1.1 200 OK\r\nContent-Length: 61\r\n\r\n", OK_BODY[:20]))
    assert verdict.answer == Answered(200, None, "HTTP 200 without a readable answer, 20 bytes")


def test_a_redirect_is_not_followed_because_the_token_would_go_along():
    asked = []

    async def redirect(reader, writer):
        asked.append(writer)
        writer.write(http("307 Temporary Redirect", b"", "Location: /elsewhere/"))
        await writer.drain()

    verdict = deliver_to(redirect)
    assert isinstance(verdict, TryLater)
    assert verdict.answer.status == 307
    assert len(asked) == 1


def test_the_request_carries_the_documented_headers_and_no_others_of_note():
    heads = []

    async def serve(reader, writer):
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(http("200 OK", OK_BODY))
        await writer.drain()
        writer.close()

    async def story():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = TikTok(base_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", token=lambda lane: TOKEN)
        verdict = await client.deliver(a_lease())
        await client.close()
        server.close()
        return verdict

    assert isinstance(asyncio.run(story()), Accepted)
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "POST /open_api/v1.3/event/track/ HTTP/1.1"
    assert f"Access-Token: {TOKEN}" in lines
    assert "Content-Type: application/json" in lines
    assert not any(line.lower().startswith(("authorization", "cookie", "content-encoding")) for line in lines)


def test_odd_answers_raise_an_alarm_and_usual_ones_do_not():
    alarms = []

    def report(event, /, **fields):
        alarms.append((event, fields["code"], fields["status"]))

    deliver_to(says(http("200 OK", OK_BODY)), report=report)
    deliver_to(says(http("503 Busy", b"")), report=report)
    deliver_to(says(http("200 OK", b'{"code":49999,"message":"?"}')), report=report)
    deliver_to(says(http("200 OK", b"<html>")), report=report)
    assert alarms == [("tiktok.odd_answer", 49999, 200), ("tiktok.odd_answer", None, 200)]


@pytest.mark.parametrize(
    "answer", [says(http("200 OK", OK_BODY)), says(http("200 OK", b'{"code":49999}')), says(b"rubbish"), says()]
)
def test_neither_token_nor_body_is_ever_logged_reported_or_kept(caplog, answer):
    caplog.set_level(logging.DEBUG)
    told = []
    verdict = deliver_to(answer, report=lambda event, /, **fields: told.append((event, fields)))
    for text in (caplog.text, repr(told), repr(verdict), repr(TikTok(base_url="http://x", token=lambda lane: TOKEN))):
        assert TOKEN not in text
        assert BODY_MARK not in text
