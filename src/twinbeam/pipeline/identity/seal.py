"""
The room's one act: turn what a sender typed into the first value that may be stored.

    heading (ids, time, money) ──▶ parts (person, page, properties) ──▶ body, look-ups, visits, facts ──▶ Signal
"""

from msgspec import Raw, Struct
from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.addresses import host_only
from twinbeam.core.bare import bare
from twinbeam.core.consent import LIMITABLE, NOTHING_SAID, ConsentRecord
from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Arrival, Channel, Decision, Item, Lead, Notice, Page, Permission, Properties, Signal
from twinbeam.pipeline.identity import event_ids, network, person, traces
from twinbeam.pipeline.identity.body import NOBODY, NOWHERE, Event, Person, encode
from twinbeam.pipeline.identity.email import hashed_email
from twinbeam.pipeline.identity.hashing import Several
from twinbeam.pipeline.identity.match import match_of
from twinbeam.pipeline.identity.money import look_at_value, minor_units, said_currency
from twinbeam.pipeline.identity.notices import Told, Trouble, notices
from twinbeam.pipeline.identity.order_ids import other_ids
from twinbeam.pipeline.identity.outgoing import leaves_as_said, outgoing
from twinbeam.pipeline.identity.phone import Phones
from twinbeam.pipeline.identity.properties import encoded_properties, understood
from twinbeam.pipeline.identity.rates import RatesOf
from twinbeam.pipeline.identity.text import own_digits, without_personal
from twinbeam.pipeline.identity.urls import scrubbed_url

_LAST_SECOND = 253_402_300_799  #: of the year 9999; what lies beyond may not fit a stored integer
_DAY_SECONDS = 86_400


class _Heading(Struct, frozen=True, gc=False):
    """What is understood of an arrival whatever the visitor said."""

    event_id: str | None  #: None: to be derived from the parts
    order_id: str | None
    event_time: int
    said: Properties  #: with order id and currency checked, and nothing left out


class _Parts(Struct, frozen=True, gc=False):
    """What needs permission."""

    person: Person
    page: Page
    lead: Lead | None
    sent: Properties  #: what may leave of what was said
    properties: bytes | None  #: the same, scrubbed and encoded


class Sealer:
    """Seals arrivals; holds nothing but the memory of phone numbers that were hard to resolve."""

    def __init__(self, *, default_region: str | None = None, rates: RatesOf | None = None) -> None:
        self._phones = Phones(default_region)
        self._rates = rates

    def seal(
        self, arrival: Arrival, permission: Permission, record: ConsentRecord = NOTHING_SAID
    ) -> tuple[Signal, list[Notice]]:
        """
        Give the storable form of an arrival, and what its sender should mend.

        What is undecided is sealed in full, because it may be held until the visitor speaks. What is dropped is a
        tombstone: its key, and what its visit needs to know.
        """
        told: Told = []
        heading = _heading(arrival, told)
        if permission.decision is Decision.DROPPED:
            event_id = heading.event_id or _derived_id(arrival, heading, self._parts(arrival, heading, []))
            signal = self._remembered(
                _tombstone(arrival, permission, heading, event_id), arrival, heading, record, told
            )
        else:
            parts = self._parts(arrival, heading, told)
            event_id = heading.event_id or _derived_id(arrival, heading, parts)
            if arrival.rules.restricted:
                parts = _restricted(parts)
            tombstone = _tombstone(arrival, permission, heading, event_id, _spoken(record))
            signal = _filled(tombstone, arrival, heading, parts, told)
        return signal, notices(told, arrival.index)

    def _remembered(
        self, tombstone: Signal, arrival: Arrival, heading: _Heading, record: ConsentRecord, told: Told
    ) -> Signal:
        """
        Give a tombstone what it has to bring to its visit, and a refusal to its order.

        What is left to the browser's own script was seen all the same: its visit learns the word on consent and,
        where that allows it, the click. A test or a page of somebody else's teaches nothing.
        """
        reason, item = tombstone.permission.reason, arrival.item
        if reason not in (Reason.NO_CONSENT, Reason.LEFT_TO_BROWSER):
            return tombstone
        visits = traces.visits(tombstone.workspace, item, heading.order_id, told)
        signal = replace(tombstone, visits=visits, consent=_spoken(record))
        if reason is Reason.NO_CONSENT:
            return replace(signal, aliases=_aliases(tombstone, arrival, heading.order_id or ""))
        if not visits or not tombstone.permission.teaches:
            return signal
        parts = self._parts(arrival, heading, [])
        page = _restricted(parts).page if arrival.rules.restricted else parts.page
        return replace(signal, facts=traces.facts(parts.person, page))

    def _parts(self, arrival: Arrival, heading: _Heading, told: Told) -> _Parts:
        item = arrival.item
        phones = item.user.phone
        sent = self._outgoing(arrival, heading, told)
        look_at_value(arrival.event, heading.said.value, told)
        return _Parts(
            self._person(arrival, told),
            Page(
                url=_scrubbed(item.page.url, "page.url", phones, heading.order_id, told),
                referrer=_scrubbed(item.page.referrer, "page.referrer", phones, heading.order_id, told),
            ),
            _scrubbed_lead(item.lead, phones) if item.lead else None,
            sent,
            encoded_properties(sent, phones, told),
        )

    def _outgoing(self, arrival: Arrival, heading: _Heading, told: Told) -> Properties:
        if leaves_as_said(heading.said, arrival.rules):
            return heading.said
        rates = self._rates(arrival.origin.workspace) if self._rates else {}
        return outgoing(heading.said, arrival.rules, rates, heading.event_time, told)

    def _person(self, arrival: Arrival, told: Told) -> Person:
        user = arrival.item.user
        ip, user_agent = network.connection(arrival, told)
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
            ip=ip,
            user_agent=network.plain_user_agent(user_agent),
            locale=network.plain_locale(user.locale, told),
        )


