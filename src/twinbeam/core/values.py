"""
The values that travel from room to room. They are immutable, and each is born in exactly one room.

    request --accept--> Arrival --consent--> Judged --identity--> Sealed (a Signal) --journal, record--> conversion

`Item` and `Arrival` hold what people typed (raw identifiers) and live in memory only.
`Signal` is the first value that may be stored: identifiers in it are hashed, URLs are scrubbed.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from twinbeam.core.consent import NOTHING_SAID, ConsentRecord
from twinbeam.core.erasure import PersonRequest
from twinbeam.core.goods import Goods
from twinbeam.core.keys import scope_of
from twinbeam.core.order import OrderFacts
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import DEFAULT_RULES, PixelRules, Stage
from twinbeam.core.verticals import Text, Vertical

Short = Annotated[str, Meta(min_length=1, max_length=256)]
OneOrMore = (
    Annotated[str, Meta(max_length=320)] | Annotated[list[Annotated[str, Meta(max_length=320)]], Meta(max_length=20)]
)
ClickId = Annotated[str, Meta(max_length=3_000)]  #: as it may be while it is percent-encoded
Url = Annotated[str, Meta(max_length=8_000)]
EventSource = Literal["web", "app", "offline", "crm"]
EVENT_SOURCES: tuple[EventSource, ...] = get_args(EventSource)
TestCode = Annotated[str, Meta(pattern="^[A-Za-z0-9]*$", max_length=40)]
"""A code of TikTok's test page, such as TEST12345; empty as good as none."""
Said = Literal["granted", "denied", "undecided"]
"""An answer about one purpose; "undecided": there is one, but nobody can tell what it is."""
Native = Literal["sent", "blocked", "not_fired", "unknown"]
"""What became of the copy that TikTok's own script reports: proven sent, proven not sent, never tried, or not known."""


class Channel(StrEnum):
    """Who reported a copy; all but the browser stand on the server's side."""

    BROWSER = "browser"
    WEBHOOK = "webhook"  #: the shop system itself, by a signed webhook
    SERVER = "server"  #: the shop's own code, by an API call
    FILE = "file"  #: an import

    @property
    def side(self) -> "Side":
        """The side it stands on: copies of both sides make a conversion complete."""
        return Side.BROWSER if self is Channel.BROWSER else Side.SERVER


class Side(StrEnum):
    """The two sides that see a purchase."""

    BROWSER = "browser"
    SERVER = "server"


class KeyKind(StrEnum):
    """What the holder of a write or read key may do."""

    BROWSER = "browser"
    SERVER = "server"
    READ = "read"
    OPERATE = "operate"

    @property
    def writes(self) -> bool:
        """Whether events are sent with it."""
        return self in (KeyKind.BROWSER, KeyKind.SERVER)


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
    ttclid: ClickId | None = None
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
    sku: Text | None = None  #: one of three ids a pixel may choose from; not sent by this name
    variant_id: Text | None = None  #: likewise
    group_id: Text | None = None  #: likewise


