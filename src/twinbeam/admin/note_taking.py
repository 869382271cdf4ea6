"""
Noting what the checks need of single conversions, a little at a time; each is looked at once its copies have come.

Who stands behind many orders is counted in memory under a key of the day (`checks/crowds.py`); what is written down of
it is a number. A restart begins the day's count anew, and the larger number stays.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Protocol

from twinbeam.checks.crowds import Repeats, TopNames
from twinbeam.checks.facts import Crowd
from twinbeam.checks.noting import DayNote, LookedAt, NoteKey, Noting, key_of, noted
from twinbeam.core.clock import MS_PER_SECOND, day_of
from twinbeam.core.lifecycle import State

AGE_MS = 900 * MS_PER_SECOND  #: so old is a conversion when it is looked at: its copies have come
KEEP_DAYS = 15
PLACEHOLDERS = frozenset(
    sha256(f"{name}@{host}".encode()).hexdigest()
    for name in ("test", "example", "email", "user", "guest", "noreply", "no-reply", "none", "na", "customer", "info")
    for host in ("test.com", "example.com", "example.org", "email.com", "mail.com", "domain.com", "none.com")
) | frozenset(sha256(text.encode()).hexdigest() for text in ("", "test", "null", "undefined", "none", "n/a"))
_OF_PEOPLE = frozenset({"Purchase", "Lead", "CompleteRegistration"})

PixelDay = tuple[int, str, str]
"""(UTC day, workspace, pixel)"""


class NotedStore(Protocol):
    """What was noted. All raise StorageError."""

    def note_cursor(self) -> int | None:
        """Return up to which conversion was looked; None before the first time."""
        ...

    def keep_notes(self, notes: Mapping[NoteKey, DayNote], place: int, *, forget_before: int) -> None:
        """Add what was noted to its days and move on, in one transaction; days before a UTC day are forgotten."""
        ...


class RecordedRows(Protocol):
    """What was recorded, in the order of its numbers. All raise StorageError."""

    def begin(self, place: int | None) -> int:
        """Return where to go on."""
        ...

    def read(self, place: int, *, until_ms: int, limit: int) -> list[LookedAt]:
        """Return the next conversions that came before a moment."""
        ...

    def named(self, ids: Collection[int]) -> dict[int, tuple[list[str], str]]:
        """Return the hashed e-mail addresses and the address that conversions bear, where a payload is kept."""
        ...


class Crowds:
    """Who stands behind many conversions of today and yesterday; lives as long as the process, in memory alone."""

    def __init__(self) -> None:
        self._emails: dict[PixelDay, TopNames] = {}
        self._addresses: dict[PixelDay, TopNames] = {}
        self._checkouts: dict[PixelDay, Repeats] = {}

    def forget(self, before_day: int) -> None:
        """Forget the days before one."""
        for kept in (self._emails, self._addresses, self._checkouts):
            for place in [it for it in kept if it[0] < before_day]:
                del kept[place]

    def add(self, row: LookedAt, emails: Sequence[str], address: str) -> None:
        """Count whose a conversion is."""
        place = _place(row)
        if emails:
            self._emails.setdefault(place, TopNames()).add(emails[0])
        if address:
            self._addresses.setdefault(place, TopNames()).add(address)

    def add_checkout(self, row: LookedAt) -> None:
        """Count a checkout that a visitor began."""
        if row.visitor:
            self._checkouts.setdefault(_place(row), Repeats()).add(row.visitor)

    def notes(self) -> dict[NoteKey, DayNote]:
        """Return the numbers that are to be written down."""
        told: dict[NoteKey, DayNote] = {}
        for most, of, crowds in (
            (Noting.ONE_EMAIL, Noting.WITH_EMAIL, self._emails),
            (Noting.ONE_ADDRESS, Noting.WITH_ADDRESS, self._addresses),
            (Noting.CHECKOUTS, Noting.CHECKOUT_VISITORS, self._checkouts),
        ):
            for place, counted in crowds.items():
                crowd: Crowd = counted.crowd
                told[(*place, "", most, "")] = DayNote(crowd.most)
                told[(*place, "", of, "")] = DayNote(crowd.of)
        return told


class NoteTaking:
    """One run: it looks a few times, which writes nothing, and then keeps what it noted in one transaction."""

    def __init__(self, store: NotedStore, recorded: RecordedRows, crowds: Crowds, now_ms: int) -> None:
        self._store, self._recorded, self._crowds, self._now_ms = store, recorded, crowds, now_ms
        self._place = self._before = recorded.begin(store.note_cursor())
        self._notes: dict[NoteKey, DayNote] = {}

    def look(self, limit: int) -> bool:
        """Note what there is to note of the next conversions; tells whether there may be more."""
        rows = self._recorded.read(self._place, until_ms=self._now_ms - AGE_MS, limit=limit)
        if not rows:
            return False
        for key, note in noted(rows).items():
            mine = self._notes.setdefault(key, DayNote())
            mine.n, mine.minor = mine.n + note.n, mine.minor + note.minor
            mine.samples = [*mine.samples, *note.samples][-5:]
        self._look_at_people([row for row in rows if row.counts and row.event_source == "web"])
        self._place = rows[-1].id
        return len(rows) == limit

    def _look_at_people(self, rows: Sequence[LookedAt]) -> None:
        for row in rows:
            if row.event == "InitiateCheckout":
                self._crowds.add_checkout(row)
        sent = {row.id: row for row in rows if row.state == State.DELIVERED and row.event in _OF_PEOPLE}
        for id_, (emails, address) in self._recorded.named(sent).items():
            self._crowds.add(sent[id_], emails, address)
            if not PLACEHOLDERS.isdisjoint(emails):
                row = sent[id_]
                key = key_of(row, Noting.PLACEHOLDER, row.currency)
                self._notes.setdefault(key, DayNote()).add(id_, row.minor)

    def keep(self) -> None:
        """Keep what was noted, and the place that is reached."""
        today = day_of(self._now_ms)
        self._crowds.forget(today - 1)
        if self._place != self._before:
            notes = self._notes | self._crowds.notes()
            self._store.keep_notes(notes, self._place, forget_before=today - KEEP_DAYS)


Begin = Callable[[], NoteTaking]


def _place(row: LookedAt) -> PixelDay:
    return day_of(row.received_ms), row.workspace, row.pixel
