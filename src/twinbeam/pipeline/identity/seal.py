"""
The room's one act: turn what senders typed into the first values that may be stored.

    cases (ids, time, money) ──▶ parts (person, page, properties) ──▶ body, look-ups, visits, facts ──▶ Signals

All arrivals go through one step before the next step begins, which takes a third less time than one arrival after
another (docs/decisions/0018-step-by-step.md).
"""

from collections.abc import Sequence

from msgspec import Raw, Struct
from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.addresses import host_only
from twinbeam.core.bare import bare
from twinbeam.core.consent import LIMITABLE, NOTHING_SAID, ConsentRecord
from twinbeam.core.outcomes import OBSERVATIONS, Reason
from twinbeam.core.values import (
    Arrival,
    Channel,
    Decision,
    Item,
    Judged,
    Lead,
    Notice,
    OrderEvent,
    Page,
    Permission,
    Properties,
    Sealed,
    Signal,
)
from twinbeam.pipeline.identity import event_ids, network, person, traces
from twinbeam.pipeline.identity.body import NOBODY, NOWHERE, Event, WireUser, encode
from twinbeam.pipeline.identity.contents import understood_contents
from twinbeam.pipeline.identity.email import hashed_email
from twinbeam.pipeline.identity.goods import goods_of, without_value
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
MOST_TOLD = 40  #: notices that a signal carries


class _Case(Struct, frozen=True, gc=False):
    """An arrival in this room, and what is understood of it whatever the visitor said."""

    arrival: Arrival
    permission: Permission
    record: ConsentRecord
    told: Told
    given_id: str | None  #: None: to be derived from the parts
    order_id: str | None
    event_time: int
    said: Properties  #: with order id and currency checked, and nothing left out

    @property
    def goes_on(self) -> bool:
        """Whether it may be sent, now or once the visitor has spoken."""
        return self.permission.decision is not Decision.DROPPED


class _Parts(Struct, frozen=True, gc=False):
    """What needs permission."""

    person: WireUser
    page: Page
    lead: Lead | None
    sent: Properties  #: what may leave of what was said
    properties: bytes | None  #: the same, scrubbed and encoded


class Sealer:
    """Seals arrivals; holds nothing but the memory of phone numbers that were hard to resolve."""

    def __init__(self, *, default_region: str | None = None, rates: RatesOf | None = None) -> None:
        self._phones = Phones(default_region)
        self._rates = rates

    def seal(self, judged: Sequence[Judged]) -> list[Sealed]:
        """
        Return the storable form of each arrival, and what its sender should mend.

        What is undecided is sealed in full, because it may be held until the visitor speaks. What is dropped is a
        tombstone: its key, and what its visit needs to know.
        """
        cases = list(map(_case, judged))
        going_on = [case for case in cases if case.goes_on]
        filled = iter(self._filled(going_on))
        signals = [next(filled) if case.goes_on else self._dropped(case) for case in cases]
        told = [notices(case.told, case.arrival.index) for case in cases]
        return list(map(_sealed, signals, told, cases))

    def _filled(self, cases: Sequence[_Case]) -> list[Signal]:
        parts = self._parts(cases)
        ids = list(map(_event_id, cases, parts))
        leaving = list(map(_leaving, cases, parts))
        tombstones = list(map(_tombstone, cases, ids))
        return list(map(_full, tombstones, cases, leaving))

    def _dropped(self, case: _Case) -> Signal:
        """
        Return a tombstone with what it brings to its visit, or a refusal to its order.

        What is left to the browser's own script was seen all the same: its visit learns the word on consent and,
        where that allows it, the click. A test or a page of somebody else's teaches nothing.
        """
        tombstone = _tombstone(case, case.given_id or _derived_id(case, self._untold(case)))
        reason = tombstone.permission.reason
        if reason in (Reason.LEFT_TO_BROWSER, Reason.PAGE_SEEN):
            tombstone = replace(tombstone, observed=_observed(case.arrival.item))
        if reason not in (Reason.NO_CONSENT, Reason.LEFT_TO_BROWSER):
            return tombstone
        known_by = _known_by(case)
        visits = known_by["visits"]
        signal = replace(tombstone, consent=_spoken(case.record), **known_by)
        if reason is Reason.NO_CONSENT:
            others = _other_ids(tombstone, case)
            named = {"order_id": case.order_id or "", "order_event_id": others[0] if others and case.order_id else ""}
            return replace(signal, aliases=_keys_of(others, tombstone, case), **named)
        if not visits or not tombstone.permission.teaches:
            return signal
        parts = _leaving(case, self._untold(case))
        return replace(signal, facts=traces.facts(parts.person, parts.page))

    def _untold(self, case: _Case) -> _Parts:
        """Return the parts of what is not sent, of which its sender has nothing to mend."""
        (parts,) = self._parts([replace(case, told=[])])
        return parts

    def _parts(self, cases: Sequence[_Case]) -> list[_Parts]:
        sent = list(map(self._outgoing, cases))
        people = list(map(self._person, cases))
        pages = list(map(_page, cases))
        leads = list(map(_lead, cases))
        encoded = list(map(_properties, cases, sent))
        return list(map(_Parts, people, pages, leads, sent, encoded))

    def _outgoing(self, case: _Case) -> Properties:
        arrival, said = case.arrival, case.said
        if leaves_as_said(said, arrival.rules):
            sent = said
        else:
            rates = self._rates(arrival.origin.workspace) if self._rates else {}
            sent = outgoing(said, arrival.rules, rates, case.event_time, case.told)
        look_at_value(arrival.event, said.value, case.told)
        return without_value(arrival, sent)

    def _person(self, case: _Case) -> WireUser:
        arrival, told = case.arrival, case.told
        user = arrival.item.user
        ip, user_agent = network.connection(arrival, told)
        if ip is None and case.permission.limited and not case.permission.bare:
            told.append(("user.ip", Trouble.LIMITED_WITHOUT_IP))
        country = person.plain_country(user.country, told)
        return WireUser(
            email=hashed_email(user.email, told),
            phone=self._phones.hashed(_resolved(user.phone, arrival.most_phones), country or user.country, told),
            external_id=person.hashed_external_id(user.external_id, told),
            first_name=person.hashed_name(user.first_name, "user.first_name", told),
            last_name=person.hashed_name(user.last_name, "user.last_name", told),
            city=person.plain_city(user.city, told),
            state=person.plain_state(user.state, country, told),
            zip_code=person.hashed_zip(user.zip_code, country, told),
            country=country,
            ttclid=network.click_id(user.ttclid, arrival.item.page, told),
            ttp=network.browser_id(user.ttp, told),
            ip=ip,
            user_agent=network.plain_user_agent(user_agent),
            locale=network.plain_locale(user.locale, told),
        )


