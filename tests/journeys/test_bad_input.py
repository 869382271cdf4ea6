"""Whatever comes in over the socket: never a 5xx, never a lost neighbour, and the same process goes on."""

import gzip
import json
import random
import socket
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import pytest

from gateway import Shop, a_shop
from running import answers, wait_until
from shoppers import a_purchase, a_seed, a_view

pytestmark = pytest.mark.journey

MIB = 1024**2
LEAST_READABLE = b'{"events":[{"event":"ViewContent"}]}'


@pytest.fixture(scope="module")
def furnished(tmp_path_factory):
    with a_shop(tmp_path_factory.mktemp("bad")) as opened:
        yield opened


@pytest.fixture
def shop(furnished):
    """A gateway that must be the same process afterwards, take good events, and have seen no surprise."""
    pids = furnished.gateway.pids()
    yield furnished
    assert furnished.gateway.pids() == pids
    assert furnished.post(a_view("good-one-afterwards"))["accepted"] == 1
    assert [line for line in furnished.gateway.lines() if line.get("level") == "error"] == []


def head(shop: Shop, *lines: str, method: str = "POST", path: str = "/v1/events") -> bytes:
    """Write the head of a request with the server key."""
    key = f"Authorization: Bearer {shop.keys['server']}"
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: shop", key, *lines, "", ""]).encode()


def connected(shop: Shop) -> socket.socket:
    where = urlsplit(shop.gateway.intake)
    return socket.create_connection((where.hostname, where.port), timeout=10)


