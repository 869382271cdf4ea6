"""A dialect is added by handing it to the intake: this room knows the contract alone."""

import gzip
import hashlib
from pathlib import Path

import pytest
from msgspec.structs import replace

import twinbeam.pipeline.accept
from builders import NOW_S, PIXEL, WORKSPACE, a_body, an_item
from door import BROWSER_KEY, SERVER_KEY, House, a_directory
from twinbeam.core.rules import Route
from twinbeam.core.values import Channel, Consent, Item
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Reading, Signature, Statements
from twinbeam.pipeline.accept.credentials import may_write, presented
from twinbeam.pipeline.accept.directory import SignedSource
from twinbeam.pipeline.accept.problems import MOST_SIGNED_BYTES, Problem, ProblemCode, problem
from twinbeam.pipeline.accept.rate_limits import EventRates, RateLimits
from twinbeam.sources import consent_v1, events_v1

TILL = SignedSource("till", WORKSPACE, ("a secret",), (Route(PIXEL),), "shop-fr")
SNAPSHOT = replace(a_directory(), sources={"till": TILL})
PATH = "/in/lines/till"


def signed(body: bytes, secret: str = "a secret") -> str:
    return hashlib.sha256(secret.encode() + body).hexdigest()


class Lines:
    """A made-up dialect: one event's name a line, signed, told by a header, answered in plain text."""

    route = "/in/lines/{source}"

    def matches(self, request):
        return request.method == "POST" and b"x-lines" in request.headers

    def authenticate(self, request, directory):
        source = directory.sources[request.path.rpartition("/")[2]]

        def verify(body, received_ms):
            proven = request.headers[b"x-lines"].decode() == signed(body, source.secrets[0])
            return source if proven else problem(ProblemCode.INVALID_SIGNATURE)

        return Signature(verify)

    def read(self, request, body, received_ms):
        if request.query == b"about=consent":
            said = Consent(ad_storage="denied", ad_user_data="denied")
            return Statements([Item(event="", visitor_id=it, consent=said) for it in body.decode().split()])
        names = body.decode().split()
        items = [Item(event=name, event_time=received_ms // 1_000, event_id=name) for name in names]
        return Reading(items, idempotency="delivery-7")

    def reply(self, result):
        match result:
            case Problem(code=code):
                return Reply(418, (), code.encode())
            case Acknowledgement(accepted=accepted):
                return Reply(200, (), b"%d noted" % accepted)
            case _:
                return Reply(200, (), b"%d taken" % result.accepted)


class Beacon:
    """A made-up dialect of pages: one event by GET, its name behind the path, with a public key."""

    route = "/pixel"

    def matches(self, request):
        return request.method == "GET" and request.path.startswith("/pixel/")

    def authenticate(self, request, directory):
        return may_write(presented(request.headers, request.query), directory)

    def read(self, request, body, received_ms):
        return Reading([Item(event=request.path.rpartition("/")[2])])

    def reply(self, result):
        return Reply(204)


def a_house(**parts):
    dialects = (events_v1.EVENTS_V1, consent_v1.CONSENT_V1, Lines(), Beacon())
    return House(directory=SNAPSHOT, dialects=dialects, **parts)


def lines(house, body=b"Purchase Lead", *, wire=None, sign=signed, headers=None, **scope):
    sent = body if wire is None else wire
    return house.post(sent, {"x-lines": sign(sent)} | (headers or {}), path=PATH, **scope)


def test_a_dialect_proves_its_sender_reads_its_events_and_writes_its_own_reply():
    house = a_house()
    answered = lines(house)
    assert (answered.status, answered.body) == (200, b"2 taken")
    assert [(it.pixel, it.event, it.event_time) for it in house.corridor.arrivals] == [
        (PIXEL, "Purchase", NOW_S),
        (PIXEL, "Lead", NOW_S),
    ]
    origin = house.corridor.arrivals[0].origin
    assert (origin.source, origin.channel, origin.shop) == ("till", Channel.WEBHOOK, "shop-fr")
    assert (origin.idempotency, origin.client_ip) == ("delivery-7", None)
    (served,) = house.served
    assert (served.path, served.status, served.source, served.accepted) == (Lines.route, 200, "till", 2)


def test_a_wrong_signature_is_answered_in_the_dialects_own_way_and_is_nobodys():
    house = a_house()
    answered = lines(house, sign=lambda body: signed(body, "another"))
    assert (answered.status, answered.body) == (418, b"invalid_signature")
    assert house.corridor.arrivals == []
    assert [(served.path, served.status, served.source) for served in house.served] == [(Lines.route, 418, "")]


def test_what_is_signed_are_the_bytes_on_the_wire():
    house = a_house()
    wire = gzip.compress(b"Lead", mtime=0)
    assert lines(house, wire=wire, headers={"content-encoding": "gzip"}).body == b"1 taken"
    refused = lines(house, wire=wire, sign=lambda _: signed(b"Lead"), headers={"content-encoding": "gzip"})
    assert refused.status == 418


def test_a_body_beyond_the_limit_is_refused_before_its_signature_is_looked_at():
    answered = lines(a_house(), sign=lambda _body: "unsigned", wire=b"x" * (MOST_SIGNED_BYTES + 1))
    assert answered.body == b"too_large"


def test_a_dialect_may_speak_of_consent_alone():
    house = a_house()
    assert lines(house, b"ada bob", query_string=b"about=consent").body == b"2 noted"
    assert [(it.event, it.item.visitor_id) for it in house.corridor.arrivals] == [("", "ada"), ("", "bob")]


def test_only_what_a_source_has_signed_counts_against_its_limit():
    house = a_house(limits=RateLimits(EventRates(server_key=1)))
    for _ in range(200):
        assert lines(house, sign=lambda _body: "forged").body == b"invalid_signature"
    assert lines(house).body == b"2 taken"
    while (answered := lines(house)).body == b"2 taken":
        pass
    assert answered.body == b"key_rate_limited"
    assert lines(house, sign=lambda _body: "forged").body == b"invalid_signature"


def test_a_dialect_may_be_spoken_by_pages_and_by_another_method():
    house = a_house()
    headers = {"origin": "https://shop.example", "user-agent": "Mozilla/5.0"}
    scope = {"method": "GET", "path": "/pixel/Search", "query_string": f"key={BROWSER_KEY}".encode()}
    answered = house.post(b"", headers, **scope)
    assert (answered.status, answered.headers[b"access-control-allow-origin"]) == (204, b"*")
    (arrival,) = house.corridor.arrivals
    assert (arrival.event, arrival.origin.user_agent) == ("Search", "Mozilla/5.0")


def test_the_others_hear_nothing_of_it():
    house = a_house()
    assert house.post(a_body(an_item())).status == 202
    assert house.post(b"", path="/in/lines/till", headers={}).json["code"] == "not_found"
    server = {"authorization": f"Bearer {SERVER_KEY}"}
    assert house.post(b"", server, method="GET").json["code"] == "method_not_allowed"


def test_of_two_dialects_that_match_the_first_one_counts():
    house = House(directory=SNAPSHOT, dialects=(Lines(), events_v1.EVENTS_V1))
    assert house.post(b"Lead", {"x-lines": signed(b"Lead")}, path="/v1/events/till").body == b"1 taken"


def test_a_dialect_that_fails_is_our_fault_and_is_said_so():
    house = a_house()
    assert house.post(b"", {"x-lines": ""}, path="/in/lines/nobody").body == b"internal"
    assert "KeyError" in house.served[0].surprise


@pytest.mark.parametrize("route", [events_v1.PATH, consent_v1.PATH, "/in/"])
def test_the_room_names_no_dialect(route):
    room = Path(twinbeam.pipeline.accept.__file__).parent
    assert [path.name for path in room.rglob("*.py") if route in path.read_text()] == []
