"""
Orders and events from a file, on the way of all others: through the rooms into a journal of the importer's own.

The gateway records what lies there, now or when it is started. A record that was imported twice changes nothing.
"""

import asyncio
import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.clock import Clock
from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import DEFAULT_WORKSPACE, Route
from twinbeam.core.values import Channel, Consent, Item, KeyKind, OrderEvent, Origin, Rejected, Sealed
from twinbeam.engines.journals.sqlite import SqliteJournal
from twinbeam.engines.keyring import KeyRing
from twinbeam.orders.reports import OrderReport, events_of, facts_of
from twinbeam.pipeline.accept.contract import Full, Reading
from twinbeam.pipeline.accept.directory import AccessKey, Directory, place
from twinbeam.pipeline.accept.fanout import fan_out
from twinbeam.pipeline.accept.order_notes import notes_of
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.pipeline.consent.receipts import PURPOSE, Receipts
from twinbeam.pipeline.flow import Intake
from twinbeam.pipeline.identity.rates import Rates
from twinbeam.pipeline.identity.seal import Sealer
from twinbeam.pipeline.journal.codec import encode
from twinbeam.settings import Settings
from twinbeam.sources import events_v1
from twinbeam.sources.fields import Unfit
from twinbeam.sources.flat_orders import report_of

JOURNAL = "journal-import.db"
CAP_BYTES = 64 * 1024**2  #: that may wait to be recorded
AT_ONCE = 500  #: records in one group of the journal
_HOUR_MS = 3_600_000
#: TikTok drops a second copy for 48 hours (tiktok.md 7.1); an hour is the margin. Later it would count again.
DEDUP_MS = 47 * _HOUR_MS
#: TikTok makes nothing of older events of the web (tiktok.md 2.8).
TOO_OLD_MS = 7 * 24 * _HOUR_MS
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2

Row = dict[str, Any]


class Wanted(Struct, frozen=True, kw_only=True):
    """How a file is to be understood, and what may be sent of it."""

    workspace: str
    shop: str = ""
    pixels: tuple[str, ...] = ()  #: none: the ledger alone
    mapping: Mapping[str, str] = {}  #: field -> column
    currency: str = ""
    consent_basis: str = ""  #: on what every row without a word on consent is permitted
    may_double_count: bool = False
    shift_ms: int = 0


class Verdict(Struct, frozen=True):
    """What becomes of one record."""

    what: str  #: a word of WORDS
    reading: Reading | None = None  #: None: nothing of it is kept
    field: str = ""  #: what is not understood


#: What may become of a record, in the order in which it is told.
WORDS = {
    "sent": "go to TikTok, as far as consent and the pixel's rules allow",
    "ledger": "go into the ledger alone: no pixel was named",
    "not a purchase": "go into the ledger alone: cancelled, or worth nothing",
    "unpaid": "go into the ledger, and wait for what their pixel calls a purchase",
    "refused consent": "go into the ledger alone: the buyer declined",
    "no word on consent": "go into the ledger alone: no column and no --consent-basis says that it was given",
    "may count twice": "go into the ledger alone: older than 47 hours, so a copy that went out would count again",
    "too old": "go into the ledger alone: TikTok takes no event that is older than 7 days",
    "unreadable": "are left out",
}


def records_of(path: Path, mapping: Mapping[str, str]) -> Iterator[list[Row]]:
    """Yield the records of a CSV or JSON Lines file, by our names; rows of one order that follow each other are one."""
    by_order = mapping.get("order_id")
    for _, rows in groupby(rows_of(path), key=(lambda row: row.get(by_order)) if by_order else id):
        yield [_named(row, mapping) for row in rows]


def rows_of(path: Path) -> Iterator[Row]:
    """Yield the rows of a file as they are."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
            for line in file:
                if line.strip():
                    yield json.loads(line)
            return
        yield from csv.DictReader(file)


def header_of(path: Path) -> list[str]:
    """Return the names of a file's columns; raises ConfigError for a file without any."""
    try:
        return list(next(rows_of(path)))
    except (StopIteration, ValueError, csv.Error):
        raise ConfigError(f"{path}: it has no rows, or is neither CSV nor JSON Lines in UTF-8.") from None


