"""
What was received and what counts: every copy in the order of arrival, every event with its copies, and the sums.

Bodies are kept as the bytes that came, and read again only when someone asks. The oldest bodies give way when
they fill more than the allowance; numbers, keys and sums never do.
"""

from collections import Counter, deque
from typing import Any

import msgspec

from tiktok_emulator.checks import MATCH_KEYS, usable
from tiktok_emulator.clock import MS_PER_SECOND, utc_date
from tiktok_emulator.dedup import Channel, Fate
from tiktok_emulator.merge import merged
from tiktok_emulator.switches import Switches

DEFAULT_ALLOWANCE_BYTES = 512 * 1024 * 1024
NOTHING = msgspec.Raw(b"null")


class Received(msgspec.Struct, kw_only=True, gc=False):
    """One copy of an event as it came in."""

    seq: int
    at_ms: int
    request: int
    index: int
    channel: Channel
    source: str
    source_id: str
    event: str  #: As the sender spelt it.
    canonical: str  #: As reports show it.
    event_id: str
    test_code: str
    fate: Fate
    number: int  #: Of the event it counts as or belongs to; 0 if none.
    raw: msgspec.Raw

    def body(self) -> dict[str, Any]:
        """Read the event again; empty once its body has given way."""
        body = msgspec.json.decode(self.raw)
        return body if isinstance(body, dict) else {}


class Counted(msgspec.Struct, kw_only=True):
    """One event that counts, with the copies that made it."""

    number: int
    first_ms: int
    source: str
    source_id: str
    event: str
    spelling: str
    event_id: str
    event_time: int
    order_id: str | None
    value: Any
    currency: str | None
    user_keys: frozenset[str]
    copies: list[Received]

    @property
    def kept(self) -> list[Received]:
        """The copies that make up the event: the first, and those that were merged into it."""
        return [each for each in self.copies if each.fate in (Fate.COUNTED, Fate.MERGED)]

    @property
    def connection(self) -> str:
        """Return the channels by which the event came: `browser`, `server` or `both`."""
        channels = {each.channel for each in self.kept}
        return "both" if len(channels) > 1 else next(iter(channels)).value

    def full(self, switches: Switches) -> dict[str, Any]:
        """Return the event as TikTok would keep it, after merging."""
        kept = self.kept
        event = kept[0].body()
        for copy in kept[1:]:
            event = merged(event, copy.body(), later_wins=switches.merge_conflict == "later")
        return event


class Seen(msgspec.Struct):
    """When something was first and last seen."""

    first_ms: int
    last_ms: int


class DayCount(msgspec.Struct):
    """Copies of one event on one UTC day by channel, and how many events were counted from them."""

    browser: int = 0
    server: int = 0
    counted: int = 0


