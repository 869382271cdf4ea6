"""What each side of the shop would write, and when: events, answers to the banner, beacons of TikTok's own script."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec
from msgspec import Struct

from twinbeam.core.values import Channel, Consent, Content, Item, Page, Properties, Said, User
from twinbeam.demo import native, webhooks
from twinbeam.demo.shop import Day
from twinbeam.demo.visitors import Typed, Visitor
from twinbeam.demo.visits import BannerAnswer, PlannedDelivery, PlannedOrder, ShopEvent, SystemOrder

SHOP = "https://shop.example"  #: its pages; a browser says so in every request that one of them makes
_BANNER = "demo-banner"
_BEFORE_SECONDS = 0.2  #: by which an answer comes before what a shop system tells of the order


class To(StrEnum):
    """Where a request goes, by its path."""

    EVENTS = "/v1/events"
    CONSENT = "/v1/consent"
    SCRIPT = native.PATH  #: to TikTok itself, past the gateway
    SHOPIFY = webhooks.path_of("shopify")
    WOOCOMMERCE = webhooks.path_of("woocommerce")


class Post(Struct, frozen=True):
    """One request of one channel; the body stays the same however often it is tried."""

    at: float  #: seconds after the opening
    to: To
    channel: Channel
    user_agent: str
    body: bytes
    address: str = ""  #: the visitor's, which the shop's host tells of a browser's request
    told: tuple[SystemOrder, PlannedDelivery] | None = None  #: of a shop system's


def posts_of(day: Day, opened: int, pixel: str) -> list[Post]:
    """Return every request of the day in the order of sending; `opened` is the opening in seconds since the epoch."""
    happened = (*map(_purchase, day.orders), *day.others)
    posts = [post for it in (*happened, *day.forged) for post in _copies(it, opened)]
    posts += [post for it in happened for post in _beacons(it, opened, pixel)]
    posts += [_statement(order.visitor, order.later) for order in day.orders if order.later]
    posts += [_statement(order.visitor, _answer_before(order)) for order in day.system_orders]
    posts += [_webhook(order, told, opened) for order in day.system_orders for told in order.deliveries]
    return sorted(posts, key=lambda post: post.at)


def _purchase(order: PlannedOrder) -> ShopEvent:
    return ShopEvent(
        "Purchase",
        order.visitor,
        order.placed,
        order.answer,
        event_id=order.browser_id,
        order=order,
        browser=order.browser,
        server=order.server,
        script=order.script,
    )


def _answer_before(order: SystemOrder) -> BannerAnswer:
    """Return what the buyer said to the banner: the shop system knows the visit, and nothing of the answer."""
    return BannerAnswer(order.visitor.consented, at=max(0.0, min(it.at for it in order.deliveries) - _BEFORE_SECONDS))


def _webhook(order: SystemOrder, told: PlannedDelivery, opened: int) -> Post:
    to = To.SHOPIFY if order.system == "shopify" else To.WOOCOMMERCE
    return Post(told.at, to, Channel.SERVER, "", webhooks.body_of(order, told, opened), told=(order, told))


def _copies(it: ShopEvent, opened: int) -> Iterator[Post]:
    body = _body(_browser_item(it, opened))
    yield from (_browser_post(at, To.EVENTS, it.visitor, body) for at in it.browser)
    body = _body(_server_item(it, opened))
    yield from (Post(at, To.EVENTS, Channel.SERVER, "demo-shop/1", body) for at in it.server)


def _body(item: Item) -> bytes:
    return msgspec.json.encode({"events": [item]})


def _beacons(it: ShopEvent, opened: int, pixel: str) -> Iterator[Post]:
    if native.outcome(it) == "sent":
        body = native.beacon(it, opened, pixel, _page(it), _browser_properties(it))
        yield from (_browser_post(at, To.SCRIPT, it.visitor, body) for at in it.browser)


def _statement(visitor: Visitor, answer: BannerAnswer) -> Post:
    """Return what a visitor says to the banner when there is nothing else to report."""
    said = {"visitor_id": visitor.visitor_id, "consent": _words(answer.granted)}
    body = msgspec.json.encode({"statements": [said]})
    return _browser_post(answer.at, To.CONSENT, visitor, body)


def _browser_post(at: float, to: To, visitor: Visitor, body: bytes) -> Post:
    return Post(at, to, Channel.BROWSER, visitor.user_agent, body, visitor.ip)


def _browser_item(it: ShopEvent, opened: int) -> Item:
    """Return the page's copy: click and browser keys, the page, and what the form held when it was sent."""
    visitor = it.visitor
    typed = _customer(visitor, visitor.in_browser) if it.event in {"Purchase", "Lead"} else User()
    return Item(
        event=it.event,
        age_ms=max(0, round((it.browser[0] - it.at) * 1_000)) if it.browser else 0,
        event_id=it.event_id,
        user=msgspec.structs.replace(typed, ttclid=visitor.ttclid, ttp=visitor.ttp),
        page=_page_as_shown(it),
        properties=_browser_properties(it),
        consent=_consent(it.answer, opened),
        visitor_id=visitor.visitor_id,
        native=native.outcome(it),
        test=_is_test(it),
    )