def digest_of(path: Path, wanted: Wanted) -> str:
    """Name an import by its file and by how that is understood."""
    digest = blake2b(msgspec.json.encode(wanted), digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class OrderImport:
    """Judges records one by one, without a store: what a dry run tells is what a run does."""

    def __init__(self, wanted: Wanted, directory: Directory, clock: Clock) -> None:
        self._wanted = wanted
        self._clock = clock
        routes = tuple(map(Route, wanted.pixels))
        sender = AccessKey("import", KeyKind.SERVER, wanted.workspace, "import", routes, wanted.shop)
        self._routing = directory.routing(sender)
        rules = [directory.pixels[place(wanted.workspace, code)].rules for code in wanted.pixels]
        self._asks_placed = any(one.place_an_order for one in rules)
        #: Where the server alone reports, no browser's copy can have gone out.
        self._no_copy = bool(rules) and all(one.way_of("Purchase") == "server" for one in rules)

    @property
    def routing(self) -> Any:
        """Where the events go."""
        return self._routing

    def judged(self, rows: Sequence[Row]) -> Verdict:
        """Return what becomes of one record."""
        now_ms = self._clock.now_ms()
        try:
            report = report_of(rows, system="file", at_ms=now_ms, currency=self._wanted.currency)
        except Unfit as unfit:
            return Verdict("unreadable", field=unfit.field)
        report = _shifted(report, self._wanted.shift_ms)
        facts = facts_of(report)
        events = events_of(report, facts, placed=self._asks_placed)
        word = self._word(report, events, now_ms)
        goes = word in ("sent", "unpaid")
        items = [self._permitted(event) for event in events] if goes else []
        return Verdict(word, Reading(items, [], None, [facts]))

    def _word(self, report: OrderReport, events: Sequence[OrderEvent], now_ms: int) -> str:
        purchase = events[0]
        said = report.joined.consent
        age_ms = now_ms - (purchase.event_time or 0) * 1_000
        checks = (
            ("not a purchase", purchase.progress == "untold"),
            ("ledger", not self._wanted.pixels),
            ("refused consent", "denied" in (said.ad_storage, said.ad_user_data)),
            ("no word on consent", not self._is_permitted(report)),
            ("too old", age_ms > TOO_OLD_MS),
            ("may count twice", age_ms > DEDUP_MS and not (self._no_copy or self._wanted.may_double_count)),
            ("unpaid", "paid" not in purchase.progress),
        )
        return next((word for word, fits in checks if fits), "sent")

    def _is_permitted(self, report: OrderReport) -> bool:
        said, joined = report.joined.consent, report.joined
        has_word = said.ad_storage or said.ad_user_data or joined.receipt
        return bool(has_word or self._wanted.consent_basis)

    def _permitted(self, event: OrderEvent) -> OrderEvent:
        """
        Permit an event on the basis that its owner states, where nothing else is said.

        Such a grant has no time, so it counts as older than any other word: a recorded refusal stands.
        """
        said = event.consent
        if said.ad_storage or said.ad_user_data or event.consent_receipt or not self._wanted.consent_basis:
            return event
        basis = Consent("granted", "granted", source="import", evidence=self._wanted.consent_basis[:256])
        return replace(event, consent=basis)


class EventImport:
    """Judges events of a file: objects as `POST /v1/events` takes them, one a row."""

    def __init__(self, wanted: Wanted, directory: Directory, clock: Clock) -> None:
        self._orders = OrderImport(wanted, directory, clock)
        self._wanted = wanted
        self._clock = clock
        self.routing = self._orders.routing

    def judged(self, rows: Sequence[Row]) -> Verdict:
        """Return what becomes of one row."""
        body = msgspec.json.encode({"events": [_nested(rows[0])]})
        reading = events_v1.read(body)
        if isinstance(reading, Problem):
            return Verdict("unreadable")
        (item,) = reading.items
        if isinstance(item, Rejected):
            return Verdict("unreadable", field=item.field.removeprefix("events[0]."))
        if item.event_time is None:
            return Verdict("unreadable", field="event_time")
        item = replace(item, event_time=item.event_time + self._wanted.shift_ms // 1_000)
        word = self._word(item)
        return Verdict(word, Reading([self._permitted(item)], reading.notices) if word == "sent" else None)

    def _word(self, item: Item) -> str:
        age_ms = self._clock.now_ms() - (item.event_time or 0) * 1_000
        has_word = item.consent.ad_storage or item.consent.ad_user_data or item.consent_receipt
        may_double = age_ms > DEDUP_MS and not self._wanted.may_double_count
        checks = (
            ("refused consent", "denied" in (item.consent.ad_storage, item.consent.ad_user_data)),
            ("no word on consent", not (has_word or self._wanted.consent_basis)),
            ("too old", age_ms > TOO_OLD_MS),
            ("may count twice", may_double),
        )
        return next((word for word, fits in checks if fits), "sent")

    def _permitted(self, item: Item) -> Item:
        if item.consent.ad_storage or item.consent.ad_user_data or item.consent_receipt:
            return item
        basis = Consent("granted", "granted", source="import", evidence=self._wanted.consent_basis[:256])
        return replace(item, consent=basis)


Judge = Callable[[Sequence[Row]], Verdict]


def rehearsed(records: Iterable[list[Row]], judged: Judge) -> tuple[Counter[str], Counter[str]]:
    """Return what would become of records, and which fields are not understood in how many."""
    words, fields = Counter[str](), Counter[str]()
    for rows in records:
        verdict = judged(rows)
        words[verdict.what] += 1
        if verdict.field:
            fields[verdict.field] += 1
    return words, fields


class Importer:
    """Carries records through the rooms into its journal, a group at a time."""

    def __init__(self, settings: Settings, ring: KeyRing, directory: Directory, wanted: Wanted, clock: Clock) -> None:
        self._wanted = wanted
        self._clock = clock
        self._journal = SqliteJournal(
            settings.journal_folder / JOURNAL,
            ring,
            cap_bytes=min(CAP_BYTES, settings.journal_cap_bytes),
            reserve_bytes=settings.disk_reserve_bytes,
        )

        def rates(workspace: str) -> Rates:
            return directory.workspaces.get(workspace, DEFAULT_WORKSPACE).rates

        sealer = Sealer(default_region=settings.default_region or None, rates=rates)
        self._intake = Intake(receipts=Receipts(ring.derived(PURPOSE)), seal=sealer.seal, append=self._append)

    def carry(
        self, records: Iterable[list[Row]], judged: Judge, routing: Any, done: Callable[[int], None]
    ) -> Counter[str]:
        """Import records; `done` is told how many are durable. Raises ConfigError where nobody records them."""
        words, rest = Counter[str](), iter(records)
        while some := list(islice(rest, AT_ONCE)):
            verdicts = [judged(rows) for rows in some]
            words.update(verdict.what for verdict in verdicts)
            self._take([verdict.reading for verdict in verdicts if verdict.reading is not None], routing)
            done(len(some))
        return words

    def close(self) -> None:
        """Give the journal back."""
        self._journal.close()

    def _take(self, readings: Sequence[Reading], routing: Any) -> None:
        origin = Origin(self._wanted.workspace, "import", Channel.FILE, self._clock.now_ms(), shop=self._wanted.shop)
        events = [arrival for reading in readings for arrival in fan_out(reading, routing, origin).arrivals]
        notes = [note for reading in readings for note in notes_of(reading, origin)]
        if not events and not notes:
            return
        begun = time.monotonic()
        while isinstance(asyncio.run(self._intake.take([*events, *notes])), Full):
            self._journal.forget()
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise ConfigError("Nobody records what was imported: start the gateway, then import the file again.")
            time.sleep(_LOOK_SECONDS)
        self._journal.forget()

    async def _append(
        self, brought: Sequence[Any], seal: Callable[[Sequence[Any]], Sequence[Sealed]]
    ) -> Sequence[Sealed]:
        sealed = seal(brought)
        self._journal.append(self._clock.now_ms(), len(sealed), encode([one.signal for one in sealed]))
        return sealed


def _named(row: Row, mapping: Mapping[str, str]) -> Row:
    if not mapping:
        return row
    return {field: value for field, column in mapping.items() if (value := row.get(column)) not in (None, "")}


def _nested(row: Row) -> Row:
    """Turn columns such as `user.email` into objects; what is empty is not there."""
    found: Row = {}
    for name, value in row.items():
        if value in (None, ""):
            continue
        *outer, last = str(name).split(".")
        inner = found
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return found


def _shifted(report: OrderReport, by_ms: int) -> OrderReport:
    if not by_ms:
        return report
    since_ms = {name: moment + by_ms for name, moment in report.since_ms.items()}
    return replace(report, since_ms=since_ms, revised_ms=report.revised_ms + by_ms)
