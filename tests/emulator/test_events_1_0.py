"""Events API 1.0: its own body, the same events (tiktok.md 3)."""

import pytest

from emulator_sender import EMAIL, PHONE, PIXEL, event

TTP = "2rqaAWvf61W3sdK4dU4SkfsymlG"


def event_1_0(**fields):
    """Build a 1.0 event."""
    base = {
        "event": "CompletePayment",
        "event_id": "order-1",
        "timestamp": "2026-11-18T11:06:40Z",
        "context": {
            "ad": {"callback": "E.C.P.abc"},
            "page": {"url": "https://shop.example/thanks", "referrer": "https://shop.example/"},
            "user": {"email": EMAIL, "phone_number": PHONE, "ttp": TTP},
            "ip": "198.51.100.7",
            "user_agent": "Mozilla/5.0",
        },
        "properties": {"currency": "USD", "value": 20.0, "contents": [{"content_id": "SKU1", "quantity": 2}]},
    }
    return {key: value for key, value in (base | fields).items() if value is not ...}


def test_a_1_0_event_is_mapped_to_the_fields_of_2_0(tiktok, sender):
    assert sender.post("/pixel/track/", {"pixel_code": PIXEL, **event_1_0()}).code == 0
    (counted,) = tiktok.counted(full=True)
    merged = counted["merged"]
    assert merged["user"] == {
        "email": EMAIL,
        "phone": PHONE,
        "ttp": TTP,
        "ttclid": "E.C.P.abc",
        "ip": "198.51.100.7",
        "user_agent": "Mozilla/5.0",
    }
    assert (counted["event"], counted["event_time"]) == ("Purchase", 1_795_000_000)


def test_1_0_and_2_0_copies_are_the_same_event(tiktok, sender):
    sender.post("/pixel/track/", {"pixel_code": PIXEL, **event_1_0(event="Purchase")})
    tiktok.allow("changed_body")
    sender.track(event())
    assert [each["copies"] for each in tiktok.counted()] == [2]


def test_without_a_timestamp_the_time_of_receipt_counts(tiktok, sender):
    tiktok.freeze()
    sender.post("/pixel/track/", {"pixel_code": PIXEL, **event_1_0(timestamp=...)})
    assert tiktok.counted()[0]["event_time"] == tiktok.now_ms // 1000


def test_a_batch_of_fifty_is_taken_and_one_more_is_refused(tiktok, sender):
    tiktok.expect("too_many_events")
    fifty = [event_1_0(type="track", event_id=f"order-{i}") for i in range(50)]
    assert sender.post("/pixel/batch/", {"pixel_code": PIXEL, "batch": fifty}).code == 0
    assert sender.post("/pixel/batch/", {"pixel_code": PIXEL, "batch": [*fifty, event_1_0()]}).code == 40002
    assert len(tiktok.counted()) == 50


def test_a_bad_item_refuses_the_batch_and_is_named_as_known_from_the_wire(tiktok, sender):
    tiktok.expect("wrong_type")
    bad = event_1_0(properties={"contents": [{"content_id": 5}]})
    got = sender.post("/pixel/batch/", {"pixel_code": PIXEL, "batch": [bad, event_1_0()]})
    assert got.json["message"] == "Batch.0.properties.contents.0.content_id: Not a valid string"
    assert tiktok.received() == []


@pytest.mark.parametrize(
    ("fields", "place", "rule"),
    [
        ({"event_id": 5}, "event_id:", "wrong_type"),
        ({"timestamp": "yesterday"}, "timestamp:", "event_time_not_integer"),
        ({"timestamp": 1_795_000_000}, "timestamp:", "event_time_not_integer"),
        ({"context": []}, "context:", "wrong_type"),
        ({"context": {"user": {"email": [EMAIL]}}}, "context.user.email:", "wrong_type"),
        ({"type": "identify"}, "type:", "wrong_shape"),
        ({"event": ...}, "event:", "missing_event_name"),
    ],
)
def test_a_wrong_1_0_event_is_40002_with_its_place(tiktok, sender, fields, place, rule):
    tiktok.expect(rule)
    got = sender.post("/pixel/track/", {"pixel_code": PIXEL, **event_1_0(**fields)})
    assert got.code == 40002
    assert got.json["message"].startswith(place)


@pytest.mark.parametrize("body", [{}, {"pixel_code": 5}, {"pixel_code": PIXEL}])
def test_a_wrong_1_0_root_is_40002(tiktok, sender, body):
    tiktok.expect("wrong_shape")
    assert sender.post("/pixel/batch/", body).code == 40002


def test_when_1_0_is_switched_off_it_says_so(tiktok, sender):
    tiktok.switch(events_1_0="off")
    assert sender.post("/pixel/track/", {"pixel_code": PIXEL, **event_1_0()}).code == 41001