def said(connection: socket.socket) -> bytes:
    """Read until the other side closes or falls silent."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
            if received.endswith(b"}"):
                break
    except OSError:
        pass
    return received


def exchange(shop: Shop, *parts: bytes, hang_up: bool = False) -> bytes:
    """Send bytes as they are and give the answer; with `hang_up` the client is gone before it."""
    with closing(connected(shop)) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # it said its answer before we had said everything
        return b"" if hang_up else said(connection)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


WRONG = {
    "a number": "7",
    "null": "null",
    "text": '"an event"',
    "a list": "[]",
    "empty": "{}",
    "a number as name": '{"event":7,"event_time":1790000000}',
    "a list as time": '{"event":"ViewContent","event_time":[]}',
    "a time beyond use": '{"event":"ViewContent","event_time":1e400}',
    "a number of 5,000 digits": '{"event":"ViewContent","event_time":' + "9" * 5_000 + "}",
    "a value that is no number": '{"event":"Purchase","event_time":1790000000,"properties":{"value":NaN}}',
    "a raw line feed": '{"event":"Purchase","event_time":1790000000,"user":{"city":"Bo\n"}}',
    "a name in single quotes": "{'event':'Purchase','event_time':1790000000}",
    "an id of 300 characters": '{"event":"ViewContent","event_time":1790000000,"event_id":"' + "x" * 300 + '"}',
    "a name no platform takes": '{"event":"Bought! A lot?","event_time":1790000000}',
    "a NUL": '{"event":"ViewContent","event_time":1790000000,"event_id":"a\\u0000b"}',
    "half of a pair": '{"event":"\\ud83d","event_time":1790000000}',
    "an unknown pixel": '{"event":"ViewContent","event_time":1790000000,"pixel":"NOTOURS"}',
    "deep lists": '{"event":"ViewContent","event_time":1790000000,"user":' + "[" * 2_000 + "]" * 2_000 + "}",
    "deep objects": '{"event":"ViewContent","event_time":1790000000,"debug":' + '{"a":' * 2_000 + "1" + "}" * 2_001,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_event_is_refused_alone(shop, name):
    event_id = f"beside {name}".replace(" ", "-").replace(",", "")
    body = f'{{"events":[{WRONG[name]},{json.dumps(a_view(event_id))}]}}'
    answer = shop.send(body.encode())
    assert answer.status == 202, answer.body[:500]
    assert answer.json["accepted"] == 1
    [rejected] = answer.json["rejected"]
    assert rejected["index"] == 0
    assert all(rejected[said] for said in ("code", "message", "field", "fix"))
    assert answer.json["event_ids"] == [None, event_id]
    assert shop.story(event_id)["state"] == "delivered"


SLOPPY = {
    "a user that is text": '{"user":"ada"}',
    "a user that is a list": '{"user":[]}',
    "emails as an object": '{"user":{"email":{}}}',
    "a value that is text": '{"properties":{"value":"a lot","currency":"EURO"}}',
    "contents that are no list": '{"properties":{"contents":5}}',
    "lists inside lists": '{"user":' + "[" * 500 + "]" * 500 + "}",
    "a long browser": '{"user":{"user_agent":"' + "x" * 1_001 + '"}}',
    "a cart of 1,001": '{"properties":{"contents":[' + ",".join(["{}"] * 1_001) + "]}}",
}


@pytest.mark.parametrize("name", SLOPPY)
def test_a_side_field_beyond_repair_costs_the_field_and_not_the_purchase(shop, name):
    event_id = f"sloppy {name}".replace(" ", "-").replace(",", "")
    answer = shop.post(a_purchase(event_id) | json.loads(SLOPPY[name]))
    assert (answer["accepted"], answer["rejected"]) == (1, [])
    assert {notice["code"] for notice in answer["notices"]} & {"value_left_out", "value_mended"}
    assert shop.story(event_id)["state"] == "delivered"


NO_EVENTS = {
    "nothing": (b"", 400, "bad_json"),
    "cut": (b"{", 400, "bad_json"),
    "text": (b"hello", 400, "bad_json"),
    "followed": (b'{"events":[{}]}}', 400, "bad_json"),
    "UTF-16": (b"\xff\xfe\x00", 400, None),
    "not UTF-8": (b'{"events":"\xc3\x28"}', 400, None),
    "a list": (b"[]", 400, "bad_shape"),
    "an object of events": (b'{"events":{}}', 400, "bad_shape"),
    "no event": (b'{"events":[]}', 400, "no_events"),
    "a number as event": (b'{"events":[7]}', 422, "every_event_rejected"),
    "brackets": (b"[" * 500_000, 400, None),
    "brackets inside": (b'{"events":' + b"[" * 500_000, 400, None),
    "deeper than anybody reads": (b'{"events":[' + b"[" * 50_000 + b"]" * 50_000 + b"]}", 400, "bad_json"),
    "a byte too much": (b" " * (MIB + 1), 413, "too_large"),
    "as much as may be": (LEAST_READABLE.ljust(MIB), 422, "every_event_rejected"),
}


@pytest.mark.parametrize("name", NO_EVENTS)
def test_a_body_without_events_is_a_problem_that_says_what_to_mend(shop, name):
    body, status, code = NO_EVENTS[name]
    answer = shop.send(body)
    assert answer.status == status, answer.body[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] == (code or answer.json["code"])
    assert answer.json["fix"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"not gzip at all", 400, "bad_gzip"),
        (gzip.compress(LEAST_READABLE, mtime=0)[:-9], 400, "bad_gzip"),
        (gzip.compress(LEAST_READABLE, mtime=0) + b"more", 400, "bad_gzip"),
        (gzip.compress(bytes(64 * MIB)), 413, "too_large"),
        (gzip.compress(gzip.compress(bytes(5 * MIB), mtime=0), mtime=0), 400, None),
    ],
    ids=["no gzip", "cut", "followed", "bomb", "twice"],
)
def test_a_compressed_body_is_bounded_and_whole(shop, body, status, code):
    answer = shop.send(body, headers={"Content-Encoding": "gzip"})
    assert answer.status == status
    assert answer.json["code"] == (code or answer.json["code"])


def test_a_chunked_body_ends_at_the_limit_without_being_read_to_its_end(shop):
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    answer = exchange(shop, head(shop, "Transfer-Encoding: chunked"), *[chunk] * 64)
    assert status_of(answer) == 413


def test_a_body_that_is_announced_and_never_comes_holds_up_nobody(shop):
    with closing(connected(shop)) as silent:
        silent.sendall(head(shop, "Content-Length: 2000000000") + b"{")
        started = time.monotonic()
        assert shop.post(a_view("meanwhile"))["accepted"] == 1
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999999999999999", "5, 6", ""])
def test_a_length_that_is_none_is_not_a_surprise(shop, length):
    assert 400 <= status_of(exchange(shop, head(shop, f"Content-Length: {length}") + LEAST_READABLE)) < 500


def test_more_than_the_length_says_is_a_bad_request(shop):
    answer = exchange(shop, head(shop, f"Content-Length: {len(LEAST_READABLE)}") + LEAST_READABLE + b"surplus\r\n\r\n")
    assert 400 <= status_of(answer) < 500


def test_who_hangs_up_in_the_middle_of_a_body_leaves_nothing_behind(shop):
    body = json.dumps({"events": [a_view("half-sent")]}).encode()
    for cut in range(0, len(body), 40):
        exchange(shop, head(shop, f"Content-Length: {len(body)}") + body[:cut], hang_up=True)
    assert shop.stories(event_id="half-sent") == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"POST /v1/events\r\n\r\n",
        b"\0" * 100,
        b"A" * 100_000,
    ],
    ids=["TLS", "no path", "no version", "zeros", "an endless line"],
)
def test_what_is_not_http_is_closed_or_refused(shop, garbage):
    with closing(connected(shop)) as connection:
        connection.settimeout(1)
        connection.sendall(garbage)
        answer = said(connection)
    assert answer == b"" or 400 <= status_of(answer) < 500


def test_a_hundred_slow_clients_do_not_slow_down_a_quick_one(shop):
    with ExitStack() as slow:
        for part in range(100):
            connection = slow.enter_context(closing(connected(shop)))
            connection.sendall((head(shop, "Content-Length: 500") + b'{"events":[')[: 20 + part])
        started = time.monotonic()
        for turn in range(20):
            assert shop.post(a_view(f"quick-{turn}"))["accepted"] == 1
        assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 405), ("PUT", 405), ("DELETE", 405), ("HEAD", 405), ("BREW", 405), ("OPTIONS", 204)]
)
def test_a_wrong_method_is_told_the_right_one(shop, method, status):
    answer = exchange(shop, head(shop, "Connection: close", method=method))
    assert status_of(answer) in {status, 400 if method == "BREW" else status}
    assert status != 405 or b"allow: POST" in answer or status_of(answer) == 400


@pytest.mark.parametrize(
    "key", ["", "tbs_wrong", "tbs_" + "s" * 10_000, "\xe9\xe8"], ids=["empty", "wrong", "endless", "not ASCII"]
)
def test_an_unknown_key_is_401(shop, key):
    answer = shop.send(LEAST_READABLE, headers={"Authorization": f"Bearer {key}"})
    assert answer.status == 401
    assert answer.json["code"] == "invalid_write_key"


def test_a_revoked_and_a_missing_key_are_told_apart(shop):
    where = urlsplit(shop.gateway.intake).netloc
    with closing(HTTPConnection(where, timeout=10)) as connection:
        connection.request("POST", "/v1/events", LEAST_READABLE)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (401, "missing_key")


@pytest.mark.parametrize(
    "rounds", [pytest.param(200, id="200"), pytest.param(10_000, id="10000", marks=pytest.mark.long)]
)
def test_no_mutilated_body_is_ever_a_5xx(shop, rounds):
    rng = random.Random(a_seed())
    where = urlsplit(shop.gateway.intake).netloc
    with closing(HTTPConnection(where, timeout=10)) as connection:
        for turn in range(rounds):
            body, headers = mutilated(rng, turn)
            status = status_from(connection, body, {"Authorization": f"Bearer {shop.keys['server']}", **headers})
            assert status is None or status < 500, (status, headers, body)
    wait_until(lambda: answers(f"{shop.gateway.intake}/readyz"), "the intake answers")


def mutilated(rng: random.Random, turn: int) -> tuple[bytes, dict[str, str]]:
    """Take a good body and break it somehow; a third of them are compressed and broken after that."""
    body = bytearray(json.dumps({"events": [a_view(f"fuzz-{turn}-{place}") for place in range(3)]}).encode())
    headers = {}
    if rng.random() < 0.3:
        body, headers = bytearray(gzip.compress(bytes(body))), {"Content-Encoding": "gzip"}
    for _ in range(rng.randint(1, 20)):
        place = rng.randrange(len(body))
        match rng.randrange(4):
            case 0:
                body[place] = rng.randrange(256)
            case 1:
                del body[place : place + rng.randint(1, 30)]
            case 2:
                body[place:place] = rng.choice(
                    [b"\\u0000", b"\\ud800", b"{", b"[", b'"', b"null", b"1e999", b"\xff", b"\0"]
                )
            case 3:
                body += body[place : place + 50]
        body = body or bytearray(b"0")
    return bytes(body), headers


def status_from(connection: HTTPConnection, body: bytes, headers: dict[str, str]) -> int | None:
    """Give the status, or None where the other side closed the connection instead."""
    try:
        connection.request("POST", "/v1/events", body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        connection.close()
        return None
    return answer.status
