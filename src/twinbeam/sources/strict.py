"""
The body of `POST /v1/events` as it should be: core's values, with unknown fields forbidden and numbers bounded.

What decodes into these is taken without remark, and they are what spec/ingest.schema.json says. Anything else
takes the slow path (lenient.py), which mends what can be mended and refuses only what cannot.
"""

from typing import Annotated

from msgspec import Meta, Struct

from twinbeam.core import values
from twinbeam.pipeline.accept.problems import MOST_EVENTS, MOST_STATEMENTS

MOST_SECONDS = 10**11 - 1  #: the year 5138; anything above is meant as milliseconds
MOST_NUMBER = 10**12
CURRENCY_LETTERS = 3

Number = Annotated[float, Meta(ge=-MOST_NUMBER, le=MOST_NUMBER)] | Annotated[int, Meta(ge=-MOST_NUMBER, le=MOST_NUMBER)]
Count = Annotated[int, Meta(ge=-MOST_NUMBER, le=MOST_NUMBER)]


class User(values.User, frozen=True, forbid_unknown_fields=True):
    """Who acted. Identifiers are sent as typed (or as SHA-256) and hashed here before anything is stored."""


class Page(values.Page, frozen=True, forbid_unknown_fields=True):
    """Where it happened."""


class Content(values.Content, frozen=True, forbid_unknown_fields=True):
    """One line of a cart or order; `price` is that of a single piece."""

    price: Number | None = None
    quantity: Count | None = None


class Properties(values.Properties, frozen=True, forbid_unknown_fields=True):
    """What happened; `value` is the total in `currency`, an ISO 4217 code."""

    currency: Annotated[str, Meta(pattern="^[A-Za-z]{3}$", max_length=3)] | None = None
    contents: Annotated[list[Content], Meta(max_length=1_000)] | None = None  # type: ignore[assignment]
    num_items: Count | None = None
    quantity: Count | None = None
    price: Number | None = None
    predicted_ltv: Number | None = None
    tax: Number | None = None
    shipping: Number | None = None
    gift_cards: Number | None = None
    tips: Number | None = None


class Lead(values.Lead, frozen=True, forbid_unknown_fields=True):
    """The TikTok lead that a crm event belongs to."""


class Consent(values.Consent, frozen=True, forbid_unknown_fields=True):
    """What the visitor said, per purpose, and how the sender knows."""


class Item(values.Item, frozen=True, forbid_unknown_fields=True):
    """
    One event; `event_time` is in whole seconds since 1970-01-01 UTC.

    A server says `event_time`; a browser, whose clock is not believed, says `age_ms`, how long ago it was.
    """

    event_time: Annotated[int, Meta(gt=0, le=MOST_SECONDS)] | None = None
    user: User = User()
    page: Page = Page()
    properties: Properties = Properties()
    consent: Consent = Consent()
    lead: Lead | None = None


class Events(Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """The body of one request; its `test_event_code` marks every event as a test that names no code of its own."""

    events: Annotated[list[Item], Meta(min_length=1, max_length=MOST_EVENTS)]
    test_event_code: values.TestCode | None = None


class Statement(Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What the visitor of a visit said; the visit is named by at least one of its tokens."""

    visitor_id: values.Short | None = None
    cart_token: values.Short | None = None
    checkout_token: values.Short | None = None
    order_token: values.Short | None = None
    order_id: values.Short | None = None
    page_url: values.Url | None = None
    consent: Consent = Consent()


class Statements(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The body of one request to `POST /v1/consent`."""

    statements: Annotated[list[Statement], Meta(min_length=1, max_length=MOST_STATEMENTS)]
