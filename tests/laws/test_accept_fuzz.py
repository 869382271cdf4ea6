import gzip
import json
import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import json as msgspec_json

from builders import NOW_MS, NOW_S, a_body, an_item
from door import SERVER_KEY, House, a_directory, a_scope
from twinbeam.core.values import Item
from twinbeam.pipeline.accept.client_address import Proxies
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import Directory
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.sources import strict
from twinbeam.sources.events_v1 import read

AUTHORIZED = (b"x-write-key", SERVER_KEY.encode())
GOOD = {"event": "Purchase", "event_time": NOW_S, "event_id": "good"}

#: Every character, lone surrogates included, as JSON written by JavaScript may hold.
TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(["\0", "\ud83d", "granted", "EUR", "crm"])
NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([NOW_S, NOW_MS, 10**11, 10**30, 1e308, -1])
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
FIELDS = sorted(
    {
        name
        for shape in (strict.Item, strict.User, strict.Page, strict.Properties, strict.Content, strict.Consent)
        for name in shape.__struct_fields__
    }
)
NAMES = st.sampled_from(FIELDS) | TEXTS
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
NEARLY = st.dictionaries(NAMES, ANYTHING, max_size=4).map(lambda changes: GOOD | changes)
HEADER_NAMES = st.sampled_from(
    [
        b"authorization",
        b"x-write-key",
        b"content-encoding",
        b"idempotency-key",
        b"origin",
        b"user-agent",
        b"x-forwarded-for",
        b"content-length",
        b"",
    ]
)
HEADERS = st.lists(st.tuples(HEADER_NAMES | st.binary(max_size=20), st.binary(max_size=300)), max_size=8)
SCHEMES = st.sampled_from([b"Bearer ", b"Basic ", b"basic", b""])


def as_json(value):
    return json.dumps(value).encode()


def assert_harmless(house, answered):
    """Nothing is our fault, and every event of the request has one fate."""
    assert answered is not None
    assert answered.status < 500
    assert [served.surprise for served in house.served] == [""]
    if answered.status == 202:
        json_answer = answered.json
        assert json_answer["accepted"] + len(json_answer["rejected"]) == len(json_answer["event_ids"])
        fates = sorted([it["index"] for it in json_answer["rejected"]] + [it.index for it in house.corridor.arrivals])
        assert fates == list(range(len(json_answer["event_ids"])))


@given(st.binary(max_size=2_000))
def test_no_bytes_are_our_fault(body):
    house = House()
    assert_harmless(house, house.ask(a_scope(headers=[AUTHORIZED]), [body]))


@given(ANYTHING)
def test_no_json_is_our_fault(value):
    house = House()
    assert_harmless(house, house.ask(a_scope(headers=[AUTHORIZED]), [as_json(value)]))


@given(st.lists(NEARLY | ANYTHING, max_size=3), st.lists(NEARLY | ANYTHING, max_size=3))
def test_a_good_event_is_taken_whatever_its_neighbours_are(before, after):
    house = House()
    answered = house.ask(a_scope(headers=[AUTHORIZED]), [as_json({"events": [*before, GOOD, *after]})])
    assert_harmless(house, answered)
    assert answered.status == 202
    assert answered.json["event_ids"][len(before)] == "good"


@given(st.binary(max_size=40).filter(lambda raw: b'"' not in raw and b"\\" not in raw))
def test_a_neighbour_with_bad_text_is_taken_or_the_whole_body_is_no_json(raw):
    house = House()
    body = b'{"events":[{"event":"Purchase","event_time":%d,"event_id":"%s"},%s]}' % (NOW_S, raw, as_json(GOOD))
    answered = house.ask(a_scope(headers=[AUTHORIZED]), [body])
    assert_harmless(house, answered)
    if all(byte >= 0x20 for byte in raw):  # JSON allows no bare control characters, so those break the whole body
        assert answered.json["event_ids"][1] == "good"


@given(HEADERS, st.binary(max_size=60), st.booleans())
def test_no_headers_and_no_query_are_our_fault(headers, query, trusted):
    house = House(proxies=Proxies(["198.51.100.0/24"] if trusted else []))
    assert_harmless(house, house.ask(a_scope(headers=headers, query_string=query), [a_body()]))


@given(SCHEMES, st.binary(max_size=80))
def test_no_credentials_open_a_door_that_knows_no_keys(scheme, rest):
    house = House(directory=Directory())
    answered = house.ask(a_scope(headers=[(b"authorization", scheme + rest)]), [a_body()])
    assert answered.status == 401


@given(st.lists(NEARLY, min_size=1, max_size=3), st.data())
def test_the_answer_does_not_depend_on_how_the_body_is_cut_or_compressed(events, data):
    body = as_json({"events": events})
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=4)))
    edges = [0, *cuts, len(body)]
    parts = [body[start:end] for start, end in pairwise(edges)]
    whole = House().ask(a_scope(headers=[AUTHORIZED]), [body])
    assert House().ask(a_scope(headers=[AUTHORIZED]), parts) == whole
    zipped = (b"content-encoding", b"gzip")
    assert House().ask(a_scope(headers=[AUTHORIZED, zipped]), [gzip.compress(body)]) == whole


@given(st.integers(0, 200), st.binary(max_size=3))
def test_a_cut_or_damaged_gzip_stream_is_never_our_fault(length, damage):
    house = House()
    zipped = gzip.compress(a_body())[:length] + damage
    headers = [AUTHORIZED, (b"content-encoding", b"gzip")]
    assert_harmless(house, house.ask(a_scope(headers=headers), [zipped]))


@given(NEARLY)
def test_what_was_mended_is_right(event):
    reading = read(as_json({"events": [event]}))
    assert isinstance(reading, Reading)
    (item,) = reading.items
    if isinstance(item, Item):
        assert msgspec_json.decode(msgspec_json.encode(item), type=strict.Item) == item
        assert all(math.isfinite(number) for number in numbers(item))


@given(st.binary(max_size=500))
def test_a_dialect_raises_nothing(body):
    assert isinstance(read(body), Reading | Problem)


def numbers(item):
    properties = item.properties
    given_numbers = [properties.value, properties.price, properties.quantity, properties.num_items]
    return [number for number in given_numbers if number is not None]


def test_the_laws_are_about_a_door_that_works():
    house = House(directory=a_directory())
    answered = house.ask(a_scope(headers=[AUTHORIZED]), [a_body(an_item())])
    assert_harmless(house, answered)
    assert answered.status == 202
