"""Hostile and senseless bodies: never a 5xx, always the documented envelope; 500 per endpoint, 10,000 in the long run."""

import json
import socket
from random import Random
from urllib.parse import urlencode, urlsplit

import pytest

from emulator_sender import API, PIXEL, TOKEN, Sender, beacon, event, request
from tiktok_emulator.call import Call
from tiktok_emulator.clock import Clock
from tiktok_emulator.diagnostics import diagnostics
from tiktok_emulator.dispatcher import Dispatcher
from tiktok_emulator.routes import ENDPOINTS
from tiktok_emulator.rules import Rule
from tiktok_emulator.switches import Switches
from tiktok_emulator.world import World

HEADERS = ((b"access-token", TOKEN.encode()), (b"content-type", b"application/json"))
UNLIMITED = {
    "max_queries_per_second": 0,
    "max_queries_per_minute": 0,
    "marketing_queries_per_second": 0,
    "marketing_queries_per_minute": 0,
}

event_1_0 = {"event": "Purchase", "event_id": "1", "context": {"user": {"email": "a" * 64}}, "properties": {"value": 1}}
SEEDS = {
    "/event/track/": request(event(), event(event_id="2")),
    "/pixel/track/": {"pixel_code": PIXEL, **event_1_0},
    "/pixel/batch/": {"pixel_code": PIXEL, "batch": [event_1_0, event_1_0]},
    "/oauth2/access_token/": {"app_id": "7000000000000000201", "secret": "emulator-secret", "auth_code": "x"},
    "/oauth2/revoke_token/": {"app_id": "7000000000000000201", "secret": "emulator-secret", "access_token": "x"},
    "/offline/create/": {"advertiser_id": "7000000000000000001", "name": "a", "description": "b"},
    "/api/v2/pixel": beacon(),
    "/api/v2/pixel/act": {"batch": [beacon(), beacon()]},
}
QUERIES = {
    "/pixel/list/": ["advertiser_id", "pixel_id", "code", "name", "order_by", "filtering", "page", "page_size"],
    "/pixel/event/stats/": ["advertiser_id", "pixel_ids", "date_range"],
    "/oauth2/advertiser/get/": ["app_id", "secret"],
    "/offline/get/": ["advertiser_id", "event_set_ids", "name"],
    "/crm/list/": ["advertiser_id", "event_set_ids", "name"],
}

LEAVES = [
    None, True, False, 0, 1, -1, 1.5, 2**63, 10**30, 1e300, "", " ", "null", "a", "C" * 20, "a" * 64, "A" * 64, "x" * 300,
    "\u0000", "\ud83d\ude00", "2026-11-18T11:06:40Z", "2026-11-18", 4e12, -4e12, 1e19, "https://a.example/?ttclid=x&email=a@b.example",
    [], {}, [[]], [None], ["a", 5], {"a": {"b": []}}, {"content_id": 5}, "Purchase", "CompletePayment", "10.0.0.1", "::1",
]  # fmt: skip


