"""The Standard Webhooks dialect, spoken by the specification's own library, and by strangers."""

import base64
import json
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook

from builders import NOW_S, PIXEL, WORKSPACE
from door import BROWSER_KEY, SERVER_KEY, House, a_directory
from twinbeam.app.signing import standard_webhooks
from twinbeam.core.errors import StorageDamaged
from twinbeam.core.rules import Route
from twinbeam.core.values import Channel
from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import seal_secret
from twinbeam.pipeline.accept.directory import WEBHOOK, SignedSource
from twinbeam.pipeline.accept.problems import MOST_SIGNED_BYTES
from twinbeam.pipeline.accept.rate_limits import EventRates, RateLimits
from twinbeam.sources import consent_v1, events_v1
from twinbeam.sources.signed import SourceSignatures
from twinbeam.sources.standard_webhooks import MOST_SIGNATURES, NOT_NOW, NOT_SIGNED, SIGN, SIGN_ANEW, StandardWebhooks

pytestmark = pytest.mark.outside("signature")

RING = KeyRing([("k", b"k" * 32)])
NEW, OLD, OTHER = ("whsec_" + b64encode(bytes([n]) * 32).decode() for n in range(3))
DIALECT = standard_webhooks(RING)
EVENT = {"event": "Purchase", "properties": {"value": 49, "currency": "EUR"}}


def sealed(source: str, secret: str) -> str:
    return b64encode(seal_secret(RING, source, b64decode(secret.removeprefix("whsec_")))).decode()


def a_source(name: str, *secrets: str) -> SignedSource:
    return SignedSource(name, WORKSPACE, tuple(sealed(name, secret) for secret in secrets), (Route(PIXEL),))


SOURCES = {"till": a_source("till", NEW, OLD), "crm": a_source("crm", OTHER)}


def a_house(**parts) -> House:
    snapshot = replace(a_directory(), sources=SOURCES)
    return House(directory=snapshot, dialects=(events_v1.EVENTS_V1, consent_v1.CONSENT_V1, DIALECT), **parts)


def an_envelope(data=EVENT, **more) -> bytes:
    return json.dumps({"type": "order.paid", "timestamp": "2026-11-20T11:05:00Z", "data": data} | more).encode()


def headers(body: bytes, *secrets: str, at_s: int = NOW_S, message: str = "msg_1") -> dict[str, str]:
    """Sign as the specification's library does, with one secret or several."""
    at = datetime.fromtimestamp(at_s, UTC)
    signatures = " ".join(Webhook(secret).sign(message, at, body.decode()) for secret in secrets or (NEW,))
    return {"webhook-id": message, "webhook-timestamp": str(at_s), "webhook-signature": signatures}


def send(house: House, body: bytes, given: dict[str, str] | None = None, source: str = "till", **scope):
    return house.post(body, headers(body) if given is None else given, path=f"/in/webhook/{source}", **scope)


def test_an_event_that_is_signed_is_taken_as_the_shop_servers():
    house = a_house()
    answered = send(house, an_envelope(EVENT | {"event_time": NOW_S, "order_id": "1001"}))
    assert (answered.status, answered.json["accepted"], answered.json["notices"]) == (202, 1, [])
    (arrival,) = house.corridor.arrivals
    assert (arrival.event, arrival.pixel, arrival.item.order_id) == ("Purchase", PIXEL, "1001")
    assert (arrival.origin.source, arrival.origin.channel) == ("till", Channel.WEBHOOK)
    assert arrival.origin.idempotency == "msg_1"
    (served,) = house.served
    assert (served.path, served.source, served.accepted) == ("/in/webhook/{source}", "till", 1)


def test_several_events_come_in_one_delivery():
    house = a_house()
    events = {"events": [EVENT | {"order_id": str(n)} for n in range(3)], "test_event_code": "TEST1"}
    assert send(house, an_envelope(events)).json["accepted"] == 3
    assert [it.item.order_id for it in house.corridor.arrivals] == ["0", "1", "2"]
    assert {it.test_code for it in house.corridor.arrivals} == {"TEST1"}


def test_an_event_without_a_time_has_the_envelopes():
    house = a_house()
    moment = int(datetime(2026, 11, 20, 11, 5, tzinfo=UTC).timestamp())
    send(house, an_envelope())
    send(house, an_envelope(EVENT | {"event_time": NOW_S}))
    send(house, an_envelope(EVENT | {"age_ms": 1_000}))
    assert [it.event_time for it in house.corridor.arrivals] == [moment, NOW_S, NOW_S - 1]
    refused = send(house, an_envelope(timestamp=["x"]))
    assert (refused.status, refused.json["rejected"][0]["field"]) == (422, "events[0].event_time")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b"[]", 400, "bad_shape"),
        (b"{}", 400, "bad_shape"),
        (b'{"events":[{}]}', 400, "bad_shape"),
        (an_envelope({"events": []}), 400, "no_events"),
        (an_envelope({"events": {}}), 400, "bad_shape"),
        (an_envelope({"events": [{}] * 1_001}), 413, "too_many_events"),
        (an_envelope({}), 422, "every_event_rejected"),
        (an_envelope(None), 422, "every_event_rejected"),
        (an_envelope([EVENT]), 422, "every_event_rejected"),
        (b'{"data":' + b"[" * 100_000, 400, "bad_json"),
    ],
)
def test_what_is_signed_and_holds_no_event_is_refused_with_its_reason(body, status, code):
    answered = send(a_house(), body)
    assert (answered.status, answered.json["code"]) == (status, code)
    if code == "bad_shape":
        assert '"data"' in answered.json["fix"]


