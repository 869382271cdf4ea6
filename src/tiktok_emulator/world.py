"""Everything TikTok's side knows at one moment, and the one door through which events get in."""

from typing import Any

import msgspec

from tiktok_emulator import checks
from tiktok_emulator.accounts import Accounts, Seed, demo_seed
from tiktok_emulator.change_listener import ChangeListener
from tiktok_emulator.clock import MS_PER_SECOND, Clock
from tiktok_emulator.dedup import Channel, Copy, Dedup, Fate, Place
from tiktok_emulator.faults import Faults, Where
from tiktok_emulator.ledger import Ledger, Received
from tiktok_emulator.limits import Limits
from tiktok_emulator.names import Kind, canonical, kind_of
from tiktok_emulator.repeats import repeat_findings
from tiktok_emulator.requests import Logged, RequestLog
from tiktok_emulator.rules import Finding, Rule
from tiktok_emulator.switches import Switches
from tiktok_emulator.trouble import Troubles


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What the events of one request have in common."""

    request: int
    at_ms: int
    channel: Channel
    source: str
    source_id: str
    test_code: str = ""
    cookie: str = ""  #: The `_ttp` cookie of a browser's request.


class Subscription(msgspec.Struct, frozen=True):
    """Where notices of the status of TikTok's APIs go."""

    callback_url: str
    products: tuple[str, ...] = ()  #: Empty for all.


class Item(msgspec.Struct, frozen=True):
    """One event of a request: as bytes, and read."""

    raw: msgspec.Raw
    body: dict[str, Any]


class World:
    """All state of the emulator; only ever touched from one thread."""

    def __init__(self, clock: Clock, switches: Switches | None = None, seed: Seed | None = None) -> None:
        self.listener = ChangeListener()
        self.restart(clock, switches or Switches(), seed)

    def restart(self, clock: Clock, switches: Switches, seed: Seed | None = None) -> None:
        """Forget everything, and start with the accounts of a seed, by default those of the demo."""
        self.clock = clock
        self.switches = switches
        self.subscriptions: dict[str, Subscription] = {}
        self.replace_accounts(demo_seed() if seed is None else seed)
        self.reset()
        self.changed()

    def reset(self) -> None:
        """Forget all events, requests, faults and scripts; accounts, switches and time stay."""
        self.troubles = Troubles()
        self.ledger = Ledger()
        self.dedup = Dedup()
        self.faults = Faults()
        self.log = RequestLog()
        self.limits = Limits()
        self.pixel_limits = Limits()
        self.marketing_limits = Limits()
        self.dismissed: dict[tuple[str, str, str], int] = {}
        self.listener.on_reset()

    def replace_accounts(self, seed: Seed) -> None:
        """Let there be these accounts and no others."""
        self.accounts = Accounts()
        self.accounts.add(seed, self.clock.now_ms())

    def changed(self) -> None:
        """Tell the listener after accounts, switches, time or dismissals changed."""
        self.listener.on_state(self)

    def note(self, where: Where, findings: list[Finding]) -> None:
        """Record what is wrong with a call."""
        self.faults.record(where, findings)
        self.listener.on_findings(where, findings)

    def answered(self, call: Logged) -> None:
        """Log a call with its answer."""
        self.log.add(call)
        self.listener.on_call(call)

    def settled_ledger(self) -> Ledger:
        """Return the ledger with its sums as Events Manager would show them now (tiktok.md 11.5)."""
        self.ledger.settle(self.ready_ms)
        return self.ledger

    @property
    def ready_ms(self) -> int:
        """The moment up to which received events are processed."""
        return self.clock.now_ms() - self.switches.processing_delay_seconds * MS_PER_SECOND

    def take(self, batch: Batch, items: list[Item]) -> None:
        """Take in the accepted events of one request, in their order."""
        first = len(self.ledger.received)
        for index, item in enumerate(items):
            self._take_one(batch, item, index)
        self.ledger.hold(first, sum(len(bytes(item.raw)) for item in items))
        self.listener.on_events(batch, items)

    def _take_one(self, batch: Batch, item: Item, index: int) -> None:
        spelling = item.body["event"]
        event = canonical(spelling, batch.source) if self.switches.canonical_names else spelling
        place = self._place(batch, item.body, event)
        copy = _received(batch, item, (index, len(self.ledger.received) + 1), event, place)
        found = self._findings(batch, item.body)
        self.ledger.add(copy)
        if place.fate is Fate.COUNTED:
            self.ledger.open(copy, item.body)
        elif place.number:
            found += repeat_findings(self.ledger.join(copy, item.body, self.switches), copy, item.body)
        if found:
            where = Where(batch.request, batch.at_ms, batch.source_id, event, copy.event_id)
            self.faults.record(where, found)

    def _place(self, batch: Batch, body: dict[str, Any], event: str) -> Place:
        if batch.test_code and not self.switches.test_events_count:
            return Place(Fate.TEST, 0)
        if kind_of(body["event"], batch.source) is Kind.INVALID:
            return Place(Fate.NOT_COUNTED, 0)
        pixel = self.accounts.pixels.get(batch.source_id)
        copy = Copy(
            source_id=batch.source_id,
            event=event,
            event_id=body.get("event_id") or "",
            ttp=_ttp(batch, body),
            channel=batch.channel,
            at_ms=batch.at_ms,
            cookies_on=pixel is not None and pixel.enable_first_party_cookies,
        )
        return self.dedup.place(copy, self.switches)

    def _findings(self, batch: Batch, body: dict[str, Any]) -> list[Finding]:
        context = checks.Context(
            source=batch.source,
            at_ms=batch.at_ms,
            switches=self.switches,
            from_browser=batch.channel is Channel.BROWSER,
        )
        found = checks.findings(body, context)
        if batch.test_code and batch.test_code not in self.accounts.test_codes:
            found.append(Finding(Rule.UNKNOWN_TEST_CODE, "test_event_code", batch.test_code[:40]))
        return found


def _received(batch: Batch, item: Item, numbers: tuple[int, int], event: str, place: Place) -> Received:
    index, seq = numbers
    return Received(
        seq=seq,
        at_ms=batch.at_ms,
        request=batch.request,
        index=index,
        channel=batch.channel,
        source=batch.source,
        source_id=batch.source_id,
        event=item.body["event"],
        canonical=event,
        event_id=item.body.get("event_id") or "",
        test_code=batch.test_code,
        fate=place.fate,
        number=place.number,
        raw=item.raw,
    )


def _ttp(batch: Batch, body: dict[str, Any]) -> str:
    ttp = (body.get("user") or {}).get("ttp") or batch.cookie
    return ttp if isinstance(ttp, str) else ""
