import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinbeam.core.delivery import Lane
from twinbeam.destinations.tiktok.wire import MAX_EVENTS, compose

LANE = Lane(id=1, workspace="shop", event_source="web", source_id="C4A5B6C7D8E9F0A1B2C3")
BODY = b'{"event_id":"o-1","event_time":1790000000,"user":{"email":"848a"},"properties":{"value":12.50}}'

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(min_size=1).filter(lambda key: key != "event"), json_values, min_size=1, max_size=4)


def test_a_single_event_reads_as_the_documented_request():
    assert json.loads(compose(LANE, [("Purchase", BODY)])) == {
        "event_source": "web",
        "event_source_id": "C4A5B6C7D8E9F0A1B2C3",
        "data": [{"event": "Purchase", **json.loads(BODY)}],
    }


def test_the_bytes_of_a_request_are_written_down_here():
    assert compose(LANE, [("Purchase", b'{"event_id":"1"}'), ("Lead", b'{"event_id":"2"}')]) == (
        b'{"event_source":"web","event_source_id":"C4A5B6C7D8E9F0A1B2C3","data":'
        b'[{"event":"Purchase","event_id":"1"},{"event":"Lead","event_id":"2"}]}'
    )


def test_a_test_code_stands_at_the_root_and_only_when_there_is_one():
    test_lane = Lane(id=2, workspace="shop", event_source="web", source_id="C4A5", test_code="TEST12345")
    request = json.loads(compose(test_lane, [("Lead", BODY)]))
    assert request["test_event_code"] == "TEST12345"
    assert "test_event_code" not in request["data"][0]
    assert b"test_event_code" not in compose(LANE, [("Lead", BODY)])


@pytest.mark.parametrize("source", ["web", "app", "offline", "crm"])
def test_every_event_source_goes_out_under_its_own_name(source):
    lane = Lane(id=3, workspace="shop", event_source=source, source_id="7012345678901234567")
    request = json.loads(compose(lane, [("Lead", BODY)]))
    assert (request["event_source"], request["event_source_id"]) == (source, "7012345678901234567")


def test_numbers_keep_the_spelling_they_were_stored_with():
    assert b'"value":12.50' in compose(LANE, [("Purchase", BODY)])


def test_a_full_batch_carries_a_thousand_events_in_order():
    events = [("Purchase", b'{"event_id":"%d"}' % number) for number in range(MAX_EVENTS)]
    data = json.loads(compose(LANE, events))["data"]
    assert [event["event_id"] for event in data] == [str(number) for number in range(MAX_EVENTS)]


@given(st.lists(st.tuples(st.text(min_size=1), bodies), min_size=1, max_size=5), st.text(), st.text())
def test_whatever_is_stored_comes_out_as_it_went_in(events, source_id, test_code):
    lane = Lane(id=4, workspace="shop", event_source="web", source_id=source_id, test_code=test_code)
    stored = [(name, json.dumps(body, ensure_ascii=False).encode()) for name, body in events]
    composed = compose(lane, stored)
    request = json.loads(composed)
    assert request["event_source_id"] == source_id
    assert request.get("test_event_code", "") == test_code
    assert request["data"] == [{"event": name, **body} for name, body in events]
    assert all(body[1:] in composed for _, body in stored)
    assert compose(lane, list(stored)) == composed