def test_two_secrets_count_while_one_takes_the_others_place():
    house, body = a_house(), an_envelope()
    for secrets in ((NEW,), (OLD,), (OTHER, OLD), (OTHER, NEW)):
        assert send(house, body, headers(body, *secrets)).status == 202
    assert send(house, body, headers(body, OTHER)).status == 401
    assert send(house, body, headers(body, OTHER), "crm").status == 202
    assert send(house, body, headers(body, OLD), "crm").status == 401


# ---- strangers ----


def refused(house: House, answered) -> dict[str, str]:
    """Give what a stranger is told, once it is sure that nothing came of it."""
    assert answered.status == 401
    assert house.corridor.arrivals == []
    assert house.served[-1].source == ""
    assert answered.json["code"] == "invalid_signature"
    return answered.json


def test_a_delivery_that_is_replayed_later_is_refused():
    house, body = a_house(), an_envelope()
    for at_s in (NOW_S - 301, NOW_S + 301, NOW_S - 86_400, 0):
        told = refused(house, send(house, body, headers(body, at_s=at_s)))
        assert (told["message"], told["fix"]) == (NOT_NOW, SIGN_ANEW)
    given = headers(body)
    house.clock.advance(ms=300_000)
    assert send(house, body, given).status == 202
    house.corridor.arrivals.clear()
    house.clock.advance(ms=1_001)
    assert refused(house, send(house, body, given))["message"] == NOT_NOW


def test_another_time_or_id_than_the_signed_one_is_refused():
    house, body = a_house(), an_envelope()
    old = headers(body, at_s=NOW_S - 86_400)
    refused(house, send(house, body, old | {"webhook-timestamp": str(NOW_S)}))
    refused(house, send(house, body, headers(body) | {"webhook-id": "msg_2"}))


@pytest.mark.parametrize("change", [lambda it: it + b" ", lambda it: it[:-1], lambda it: it.replace(b"49", b"94")])
def test_a_body_that_was_altered_is_refused(change):
    house, body = a_house(), an_envelope()
    refused(house, send(house, change(body), headers(body)))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "\0", "x" * 300, "-1", "1.5e9", "nan", "v1,", "v1a,abc", "v2,abc"])
def test_a_head_that_claims_nothing_is_refused(name, value):
    house, body = a_house(), an_envelope()
    given = {key: it for key, it in (headers(body) | {name: value}).items() if it is not None}
    refused(house, send(house, body, given))


def test_an_id_with_a_nul_is_refused_though_it_is_signed():
    house, body = a_house(), an_envelope()
    refused(house, send(house, body, headers(body, message="\0")))
    refused(house, send(house, body, headers(body, message="m" * 256)))
    assert send(house, body, headers(body, message="m" * 255)).status == 202


def test_of_a_list_of_10_000_signatures_few_are_looked_at():
    house, body = a_house(), an_envelope()
    good = headers(body)["webhook-signature"]
    forged = " ".join([f"v1,{b64encode(bytes(32)).decode()}"] * 10_000)
    started = time.process_time()
    refused(house, send(house, body, headers(body) | {"webhook-signature": f"{forged} {good}"}))
    refused(house, send(house, body, headers(body) | {"webhook-signature": "v2, " * 10_000}))
    assert time.process_time() - started < 0.25
    within = [f"v1,{b64encode(bytes(32)).decode()}"] * (MOST_SIGNATURES - 1)
    assert send(house, body, headers(body) | {"webhook-signature": " ".join([*within, good])}).status == 202


def test_a_huge_body_is_refused_before_anything_is_signed():
    answered = send(a_house(), b"x" * (MOST_SIGNED_BYTES + 1), headers(b"x"))
    assert (answered.status, answered.json["code"]) == (413, "too_large")


def asked(*, directory=None):
    """Give a dialect that counts the secrets it opens, and a house that speaks it."""
    opened = []

    def open_secret(source, secret):
        opened.append(secret)
        return b64decode(secret)

    nobody = SignedSource("", "", (b64encode(b"n" * 32).decode(), b64encode(b"m" * 32).decode()))
    plain = {name: replace(SOURCES[name], secrets=keys) for name, keys in directory.items()}
    dialect = StandardWebhooks(SourceSignatures(WEBHOOK, open_secret, nobody))
    return House(directory=replace(a_directory(), sources=plain), dialects=(dialect,)), opened


