"""What senders' requests are read with: numbers as text, bodies that are no JSON as a whole, and countries by name."""

import json
import time

import pytest

from builders import NOW_S
from twinbeam.core.countries import CODES, country_code
from twinbeam.core.values import Item, Rejected
from twinbeam.pipeline.accept.codes import Rejection
from twinbeam.pipeline.accept.problems import MOST_BYTES, Problem
from twinbeam.sources import consent_v1, events_v1
from twinbeam.sources.numbers import number_in

GOOD = json.dumps({"event": "Purchase", "event_time": NOW_S, "event_id": "good"}).encode()
BAD = (
    b'{"value": NaN}',
    b'{"value": Infinity}',
    b'{"event": "a\x01b"}',
    b'{"event": "a\nb"}',
    b'{"event": "\xff"}',
    b"{'event': 'x'}",
    b'{"event": "x",}',
    b'{"event": "x" "event_time": 1}',
    b'{"event": "\\x"}',
    b'{"event": undefined}',
    b"[" * 2_000 + b"]" * 2_000,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b"nonsense",
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("149.97", 149.97),
        ("20,5", 20.5),
        ("1.299,90", 1299.9),
        ("1,299.90", 1299.9),
        ("1.299.900", 1_299_900),
        ("1 299,90", 1299.9),
        ("1\u00a0299", 1_299),
        ("1'299.90", 1299.9),
        ("12,34,567.5", 1234567.5),
        ("0.125", 0.125),
        ("1299.990", 1299.99),
        ("12.3456", 12.3456),
        ("-5", -5),
        ("\u22125.5", -5.5),
        ("\u20ac 20,50", 20.5),
        ("20.50 eur", 20.5),
        ("EUR20.50", 20.5),
        ("\uff12\uff10", 20),
        *[
            (text, None)
            for text in ("1.299", "1,299", "-1,299", "149.970", "", ".", "20.", ".5", "1e3", "NaN", "1.29.90")
        ],
        *[
            (text, None)
            for text in ("--5", "5-", "20.50 USD", "twenty", "1.299,9.0", "1..5", "1,29,90", "9" * 16, "0x10")
        ],
        ("\u0661\u0662", None),
    ],
)
def test_a_number_is_read_where_it_can_be_read_in_one_way_only(text, number):
    found = number_in(text, "EUR")
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_is_no_json_is_refused_alone_wherever_it_stands(bad, place):
    parts = [GOOD, GOOD]
    parts.insert(place, bad)
    items = events_v1.read(b'{"sentAt": "now", "events": [%s], "more": 1}' % b" ,\n".join(parts)).items
    assert [isinstance(item, Item) for item in items] == [position != place for position in range(3)]
    refused = items[place]
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.index) in {(Rejection.UNREADABLE, place), (Rejection.NOT_AN_OBJECT, place)}


@pytest.mark.parametrize("bad", BAD)
def test_a_statement_that_is_no_json_is_refused_alone(bad):
    good = b'{"visitor_id": "v", "consent": {"ad_storage": "denied"}}'
    items = consent_v1.read(b'{"statements": [%s, %s]}' % (good, bad)).items
    assert isinstance(items[0], Item)
    assert isinstance(items[1], Rejected)


@pytest.mark.parametrize(
    "body",
    [
        b'{"events": [%s, {"value": NaN}' % GOOD,
        b'{"events": [%s, {"value": NaN}]' % GOOD,
        b'{"events": [%s, {"value": NaN]}}' % GOOD,
        b'{"events": [%s, {"value": NaN}}]}' % GOOD,
        b'{"events": [%s,, {"value": NaN}]}' % GOOD,
        b'{"events": [%s, {"value": NaN},]}' % GOOD,
        b'{"events": [%s, {"value": NaN}]} trailing' % GOOD,
        b'{"other": [1], "events": [%s, {"value": NaN}]}' % GOOD,
        b'[{"events": [%s, {"value": NaN}]}]' % GOOD,
        b'{"events": [{"value": NaN}]}',
        b'{"events": [NaN, nonsense]}',
    ],
)
def test_a_body_whose_parts_cannot_be_told_apart_is_a_problem_of_the_whole(body):
    assert isinstance(events_v1.read(body), Problem)


@pytest.mark.slow
@pytest.mark.parametrize(
    "filler", [b"[", b"{", b"[],", b'"', b"\\", b'"",', b",", b"[" * 500 + b"]" * 500 + b",", b"a"]
)
def test_no_malformed_body_takes_long(filler):
    start = b'{"events": ['
    body = start + filler * ((MOST_BYTES - len(start)) // len(filler))
    began = time.process_time()
    assert isinstance(events_v1.read(body), Problem)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *[(text, "US") for text in ("US", "us", "USA", "U.S.A.", "United States", "united states of america")],
        *[(text, "GB") for text in ("UK", "GBR", "Great Britain", "England", "United Kingdom")],
        *[(text, "DE") for text in ("Germany", "Deutschland", "DEU")],
        *[(text, "CI") for text in ("Côte d'Ivoire", "Cote d\u2019Ivoire", "Ivory Coast")],
        *[(text, None) for text in ("XX", "EU", "EN", "ZZ", "T1", "XK", "", "Europe", "German", "x" * 10_000)],
    ],
)
def test_a_country_is_understood_by_its_codes_and_names_and_nothing_else_is_one(written, code):
    assert country_code(written) == code


def test_there_are_249_countries():
    assert len(CODES) == 249