class Properties(Vertical, frozen=True, gc=False, omit_defaults=True):
    """What happened (tiktok.md 2.4)."""

    value: Annotated[float, Meta(ge=-1e12, le=1e12)] | Annotated[int, Meta(ge=-(10**12), le=10**12)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$")] | None = None
    contents: Annotated[list[Content], Meta(max_length=1_000)] | None = None
    content_ids: Annotated[list[Text], Meta(max_length=1_000)] | None = None
    content_id: Text | None = None  #: of the only product; not sent by this name
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
    tax: float | int | None = None  #: parts of `value`, so that a pixel may leave them out; not sent themselves
    shipping: float | int | None = None
    gift_cards: float | int | None = None
    tips: float | int | None = None
    coupon: Text | None = None  #: TikTok's script takes it in the browser; its API knows none, so it is not sent


class Lead(Struct, frozen=True, gc=False, omit_defaults=True):
    """A TikTok lead a CRM event belongs to (tiktok.md 2.7)."""

    lead_id: Short
    lead_event_source: Text | None = None


class Consent(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the visitor said, per purpose, when, where, and how the sender knows."""

    ad_storage: Said | None = None
    ad_user_data: Said | None = None
    ad_personalization: Said | None = None
    source: Annotated[str, Meta(max_length=64)] | None = None
    evidence: Annotated[str, Meta(max_length=256)] | None = None
    at: Annotated[int, Meta(gt=0, le=10**11 - 1)] | None = None  #: when it was said, seconds since the epoch
    region: Annotated[str, Meta(pattern="^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$", max_length=6)] | None = None
    opt_out: bool | None = None  #: Global Privacy Control, or an opt-out in a GPP string


class Item(Struct, frozen=True, gc=False, omit_defaults=True):
    """One event as a sender wrote it: the body of `POST /v1/events` is a list of these. Raw: memory only."""

    event: Annotated[str, Meta(min_length=1, max_length=50)]
    event_time: Annotated[int, Meta(gt=0)] | None = None  #: seconds since the epoch; a server always says it
    age_ms: Annotated[int, Meta(ge=0, le=10**11)] | None = None  #: a browser says how long ago instead
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
    order_token: Short | None = None  #: shared by shop and browser, and not to be guessed from the order id
    cart_line: Short | None = None  #: which line of the cart changed
    action: Annotated[int, Meta(ge=0, le=10**9)] | None = None  #: the how-manieth change of the visit this is
    native: Native | None = None  #: a tag's word on what TikTok's own script did with this very event
    observed: Annotated[list[Short], Meta(max_length=20)] | None = None  #: what a tag found out about its page
    stage: Stage | None = None  #: how far the order is
    test: bool | None = None
    livemode: bool | None = None  #: the payment provider's word: False is a test
    test_event_code: TestCode | None = None  #: a test, and the code it is sent with where a server says so
    consent_receipt: Annotated[str, Meta(max_length=2_000)] | None = None
    limited_data_use: bool = False
    lead: Lead | None = None


class OrderEvent(Item, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """An event that follows from what a shop system says of an order."""

    revised_ms: int = 0  #: the modification of the order that it tells of; the newest one is believed
    progress: str = ""  #: how far the order is, by this delivery alone; UNTOLD: it only hears what the order is
    is_optional: bool = False  #: it goes only to pixels whose owner asks for it


class OrderNote(Item, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What a shop system says of an order, for the ledger: no event, and about nobody."""

    facts: OrderFacts


class RequestNote(Item, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What a shop system passes on of a person's rights: no event. Raw: memory only."""

    kind: str  #: of REQUEST_KINDS
    delivery: str  #: the same for a delivery that is repeated
    known_by: list[tuple[str, str]]  #: kinds and values by which the person may be known


class Origin(Struct, frozen=True, gc=False):
    """Who brought an item, and when: everything about it that the sender did not write."""

    workspace: str
    source: str  #: the name of the write key's source, such as "checkout" or "tag"
    channel: Channel
    received_ms: int  #: when the request was accepted, ms since the epoch
    client_ip: str | None = None  #: for browser keys only: a server's own address says nothing about the visitor
    user_agent: str | None = None  #: likewise
    idempotency: str | None = None  #: the Idempotency-Key header
    edge_country: str | None = None  #: what a listed proxy says of the client, such as DE
    privacy_control: bool = False  #: the browser itself sent Global Privacy Control
    shop: str = ""  #: the shop that the key belongs to; empty for the workspace's first

    @property
    def scope(self) -> str:
        """Name what ids of this shop are unique in."""
        return scope_of(self.workspace, self.shop)


class Arrival(Struct, frozen=True, gc=False):
    """One accepted item on its way to one pixel; an item for two pixels becomes two arrivals."""

    item: Item
    origin: Origin
    pixel: str  #: event source id; for the web it is the pixel code
    event: str  #: canonical name
    index: int  #: position in the request, from 0
    event_time: int = 0  #: seconds since the epoch, as understood
    spelling: str = ""  #: TikTok's name for the event as the sender wrote it, where that is not the canonical one
    rules: PixelRules = DEFAULT_RULES
    test_code: str = ""  #: set for a test: the stream it goes to
    drop_reason: Reason | None = None  #: set when it goes no further, whatever the visitor said
    most_phones: int = 20  #: how many of its phone numbers are to be resolved; all are looked for in its texts
    remarks: tuple[str, ...] = ()  #: fields and codes of what its reading changed, one after the other; no values


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
    bare: bool = False  #: send without identifiers
    teaches: bool = False  #: dropped, yet the visit may keep its click and browser keys


class Judged(Struct, frozen=True, gc=False):
    """An arrival, and what the consent room says of it."""

    arrival: Arrival
    permission: Permission
    record: ConsentRecord = NOTHING_SAID  #: what the event, its receipt and its request say


class Facts(Struct, frozen=True, gc=False, omit_defaults=True):
    """Click and browser keys of one visit: all that a later copy of the same visit may borrow."""

    ttclid: str | None = None
    ttp: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    url: str | None = None
    consent: ConsentRecord | None = None  #: the latest word of the visit
    contested_ms: int = 0  #: of an order: when a visit that nobody vouches for last refused it


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
    A refused arrival is a tombstone: `body` is empty, and it holds no identifiers, look-ups or facts; the hashed
    tokens of its visit carry the refusal to what else the visit reported.
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
    consent: ConsentRecord | None = None  #: what the event itself said
    aliases: list[bytes] = []  #: other keys this conversion may be known under: those its order or checkout gives
    spelling: str = ""  #: as in Arrival
    native: str = ""  #: as in Item
    stage: str = ""  #: as in Item
    match: int = 0  #: which match keys the body has: a sum of MATCH bits
    test_code: str = ""
    claim: bytes = b""  #: the hashed order that a browser names: anybody could, so its visit is not joined by it
    strong: bool = False  #: it names its visit by something that strangers cannot guess
    address: int = 0  #: which network a browser's request came from, coarsely (identity/traces.py); 0 when not known
    marks: list[bytes] = []  #: hashes by which two copies show that they speak of one person or one device
    order_event_id: str = ""  #: the event id that its order gives, where the event's own is another one
    observed: list[str] = []  #: findings of a tag about its page
    shop: str = ""  #: as in Origin
    order: OrderFacts | None = None  #: of an order's delivery, in a signal of its own
    revised_ms: int = 0  #: as in OrderEvent
    request: PersonRequest | None = None  #: what a shop system passes on of a person's rights, in a signal of its own
    of_order: bool = False  #: it follows from an order's delivery: the whole order says how far it is
    ledger_order: str = ""  #: of a tombstone, the order in the ledger that it is about, so that its end has a reason
    goods: Goods | None = None  #: of a server's order: what its products are worth
    told: list[str] = []  #: fields and codes of what was left out or changed, one after the other; no values


class Sealed(Struct, frozen=True, gc=False):
    """An arrival in the form that may be stored, and what its sender should mend."""

    signal: Signal
    notices: list[Notice]


#: One bit for each match key of a body (tiktok.md 8.5), so that what a copy adds is told without opening it.
MATCH: Mapping[str, int] = {
    name: 1 << place
    for place, name in enumerate(
        ("email", "phone", "external_id", "ttclid", "ttp", "ip", "first_name", "last_name", "zip_code")
    )
}


class Rejected(Struct, frozen=True, gc=False):
    """An item that was rejected on arrival, with the field and the fix."""

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