def anything(rng, depth=0):
    """Make up a JSON value."""
    if depth > 2 or rng.random() < 0.7:
        return rng.choice(LEAVES)
    inner = [anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    return (
        inner
        if rng.random() < 0.5
        else {rng.choice(["", "event", "user", "k"]) + str(i): v for i, v in enumerate(inner)}
    )


def places(tree, path=()):
    """List the paths of all values in a tree."""
    pairs = list(tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ())
    return [(*path, key) for key, _ in pairs] + [deep for key, each in pairs for deep in places(each, (*path, key))]


def replaced(tree, path, value):
    """Give a copy of a tree with one value replaced, or taken out if it is `...`."""
    copy = json.loads(json.dumps(tree))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copy


#: Bending these gets a body refused at the door; the interesting code lies behind it.
DOOR = {"event_source", "event_source_id", "data", "pixel_code", "batch", "context", "pixel", "code", 0, 1}


def body_of(rng, seed):
    """Bend a good body out of shape at up to three places, mostly behind the door; or make one up, or just bytes."""
    kind = rng.random()
    if kind < 0.03:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.06:
        return json.dumps(anything(rng)).encode()
    tree = seed
    for _ in range(rng.randint(1, 3)):
        known = [each for each in places(tree) if kind < 0.2 or each[-1] not in DOOR]
        if known:
            tree = replaced(tree, rng.choice(known), anything(rng) if rng.random() < 0.8 else ...)
    body = json.dumps(tree).encode()
    return body[: rng.randrange(len(body))] if kind < 0.1 else body


def check(endpoint, examples):
    """Send many bodies to one endpoint, without a socket, so that an exception is seen as itself."""
    world = World(Clock())
    dispatcher = Dispatcher(world, ENDPOINTS)
    browser = endpoint.startswith("/api/")
    path = endpoint if browser else API + endpoint
    for number in range(examples):
        rng = Random(f"{endpoint} {number}")
        body = body_of(rng, SEEDS[endpoint])
        world.reset()
        world.switches = Switches(**UNLIMITED | rng.choice([{}, PERMISSIVE, STRICT]))
        reply = dispatcher.answer(Call(method="POST", path=path, headers=HEADERS, body=body))
        assert reply.status in (200, 400), body
        assert browser or set(json.loads(reply.body)) <= {"code", "message", "request_id", "data"}
        for counted in world.ledger.counted:
            assert isinstance(counted.full(world.switches), dict)
        assert diagnostics(world) is not None


STRICT = {
    "page_required": True,
    "user_required": True,
    "property_types": "refuse",
    "currency": "refuse",
    "unhashed_identifiers": "refuse",
    "offline_names": "refuse",
    "canonical_names": False,
}
PERMISSIVE = {
    "event_time_type": "stamp",
    "user_types": "accept",
    "content_id_type": "accept",
    "merge_scope": "all",
    "bad_event_in_batch": "partial",
    "merge_conflict": "later",
    "phone_number_in_2_0": "read",
    "cookie_api_api": "drop",
    "cookie_api_first": "merge",
}


@pytest.mark.parametrize("endpoint", SEEDS)
def test_no_body_breaks_an_endpoint(endpoint):
    check(endpoint, 500)


@pytest.mark.long
@pytest.mark.parametrize("endpoint", SEEDS)
def test_no_body_of_ten_thousand_breaks_an_endpoint(endpoint):
    check(endpoint, 10_000)


@pytest.mark.parametrize("endpoint", QUERIES)
def test_no_query_breaks_an_endpoint(endpoint):
    dispatcher = Dispatcher(World(Clock(), Switches(**UNLIMITED)), ENDPOINTS)
    for number in range(500):
        rng = Random(f"{endpoint} {number}")
        query = {
            field: rng.choice([json.dumps(anything(rng)), *GOOD]) for field in QUERIES[endpoint] if rng.random() < 0.8
        }
        call = Call(method="GET", path=API + endpoint, query_string=urlencode(query).encode(), headers=HEADERS)
        reply = dispatcher.answer(call)
        assert reply.status == 200
        assert "code" in json.loads(reply.body)


GOOD = ["7000000000000000001", "1", "[]", "{}", '["7000000000000000011"]']
CONTROL = ["accounts", "switches", "trouble", "time", "diagnostics", "token"]


@pytest.mark.parametrize("path", CONTROL)
def test_no_body_breaks_the_control_api(tiktok, sender, path):
    seeds = {
        "accounts": tiktok_seed(sender),
        "switches": sender.control("GET", "/switches")["switches"],
        "trouble": {
            "kind": "code",
            "times": 1,
            "share": 0.5,
            "seconds": 0.01,
            "status": 500,
            "code": 5,
            "take_share": 0.5,
        },
        "time": {"move_seconds": 5, "at_ms": 1_800_000_000_000, "freeze": True},
        "diagnostics": {"dismiss": "stale_event_time", "pixel": PIXEL, "event": "Purchase"},
        "token": {"pixel": PIXEL},
    }
    for number in range(100):
        body = body_of(Random(f"{path} {number}"), seeds[path])
        assert sender.ask("POST", f"/_control/{path}", body).status in (200, 400), body
        assert sender.ask("GET", f"/_control/{path}").status in (200, 405)
    tiktok.reset()
    assert sender.track(event()).code == 0


def tiktok_seed(sender):
    """Give the accounts in the form in which they can be posted."""
    return {field: each for field, each in sender.control("GET", "/accounts").items() if field != "next"}


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /open_api/v1.3/event/track/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n{",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_broken_http_leaves_the_server_standing(tiktok, sender, raw):
    address = urlsplit(tiktok.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(raw)
    assert sender.track(event()).code == 0


def test_a_deep_nest_and_a_huge_text_are_refused_or_taken_not_fatal(tiktok):
    tiktok.allow("not_json", "unknown_field", "missing_event_name")
    with Sender(tiktok.url) as sender:
        for bomb in (b'{"data":' * 50_000, b"[" * 200_000, b'{"data":[' + b'{"event":' * 3_000):
            assert sender.post("/event/track/", bomb).code == 40002
        assert sender.track(event(properties={"description": "x" * 5_000_000, "value": 1, "currency": "USD"})).code == 0


def test_whatever_was_taken_can_be_shown(tiktok, sender):
    tiktok.allow(*Rule)
    tiktok.switch(**UNLIMITED | PERMISSIVE)
    for endpoint in ("/event/track/", "/pixel/batch/", "/api/v2/pixel"):
        path = endpoint if endpoint.startswith("/api/") else API + endpoint
        for number in range(150):
            body = body_of(Random(f"shown {endpoint} {number}"), SEEDS[endpoint])
            body = body.replace(b'"order-1"', b'"order-%d"' % (number // 2))
            sender.ask("POST", path, body, {"Access-Token": TOKEN})
    events = sender.control("GET", "/counted?full=1&limit=10000")["items"]
    assert len(events) > 50
    pages = ["/", f"/sources/{PIXEL}", f"/sources/{PIXEL}/tests", f"/sources/{PIXEL}/diagnostics"]
    lists = ["received", "requests?body=1", "faults", "totals", f"overview?pixel={PIXEL}", "diagnostics"]
    for path in pages + [f"/_control/{each}" for each in lists] + [f"/events/{each['seq']}" for each in events]:
        assert sender.ask("GET", path).status == 200, path


def test_a_body_without_end_is_413(monkeypatch, tiktok, sender):
    monkeypatch.setattr("tiktok_emulator.call.MAX_BODY_BYTES", 10_000)
    assert sender.post("/event/track/", b"x" * 20_000).status == 413
    assert sender.track(event()).code == 0
