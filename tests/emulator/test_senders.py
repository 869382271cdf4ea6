"""
Senders that were not written here speak to the emulator unchanged but for the host.

TikTok's own Python SDK needs the package `tiktok-business-api-sdk-official`, Segment's destination needs Node and
`scripts/need-senders`; without them these tests are skipped.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from emulator_sender import EMAIL, PHONE, PIXEL, TOKEN, USER_123

ADVERTISER = "7000000000000000001"
PIXEL_ID = "7000000000000000011"
SEGMENT = Path(__file__).parent / "segment"
MODULES = Path(__file__).parents[2] / "build" / "senders" / "node_modules"  # made by scripts/need-senders
NODE = shutil.which("node")


@pytest.fixture
def sdk(tiktok):
    """TikTok's SDK, pointed at the emulator."""
    client = pytest.importorskip("business_api_client", reason="tiktok-business-api-sdk-official is not installed")
    configuration = client.Configuration()
    configuration.host = tiktok.url
    api_client = client.ApiClient(configuration)
    yield client, api_client
    api_client.pool.close()
    api_client.pool.join()
    api_client.rest_client.pool_manager.clear()


def sdk_event(client, **fields):
    """Build what the SDK's models hold of one event."""
    user = client.PixelContextUser(email=EMAIL, phone_number=PHONE, external_id=USER_123)
    context = client.PixelContext(
        user=user,
        ad=client.PixelContextAd(callback="E.C.P.abc"),
        page=client.PixelContextPage(url="https://shop.example/thanks"),
        ip="198.51.100.7",
        user_agent="Mozilla/5.0",
    )
    contents = [client.PixelContent(content_id="SKU1", content_type="product", price=10.0, quantity=2)]
    properties = client.PixelProperties(contents=contents, currency="USD", value=20.0)
    return {"event": "Purchase", "event_id": "order-1", "context": context, "properties": properties} | fields


def test_the_official_sdk_tracks_one_event(tiktok, sdk):
    client, api_client = sdk
    body = client.PixelTrackBody(pixel_code=PIXEL, timestamp="2026-11-18T11:06:40Z", **sdk_event(client))
    answer = client.EventCallbackApi(api_client).pixel_track(TOKEN, body=body)
    assert answer is not None
    (counted,) = tiktok.counted(full=True)
    assert (counted["event_id"], counted["value"], counted["event_time"]) == ("order-1", 20.0, 1_795_000_000)
    assert {"email", "phone", "external_id", "ttclid", "ip"} <= set(counted["user_keys"])


def test_the_official_sdk_tracks_a_batch(tiktok, sdk):
    client, api_client = sdk
    batch = [client.PixelbatchBatch(type="track", **sdk_event(client, event_id=f"order-{i}")) for i in range(50)]
    client.EventCallbackApi(api_client).pixel_batch(TOKEN, body=client.PixelBatchBody(pixel_code=PIXEL, batch=batch))
    assert [each["event_id"] for each in tiktok.counted()] == [f"order-{i}" for i in range(50)]


def test_the_official_sdk_hears_of_a_bad_token(sdk):
    client, api_client = sdk
    body = client.PixelTrackBody(pixel_code=PIXEL, **sdk_event(client))
    with pytest.raises(Exception, match="40105"):
        client.EventCallbackApi(api_client).pixel_track("nonsense", body=body)


def test_the_official_sdk_lists_pixels_and_reads_statistics(tiktok, sdk):
    client, api_client = sdk
    callback, measurement = client.EventCallbackApi(api_client), client.MeasurementApi(api_client)
    callback.pixel_track(TOKEN, body=client.PixelTrackBody(pixel_code=PIXEL, **sdk_event(client)))
    listed = measurement.pixel_list(ADVERTISER, TOKEN)
    assert [each["pixel_code"] for each in listed["data"]["pixels"]] == [PIXEL]
    today = tiktok.requests()[0]["at"][:10]
    stats = measurement.pixel_event_stats(
        ADVERTISER, [PIXEL_ID], json.dumps({"start_date": today, "end_date": today}), TOKEN
    )
    (statistics,) = stats["data"]["list"][0]["statistics"]
    assert (statistics["pixel_event_type"], statistics["server_event_total_count"]) == ("SHOPPING", 1)


def segment(tiktok, *, name="Purchase", token=TOKEN, **properties):
    """Let Segment's destination report one order."""
    if NODE is None or not MODULES.is_dir():
        pytest.skip("Segment's destination is not installed")
    event = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "order-1",
        "timestamp": "2026-11-18T11:06:40.000Z",
        "userId": "user_123",
        "properties": {
            "order_id": "1",
            "currency": "USD",
            "value": 20,
            "email": "alice_abc@gmail.com",
            "phone": "+12133734253",
        }
        | properties,
        "context": {
            "ip": "198.51.100.7",
            "userAgent": "Mozilla/5.0",
            "page": {"url": "https://shop.example/thanks?ttclid=E.C.P.abc", "referrer": "https://shop.example/"},
        },
    }
    asked = json.dumps({"event": event, "name": name, "settings": {"accessToken": token, "pixelCode": PIXEL}})
    ran = subprocess.run(
        [NODE, "send.cjs", tiktok.url],
        cwd=SEGMENT,
        env={**os.environ, "NODE_PATH": str(MODULES)},
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(ran.stdout)


def test_a_public_sender_of_2_0_is_understood(tiktok):
    answer = segment(tiktok)
    assert (answer["data"]["code"], answer["data"]["message"]) == (0, "OK")
    (counted,) = tiktok.counted(full=True)
    assert (counted["event"], counted["event_id"], counted["value"]) == ("Purchase", "order-1", 20)
    user = counted["merged"]["user"]
    assert (user["email"], user["phone"], user["external_id"]) == ([EMAIL], [PHONE], [USER_123])
    assert "first_name" not in counted["user_keys"]
    assert user["ttclid"] == "E.C.P.abc"


def test_a_public_sender_hears_of_a_refusal(tiktok):
    answer = segment(tiktok, token="nonsense")
    assert answer["response"]["code"] == 40105


def test_a_public_senders_repeat_is_one_event(tiktok):
    segment(tiktok)
    segment(tiktok)
    assert [each["copies"] for each in tiktok.counted()] == [2]