def test_nobody_learns_which_sources_exist():
    body, key = an_envelope(), b64encode(b"k" * 32).decode()
    house, opened = asked(directory={"till": (key, key), "crm": (key,)})
    strangers = {}
    for source in ("till", "crm", "unknown", "", "till/more", "../till", "x" * 4_000):
        opened.clear()
        told = [
            send(house, body, headers(body, OTHER), source),
            send(house, body, headers(body, OTHER, at_s=1), source),
            send(house, body, {}, source),
            send(house, body, headers(body), source, method="GET"),
            send(house, b"x" * (MOST_SIGNED_BYTES + 1), headers(b"x"), source),
        ]
        strangers[source] = ([(it.status, it.headers, it.body) for it in told], len(opened))
    assert len({repr(told) for told in strangers.values()}) == 1
    assert strangers["unknown"][1] == 4  # two for each of the two that are signed
    assert {served.path for served in house.served} == {"/in/webhook/{source}"}


def test_the_stand_ins_secrets_are_drawn_anew_and_open_nothing():
    drawn = {repr(standard_webhooks(RING)._sources._nobody.secrets) for _ in range(5)}
    assert len(drawn) == 5
    house, body = a_house(), an_envelope()
    guesses = ["whsec_" + b64encode(guess).decode() for guess in (b"\0", b"\0" * 32, b"nobody")]
    for secret in guesses:
        refused(house, send(house, body, headers(body, secret), "unknown"))


def test_an_empty_header_says_what_is_missing():
    house = a_house()
    told = refused(house, send(house, an_envelope(), {}))
    assert (told["message"], told["fix"]) == (NOT_SIGNED, SIGN)


def test_a_key_opens_no_webhook_and_a_signature_no_other_path():
    house, body = a_house(), an_envelope()
    for key in (SERVER_KEY, BROWSER_KEY):
        refused(house, send(house, body, {"authorization": f"Bearer {key}"}))
    answered = house.post(body, headers(body), path=events_v1.PATH)
    assert answered.json["code"] == "missing_key"


def test_strangers_use_up_nothing_of_a_sources_rate():
    house, body = a_house(limits=RateLimits(EventRates(server_key=1))), an_envelope()
    for _ in range(100):
        assert send(house, body, headers(body, OTHER)).status == 401
    statuses = [send(house, body).status for _ in range(40)]
    assert statuses[0] == 202
    assert statuses[-1] == 429
    assert send(house, body, headers(body, OTHER)).status == 401
    crm = send(house, body, headers(body, OTHER), "crm")
    assert crm.status == 202  # each source has a rate of its own
    house.clock.advance(seconds=30)
    assert send(house, body).status == 202


def test_a_secret_that_the_key_ring_does_not_open_is_our_trouble_and_tried_again():
    body = an_envelope()

    def broken(_source, _secret):
        raise StorageDamaged("the key ring lacks the key that sealed this")

    dialect = StandardWebhooks(SourceSignatures(WEBHOOK, broken, SOURCES["crm"]))
    house = House(directory=replace(a_directory(), sources=SOURCES), dialects=(dialect,))
    answered = send(house, body)
    assert (answered.status, answered.json["code"]) == (503, "unavailable")
    assert b"retry-after" in answered.headers


# ---- the same as the specification's library ----

SECRETS = st.binary(min_size=24, max_size=64)
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)


@given(SECRETS, IDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.data())
def test_what_the_library_signs_is_verified_and_nothing_else(secret, message, text, data):
    body = json.dumps({"data": {"event": "my_event", "event_time": NOW_S, "page": {"url": text}}}).encode()
    written = "whsec_" + base64.b64encode(secret).decode()
    given_headers = headers(body, written, message=message)
    source = {"till": replace(SOURCES["till"], secrets=(b64encode(secret).decode(),))}
    nobody = SignedSource("", "", (b64encode(b"n" * 32).decode(),) * 2)
    dialect = StandardWebhooks(SourceSignatures(WEBHOOK, lambda _source, kept: b64decode(kept), nobody))
    house = House(directory=replace(a_directory(), sources=source), dialects=(dialect,))
    assert send(house, body, given_headers).status == 202
    place = data.draw(st.integers(0, len(body) - 1))
    altered = body[:place] + bytes([body[place] ^ data.draw(st.integers(1, 255))]) + body[place + 1 :]
    assert send(house, altered, given_headers).status == 401


@given(st.binary(max_size=300), st.dictionaries(st.sampled_from(sorted(headers(b""))), st.binary(max_size=80)))
def test_no_bytes_are_our_fault(body, changes):
    house = a_house()
    signed = headers(b"{}") | {name: value.decode("latin-1") for name, value in changes.items()}
    assert send(house, body, signed).status in {400, 401, 422}
    assert [served.surprise for served in house.served] == [""]


@given(st.binary(max_size=200))
def test_no_signed_bytes_are_our_fault(body):
    text = body.decode("latin-1").encode()
    house = a_house()
    assert send(house, text, headers(text)).status in {400, 422}
    assert [served.surprise for served in house.served] == [""]
