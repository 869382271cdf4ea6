"""
What becomes of each record of a file: by consent, by age, and by what is known of it already.

A dry run and a run ask the same judge, so that what the one tells is what the other does.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from twinbeam.app.import_records import Numbers, Record, Row
from twinbeam.app.spellings import Spelling
from twinbeam.core.clock import Clock
from twinbeam.core.rules import Route
from twinbeam.core.values import Consent, Item, KeyKind, OrderEvent, Rejected
from twinbeam.orders.reports import OrderReport, events_of, facts_of
from twinbeam.pipeline.accept.contract import Reading
from twinbeam.pipeline.accept.directory import AccessKey, Directory, place
from twinbeam.pipeline.accept.problems import Problem
from twinbeam.pipeline.accept.routing import Routing
from twinbeam.sources import events_v1
from twinbeam.sources.fields import Unfit
from twinbeam.sources.flat_orders import TIMES, report_of

AT_ONCE = 500  #: records that are judged together, and make one group of the journal
_HOUR_MS = 3_600_000
#: TikTok drops a second copy for 48 hours (tiktok.md 7.1); an hour is the margin. Later it would count again.
DEDUP_MS = 47 * _HOUR_MS
#: TikTok makes nothing of older events of the web (tiktok.md 2.8).
TOO_OLD_MS = 7 * 24 * _HOUR_MS
_AHEAD_MS = 24 * _HOUR_MS  #: by which a time may be ahead, as where a zone is not said
_MOST_TROUBLES = 50  #: kinds that are told apart
#: Words of orders whose events go on: a refusal is recorded as one, and what waits hears of a cancellation.
_TOLD = frozenset({"sent", "unpaid", "refused consent", "not a purchase", "no value"})
_NO_TIME = "Write when the order was placed or paid."

#: What may become of a record, in the order in which it is told; what is not sent is told of an order and of an event.
SENTENCES: Mapping[str, str] = {
    "sent": "go to TikTok, as far as consent and the pixel's rules allow",
    "ledger": "go into the ledger alone: no pixel was named",
    "not a purchase": "{alone}: cancelled, or worth nothing",
    "no value": "{alone}: no column says what they are worth",
    "unpaid": "go into the ledger, and wait for what their pixel calls a purchase",
    "known": "{alone}: they were sent already, or are on their way",
    "refused consent": "{alone}: the buyer declined",
    "recorded refusal": "{alone}: a refusal of the buyer is recorded, which nothing overrides",
    "no word on consent": "{alone}: no column and no --consent-basis says that consent was given",
    "may count twice": "{alone}: older than 47 hours, so a copy that went out would count again",
    "too old": "{alone}: TikTok takes no event that is older than 7 days",
    "unreadable": "are left out: they cannot be read",
}


class Wanted(Struct, frozen=True, kw_only=True):
    """How a file is to be understood, and what may be sent of it."""

    workspace: str
    shop: str = ""
    pixels: tuple[str, ...] = ()  #: none: the ledger alone
    mapping: Mapping[str, str] = {}  #: field -> column
    spelling: Spelling = Spelling()
    encoding: str = ""
    currency: str = ""
    consent_basis: str = ""  #: on what every row without a word on consent is permitted
    may_double_count: bool = False
    shifts: bool = False  #: dates are moved so that the newest is of now


class Verdict(Struct, frozen=True):
    """What becomes of one record."""

    what: str  #: a word of SENTENCES
    reading: Reading | None = None  #: None: nothing of it is kept
    number: str = ""  #: of its order
    is_summed: bool = False  #: its value is the sum of its lines
    trouble: str = ""  #: what is not understood, and the fix


Known = Callable[[Sequence[str]], Mapping[str, str]]
"""What is known of some order numbers: `known` or `recorded refusal`."""


class Judge(Protocol):
    """Decides what becomes of records."""

    routing: Routing

    def judged(self, records: Sequence[Record], shift_ms: int = 0) -> list[Verdict]:
        """Return what becomes of some records."""
        ...


class OrderImport:
    """Judges orders."""

    #: What becomes part of the installation: an order that is not sent is in the ledger.
    takes = frozenset(SENTENCES) - {"unreadable"}

    def __init__(self, wanted: Wanted, directory: Directory, clock: Clock, known: Known = lambda _: {}) -> None:
        self._wanted, self._clock, self._known = wanted, clock, known
        self.routing = _routing(wanted, directory)
        self._bounds = Bounds(wanted, directory)
        rules = [directory.pixels[place(wanted.workspace, code)].rules for code in wanted.pixels]
        self._asks_placed = any(one.place_an_order for one in rules)

    def judged(self, records: Sequence[Record], shift_ms: int = 0) -> list[Verdict]:
        """Return what becomes of some orders."""
        numbers = [str(it.rows[0].get("order_id", "")) for it in records if it.rows]
        known = self._known(numbers) if self._wanted.pixels else {}
        return [self._one(it, shift_ms, known) for it in records]

    def _one(self, record: Record, shift_ms: int, known: Mapping[str, str]) -> Verdict:
        if record.trouble:
            return Verdict("unreadable", trouble=record.trouble)
        now_ms = self._clock.now_ms()
        try:
            report = reported(record.rows, self._wanted, shift_ms)
            _check_past(report, record.rows, now_ms)
        except Unfit as unfit:
            return Verdict("unreadable", trouble=f"{unfit.field}: {unfit.fix}")
        facts = facts_of(report)
        events = events_of(report, facts, placed=self._asks_placed)
        word = self._word(report, events[0], known.get(report.order_id, ""), now_ms)
        goes = word in _TOLD
        items = [self._bounds.permitted(event) for event in events] if goes and self._wanted.pixels else []
        is_summed = "price" in record.rows[0] and "value" not in record.rows[0]
        return Verdict(word, Reading(items, [], None, [facts]), report.order_id, is_summed)

    def _word(self, report: OrderReport, purchase: OrderEvent, known: str, now_ms: int) -> str:
        checks = (
            ("no value", "value" not in report.money),
            ("not a purchase", purchase.progress == "untold"),
            ("ledger", not self._wanted.pixels),
            (known, bool(known)),
            (self._bounds.word(purchase, report.joined.consent, now_ms), True),
        )
        word = next(word for word, fits in checks if fits)
        return "unpaid" if word == "sent" and "paid" not in purchase.progress else word


class EventImport:
    """Judges events of a file: objects as `POST /v1/events` takes them, one a row."""

    takes = frozenset({"sent", "refused consent"})  #: a refusal is recorded as one

    def __init__(self, wanted: Wanted, directory: Directory, clock: Clock) -> None:
        self._bounds = Bounds(wanted, directory)
        self._clock = clock
        self.routing = _routing(wanted, directory)

    def judged(self, records: Sequence[Record], shift_ms: int = 0) -> list[Verdict]:
        """Return what becomes of some events."""
        return [self._one(it, shift_ms) for it in records]

    def _one(self, record: Record, shift_ms: int) -> Verdict:
        if record.trouble:
            return Verdict("unreadable", trouble=record.trouble)
        reading = events_v1.read(msgspec.json.encode({"events": [nested(record.rows[0])]}))
        if isinstance(reading, Problem):
            return Verdict("unreadable", trouble=f"the row: {reading.fix}")
        (item,) = reading.items
        if isinstance(item, Rejected):
            return Verdict("unreadable", trouble=f"{item.field.removeprefix('events[0].')}: {item.fix}")
        if item.event_time is None:
            return Verdict("unreadable", trouble="event_time: Write when it happened, such as 2026-11-20T11:05:00Z.")
        item = replace(item, event_time=item.event_time + shift_ms // 1_000)
        word = self._bounds.word(item, item.consent, self._clock.now_ms())
        taken = word in self.takes
        return Verdict(word, Reading([self._bounds.permitted(item)], reading.notices) if taken else None)


class Bounds:
    """What consent and time allow."""

    def __init__(self, wanted: Wanted, directory: Directory) -> None:
        self._wanted = wanted
        self._rules = [directory.pixels[place(wanted.workspace, code)].rules for code in wanted.pixels]

    def word(self, item: Item, said: Consent, now_ms: int) -> str:
        """Return what may become of an event."""
        answers = {said.ad_storage, said.ad_user_data}
        has_word = bool(said.ad_storage or said.ad_user_data or item.consent_receipt)
        age_ms = now_ms - (item.event_time or 0) * 1_000
        checks = (
            ("refused consent", "denied" in answers),
            ("no word on consent", "undecided" in answers or not (has_word or self._wanted.consent_basis)),
            ("too old", age_ms > TOO_OLD_MS),
            ("may count twice", age_ms > DEDUP_MS and not self._counts_once(item.event)),
        )
        return next((word for word, fits in checks if fits), "sent")

    def _counts_once(self, event: str) -> bool:
        """Return whether no browser's copy can have gone out, as the server alone reports, or its owner bears it."""
        alone = bool(self._rules) and all(one.way_of(event) == "server" for one in self._rules)
        return alone or self._wanted.may_double_count

    def permitted(self, item: Any) -> Any:
        """
        Permit an event on the basis that its owner states, where nothing else is said.

        Such a grant has no time, so it counts as older than any other word: a recorded refusal stands.
        """
        said: Consent = item.consent
        if said.ad_storage or said.ad_user_data or item.consent_receipt or not self._wanted.consent_basis:
            return item
        basis = Consent("granted", "granted", source="import", evidence=self._wanted.consent_basis[:256])
        return replace(item, consent=basis)


