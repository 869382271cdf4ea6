import asyncio
import dataclasses
import gzip
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from builders import NOW_MS, PIXEL, WORKSPACE, a_body, an_item
from door import BROWSER_KEY, READ_KEY, SERVER_KEY, Corridor, House, a_directory, a_scope
from twinbeam.core.errors import StorageBusy
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules, WorkspaceRules
from twinbeam.core.values import Channel, Notice
from twinbeam.pipeline.accept.asgi import Reply, write
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.pipeline.accept.contract import Dropped, Full, Room, Taken
from twinbeam.pipeline.accept.directory import PixelEntry
from twinbeam.pipeline.accept.problems import KINDS, MOST_BYTES, ProblemCode

BROWSER = {"authorization": f"Bearer {BROWSER_KEY}", "origin": "https://shop.example"}
SERVER = {"authorization": f"Bearer {SERVER_KEY}"}


def assert_problem(answered, code):
    assert answered.json["code"] == code
    assert answered.status == answered.json["status"] == KINDS[code].status
    assert answered.headers[b"content-type"] == b"application/problem+json"
    assert answered.json["message"]
    assert answered.json["fix"]


def test_an_event_is_taken_and_answered_with_its_id():
    house = House()
    answered = house.post(a_body())
    assert answered.status == 202
    assert answered.json == {
        "accepted": 1,
        "dropped": [],
        "held": [],
        "rejected": [],
        "notices": [],
        "event_ids": ["order-1001"],
    }
    (arrival,) = house.corridor.arrivals
    assert msgspec.to_builtins(arrival.item) == msgspec.to_builtins(an_item())
    assert (arrival.pixel, arrival.event, arrival.index) == (PIXEL, "Purchase", 0)
    assert arrival.origin.received_ms == NOW_MS
    assert (arrival.origin.source, arrival.origin.channel) == ("checkout", Channel.SERVER)


def test_the_answer_waits_for_take_and_speaks_for_every_event():
    answer = Taken(
        ["a", "b"], [Dropped(2, PIXEL, Reason.NO_CONSENT)], [Notice(0, "user.phone", "phone_unresolvable", "Left out.")]
    )
    house = House(corridor=Corridor(answer))
    answered = house.post(a_body(an_item(), {"event": "Purchase"}, an_item(event_id="b")))
    assert answered.json["accepted"] == 1
    assert answered.json["event_ids"] == ["a", None, "b"]
    assert [drop["index"] for drop in answered.json["dropped"]] == [2]
    assert answered.json["dropped"][0]["message"] == Reason.NO_CONSENT.sentence
    assert [rejected["index"] for rejected in answered.json["rejected"]] == [1]
    assert answered.json["notices"][0]["field"] == "events[0].user.phone"


def test_an_event_kept_for_one_of_two_pixels_counts_as_accepted():
    directory = a_directory(PixelEntry("A", WORKSPACE), PixelEntry("B", WORKSPACE))
    house = House(directory=directory, corridor=Corridor(Taken(["x", "x"], [Dropped(0, "B", Reason.NO_CONSENT)])))
    assert house.post(a_body()).json["accepted"] == 1
    house = House(
        directory=directory,
        corridor=Corridor(
            Taken(["x", "x"], [Dropped(0, "A", Reason.NO_CONSENT), Dropped(0, "B", Reason.CONSENT_NOT_SAID)])
        ),
    )
    assert house.post(a_body()).json["accepted"] == 0


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, ProblemCode.MISSING_KEY),
        ({"authorization": "Digest abc"}, ProblemCode.MISSING_KEY),
        ({"authorization": "Bearer tbs_unknown"}, ProblemCode.INVALID_WRITE_KEY),
        ({"authorization": f"Bearer {READ_KEY}"}, ProblemCode.READ_KEY_CANNOT_WRITE),
    ],
)
def test_a_request_without_a_fitting_key_is_refused_before_its_body_is_read(headers, code):
    house = House()
    assert_problem(house.ask(a_scope(headers=[(n.encode(), v.encode()) for n, v in headers.items()]), []), code)
    assert house.corridor.arrivals == []


