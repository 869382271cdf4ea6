"""
Which received copies are one event: the key, the 48 hours, the merge within 5 minutes, and the cookie fallback.

Sources: tiktok.md 7.1 (key and windows), 7.2 (cookie fallback), 7.4 (truth table). Works on one copy at a time, knows
nothing of bodies, and never forgets a first copy inside its window.
"""

from enum import StrEnum

import msgspec

from tiktok_emulator.clock import MS_PER_HOUR, MS_PER_MINUTE
from tiktok_emulator.switches import Switches

MERGE_WINDOW_MS = 5 * MS_PER_MINUTE
DEDUP_WINDOW_MS = 48 * MS_PER_HOUR
COOKIE_WINDOW_MS = 5 * MS_PER_MINUTE

_TTP_SUFFIX = ".tt.1"


class Channel(StrEnum):
    """Where a copy came from."""

    BROWSER = "browser"
    SERVER = "server"


class Fate(StrEnum):
    """What became of a received copy."""

    COUNTED = "counted"  #: The first copy of an event.
    MERGED = "merged"  #: Joined the first copy and enriched it.
    DUPLICATE = "duplicate"  #: Dropped by its `event_id`.
    COOKIE_DUPLICATE = "cookie_duplicate"  #: An API copy without id, dropped by its `_ttp`.
    TEST = "test"  #: Carried a test code; kept out of the actual data.
    NOT_COUNTED = "not_counted"  #: Accepted with code 0, yet not an event: its name is not allowed.


class Copy(msgspec.Struct, frozen=True):
    """The facts of one received copy that dedup looks at."""

    source_id: str
    event: str
    event_id: str
    ttp: str
    channel: Channel
    at_ms: int
    cookies_on: bool = True  #: First-party cookies are enabled on the pixel, without which there is no fallback.


class Place(msgspec.Struct, frozen=True):
    """Where a copy belongs: its fate, and the number of the event it joins."""

    fate: Fate
    number: int


class _First(msgspec.Struct):
    number: int
    at_ms: int
    channels: set[Channel]


_Key = tuple[str, str, str]


class Dedup:
    """All first copies, by id and by cookie."""

    def __init__(self) -> None:
        self._by_id: dict[_Key, _First] = {}
        self._by_cookie: dict[tuple[_Key, Channel], _First] = {}
        self._count = 0

    def place(self, copy: Copy, switches: Switches) -> Place:
        """Find the event a copy belongs to, or open a new one."""
        place = self._by_event_id(copy, switches) or self._by_ttp(copy, switches)
        if place is not None:
            return place
        return self._open(copy, switches)

    def _by_event_id(self, copy: Copy, switches: Switches) -> Place | None:
        first = self._by_id.get(_id_key(copy, switches)) if copy.event_id else None
        if first is None or copy.at_ms - first.at_ms > DEDUP_WINDOW_MS:
            return None
        if not _merges(first, copy, switches):
            return Place(Fate.DUPLICATE, first.number)
        first.channels.add(copy.channel)
        self._remember_cookie(copy, first, switches)
        return Place(Fate.MERGED, first.number)

    def _by_ttp(self, copy: Copy, switches: Switches) -> Place | None:
        if not copy.ttp or not copy.cookies_on:
            return None
        if copy.channel is Channel.BROWSER:
            return self._browser_after_api(copy, switches)
        if copy.event_id:
            return None
        first = self._seen(copy, Channel.BROWSER, switches)
        if first is None and switches.cookie_api_api == "drop":
            first = self._seen(copy, Channel.SERVER, switches)
        return Place(Fate.COOKIE_DUPLICATE, first.number) if first else None

    def _browser_after_api(self, copy: Copy, switches: Switches) -> Place | None:
        """Row 14: documents say only API copies are ever dropped, so by default the pixel's copy counts too."""
        if switches.cookie_api_first == "count_both":
            return None
        first = self._seen(copy, Channel.SERVER, switches)
        if first is None or Channel.BROWSER in first.channels:
            return None
        first.channels.add(copy.channel)
        if copy.event_id:
            self._by_id[_id_key(copy, switches)] = first
        self._remember_cookie(copy, first, switches)
        return Place(Fate.MERGED, first.number)

    def _seen(self, copy: Copy, channel: Channel, switches: Switches) -> _First | None:
        first = self._by_cookie.get((_cookie_key(copy, switches), channel))
        return first if first and copy.at_ms - first.at_ms <= COOKIE_WINDOW_MS else None

    def _open(self, copy: Copy, switches: Switches) -> Place:
        self._count += 1
        first = _First(self._count, copy.at_ms, {copy.channel})
        if copy.event_id:
            self._by_id[_id_key(copy, switches)] = first
        self._remember_cookie(copy, first, switches)
        return Place(Fate.COUNTED, first.number)

    def _remember_cookie(self, copy: Copy, first: _First, switches: Switches) -> None:
        """Keep what the fallback may meet later; an API copy with an id switches it off (tiktok.md 7.2)."""
        if copy.ttp and (copy.channel is Channel.BROWSER or not copy.event_id):
            seen = _First(first.number, copy.at_ms, first.channels)
            self._by_cookie[_cookie_key(copy, switches), copy.channel] = seen


def _merges(first: _First, copy: Copy, switches: Switches) -> bool:
    if copy.at_ms - first.at_ms > MERGE_WINDOW_MS:
        return False
    return switches.merge_scope == "all" or copy.channel not in first.channels


def _id_key(copy: Copy, switches: Switches) -> _Key:
    event_id = copy.event_id if switches.event_id_case == "sensitive" else copy.event_id.lower()
    return (copy.source_id, copy.event, event_id)


def _cookie_key(copy: Copy, switches: Switches) -> _Key:
    ttp = copy.ttp.removesuffix(_TTP_SUFFIX) if switches.ttp_suffix == "strip" else copy.ttp
    return (copy.source_id, copy.event, ttp)
