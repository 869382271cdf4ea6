"""
The room's one act: turn what a sender typed into the first value that may be stored.

    heading (ids, time, money) ──▶ parts (person, page, properties) ──▶ body, look-ups, visits, facts ──▶ Signal
"""

from msgspec import Raw, Struct
from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.consent import ConsentRecord
from twinbeam.core.values import Arrival, Channel, Decision, Item, Lead, Notice, Page, Permission, Signal
from twinbeam.pipeline.identity import event_ids, network, person, traces
from twinbeam.pipeline.identity.body import NOBODY, NOWHERE, Event, Person, encode
from twinbeam.pipeline.identity.email import hashed_email
from twinbeam.pipeline.identity.hashing import Several
from twinbeam.pipeline.identity.money import checked_currency, minor_units
from twinbeam.pipeline.identity.notices import Told, Trouble, notices
from twinbeam.pipeline.identity.phone import Phones
from twinbeam.pipeline.identity.properties import encoded_properties
from twinbeam.pipeline.identity.text import own_digits, without_personal
from twinbeam.pipeline.identity.urls import scrubbed_url

_LAST_SECOND = 253_402_300_799  #: of the year 9999; what lies beyond may not fit a stored integer
_LIMITABLE = frozenset({"web", "app"})  #: limited_data_use is not valid elsewhere (tiktok.md 2.2)


class _Heading(Struct, frozen=True, gc=False):
    """What is kept of an arrival whatever the visitor said."""

    event_id: str | None  #: None: to be derived from the parts
    order_id: str | None
    event_time: int
    currency: str | None


class _Parts(Struct, frozen=True, gc=False):
    """What needs permission."""

    person: Person
    page: Page
    properties: bytes | None
    lead: Lead | None


class Sealer:
    """Seals arrivals; holds nothing but the memory of phone numbers that were hard to resolve."""

    def __init__(self, *, default_region: str | None = None) -> None:
        self._phones = Phones(default_region)

    def seal(
        self, arrival: Arrival, permission: Permission, consent: ConsentRecord | None = None
    ) -> tuple[Signal, list[Notice]]:
        """
        Give the storable form of an arrival, and what its sender should mend.

        Without permission it is a tombstone: the key and the ids, nothing of the person and nothing to send.
        """
        told: Told = []
        heading = _heading(arrival, told)
        if permission.decision is Decision.ALLOWED:
            parts = self._parts(arrival, heading, told)
            event_id = heading.event_id or _derived_id(arrival, parts)
            signal = _filled(_tombstone(arrival, permission, heading, event_id), arrival.item, parts, told)
        else:
            event_id = heading.event_id or _derived_id(arrival, self._parts(arrival, heading, []))
            signal = _tombstone(arrival, permission, heading, event_id)
        return replace(signal, consent=consent), notices(told, arrival.index)

    def _parts(self, arrival: Arrival, heading: _Heading, told: Told) -> _Parts:
        item = arrival.item
        phones = item.user.phone
        return _Parts(
            self._person(arrival, told),
            Page(
                url=_scrubbed(item.page.url, "page.url", phones, heading.order_id, told),
                referrer=_scrubbed(item.page.referrer, "page.referrer", phones, heading.order_id, told),
            ),
            encoded_properties(item.properties, heading.order_id, heading.currency, phones, told),
            _scrubbed_lead(item.lead, phones) if item.lead else None,
        )

    def _person(self, arrival: Arrival, told: Told) -> Person:
        user = arrival.item.user
        ip, user_agent = network.connection(arrival)
        country = person.plain_country(user.country, told)
        return Person(
            email=hashed_email(user.email, told),
            phone=self._phones.hashed(user.phone, country, told),
            external_id=person.hashed_external_id(user.external_id, told),
            first_name=person.hashed_name(user.first_name, "user.first_name", told),
            last_name=person.hashed_name(user.last_name, "user.last_name", told),
            city=person.plain_city(user.city, told),
            state=person.plain_state(user.state, country, told),
            zip_code=person.hashed_zip(user.zip_code, country, told),
            country=country,
            ttclid=network.click_id(user.ttclid, arrival.item.page.url, told),
            ttp=network.browser_id(user.ttp, told),
            ip=network.public_ip(ip, told),
            user_agent=network.plain_user_agent(user_agent),
            locale=network.plain_locale(user.locale, told),
        )