def test_only_a_browser_key_is_taken_from_the_url():
    house = House()
    assert house.post(a_body(), {}, query_string=f"a=b&key={BROWSER_KEY}".encode()).status == 202
    answered = house.post(a_body(), {}, query_string=f"key={SERVER_KEY}".encode())
    assert_problem(answered, ProblemCode.SECRET_KEY_IN_URL)
    assert SERVER_KEY.encode() not in answered.body


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, ProblemCode.BAD_JSON),
        (b"{", {}, ProblemCode.BAD_JSON),
        (b'{"a":' * 100_000, {}, ProblemCode.BAD_JSON),
        (b'{"\xff":1}', {}, ProblemCode.BAD_ENCODING),
        (b"[]", {}, ProblemCode.BAD_SHAPE),
        (b"{}", {}, ProblemCode.BAD_SHAPE),
        (b'{"events":{}}', {}, ProblemCode.BAD_SHAPE),
        (b'{"events":[]}', {}, ProblemCode.NO_EVENTS),
        (b'{"events":[%s]}' % b",".join([b"{}"] * 1_001), {}, ProblemCode.TOO_MANY_EVENTS),
        (b'{"events":[{}]}', {}, ProblemCode.EVERY_EVENT_REJECTED),
        (b" " * (MOST_BYTES + 1), {}, ProblemCode.TOO_LARGE),
        (gzip.compress(a_body(), mtime=0)[:-1], {"content-encoding": "gzip"}, ProblemCode.BAD_GZIP),
        (a_body(), {"content-encoding": "br"}, ProblemCode.UNKNOWN_CONTENT_ENCODING),
        (a_body(), {"idempotency-key": "k" * 256}, ProblemCode.BAD_IDEMPOTENCY_KEY),
    ],
)
def test_each_bad_request_has_its_own_problem(body, headers, code):
    house = House()
    assert_problem(house.post(body, SERVER | headers), code)
    assert house.corridor.arrivals == []
    assert [(served.status, served.code) for served in house.served] == [(KINDS[code].status, code)]


@pytest.mark.parametrize(
    ("room", "code"), [(Room.JOURNAL, ProblemCode.JOURNAL_FULL), (Room.DISK, ProblemCode.DISK_FULL)]
)
def test_a_full_room_is_said_and_nothing_is_acknowledged(room, code):
    answered = House(corridor=Corridor(Full(room))).post(a_body())
    assert_problem(answered, code)
    assert (b"retry-after" in answered.headers) is (answered.status == 503)


@pytest.mark.parametrize(
    ("error", "code"),
    [(StorageBusy("held"), ProblemCode.UNAVAILABLE), (ValueError("ada@shop.example"), ProblemCode.INTERNAL)],
)
def test_a_surprise_is_answered_without_details_and_reported_without_its_text(error, code):
    house = House(corridor=Corridor(error))
    answered = house.post(a_body())
    assert_problem(answered, code)
    (served,) = house.served
    assert type(error).__name__ in served.surprise
    assert "door.py" in served.surprise
    assert "ada" not in served.surprise
    assert b"ada" not in answered.body


def test_fewer_ids_than_arrivals_is_a_surprise_and_not_a_wrong_answer():
    house = House(corridor=Corridor(Taken([])))
    assert_problem(house.post(a_body()), ProblemCode.INTERNAL)


def test_a_client_that_hangs_up_gets_no_answer_and_nothing_is_taken():
    house = House()
    headers = [(b"authorization", f"Bearer {SERVER_KEY}".encode())]
    assert house.ask(a_scope(headers=headers), [a_body()[:20]], cut=True) is None
    assert house.ask(a_scope(headers=headers), []) is None
    assert house.corridor.arrivals == []
    assert [served.status for served in house.served] == [499, 499]


def test_a_report_counts_what_became_of_the_events():
    house = House()
    house.post(a_body(an_item(), {}, an_item()))
    (served,) = house.served
    assert (served.accepted, served.rejected, served.source, served.path) == (2, 1, "checkout", "/v1/events")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_told_which_to_use(method):
    answered = House().post(b"", method=method)
    assert_problem(answered, ProblemCode.METHOD_NOT_ALLOWED)
    assert answered.headers[b"allow"] == b"POST, OPTIONS"


def test_head_has_the_headers_of_get_and_no_body():
    head, get = House().post(b"", method="HEAD"), House().post(b"", method="GET")
    assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


def test_a_preflight_allows_what_the_libraries_send():
    answered = House().post(b"", {"origin": "https://shop.example"}, method="OPTIONS")
    assert answered.status == 204
    assert b"content-length" not in answered.headers
    assert answered.headers[b"access-control-allow-origin"] == b"*"
    allowed = answered.headers[b"access-control-allow-headers"].split(b", ")
    assert {b"authorization", b"content-type", b"idempotency-key", b"x-retry-count", b"x-requested-with"} <= set(
        allowed
    )


