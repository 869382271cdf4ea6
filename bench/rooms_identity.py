"""
How long the identity room takes for one event, in us; every event is a different visitor.

Run: python bench/rooms_identity.py [events]. Medians of five passes on one core; nothing else should run beside it.
The first line is a yardstick: a machine that is twice as slow there is twice as slow everywhere.
"""

import gc
import statistics
import sys
import time

import msgspec

from twinbeam.core.values import Arrival, Channel, Decision, Item, Origin, Permission
from twinbeam.pipeline.identity.hashing import sha256_hex
from twinbeam.pipeline.identity.seal import Sealer

ALLOWED = Permission(Decision.ALLOWED, "ad_storage=granted")
DROPPED = Permission(Decision.DROPPED, "ad_storage=denied")
CLICK = "E.C.P.CrYBaGVsbG8td29ybGQtdGhpcy1pcy1hLWxvbmctY2xpY2staWQtd2l0aG91dC1tZWFuaW5nLTEyMzQ1Njc4OTA"
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def purchase(n, phone, **page):
    """Build one purchase of about 1.2 kB, decoded from JSON as the accept room does."""
    event = {
        "event": "Purchase",
        "event_time": 1_790_000_000 + n,
        "event_id": f"order-{n}",
        "user": {
            "email": f"Visitor.{n}@Example.com",
            "phone": phone,
            "external_id": f"customer_{n}",
            "first_name": "Jane",
            "last_name": "O'Neill",
            "city": "Birmingham",
            "state": "West Midlands",
            "zip_code": "B1 1AA",
            "country": "GB",
            "ttp": "01KATEMD6NAZBT2CJCF3ZKBZ41_.tt.1",
            "ip": f"81.{n % 200}.{n // 200 % 250}.7",
            "user_agent": AGENT,
            "locale": "en-GB",
        },
        "page": {
            "url": f"https://shop.example/checkout/thanks?order={n}&utm_source=tiktok&utm_medium=paid&ttclid={CLICK}",
            "referrer": "https://shop.example/checkout/payment?step=3&from=cart",
            **page,
        },
        "properties": {
            "value": 49.9,
            "currency": "GBP",
            "content_type": "product",
            "num_items": 2,
            "description": "Two wool hats, warm and light",
            "customer_type": "returning",
            "contents": [
                {
                    "content_id": "HAT-1",
                    "content_name": "Wool hat",
                    "brand": "Acme",
                    "content_category": "Hats",
                    "price": 24.95,
                    "quantity": 2,
                }
            ],
        },
        "consent": {"ad_storage": "granted", "ad_user_data": "granted", "source": "banner"},
        "order_id": str(n),
        "visitor_id": f"v-{n}",
        "checkout_token": f"c-{n}",
    }
    return msgspec.json.decode(msgspec.json.encode(event), type=Item)


def arrival(item, channel=Channel.SERVER):
    origin = Origin("default", "checkout", channel, 1_790_000_000_500, client_ip="81.2.69.142", user_agent=AGENT)
    return Arrival(item, origin, "C0EXAMPLEPIXELCODE20", "Purchase", 0)


def microseconds(sealer, arrivals, permission):
    gc.collect()
    began = time.perf_counter()
    for one in arrivals:
        sealer.seal(one, permission)
    return (time.perf_counter() - began) / len(arrivals) * 1e6


def report(label, arrivals, permission=ALLOWED, *, fresh=False):
    sealer = Sealer()
    passes = [microseconds(Sealer() if fresh else sealer, arrivals, permission) for _ in range(5)]
    print(f"{label:<58} {statistics.median(passes):6.1f} us")


def yardstick(count):
    began = time.perf_counter()
    for number in range(count):
        sha256_hex(f"visitor.{number}@example.com")
    return (time.perf_counter() - began) / count * 1e6


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    e164 = [purchase(n, f"+4479{n:08d}") for n in range(count)]
    national = [purchase(n, f"079{n:08d}") for n in range(count)]
    numeric = [
        purchase(n, f"+4479{n:08d}", referrer=f"https://shop.example/?utm_id=17890123{n:08d}") for n in range(count)
    ]
    personal = [
        purchase(n, f"+4479{n:08d}", referrer=f"https://shop.example/?email=a{n}%40b.example") for n in range(count)
    ]
    print(f"{'SHA-256 of one e-mail address':<58} {yardstick(100_000):6.2f} us")
    print(f"{len(msgspec.json.encode(e164[0]))} bytes per item, {count} items")
    report("purchase, E.164 phone", list(map(arrival, e164)))
    report("purchase, E.164 phone, long number in a URL", list(map(arrival, numeric)))
    report("purchase, E.164 phone, e-mail in a URL", list(map(arrival, personal)))
    report("purchase, national phone, first seen", list(map(arrival, national)), fresh=True)
    report("purchase, national phone, seen before", list(map(arrival, national)))
    report("tombstone", list(map(arrival, e164)), DROPPED)
    no_id = [msgspec.structs.replace(item, event_id=None, order_id=None) for item in e164]
    report("purchase, id derived from contents", list(map(arrival, no_id)))


if __name__ == "__main__":
    main()