def _heading(arrival: Arrival, told: Told) -> _Heading:
    item = arrival.item
    order_id = event_ids.order_id_of(item, told)
    currency = said_currency(item.properties.currency, item.properties.value, told)
    return _Heading(
        event_ids.given_id(arrival, order_id, told),
        order_id,
        _usable_time(arrival, told),
        understood(item.properties, order_id, currency),
    )


def _usable_time(arrival: Arrival, told: Told) -> int:
    if arrival.event_time <= _LAST_SECOND:
        return arrival.event_time
    told.append(("event_time", Trouble.TIME_UNUSABLE))
    return arrival.origin.received_ms // 1_000


def _derived_id(arrival: Arrival, heading: _Heading, parts: _Parts) -> str:
    """
    Hash what the item itself says; the pixel with its rules and the consent are not part of that.

    A repeat of an item without a time of its own is understood as a little later, so there the day has to do. Its
    connection may have changed, and is part of it only where nothing else tells one visitor from another.
    """
    item, who = arrival.item, parts.person
    if arrival.origin.channel is Channel.BROWSER:
        unconnected = replace(who, ip=None, user_agent=None)
        told_apart = item.event_time is not None or item.visitor_id or match_of(unconnected)
        who = unconnected if told_apart else who
    when = f"day {heading.event_time // _DAY_SECONDS}" if item.event_time is None else item.event_time
    is_all = parts.sent is heading.said
    what = Raw((parts.properties if is_all else encoded_properties(heading.said, item.user.phone, [])) or b"{}")
    tokens = (item.visitor_id, item.cart_token, item.checkout_token)
    return event_ids.content_id((arrival.event, item.event_source, when, who, parts.page, what, parts.lead, tokens))


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


def _restricted(parts: _Parts) -> _Parts:
    """Keep of the addresses no more than their hosts; the click id was read from them before."""
    return replace(parts, page=Page(url=host_only(parts.page.url), referrer=host_only(parts.page.referrer)))


def _tombstone(
    arrival: Arrival, permission: Permission, heading: _Heading, event_id: str, consent: ConsentRecord | None = None
) -> Signal:
    item, origin = arrival.item, arrival.origin
    stream = keys.stream_of(arrival.pixel, arrival.test_code)
    return Signal(
        key=keys.conversion_key(origin.workspace, item.event_source, stream, arrival.event, event_id),
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
        consent=consent,
        test_code=arrival.test_code,
    )


def _filled(tombstone: Signal, arrival: Arrival, heading: _Heading, parts: _Parts, told: Told) -> Signal:
    item, workspace, order_id = arrival.item, tombstone.workspace, heading.order_id or ""
    body = _body(tombstone, item, parts)
    is_bare = tombstone.permission.bare
    who = NOBODY if is_bare else parts.person
    visits = traces.visits(workspace, item, order_id, told)
    return replace(
        tombstone,
        body=bare(body) if is_bare else body,
        order_id=order_id,
        minor=minor_units(parts.sent.value, parts.sent.currency),
        currency=parts.sent.currency or "",
        lookups=traces.lookups(workspace, order_id, who),
        visits=visits,
        facts=traces.facts(who, parts.page) if visits and not is_bare else None,
        aliases=_aliases(tombstone, arrival, order_id),
        spelling=arrival.spelling,
        native=item.native or "",
        stage=item.stage or ("placed" if tombstone.channel is Channel.BROWSER else ""),
        match=match_of(who),
    )


def _spoken(record: ConsentRecord) -> ConsentRecord | None:
    return None if record == NOTHING_SAID else record


def _aliases(tombstone: Signal, arrival: Arrival, order_id: str) -> list[bytes]:
    others = other_ids(arrival.event, arrival.item, order_id, tombstone.event_id)
    if not others:
        return []
    stream = keys.stream_of(arrival.pixel, arrival.test_code)
    return [
        keys.conversion_key(tombstone.workspace, tombstone.event_source, stream, tombstone.event, other)
        for other in others
    ]


def _body(tombstone: Signal, item: Item, parts: _Parts) -> bytes:
    limited = item.limited_data_use or tombstone.permission.limited
    return encode(
        Event(
            event_time=tombstone.event_time,
            event_id=tombstone.event_id,
            user=None if parts.person == NOBODY else parts.person,
            page=None if parts.page == NOWHERE else parts.page,
            properties=None if parts.properties is None else Raw(parts.properties),
            limited_data_use=limited and item.event_source in LIMITABLE,
            lead=parts.lead,
        )
    )
