"""
The work item: a consented Purchase of about 1.2 kB, as a shop's server reports it.

Event `n` is always the same event. All are distinct visitors' purchases in their identifiers; of ten in a row
three carry a national phone number with its country, one repeats an earlier event, and every second one is by a
visitor who came before. A visitor stays in one country. Of fifty in a row one visitor who came before says otherwise
than then: no personalised ads any more.

`silent` work is the same, but two events of ten say nothing about consent: they are held, unless their visitor has
permitted before.
"""

import time
from collections.abc import Iterator

import msgspec

PIXEL = "C0BENCHPIXELCODE0001"
REPEATED_WITHIN = 5_000  #: how far back a repeated event lies at most
_MIX = 2_654_435_761  # Knuth's multiplicative hash: scatters small numbers evenly

_COUNTRIES = (("DE", "+49151", "0151 "), ("GB", "+4474", "074"), ("FR", "+336", "06"))
COUNTRIES = len(_COUNTRIES)
_PEOPLE = (("Jane", "O'Neill", "Birmingham"), ("Jürgen", "Müller", "München"), ("Zoé", "de la Tour", "Saint-Étienne"))
_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
_CLICK = "E.C.P.CrYBaGVsbG8td29ybGQtdGhpcy1pcy1hLWxvbmctY2xpY2staWQ"
_GRANTS = {"ad_storage": "granted", "ad_user_data": "granted", "source": "banner"}
_OBJECTS = _GRANTS | {"ad_personalization": "denied"}
_HATS = ("Wool hat", "Straw hat", "Rain hat", "Bowler")


def is_repeat(n: int) -> bool:
    """Tell whether event `n` only repeats an earlier one."""
    return n % 10 == 9


def number_of(n: int) -> int:
    """Give the number of the event that event `n` says again, or its own."""
    if not is_repeat(n):
        return n
    earlier = n - 1 - scattered(n) % min(n, REPEATED_WITHIN)
    return earlier - 1 if is_repeat(earlier) else earlier


def distinct(first: int, count: int) -> int:
    """Count the different events among `count` from `first` on."""
    return len({number_of(n) for n in range(first, first + count)})


def visitor_of(n: int) -> int:
    """Give the visitor of an event: every second event brings a new one, the others are by somebody earlier."""
    return n // 2 if n % 2 == 0 else scattered(n) % (n // 2 + 1)


def visitor_id(visitor: int) -> str:
    """Name a visitor."""
    return f"v-{visitor:09d}"


def scattered(n: int) -> int:
    """Spread a number over 32 bits, always the same way."""
    return n * _MIX % 2**32


def has_national_phone(n: int) -> bool:
    """Tell whether event `n` carries a phone number without its country code."""
    return n % 10 in {1, 4, 8}


def says_otherwise(n: int) -> bool:
    """Tell whether event `n` is by a visitor who came before and now objects to personalised ads."""
    return n % 50 == 7  # neither a repeat nor with a national phone


def says_nothing(n: int) -> bool:
    """Tell whether event `n` of silent work is without a word on consent."""
    return n % 10 in {3, 6}  # no repeats, and nobody who says otherwise


def purchase(n: int, *, now_s: int | None = None, silent: bool = False) -> dict[str, object]:
    """Give event `n` as a shop's server writes it; without `now_s` it happened just now."""
    n = number_of(n)
    visitor = visitor_of(n)
    country, international, national = _COUNTRIES[visitor % COUNTRIES]
    first_name, last_name, city = _PEOPLE[n % 3]
    number = f"{(n * 7_919 + 20_000_003) % 10**8:08d}"  # 7,919 shares no factor with 10**8: no number comes twice
    click = f"{_CLICK}{scattered(n):010d}"
    return {
        "event": "Purchase",
        "event_time": now_s or int(time.time()),
        "event_id": f"order-{n:09d}",
        "order_id": f"{n:09d}",
        "visitor_id": visitor_id(visitor),
        "user": {
            "email": f"Visitor.{n:09d}@mail.example",
            "phone": (national if has_national_phone(n) else international) + number,
            "external_id": f"customer-{n:09d}",
            "first_name": first_name,
            "last_name": last_name,
            "city": city,
            "zip_code": f"{n % 90_000 + 10_000}",
            "country": country,
            "ttclid": click,
            "ttp": f"01KATEMD6NAZBT2CJCF{n:09d}.tt.1",
            "ip": f"81.{n % 250}.{n // 250 % 250}.{n // 62_500 % 250 + 1}",
            "user_agent": _AGENT,
            "locale": f"{country.lower()}-{country}",
        },
        "page": {
            "url": f"https://shop.example/checkout/thanks?order={n:09d}&utm_source=tiktok&utm_medium=paid"
            f"&utm_campaign=autumn-hats&ttclid={click}",
            "referrer": "https://shop.example/checkout/payment?step=3&lang=en",
        },
        "properties": {
            "value": 24.95 + n % 200,
            "currency": "EUR",
            "content_type": "product",
            "contents": [_content(n + line) for line in range(1 + n % 2)],
        },
        "consent": {} if silent and says_nothing(n) else _OBJECTS if says_otherwise(n) else _GRANTS,
    }


def body(first: int, count: int = 1, *, now_s: int | None = None, silent: bool = False) -> bytes:
    """Give the body of a post of `count` events from number `first` on."""
    events = [purchase(n, now_s=now_s, silent=silent) for n in range(first, first + count)]
    return msgspec.json.encode({"events": events})


def posts(key: str, *, first: int = 0, events: int = 1) -> Iterator[bytes]:
    """Render whole requests of some events each, without end."""
    head = (
        "POST /v1/events HTTP/1.1\r\nhost: gateway.shop.example\r\n"
        f"authorization: Bearer {key}\r\ncontent-type: application/json\r\n"
        "user-agent: shop/1.0\r\naccept: */*\r\ncontent-length: %d\r\n\r\n"
    ).encode()
    while True:
        content = body(first, events)
        yield head % len(content) + content
        first += events


def _content(n: int) -> dict[str, object]:
    sku, name = f"SKU-{n % 5_000:05d}", _HATS[n % len(_HATS)]
    return {"content_id": sku, "content_name": name, "brand": "Hatter", "price": 24.95, "quantity": 1}