class Ledger:
    """Everything received, everything counted."""

    def __init__(self, allowance_bytes: int = DEFAULT_ALLOWANCE_BYTES) -> None:
        self.received: list[Received] = []
        self.counted: list[Counted] = []
        self.days: dict[tuple[str, str, str], DayCount] = {}
        self.fates: Counter[tuple[str, str, Fate]] = Counter()
        self.both: Counter[tuple[str, str]] = Counter()
        self.seen: dict[tuple[str, str], Seen] = {}
        self.test_codes: dict[tuple[str, str], Seen] = {}
        self._settled = 0
        self._allowance = allowance_bytes
        self._bodies: deque[tuple[int, int, int]] = deque()
        self._held_bytes = 0

    def add(self, copy: Received) -> None:
        """Note a copy."""
        self.received.append(copy)
        self.fates[copy.source_id, copy.canonical, copy.fate] += 1
        if copy.test_code:
            _see(self.test_codes, (copy.source_id, copy.test_code), copy.at_ms)

    def settle(self, until_ms: int) -> None:
        """Bring the sums by day and by event up to a moment; later copies are still being processed."""
        while self._settled < len(self.received) and self.received[self._settled].at_ms <= until_ms:
            copy = self.received[self._settled]
            self._settled += 1
            if copy.fate not in (Fate.TEST, Fate.NOT_COUNTED):
                self._sum(copy)

    def _sum(self, copy: Received) -> None:
        _see(self.seen, (copy.source_id, copy.canonical), copy.at_ms)
        day = self.days.setdefault((copy.source_id, copy.canonical, utc_date(copy.at_ms)), DayCount())
        day.browser += copy.channel is Channel.BROWSER
        day.server += copy.channel is Channel.SERVER
        day.counted += copy.fate is Fate.COUNTED

    def open(self, copy: Received, body: dict[str, Any]) -> None:
        """Count a first copy as an event."""
        properties = body.get("properties") or {}
        event_time = body.get("event_time")
        self.counted.append(
            Counted(
                number=copy.number,
                first_ms=copy.at_ms,
                source=copy.source,
                source_id=copy.source_id,
                event=copy.canonical,
                spelling=copy.event,
                event_id=copy.event_id,
                event_time=event_time if type(event_time) is int else copy.at_ms // MS_PER_SECOND,
                order_id=properties.get("order_id"),
                value=properties.get("value"),
                currency=properties.get("currency"),
                user_keys=user_keys(body),
                copies=[copy],
            )
        )

    def join(self, copy: Received, body: dict[str, Any], switches: Switches) -> Counted:
        """Add a later copy to its event; a merged one enriches it."""
        counted = self.counted[copy.number - 1]
        if all(each.channel is not copy.channel for each in counted.copies):
            self.both[counted.source_id, counted.event] += 1
        counted.copies.append(copy)
        if copy.fate is Fate.MERGED:
            self._enrich(counted, body, later_wins=switches.merge_conflict == "later")
        return counted

    @staticmethod
    def _enrich(counted: Counted, body: dict[str, Any], *, later_wins: bool) -> None:
        properties = body.get("properties") or {}
        for field in ("order_id", "value", "currency"):
            value = properties.get(field)
            if value is not None and (later_wins or getattr(counted, field) is None):
                setattr(counted, field, value)
        counted.user_keys = _shared(counted.user_keys | user_keys(body))

    def hold(self, first: int, size: int) -> None:
        """Account for a body of some bytes whose copies start at an index; the oldest give way beyond the allowance."""
        self._bodies.append((first, len(self.received), size))
        self._held_bytes += size
        while self._held_bytes > self._allowance and len(self._bodies) > 1:
            start, end, freed = self._bodies.popleft()
            self._held_bytes -= freed
            for copy in self.received[start:end]:
                copy.raw = NOTHING


def _see(seen: dict[tuple[str, str], Seen], key: tuple[str, str], at_ms: int) -> None:
    known = seen.setdefault(key, Seen(at_ms, at_ms))
    known.last_ms = at_ms


def user_keys(body: dict[str, Any]) -> frozenset[str]:
    """Name the match keys of an event that could be used."""
    user = body.get("user") or {}
    keys = {field for field, value in user.items() if field in _KEYS and _any_usable(field, value)}
    if (body.get("lead") or {}).get("lead_id"):
        keys.add("lead_id")
    if "ttclid" not in keys and "ttclid=" in str((body.get("page") or {}).get("url")):
        keys.add("ttclid")
    return _shared(frozenset(keys))


def _shared(keys: frozenset[str]) -> frozenset[str]:
    """Return one object for equal sets: there are few, and a million events would hold 700 bytes each."""
    return _SETS.setdefault(keys, keys)


_SETS: dict[frozenset[str], frozenset[str]] = {}


def _any_usable(field: str, value: object) -> bool:
    if isinstance(value, str):
        return usable(field, value)
    return isinstance(value, list) and any(isinstance(each, str) and usable(field, each) for each in value)


_KEYS = frozenset(
    {*MATCH_KEYS, "user_agent", "first_name", "last_name", "city", "state", "country", "zip_code", "locale"}
)