class DryRun:
    """What would become of the records of a file, counted; and what keeps it from being imported."""

    def __init__(self) -> None:
        self.words = Counter[str]()
        self.repeated = 0  #: records whose order stood before
        self.split = 0  #: line at which an order of lines goes on that was told before; 0: there is none
        self.troubles: dict[str, tuple[int, int]] = {}  #: how many there are of each, and the first one's line

    @property
    def total(self) -> int:
        """How many records there are."""
        return self.words.total()

    def take(self, record: Record, verdict: Verdict, numbers: Numbers) -> None:
        """Count one."""
        self.words[verdict.what] += 1
        if verdict.trouble and (verdict.trouble in self.troubles or len(self.troubles) < _MOST_TROUBLES):
            times, line = self.troubles.get(verdict.trouble, (0, record.line))
            self.troubles[verdict.trouble] = (times + 1, line)
        if verdict.number and numbers.repeats(verdict.number):
            self.repeated += 1
            if verdict.is_summed:
                self.split = self.split or record.line


def rehearsed(judge: Judge, shift_ms: int, records: Iterable[Record], done: Callable[[], None]) -> DryRun:
    """Return what would become of records; `done` is called now and then."""
    found, numbers = DryRun(), Numbers()
    for some in together(records):
        for record, verdict in zip(some, judge.judged(some, shift_ms), strict=True):
            found.take(record, verdict, numbers)
        done()
    numbers.close()
    return found


