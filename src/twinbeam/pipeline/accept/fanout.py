"""Turn events into arrivals: one for each pixel that a route of the write key leads to and the event fits."""

from msgspec import Struct

from twinbeam.core.names import Name, loose
from twinbeam.core.outcomes import Reason
from twinbeam.core.rules import PixelRules
from twinbeam.core.values import Arrival, Channel, Item, Notice, OrderEvent, Origin, Rejected
from twinbeam.pipeline.accept.codes import Remark
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.crawlers import is_crawler
from twinbeam.pipeline.accept.drop_rules import GOES_ON, apply_drop_rules, says_page_seen, says_test
from twinbeam.pipeline.accept.event_checks import name_of, remark, remarks_on, time_of
from twinbeam.pipeline.accept.known_paths import remarks_of
from twinbeam.pipeline.accept.phones import MOST_OF_AN_EVENT, VisitorPhones
from twinbeam.pipeline.accept.routing import RoutedPixel, Routing, chosen

PLACE_AN_ORDER_ENDS_S = 1_798_761_600  #: 2027-01-01


class Fanned(Struct, frozen=True, gc=False):
    """The events of one request, sorted into those that go on and those that were refused."""

    arrivals: list[Arrival]
    rejected: list[Rejected]
    notices: list[Notice]


class _Call(Struct, frozen=True, gc=False):
    """What all events of one request have in common."""

    routing: Routing
    origin: Origin
    sent_from: str
    from_crawler: bool
    phones: VisitorPhones | None  #: of a page
    notices: list[Notice]  #: of the reading, where each belongs to an event


def fan_out(reading: Reading, routing: Routing, origin: Origin, sent_from: str = "") -> Fanned:
    """
    Return an arrival for every event and each of its pixels.

    `routing` is that of the write key; `sent_from` is the host that the browser itself names, "" where it names none.
    """
    phones = VisitorPhones() if origin.channel is Channel.BROWSER else None
    told = [] if reading.count else reading.notices
    call = _Call(routing, origin, sent_from, _is_by_crawler(origin), phones, told)
    fanned = Fanned([], [], [*reading.notices])
    for index, item in enumerate(reading.items):
        refused = item if isinstance(item, Rejected) else _fan(item, index, call, fanned)
        if refused is not None:
            fanned.rejected.append(refused)
    return fanned


def _fan(item: Item, index: int, call: _Call, fanned: Fanned) -> Rejected | None:
    """Add what becomes of one event, or say why it is refused."""
    name = name_of(item, index)
    if isinstance(name, Rejected):
        return name
    event_time = time_of(item, index, call.origin)
    if isinstance(event_time, Rejected):
        return event_time
    pixels = chosen(item, name.canonical, index, call.routing, call.origin)
    if isinstance(pixels, Rejected):
        return pixels

    phones = _phones(item, index, call, fanned)
    found = list(remarks_on(item, name, event_time, index, call.origin))
    remarks = _remarks(call.notices, found, index) if found or call.notices else ()
    for pixel in pixels:
        if isinstance(item, OrderEvent) and item.is_optional and not _is_asked_for(pixel.rules, event_time):
            continue
        event = _meant(item.event, name, pixel.rules)
        test_code, drop_reason = _drop_rules(item, event, pixel, call)
        fanned.arrivals.append(
            Arrival(
                item,
                call.origin,
                pixel.code,
                event,
                index,
                event_time,
                name.spelling if event == name.canonical else "",
                pixel.rules,
                test_code,
                drop_reason,
                phones,
                remarks,
            )
        )
    fanned.notices.extend(found)
    return None


def _remarks(read: list[Notice], found: list[Notice], index: int) -> tuple[str, ...]:
    """Return what is told of one event, as it travels with it."""
    return remarks_of([*(it for it in read if it.index == index), *found])


def _meant(written: str, name: Name, rules: PixelRules) -> str:
    """Return what an event's name means to a pixel: by its own table, as a page view of others, or as everywhere."""
    is_view = name.mapped and name.canonical == "Pageview"
    usual = rules.page_view_as if is_view else name.canonical
    return rules.means.get(loose(written), usual) if rules.means else usual


def _phones(item: Item, index: int, call: _Call, fanned: Fanned) -> int:
    """Return how many phone numbers of an event are to be resolved, and tell once that some are not."""
    if call.phones is None or item.user.phone is None:
        return MOST_OF_AN_EVENT
    count = call.phones.count(item.user.phone)
    if count < MOST_OF_AN_EVENT and call.phones.first_left_out():
        fanned.notices.append(remark(Remark.PHONES_LEFT_OUT, index, "user.phone"))
    return count


def _drop_rules(item: Item, event: str, pixel: RoutedPixel, call: _Call) -> tuple[str, Reason | None]:
    """Look closer only where something was decided or said that could drop the event."""
    if call.from_crawler and pixel.rules.bots == "drop":
        return "", Reason.BOT
    if not pixel.guarded and not pixel.tests_only and event not in pixel.browser_only and not _says_more(item):
        return GOES_ON
    return apply_drop_rules(item, event, pixel, call.origin, call.sent_from)


def _says_more(item: Item) -> bool:
    return says_test(item) or says_page_seen(item)


def _is_by_crawler(origin: Origin) -> bool:
    """Return whether a crawler runs the page; what a server reports was not seen by one."""
    return origin.channel is Channel.BROWSER and origin.user_agent is not None and is_crawler(origin.user_agent)


def _is_asked_for(rules: PixelRules, event_time: int) -> bool:
    """Return whether a pixel's owner wants to be told of placed orders, while TikTok takes that (tiktok.md 5.2)."""
    return rules.place_an_order and event_time < PLACE_AN_ORDER_ENDS_S