def _server_item(it: ShopEvent, opened: int) -> Item:
    """Return the back end's copy: the account's identifiers, the address the order came from, and the money."""
    visitor, order = it.visitor, it.order
    typed = _customer(visitor, visitor.on_server)
    return Item(
        event=order.server_name if order else it.event,
        event_time=opened + int(it.at) + 1,
        event_id=None if order else it.event_id,
        user=msgspec.structs.replace(typed, ip=visitor.ip, user_agent=visitor.user_agent),
        page=Page(url=f"{SHOP}/{'checkout' if order else it.event.lower()}"),
        properties=_properties(it, order.minor if order else 0, order_id=None),
        consent=_consent(it.answer, opened),
        order_id=order.order_id if order else None,
        visitor_id=visitor.visitor_id if _knows_visit(it) else None,
        test=_is_test(it),
    )


def _knows_visit(it: ShopEvent) -> bool:
    """Return whether the back end has the visitor's token: one order in ten, as by telephone, has its number alone."""
    return it.order is None or not it.order.order_id.endswith("7")


def _is_test(it: ShopEvent) -> bool | None:
    return True if it.order is not None and it.order.test else None


def _customer(visitor: Visitor, typed: Typed) -> User:
    return User(
        external_id=visitor.external_id,
        email=typed.email,
        phone=typed.phone,
        first_name=typed.first_name,
        last_name=typed.last_name,
        city=visitor.country.city,
        country=visitor.country.code,
    )


def _consent(answer: BannerAnswer | None, opened: int) -> Consent:
    """Write an answer as a banner keeps it: with the moment at which it was given."""
    if answer is None:
        return Consent()
    return msgspec.structs.replace(_words(answer.granted), at=opened + int(answer.at))


def _words(granted: bool) -> Consent:  # noqa: FBT001 -- the two answers of a banner
    said: Said = "granted" if granted else "denied"
    return Consent(said, said, said, _BANNER, "accept all" if granted else "refuse all")


def _browser_properties(it: ShopEvent) -> Properties:
    order = it.order
    if order is None:
        return _properties(it, sum(line.minor * line.quantity for line in it.lines), order_id=None)
    minor = order.minor if order.browser_minor is None else order.browser_minor
    return _properties(it, minor, order_id=order.order_id)


def _properties(it: ShopEvent, minor: int, order_id: str | None) -> Properties:
    if not it.lines:
        return Properties()
    country = it.visitor.country
    return Properties(
        value=major(minor, country.decimals),
        currency=country.currency,
        content_type="product",
        contents=[
            Content(content_id=line.content_id, price=major(line.minor, country.decimals), quantity=line.quantity)
            for line in it.lines
        ],
        order_id=order_id,
    )


def major(minor: int, decimals: int) -> float | int:
    """Return an amount as a shop writes it: a whole number of yen, but euros with a fraction."""
    return minor / 10**decimals if decimals else minor


def _page(it: ShopEvent) -> Page:
    path = "thanks" if it.event == "Purchase" else it.event.lower()
    return Page(url=f"{SHOP}/{path}?ttclid={it.visitor.ttclid}", referrer="https://www.tiktok.com/")


def _page_as_shown(it: ShopEvent) -> Page:
    """Return the page with whatever the shop put into its address; TikTok's script is spared that."""
    page = _page(it)
    if it.order is None or not it.order.email_in_url:
        return page
    return msgspec.structs.replace(page, url=f"{page.url}&email={it.visitor.email.replace('@', '%40')}")