def _heading(arrival: Arrival, told: Told) -> _Heading:
    item = arrival.item
    order_id = event_ids.order_id_of(item, told)
    return _Heading(
        event_ids.given_id(arrival, order_id, told),
        order_id,
        _usable_time(arrival, told),
        checked_currency(item.properties.currency, item.properties.value, told),
    )


def _usable_time(arrival: Arrival, told: Told) -> int:
    if arrival.event_time <= _LAST_SECOND:
        return arrival.event_time
    told.append(("event_time", Trouble.TIME_UNUSABLE))
    return arrival.origin.received_ms // 1_000


def _derived_id(arrival: Arrival, parts: _Parts) -> str:
    """Hash what the item itself says; the connection, the pixel and the consent are not part of that."""
    item, who = arrival.item, parts.person
    if arrival.origin.channel is Channel.BROWSER:
        who = replace(who, ip=None, user_agent=None)
    what = Raw(parts.properties or b"{}")
    tokens = (item.visitor_id, item.cart_token, item.checkout_token)
    return event_ids.content_id(
        (arrival.event, item.event_source, item.event_time, who, parts.page, what, parts.lead, tokens)
    )


def _scrubbed(raw: str | None, field: str, phones: Several, order_id: str | None, told: Told) -> str | None:
    if not raw:
        return None
    url = scrubbed_url(raw, phones, order_id)
    if url != raw:
        told.append((field, Trouble.URL_SCRUBBED))
    return url


def _scrubbed_lead(lead: Lead, phones: Several) -> Lead:
    source = lead.lead_event_source
    return Lead(
        lead_id=event_ids.safe_id(lead.lead_id),
        lead_event_source=without_personal(source, own_digits(phones)) if source else None,
    )


def _tombstone(arrival: Arrival, permission: Permission, heading: _Heading, event_id: str) -> Signal:
    item, origin = arrival.item, arrival.origin
    return Signal(
        key=keys.conversion_key(origin.workspace, item.event_source, arrival.pixel, arrival.event, event_id),
        workspace=origin.workspace,
        pixel=arrival.pixel,
        event_source=item.event_source,
        event=arrival.event,
        event_id=event_id,
        event_time=heading.event_time,
        received_ms=origin.received_ms,
        channel=origin.channel,
        source=origin.source,
        permission=permission,
        body=b"",
        order_id=heading.order_id or "",
        minor=minor_units(item.properties.value, heading.currency),
        currency=heading.currency or "",
    )


def _filled(tombstone: Signal, item: Item, parts: _Parts, told: Told) -> Signal:
    workspace, order_id = tombstone.workspace, tombstone.order_id
    visits = traces.visits(workspace, item, order_id, told)
    return replace(
        tombstone,
        body=_body(tombstone, item, parts),
        lookups=traces.lookups(workspace, order_id, parts.person),
        visits=visits,
        facts=traces.facts(parts.person, parts.page) if visits else None,
    )


def _body(tombstone: Signal, item: Item, parts: _Parts) -> bytes:
    limited = item.limited_data_use or tombstone.permission.limited
    return encode(
        Event(
            event_time=tombstone.event_time,
            event_id=tombstone.event_id,
            user=None if parts.person == NOBODY else parts.person,
            page=None if parts.page == NOWHERE else parts.page,
            properties=None if parts.properties is None else Raw(parts.properties),
            limited_data_use=limited and item.event_source in _LIMITABLE,
            lead=parts.lead,
        )
    )
