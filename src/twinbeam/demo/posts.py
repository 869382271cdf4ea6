"""The two channels' copies as requests: what each side of the shop would write to `POST /v1/events`, and when."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from twinbeam.core.values import Channel, Consent, Content, Item, Page, Properties, User
from twinbeam.demo.shop import Day
from twinbeam.demo.visitors import Typed, Visitor
from twinbeam.demo.visits import Happening, Order

_GRANTED = Consent("granted", "granted", "granted", "demo-banner", "accept all")
_DENIED = Consent("denied", "denied", "denied", "demo-banner", "refuse all")


class Post(Struct, frozen=True):
    """One request of one channel; the body stays the same however often it is tried."""

    at: float  #: seconds after the opening
    channel: Channel
    user_agent: str
    body: bytes


def posts_of(day: Day, opened: int) -> list[Post]:
    """Give every request of the day in the order of sending; `opened` is the opening in seconds since the epoch."""
    purchases = (_purchase(order) for order in day.orders)
    posts = [post for it in (*purchases, *day.others) for post in _copies(it, opened)]
    return sorted(posts, key=lambda post: post.at)


def _purchase(order: Order) -> Happening:
    return Happening("Purchase", order.visitor, order.placed, order=order, browser=order.browser, server=order.server)


def _copies(it: Happening, opened: int) -> Iterator[Post]:
    if it.browser:
        yield from _repeat(it.browser, Channel.BROWSER, it.visitor, _browser_item(it, opened))
    if it.server:
        yield from _repeat(it.server, Channel.SERVER, it.visitor, _server_item(it, opened))


def _repeat(times: tuple[float, ...], channel: Channel, visitor: Visitor, item: Item) -> Iterator[Post]:
    body = msgspec.json.encode({"events": [item]})
    agent = visitor.user_agent if channel is Channel.BROWSER else "demo-shop/1"
    return (Post(at, channel, agent, body) for at in times)


def _browser_item(it: Happening, opened: int) -> Item:
    """Give the page's copy: click and browser keys, the page, and what the form held when it was sent."""
    visitor = it.visitor
    typed = _typed(visitor, visitor.in_browser) if it.event in {"Purchase", "Lead"} else User()
    return Item(
        event=it.event,
        event_time=opened + int(it.at),
        event_id=it.event_id,
        user=msgspec.structs.replace(typed, ttclid=visitor.ttclid, ttp=visitor.ttp),
        page=Page(url=_url(it), referrer="https://www.tiktok.com/"),
        properties=_properties(it, order_id=it.order.order_id if it.order else None),
        consent=_answer(visitor),
        visitor_id=visitor.visitor_id,
    )


def _server_item(it: Happening, opened: int) -> Item:
    """Give the back end's copy: the account's identifiers, the address the order came from, and the money."""
    visitor = it.visitor
    typed = _typed(visitor, visitor.on_server)
    return Item(
        event=it.event,
        event_time=opened + int(it.at) + 1,
        event_id=it.event_id,
        user=msgspec.structs.replace(
            typed, external_id=visitor.external_id, ip=visitor.ip, user_agent=visitor.user_agent
        ),
        properties=_properties(it, order_id=None),
        consent=_answer(visitor),
        order_id=it.order.order_id if it.order else None,
        visitor_id=visitor.visitor_id,
    )


def _typed(visitor: Visitor, typed: Typed) -> User:
    return User(
        email=typed.email,
        phone=typed.phone,
        first_name=typed.first_name,
        last_name=typed.last_name,
        city=visitor.country.city,
        country=visitor.country.code,
    )


def _answer(visitor: Visitor) -> Consent:
    return _GRANTED if visitor.consented else _DENIED


def _properties(it: Happening, order_id: str | None) -> Properties:
    if it.order is None:
        return Properties()
    country = it.visitor.country
    return Properties(
        value=major(it.order.minor, country.decimals),
        currency=country.currency,
        content_type="product",
        contents=[
            Content(content_id=line.content_id, price=major(line.minor, country.decimals), quantity=line.quantity)
            for line in it.order.lines
        ],
        order_id=order_id,
    )


def major(minor: int, decimals: int) -> float | int:
    """Give an amount as a shop writes it: a whole number of yen, but euros with a fraction."""
    return minor / 10**decimals if decimals else minor


def _url(it: Happening) -> str:
    path = "thanks" if it.event == "Purchase" else it.event.lower()
    url = f"https://shop.example/{path}?ttclid={it.visitor.ttclid}"
    if it.order is not None and it.order.email_in_url:
        return f"{url}&email={it.visitor.email.replace('@', '%40')}"
    return url