def test_a_page_may_read_answers_to_a_browser_key_and_to_no_key_but_never_to_a_secret_one():
    house = House()
    assert house.post(a_body(), BROWSER).headers[b"access-control-allow-origin"] == b"*"
    assert b"access-control-allow-origin" in house.post(a_body(), {"origin": "https://shop.example"}).headers
    assert b"access-control-allow-origin" not in house.post(a_body(), SERVER | {"origin": "null"}).headers
    assert b"access-control-allow-origin" not in house.post(a_body(), {"x-write-key": BROWSER_KEY}).headers


@pytest.mark.outside("cors")
@pytest.mark.parametrize(
    ("origin", "named"),
    [
        ("https://shop.example", True),
        ("https://www.SHOP.example:8443", True),
        ("https://staging.test", True),
        ("https://workspace.example", False),  # the pixel names hosts of its own
        ("https://shop.example.evil", False),
        ("https://evil.example", False),
        ("null", False),
        ("https://shop.example@evil.example", False),
        ("", False),
    ],
)
def test_only_the_pages_of_the_shop_may_come_with_credentials(origin, named):
    rules = PixelRules(hosts=("shop.example",), staging_hosts=("staging.test",))
    directory = replace(
        a_directory(PixelEntry(PIXEL, WORKSPACE, rules=rules)),
        workspaces={WORKSPACE: WorkspaceRules(hosts=("workspace.example",))},
    )
    house = House(directory=directory)
    with_key = {"query_string": f"key={BROWSER_KEY}".encode()}
    answers = [
        house.post(a_body(an_item()), BROWSER | {"origin": origin}),
        house.post(b"{}", BROWSER | {"origin": origin}),
        house.post(b"", {"origin": origin}, method="OPTIONS", **with_key),
    ]
    for answered in answers:
        allowed = answered.headers[b"access-control-allow-origin"].decode()
        credentials = answered.headers.get(b"access-control-allow-credentials")
        assert (allowed, credentials) == ((origin, b"true") if named else ("*", None))
        assert answered.headers[b"vary"] == b"origin"
    secret = house.post(a_body(an_item()), SERVER | {"origin": origin})
    assert b"access-control-allow-origin" not in secret.headers


@pytest.mark.outside("cors")
def test_a_preflight_without_a_key_is_judged_by_the_hosts_of_all_keys():
    workspaces = {WORKSPACE: WorkspaceRules(hosts=("workspace.example",))}
    house = House(directory=replace(a_directory(), workspaces=workspaces))
    for origin, named in (("https://workspace.example", True), ("https://evil.example", False)):
        headers = house.post(b"", {"origin": origin}, method="OPTIONS").headers
        assert (headers.get(b"access-control-allow-credentials") == b"true") is named


def test_a_preflight_is_answered_before_anything_is_known_of_keys():
    def unread():
        raise StorageBusy("not read yet")

    house = House()
    house.door = dataclasses.replace(house.door, directory=unread)
    answered = house.post(b"", {"origin": "https://shop.example"}, method="OPTIONS")
    assert (answered.status, answered.headers[b"access-control-allow-origin"]) == (204, b"*")


def test_the_connection_speaks_for_the_visitor_only_with_a_browser_key():
    house = House(proxies=Proxies(["10.0.0.0/8"]))
    connection = {"user-agent": "Mozilla/5.0", "x-forwarded-for": "203.0.113.9"}
    house.post(a_body(), BROWSER | connection, client=("10.0.0.5", 4))
    house.post(a_body(), SERVER | connection, client=("10.0.0.5", 4))
    browser, server = (arrival.origin for arrival in house.corridor.arrivals)
    assert (browser.channel, browser.client_ip, browser.user_agent) == (Channel.BROWSER, "203.0.113.9", "Mozilla/5.0")
    assert (server.channel, server.client_ip, server.user_agent) == (Channel.SERVER, None, None)


def test_forwarded_for_in_several_lines_is_one_list():
    house = House(proxies=Proxies(["10.0.0.0/8"]))
    headers = [
        (b"x-write-key", BROWSER_KEY.encode()),
        (b"x-forwarded-for", b"1.1.1.1, 203.0.113.9"),
        (b"x-forwarded-for", b"10.0.0.7"),
    ]
    house.ask(a_scope(headers=headers, client=("10.0.0.5", 4)), [a_body()])
    assert house.corridor.arrivals[0].origin.client_ip == "203.0.113.9"


