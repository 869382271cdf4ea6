"""The TikTok event as it goes on the wire, without its name (tiktok.md 2.2, 2.3, 2.7)."""

import msgspec
from msgspec import Raw, Struct

from twinbeam.core.values import Lead, Page
from twinbeam.pipeline.identity.hashing import Several


class WireUser(Struct, omit_defaults=True, frozen=True, gc=False):
    """The wire's `user`: every field is hashed, normalised or opaque."""

    email: Several = None
    phone: Several = None
    external_id: Several = None
    first_name: str | None = None
    last_name: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    country: str | None = None
    ttclid: str | None = None
    ttp: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    locale: str | None = None


class Event(Struct, omit_defaults=True, frozen=True, gc=False):
    """One element of the wire's `data`; the name is added when it is sent, in the spelling the pixel uses."""

    event_time: int  #: seconds since the epoch
    event_id: str
    user: WireUser | None = None
    page: Page | None = None
    properties: Raw | None = None
    limited_data_use: bool = False
    lead: Lead | None = None


NOBODY = WireUser()
NOWHERE = Page()

encode = msgspec.json.Encoder().encode
