"""A workspace's product feed: where it comes from, what is in force, and which content ids it does not know."""

from collections.abc import Callable, Iterable, Sequence
from typing import IO
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.audit import changing
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import Invalid, NotFound
from twinbeam.admin.product_contract import FeedReads
from twinbeam.admin.workspaces import known as known_workspace
from twinbeam.admin.workspaces import meant_for
from twinbeam.core.clock import day_of
from twinbeam.core.products import DayMatch, Feed, UnknownId
from twinbeam.products.ids import advice
from twinbeam.products.loading import FeedLoading

DAYS = 7  #: UTC days, today among them
MOST_UNKNOWN = 200
EVERY_HOURS = 24
MOST_HOURS = 168
_LONGEST_URL = 2_000


class FeedStanding(Struct, frozen=True):
    """A feed, and how much of what events name it knows."""

    feed: Feed
    days: Sequence[DayMatch]  #: of its pixels, the earliest first


def import_file(admin: Admin, workspace: str, file: IO[bytes], name: str, progress: Callable[[int], None]) -> Feed:
    """Take a file in, in place of what is in force; raises NotFound and FeedUnreadable, and then nothing is changed."""
    place, now_ms = known_workspace(admin, workspace), admin.clock.now_ms
    loading = FeedLoading(file, admin.store.products, place, name)
    while products := loading.read():
        loading.keep(products, now_ms())
        progress(loading.rows)
    return put_in_force(admin, loading)


def put_in_force(admin: Admin, loading: FeedLoading, *, etag: str = "", modified: str = "") -> Feed:
    """Let what was read count; raises FeedUnreadable."""
    with changing(admin) as audit:
        feed = loading.finish(audit.at_ms, etag=etag, modified=modified)
        audit.tell(f"products {feed.workspace}", "", f"{feed.rows} from {feed.name}")
    return feed


def schedule(admin: Admin, workspace: str, url: str, *, every_hours: int = EVERY_HOURS) -> str:
    """Have a feed read from an address again and again; returns its host. Raises Invalid and NotFound."""
    place, host = known_workspace(admin, workspace), _host_of(url)
    if not 1 <= every_hours <= MOST_HOURS:
        raise Invalid(f"A feed is read every 1 to {MOST_HOURS} hours.")
    with changing(admin) as audit:
        before = find(admin.store.products, place)
        admin.store.products.save_address(place, url, host, every_hours)
        old = f"{before.host} every {before.every_hours} hours" if before and before.host else ""
        audit.tell(f"product feed {place}", old, f"{host} every {every_hours} hours")
    return host


def unschedule(admin: Admin, workspace: str) -> None:
    """Read no address any more; what is in force stays. Raises NotFound."""
    place = known_workspace(admin, workspace)
    with changing(admin) as audit:
        before = find(admin.store.products, place)
        if before is None or not before.host:
            raise NotFound("No address is read, so there is none to forget.")
        admin.store.products.save_address(place, "", "", 0)
        audit.tell(f"product feed {place}", before.host, "")


def ask(admin: Admin, workspace: str) -> None:
    """Ask that the address is read now; raises NotFound."""
    place = known_workspace(admin, workspace)
    feed = find(admin.store.products, place)
    if feed is None or not feed.host:
        raise NotFound(f"No address is read. Give one: twinbeam feed schedule URL{meant_for(place)}")
    with changing(admin) as audit:
        admin.store.products.ask(place, asked=True)
        audit.tell(f"product feed {place}", "", "asked for")


def remove(admin: Admin, workspace: str) -> None:
    """Forget a feed with its products; raises NotFound."""
    place = known_workspace(admin, workspace)
    with changing(admin) as audit:
        feed = find(admin.store.products, place)
        if feed is None:
            raise NotFound("There is no product feed to forget.")
        admin.store.products.remove_feed(place)
        audit.tell(f"products {place}", f"{feed.rows} from {feed.name}", "")


def find(reads: FeedReads, workspace: str) -> Feed | None:
    """Return the feed of a workspace, if it has one."""
    return next((feed for feed in reads.feeds() if feed.workspace == workspace), None)


def standing(admin: Admin, workspace: str, *, days: int = DAYS) -> FeedStanding | None:
    """Return what is known of a workspace's feed, or None where it has none; raises NotFound."""
    place = known_workspace(admin, workspace)
    feed = find(admin.store.products, place)
    since = day_of(admin.clock.now_ms()) - days + 1
    found = [it for it in admin.store.products.matches(since_day=since) if it.workspace == place]
    return None if feed is None else FeedStanding(feed, found)


def unknown(admin: Admin, workspace: str, pixel: str, *, days: int = DAYS) -> list[UnknownId]:
    """Return the ids of a pixel's events that its feed does not know, with advice; raises NotFound."""
    place = known_workspace(admin, workspace)
    since = day_of(admin.clock.now_ms()) - days + 1
    return advised(admin.store.products, place, pixel, since_day=since)


def advised(
    reads: FeedReads, workspace: str, pixel: str, *, since_day: int, limit: int = MOST_UNKNOWN
) -> list[UnknownId]:
    """Return unknown ids with advice, without those that the feed in force knows by now."""
    found = reads.unknown(workspace, pixel, since_day=since_day, limit=limit)
    known = reads.known(workspace, [(it.content_id, it.is_group) for it in found])
    left = [it for it in found if (it.content_id, it.is_group) not in known]
    leads = reads.candidates(workspace, list(dict.fromkeys(it.content_id for it in left)))
    return [
        replace(it, advice=advice(it.content_id, is_group=it.is_group, found=leads.get(it.content_id, ())))
        for it in left
    ]


def rate(days: Iterable[DayMatch]) -> float | None:
    """Return the share of ids that a feed knew over some days; None where none was named."""
    ids = matched = 0
    for it in days:
        ids, matched = ids + it.ids, matched + it.matched
    return matched / ids if ids else None


def _host_of(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid("The address cannot be read. Write it as https://shop.example/feed.xml.") from error
    if parts.scheme not in ("https", "http") or not host or len(url) > _LONGEST_URL or not url.isprintable():
        raise Invalid("Write the address of the feed as https://shop.example/feed.xml.")
    return host