def _sealed(signal: Signal, told: list[Notice], case: _Case) -> Sealed:
    """Let a signal that goes on carry what its sender is told: fields and codes, for the debugger."""
    remarks = case.arrival.remarks
    if (told or remarks) and case.goes_on:
        words = [*remarks, *(word for it in told for word in (it.field, it.code))]
        signal = replace(signal, told=words[: 2 * MOST_TOLD])
    return Sealed(signal, told)


def _resolved(phones: Several, most: int) -> Several:
    """Keep the first of an event's phone numbers; usually that is all of them."""
    if isinstance(phones, list):
        return phones if len(phones) <= most else phones[:most]
    return phones if most else None


def _case(judged: Judged) -> _Case:
    arrival, told = judged.arrival, list[tuple[str, Trouble]]()
    item = arrival.item
    order_id = event_ids.order_id_of(item, told)
    currency = said_currency(item.properties.currency, item.properties.value, told)
    return _Case(
        arrival,
        judged.permission,
        judged.record,
        told,
        event_ids.given_id(arrival, order_id, told),
        order_id,
        _usable_time(arrival, told),
        understood_contents(arrival.event, understood(item.properties, order_id, currency), told),
    )


def _usable_time(arrival: Arrival, told: Told) -> int:
    if arrival.event_time <= _LAST_SECOND:
        return arrival.event_time
    told.append(("event_time", Trouble.TIME_UNUSABLE))
    return arrival.origin.received_ms // 1_000


def _event_id(case: _Case, parts: _Parts) -> str:
    return case.given_id or _derived_id(case, parts)


def _derived_id(case: _Case, parts: _Parts) -> str:
    """
    Hash what the item itself says; the pixel with its rules and the consent are not part of that.

    A repeat of an item without a time of its own is understood as a little later, so there the day has to do. Its
    connection may have changed, and is part of it only where nothing else tells one visitor from another.
    """
    arrival, who = case.arrival, parts.person
    item = arrival.item
    if arrival.origin.channel is Channel.BROWSER:
        unconnected = replace(who, ip=None, user_agent=None)
        told_apart = item.event_time is not None or item.visitor_id or match_of(unconnected)
        who = unconnected if told_apart else who
    when = f"day {case.event_time // _DAY_SECONDS}" if item.event_time is None else item.event_time
    is_all = parts.sent is case.said
    what = Raw((parts.properties if is_all else encoded_properties(case.said, item.user.phone, [])) or b"{}")
    tokens = (item.visitor_id, item.cart_token, item.checkout_token, item.order_token)
    said = (arrival.event, item.event_source, when, who, parts.page, what, parts.lead, tokens)
    return event_ids.within(arrival.origin.shop, event_ids.content_id(said))


def _page(case: _Case) -> Page:
    page, phones, order_id, told = case.arrival.item.page, case.arrival.item.user.phone, case.order_id, case.told
    return Page(
        url=_scrubbed(page.url, "page.url", phones, order_id, told),
        referrer=_scrubbed(page.referrer, "page.referrer", phones, order_id, told),
    )


def _scrubbed(raw: str | None, field: str, phones: Several, order_id: str | None, told: Told) -> str | None:
    if not raw:
        return None
    url = scrubbed_url(raw, phones, order_id)
    if url != raw:
        told.append((field, Trouble.URL_SCRUBBED))
    return url


