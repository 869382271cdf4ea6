"""
Drop an accepted event that may not go on, whatever the visitor said, or tell which test stream it goes to.

It may come from a foreign page, be a test, or be reported by TikTok's own script already; fanout.py asks first whether
a crawler reports it. docs/concepts/routes.md
tells these rules, and shows `is_left` as a table.
"""

from collections.abc import Iterable
from hashlib import sha256

from twinbeam.core.outcomes import Reason
from twinbeam.core.values import Channel, Item, Native, Origin
from twinbeam.pipeline.accept.hosts import belongs, host_of
from twinbeam.pipeline.accept.routing import RoutedPixel, Routing

GOES_ON = ("", None)

PAGE_SEEN = "page_seen"  #: a tag's word that it tells no more than that a page was opened, and what it found there


def apply_drop_rules(
    item: Item, event: str, pixel: RoutedPixel, origin: Origin, sent_from: str
) -> tuple[str, Reason | None]:
    """
    Return the test code an event goes to ("" for none), and why it is dropped (None if it is not).

    `sent_from` is the host that the browser itself names in its Origin header.
    """
    host = host_of(item.page.url or "") if pixel.guarded else ""
    if pixel.hosts and item.event_source == "web" and _is_foreign(host, sent_from, pixel, origin):
        return "", Reason.FOREIGN_HOST

    test_code = ""
    if _is_test(item, (host, sent_from), pixel):
        test_code = _test_code(item, pixel, origin)
        if not test_code:
            return "", Reason.TEST_ORDER
    elif pixel.tests_only:
        return "", Reason.STAGING
    if _is_left(item, event, pixel, origin.channel):
        return test_code, Reason.LEFT_TO_BROWSER
    return test_code, Reason.PAGE_SEEN if says_page_seen(item) else None


def speaks_elsewhere(item: Item, routing: Routing, origin: Origin, sent_from: str) -> bool:
    """
    Return whether a browser speaks of consent from a page that is foreign to every pixel of its key.

    A sandboxed frame, such as that of a Shopify pixel, has no origin to show; its statement names the page.
    """
    web = [it for it in routing.pixels if it.event_source == "web"]
    if origin.channel is not Channel.BROWSER or not web:
        return False
    host = host_of(item.page.url or "") if routing.guarded else ""
    return all(it.hosts and _is_foreign(host, sent_from, it, origin) for it in web)


def _is_foreign(host: str, sent_from: str, pixel: RoutedPixel, origin: Origin) -> bool:
    """Judge the hosts that an event names; a browser has to name one, a server need not."""
    if origin.channel is not Channel.BROWSER:
        return bool(host) and not belongs(host, pixel.hosts)
    named = [it for it in (host, sent_from) if it]
    return not named or not all(belongs(it, pixel.hosts) for it in named)


def _test_code(item: Item, pixel: RoutedPixel, origin: Origin) -> str:
    """Return the code a test goes to: a server names its own; what a public key says opens no stream."""
    named = item.test_event_code or ""
    if named and origin.channel is not Channel.BROWSER:
        return named.strip()
    return pixel.rules.test_code_at(origin.received_ms)


def _is_test(item: Item, hosts: Iterable[str], pixel: RoutedPixel) -> bool:
    """Return whether an event is a test; a browser on a staging page is one, whatever page its event names."""
    if says_test(item):
        return True
    if pixel.staging and any(belongs(host, pixel.staging) for host in hosts):
        return True
    return bool(pixel.test_emails) and not pixel.test_emails.isdisjoint(_email_hashes(item))


def says_test(item: Item) -> bool:
    """Return whether an event itself says that it is a test."""
    return bool(item.test or item.test_event_code) or item.livemode is False


def says_page_seen(item: Item) -> bool:
    """Return whether an event only tells that a page was opened: TikTok's script is the one to report that."""
    return item.observed is not None and PAGE_SEEN in item.observed


def _email_hashes(item: Item) -> list[str]:
    """Hash the addresses of an event as they are listed; what comes hashed already is 64 digits."""
    written = item.user.email
    addresses = [written] if isinstance(written, str) else written or []
    plain = [address.strip().lower() for address in addresses]
    return [*plain, *(sha256(address.encode(errors="surrogatepass")).hexdigest() for address in plain)]


def _is_left(item: Item, event: str, pixel: RoutedPixel, channel: Channel) -> bool:
    """Return whether TikTok's own script is the one to report an event."""
    return event in pixel.browser_only and is_left(channel, item.native, decided=event in pixel.never_ours)


def is_left(channel: Channel, native: Native | None, *, decided: bool) -> bool:
    """
    Decide about a copy of an event whose way is "browser"; `decided` when the owner said so.

    Without the owner's word the script is helped out where it is not known to have reported: an ad blocker hides the
    event from TikTok otherwise.
    """
    return decided or channel is not Channel.BROWSER or native == "sent"
