"""
The values that travel from room to room. They are immutable, and each is born in exactly one room.

    request --accept--> Arrival --consent--> Permission --identity--> Signal --journal, record--> conversion

`Item` and `Arrival` hold what people typed (raw identifiers) and live in memory only.
`Signal` is the first value that may be stored: identifiers in it are hashed, URLs are scrubbed.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from twinbeam.core.outcomes import Reason

Text = Annotated[str, Meta(max_length=1_000)]
Short = Annotated[str, Meta(min_length=1, max_length=256)]
OneOrMore = (
    Annotated[str, Meta(max_length=320)] | Annotated[list[Annotated[str, Meta(max_length=320)]], Meta(max_length=20)]
)
Url = Annotated[str, Meta(max_length=8_000)]
EventSource = Literal["web", "app", "offline", "crm"]
Said = Literal["granted", "denied"]


class Channel(StrEnum):
    """Which side reported a copy."""

    BROWSER = "browser"
    SERVER = "server"


class KeyKind(StrEnum):
    """What the holder of a write or read key may do."""

    BROWSER = "browser"
    SERVER = "server"
    READ = "read"


class User(Struct, frozen=True, gc=False, omit_defaults=True):
    """Who acted, as the sender typed it (tiktok.md 2.3). Raw: memory only."""

    email: OneOrMore | None = None
    phone: OneOrMore | None = None
    external_id: OneOrMore | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    city: Text | None = None
    state: Text | None = None
    zip_code: Text | None = None
    country: Text | None = None
    ttclid: Text | None = None
    ttp: Text | None = None
    ip: Text | None = None
    user_agent: Text | None = None
    locale: Text | None = None


class Page(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where it happened (tiktok.md 2.7). Raw: the identity room scrubs it."""

    url: Url | None = None
    referrer: Url | None = None


class Content(Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of a cart or order (tiktok.md 2.5)."""

    content_id: Text | None = None
    content_type: Text | None = None
    content_category: Text | None = None
    content_name: Text | None = None
    brand: Text | None = None
    price: float | int | None = None
    quantity: int | None = None


class Properties(Struct, frozen=True, gc=False, omit_defaults=True):
    """What happened (tiktok.md 2.4)."""

    value: Annotated[float, Meta(ge=-1e12, le=1e12)] | Annotated[int, Meta(ge=-(10**12), le=10**12)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$")] | None = None
    contents: Annotated[list[Content], Meta(max_length=1_000)] | None = None
    content_ids: Annotated[list[Text], Meta(max_length=1_000)] | None = None
    content_type: Literal["product", "product_group"] | None = None
    content_name: Text | None = None
    content_category: Text | None = None
    brand: Text | None = None
    description: Text | None = None
    search_string: Text | None = None
    num_items: int | None = None
    quantity: int | None = None
    price: float | int | None = None
    order_id: Short | None = None
    shop_id: Text | None = None
    customer_type: Literal["new", "returning"] | None = None
    delivery_category: Text | None = None
    status: Text | None = None
    predicted_ltv: float | int | None = None


class Lead(Struct, frozen=True, gc=False, omit_defaults=True):
    """A TikTok lead a CRM event belongs to (tiktok.md 2.7)."""

    lead_id: Short
    lead_event_source: Text | None = None


class Consent(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the visitor said, per purpose, and how the sender knows."""

    ad_storage: Said | None = None
    ad_user_data: Said | None = None
    ad_personalization: Said | None = None
    source: Annotated[str, Meta(max_length=64)] | None = None
    evidence: Annotated[str, Meta(max_length=256)] | None = None


class Item(Struct, frozen=True, gc=False, omit_defaults=True):
    """One event as a sender wrote it: the body of `POST /v1/events` is a list of these. Raw: memory only."""

    event: Annotated[str, Meta(min_length=1, max_length=50)]
    event_time: Annotated[int, Meta(gt=0)]
    event_id: Short | None = None
    event_source: EventSource = "web"
    pixel: Short | None = None
    user: User = User()
    page: Page = Page()
    properties: Properties = Properties()
    consent: Consent = Consent()
    order_id: Short | None = None
    visitor_id: Short | None = None
    cart_token: Short | None = None
    checkout_token: Short | None = None
    limited_data_use: bool = False
    lead: Lead | None = None


class Origin(Struct, frozen=True, gc=False):
    """Who brought an item, and when: everything about it that the sender did not write."""

    workspace: str
    source: str  #: the name of the write key's source, such as "checkout" or "tag"
    channel: Channel
    received_ms: int  #: when the request was accepted, ms since the epoch
    client_ip: str | None = None  #: for browser keys only: a server's own address says nothing about the visitor
    user_agent: str | None = None  #: likewise
    idempotency: str | None = None  #: the Idempotency-Key header


class Arrival(Struct, frozen=True, gc=False):
    """One accepted item on its way to one pixel; an item for two pixels becomes two arrivals."""

    item: Item
    origin: Origin
    pixel: str  #: event source id; for the web it is the pixel code
    event: str  #: canonical name
    index: int  #: position in the request, from 0


class Decision(StrEnum):
    """What the consent room found."""

    ALLOWED = "allowed"
    UNDECIDED = "undecided"
    DROPPED = "dropped"


class Permission(Struct, frozen=True, gc=False):
    """The consent room's answer: the decision, and what it rests on."""

    decision: Decision
    basis: str  #: such as "ad_storage=granted", "policy=not_required"; never an identifier
    reason: Reason | None = None  #: set when dropped
    limited: bool = False  #: send with limited_data_use


class Facts(Struct, frozen=True, gc=False, omit_defaults=True):
    """Click and browser keys of one visit: all that a later copy of the same visit may borrow."""

    ttclid: str | None = None
    ttp: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    url: str | None = None


class Notice(Struct, frozen=True, gc=False):
    """Something the sender should mend, though the event was taken: an unusable phone, an unknown field."""

    index: int
    field: str
    code: str
    message: str


class Signal(Struct, frozen=True, gc=False, array_like=True):
    """
    One arrival, ready to be stored: hashed, scrubbed, keyed. What the journal keeps.

    The order of fields is the stored format: add at the end only, with a default.
    A refused arrival is a tombstone: `body` is empty, and it holds no identifiers, look-ups or facts.
    """

    key: bytes  #: keys.conversion_key
    workspace: str
    pixel: str
    event_source: str
    event: str  #: canonical name
    event_id: str
    event_time: int  #: seconds since the epoch
    received_ms: int
    channel: Channel
    source: str
    permission: Permission
    body: bytes  #: the TikTok event without its name: a JSON object as bytes
    order_id: str = ""
    minor: int | None = None  #: value in the currency's minor unit
    currency: str = ""
    lookups: list[bytes] = []
    visits: list[bytes] = []
    facts: Facts | None = None


class Rejected(Struct, frozen=True, gc=False):
    """An item that was refused at the door, with the field and the fix."""

    index: int
    code: str
    message: str
    field: str
    fix: str


JSON = dict[str, Any]
"""A decoded JSON object."""


def plain(value: object) -> Any:
    """Turn a Struct into JSON-ready dicts and lists, for pages and stories."""
    return msgspec.to_builtins(value)