@pytest.mark.parametrize(
    ("headers", "peer", "country"),
    [
        (BROWSER, "10.0.0.5", "DE"),
        (BROWSER, "198.51.100.7", None),
        (SERVER, "10.0.0.5", None),
    ],
)
def test_the_country_of_a_visitor_is_told_by_a_listed_proxy_alone(headers, peer, country):
    house = House(proxies=Proxies(["10.0.0.0/8"]), country_header=b"cf-ipcountry")
    house.post(a_body(), headers | {"CF-IPCountry": "de"}, client=(peer, 4))
    assert house.corridor.arrivals[0].origin.edge_country == country


def test_without_a_setting_no_header_names_a_country():
    house = House(proxies=Proxies(["10.0.0.0/8"]))
    house.post(a_body(), BROWSER | {"CF-IPCountry": "DE"}, client=("10.0.0.5", 4))
    assert house.corridor.arrivals[0].origin.edge_country is None


@pytest.mark.parametrize(("headers", "control"), [(BROWSER, True), (SERVER, False)])
def test_a_browser_speaks_for_its_visitor_by_global_privacy_control(headers, control):
    house = House()
    for value in ("1", "0"):
        house.post(a_body(), headers | {"Sec-GPC": value})
    assert [arrival.origin.privacy_control for arrival in house.corridor.arrivals] == [control, False]


@pytest.mark.parametrize(
    ("lines", "control"),
    [
        (["1"], True),
        (["1 "], True),
        (["\t1"], True),
        (["1, 1"], True),
        (["1,1"], True),
        (["0, 1"], True),
        (["1", "0"], True),
        (["0", "1"], True),
        (["0"], False),
        (["0, 0"], False),
        (["11"], False),
        (["10"], False),
        ([""], False),
        (["yes"], False),
    ],
)
def test_global_privacy_control_is_heard_in_any_line_and_any_place_of_its_header(lines, control):
    house = House()
    headers = [(b"authorization", f"Bearer {BROWSER_KEY}".encode()), *((b"sec-gpc", it.encode()) for it in lines)]
    house.ask(a_scope(headers=headers), [a_body()])
    assert house.corridor.arrivals[0].origin.privacy_control is control


def test_a_connection_without_an_address_is_no_trouble():
    house = House()
    assert house.post(a_body(), BROWSER, client=None).status == 202
    assert house.corridor.arrivals[0].origin.client_ip is None


def test_the_idempotency_key_travels_with_the_arrival():
    house = House()
    house.post(a_body(), SERVER | {"idempotency-key": "try-1"})
    house.post(a_body(), SERVER | {"idempotency-key": ""})
    assert [arrival.origin.idempotency for arrival in house.corridor.arrivals] == ["try-1", None]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_the_content_type_is_not_looked_at(content_type):
    headers = BROWSER if content_type is None else BROWSER | {"content-type": content_type}
    assert House().post(a_body(), headers).status == 202


def test_other_paths_go_to_the_app_behind_the_door():
    async def behind(scope, receive, send):
        await write(send, Reply(200, (), scope["path"].encode()))

    assert House(fallback=behind).post(b"", path="/healthz").body == b"/healthz"
    assert_problem(House().post(b"", path="/nowhere"), ProblemCode.NOT_FOUND)


def test_a_lifespan_is_lived_to_its_end():
    sent = []

    async def live():
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive():
            return next(messages)

        async def send(message):
            sent.append(message["type"])

        await House().door({"type": "lifespan"}, receive, send)

    asyncio.run(live())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_websocket_is_turned_away():
    sent = []

    async def knock():
        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message["type"])

        await House().door({"type": "websocket", "path": "/v1/events"}, receive, send)

    asyncio.run(knock())
    assert sent == ["websocket.close"]


def test_a_client_that_is_gone_when_the_answer_comes_is_still_reported():
    house = House()

    async def ask():
        async def receive():
            return {"type": "http.request", "body": a_body()}

        async def send(_message):
            raise OSError("closed")

        await house.door(a_scope(headers=[(b"x-write-key", SERVER_KEY.encode())]), receive, send)

    asyncio.run(ask())
    assert [served.status for served in house.served] == [202]
    assert len(house.corridor.arrivals) == 1


def test_no_problem_sends_a_reader_to_a_missing_explanation():
    reference = Path(__file__).resolve().parents[2] / "docs" / "reference" / "http.md"
    text = reference.read_text()
    assert all(f'<a id="{code}"></a>' in text for code in ProblemCode)
    assert House().post(b"").json["type"] == "docs/reference/http.md#bad_json"