def together(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield records as they are judged together."""
    rest = iter(records)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def newest_ms(wanted: Wanted, records: Iterable[Record], done: Callable[[], None]) -> int:
    """Return the newest time in a file, or 0; `done` is called now and then."""
    newest = 0
    for some in together(records):
        newest = max(newest, *(_moment_ms(wanted, record.rows) for record in some if record.rows), 0)
        done()
    return newest


def _moment_ms(wanted: Wanted, rows: Sequence[Row]) -> int:
    if wanted.mapping:
        try:
            return reported(rows, wanted).revised_ms
        except Unfit:
            return 0
    reading = events_v1.read(msgspec.json.encode({"events": [nested(rows[0])]}))
    items = [] if isinstance(reading, Problem) else reading.items
    return max(((it.event_time or 0) * 1_000 for it in items if not isinstance(it, Rejected)), default=0)


def digest_of(path: Path, wanted: Wanted) -> str:
    """Name an import by its file and by how that is understood."""
    digest = blake2b(msgspec.json.encode(wanted), digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def reported(rows: Sequence[Row], wanted: Wanted, shift_ms: int = 0) -> OrderReport:
    """Read an order; raises Unfit."""
    spelled = [wanted.spelling.read(row) for row in rows]
    report = report_of(spelled, system="file", at_ms=0, currency=wanted.currency)
    if report.revised_ms <= 0:
        raise Unfit(_time_in(rows) or next((it for it in TIMES if it in wanted.mapping), TIMES[0]), _NO_TIME)
    if not shift_ms:
        return report
    since_ms = {name: moment + shift_ms for name, moment in report.since_ms.items()}
    return replace(report, since_ms=since_ms, revised_ms=report.revised_ms + shift_ms)


def nested(row: Row) -> Row:
    """Turn columns such as `user.email` into objects; what is empty is not there."""
    found: Row = {}
    for name, value in row.items():
        if value in (None, ""):
            continue
        *outer, last = str(name).split(".")
        inner = found
        for step in outer:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                break
        else:
            inner[last] = value
    return found


def _check_past(report: OrderReport, rows: Sequence[Row], now_ms: int) -> None:
    if report.revised_ms > now_ms + _AHEAD_MS:
        raise Unfit(_time_in(rows), "It is in the future: say --dates or --zone as the file has it.")


def _time_in(rows: Sequence[Row]) -> str:
    return next((name for name in TIMES if name in rows[0]), "")


def _routing(wanted: Wanted, directory: Directory) -> Routing:
    routes = tuple(map(Route, wanted.pixels))
    return directory.routing(AccessKey("import", KeyKind.SERVER, wanted.workspace, "import", routes, wanted.shop))