def _lead(case: _Case) -> Lead | None:
    lead = case.arrival.item.lead
    if lead is None:
        return None
    source = lead.lead_event_source
    phones = case.arrival.item.user.phone
    return Lead(
        lead_id=event_ids.safe_id(lead.lead_id),
        lead_event_source=without_personal(source, own_digits(phones)) if source else None,
    )


def _properties(case: _Case, sent: Properties) -> bytes | None:
    return encoded_properties(sent, case.arrival.item.user.phone, case.told)


def _leaving(case: _Case, parts: _Parts) -> _Parts:
    """Keep of the addresses no more than their hosts where the pixel is restricted; the click id was read before."""
    if not case.arrival.rules.restricted:
        return parts
    return replace(parts, page=Page(url=host_only(parts.page.url), referrer=host_only(parts.page.referrer)))


def _tombstone(case: _Case, event_id: str) -> Signal:
    arrival, permission = case.arrival, case.permission
    item, origin = arrival.item, arrival.origin
    stream = keys.stream_of(arrival.pixel, arrival.test_code)
    return Signal(
        key=keys.conversion_key(origin.scope, item.event_source, stream, arrival.event, event_id),
        workspace=origin.workspace,
        pixel=arrival.pixel,
        event_source=item.event_source,
        event=arrival.event,
        event_id=event_id,
        event_time=case.event_time,
        received_ms=origin.received_ms,
        channel=origin.channel,
        source=origin.source,
        permission=permission,
        body=b"",
        consent=_spoken(case.record) if case.goes_on else None,
        test_code=arrival.test_code,
        shop=origin.shop,
        ledger_order=(case.order_id or "") if isinstance(item, OrderEvent) else "",
    )


def _full(tombstone: Signal, case: _Case, parts: _Parts) -> Signal:
    arrival, workspace, order_id = case.arrival, tombstone.workspace, case.order_id or ""
    item = arrival.item
    body = _body(tombstone, case, parts)
    is_bare = tombstone.permission.bare
    who = NOBODY if is_bare else parts.person
    known_by = _known_by(case)
    others, of_order = _other_ids(tombstone, case), event_ids.within(tombstone.shop, order_id)
    match = match_of(parts.person)
    if not match and parts.lead is None and not known_by["strong"]:
        case.told.append(("user", Trouble.MATCH_KEY_MISSING))
    return replace(
        tombstone,
        **known_by,
        body=bare(body) if is_bare else body,
        order_id=order_id,
        minor=minor_units(parts.sent.value, parts.sent.currency),
        currency=parts.sent.currency or "",
        lookups=traces.lookups(workspace, order_id, who),
        facts=traces.facts(who, parts.page) if known_by["visits"] and not is_bare else None,
        aliases=_keys_of(others, tombstone, case),
        order_event_id=of_order if of_order in others else "",
        marks=traces.marks(who),
        spelling=arrival.spelling,
        native=item.native or "",
        stage=_stage(item, tombstone.channel),
        match=0 if is_bare else match,
        observed=_observed(item),
        revised_ms=item.revised_ms if isinstance(item, OrderEvent) else 0,
        of_order=isinstance(item, OrderEvent),
        ledger_order="",
        goods=goods_of(arrival, case.said),
    )


def _observed(item: Item) -> list[str]:
    return [word for word in dict.fromkeys(item.observed) if word in OBSERVATIONS] if item.observed else []


def _stage(item: Item, channel: Channel) -> str:
    """Return how far an order is, as its copy says; a browser sees it placed and nothing more."""
    if isinstance(item, OrderEvent):
        return item.progress
    return item.stage or ("placed" if channel is Channel.BROWSER else "")


def _spoken(record: ConsentRecord) -> ConsentRecord | None:
    return None if record == NOTHING_SAID else record


def _known_by(case: _Case) -> traces.KnownBy:
    return traces.known_by(case.arrival.origin, case.arrival.item, case.order_id, case.told)


def _other_ids(tombstone: Signal, case: _Case) -> list[str]:
    item, order_id, shop = case.arrival.item, case.order_id or "", tombstone.shop
    if not shop:
        return other_ids(case.arrival.event, item, order_id, tombstone.event_id)
    named = [event_ids.within(shop, other) for other in other_ids(case.arrival.event, item, order_id, "")]
    return [other for other in named if other != tombstone.event_id]


def _keys_of(others: list[str], tombstone: Signal, case: _Case) -> list[bytes]:
    if not others:
        return []
    stream, scope = keys.stream_of(case.arrival.pixel, case.arrival.test_code), case.arrival.origin.scope
    return [keys.conversion_key(scope, tombstone.event_source, stream, tombstone.event, other) for other in others]


def _body(tombstone: Signal, case: _Case, parts: _Parts) -> bytes:
    limited = case.arrival.item.limited_data_use or tombstone.permission.limited
    return encode(
        Event(
            event_time=tombstone.event_time,
            event_id=tombstone.event_id,
            user=None if parts.person == NOBODY else parts.person,
            page=None if parts.page == NOWHERE else parts.page,
            properties=None if parts.properties is None else Raw(parts.properties),
            limited_data_use=limited and tombstone.event_source in LIMITABLE,
            lead=parts.lead,
        )
    )
