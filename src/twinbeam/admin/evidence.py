"""What is found out of each pixel for the checks beside its week: added up from small tables, for a job's thread."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from twinbeam.admin.delivered_counts import ALL
from twinbeam.admin.pixel_facts import Place
from twinbeam.checks.facts import Crowd, DaySales, Evidence, NoteSum
from twinbeam.checks.noting import MOST_OF_DAY, MOST_SAMPLES, DayNote, NoteKey, Noting
from twinbeam.core.clock import day_of
from twinbeam.core.fleet import WEEK_DAYS, PixelWeek
from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.pixel_counts import CountedEvent, CountKind, PixelCount, ToMend, joined
from twinbeam.core.products import DayMatch
from twinbeam.core.rules import BROWSER_ONLY
from twinbeam.core.story import Covered, Listed, Total
from twinbeam.core.values import Side

T = TypeVar("T")

RejectedByPlace = Mapping[str, Mapping[str, int]]
"""By place (directory.place), how many events of `<UTC day>/<code>` were rejected on arrival."""

LOOKED_AT = 50  #: of the newest conversions of a state, whose worth is added up
OFTEN = 70  #: an event that came so often in 7 days, and each day
BUSY = 20  #: other events since then: the pixel is not silent as a whole
#: Events of which it is told whether they name products, and carry the browser id.
_OF_SHOPPING = ("ViewContent", "AddToCart", "Purchase")
_NAMES_PRODUCTS = "content_ids"
_BROWSER_ID = "ttp"
_WITH_BROWSER = (Side.BROWSER.value, "both")
#: What is asked for of what is counted beside states and sides.
_ASKED: Sequence[CountedEvent] = (
    (CountKind.NOTICE, ""),
    *((kind, event) for kind in (CountKind.PARAMETER, CountKind.CARRIED) for event in _OF_SHOPPING),
)
_NAMES = (
    *(joined(side, kind) for side in Side for kind in ToMend),
    *(joined(side, key) for side in _WITH_BROWSER for key in ("", _BROWSER_ID)),
    ALL,
    _NAMES_PRODUCTS,
)
#: States of which it is told what is in them, by the name of their list.
_STATES: Mapping[str, tuple[State, ...]] = {
    "waiting": SENDING,
    State.HELD: (State.HELD,),
    State.REFUSED: (State.REFUSED,),
    State.EXPIRED: (State.EXPIRED,),
}


class NoteReads(Protocol):
    """What was noted of conversions, and found out before. All raise StorageError."""

    def notes(self, *, since_day: int) -> dict[NoteKey, DayNote]:
        """Return what was noted from a UTC day on."""
        ...

    def evidence(self) -> list[Evidence]:
        """Return what was found out of each pixel."""
        ...


class Matched(Protocol):
    """The part of the product feeds that tells how many ids they know."""

    def matches(self, *, since_day: int) -> list[DayMatch]:
        """Return how many content ids were known, by day, workspace and pixel, from a UTC day on."""
        ...


class EvidenceReads(Protocol):
    """The part of a reading side that evidence is found by. All raise StorageError."""

    @property
    def issues(self) -> NoteReads:
        """What was noted of conversions."""
        ...

    @property
    def products(self) -> Matched:
        """The product feeds."""
        ...

    def coverage(self, *, since_day: int = 0) -> list[Covered]:
        """Return by which sides conversions were seen, by day, from a UTC day on."""
        ...

    def totals(self, *, since_day: int = 0, by_event: bool = True) -> list[Total]:
        """Add the counters from a UTC day on up over the days, and over the events unless they are asked for."""
        ...

    def counted(
        self, asked: Collection[CountedEvent], names: Collection[str], *, since_day: int, until_day: int
    ) -> list[PixelCount]:
        """Add the counts of some names of all pixels up over the days."""
        ...

    def in_state(self, states: Collection[str], *, limit: int, pixel: Place | None = None) -> Listed:
        """Return the newest conversions in some states of a pixel."""
        ...


def find_evidence(
    reads: EvidenceReads, weeks: Sequence[PixelWeek], rejected: RejectedByPlace, now_ms: int
) -> list[Evidence]:
    """Return what can be found out of each pixel that counts anything, or of which events were rejected or expired."""
    today = day_of(now_ms)
    first = today - WEEK_DAYS + 1
    turned_away = {tuple(it.rpartition("/")[::2]): _of_codes(told, first) for it, told in rejected.items()}
    beside = reads.counted(_ASKED, _NAMES, since_day=first, until_day=today)
    counted = _by_place(((it.workspace, it.pixel), it) for it in beside)
    before = {(it.workspace, it.pixel): it for it in reads.issues.evidence()}
    notes = _by_place((key[1:3], (key, note)) for key, note in reads.issues.notes(since_day=first - WEEK_DAYS).items())
    covered = _by_place(((it.workspace, it.pixel), it) for it in reads.coverage(since_day=first - WEEK_DAYS))
    matches = _by_place(((it.workspace, it.pixel), it) for it in reads.products.matches(since_day=first))
    totals = reads.totals(since_day=first - WEEK_DAYS, by_event=False)
    expired = _by_place(((it.workspace, it.pixel), it) for it in totals if it.outcome == State.EXPIRED)
    found = []
    known_of = {*expired, *(place for place, told in turned_away.items() if told)}
    for week in [*weeks, *_without_week(weeks, known_of)]:
        place = week.workspace, week.pixel
        known = before.get(place, Evidence())
        evidence = _of_notes(dict(notes.get(place, ())), first)
        ended = {it.reason: it.n for it in expired.get(place, ())}
        days = covered.get(place, ())
        found.append(
            replace(
                evidence,
                workspace=week.workspace,
                pixel=week.pixel,
                at_ms=now_ms,
                states=dict(_states(reads, week, known, sum(ended.values()))),
                expired=ended,
                server_now=_share(days, today - WEEK_DAYS, today),
                server_before=_share(days, today - 2 * WEEK_DAYS, today - WEEK_DAYS),
                silent=_silent(days, today),
                ids=sum(it.ids for it in matches.get(place, ())),
                matched=sum(it.matched for it in matches.get(place, ())),
                rejected=turned_away.get(place, {}),
                **_of_counts(counted.get(place, ())),
            )
        )
    return found


def _by_place(pairs: Iterable[tuple[tuple[str, ...], T]]) -> dict[tuple[str, ...], list[T]]:
    found: defaultdict[tuple[str, ...], list[T]] = defaultdict(list)
    for place, value in pairs:
        found[place].append(value)
    return found


def _of_codes(told: Mapping[str, int], first: int) -> dict[str, int]:
    """Add up by code what was rejected from a day on."""
    sums: defaultdict[str, int] = defaultdict(int)
    for name, n in told.items():
        day, _, code = name.partition("/")
        if int(day) >= first:
            sums[code] += n
    return dict(sums)


def _without_week(weeks: Sequence[PixelWeek], places: Collection[tuple[str, ...]]) -> Iterable[PixelWeek]:
    """Yield an empty week for each place of which something is known, and nothing came within the week."""
    counting = {(week.workspace, week.pixel) for week in weeks}
    for workspace, pixel in sorted(places):
        if (workspace, pixel) not in counting:
            yield PixelWeek(workspace, pixel, [], [], [])


def _of_counts(counts: Sequence[PixelCount]) -> dict[str, Any]:
    """Return what is told by the counts beside states and sides, as fields of Evidence."""
    n = {(it.kind, it.event, it.name): it.n for it in counts}

    def of(kind: CountKind, event: str, *names: str) -> int:
        return sum(n.get((kind, event, name), 0) for name in names)

    def with_browser(key: str) -> int:
        names = [joined(side, key) for side in _WITH_BROWSER]
        return sum(of(CountKind.CARRIED, event, *names) for event in _OF_SHOPPING)

    mended = {kind: tuple(of(CountKind.NOTICE, "", joined(side, kind)) for side in Side) for kind in ToMend}
    looked_at = {event: of(CountKind.PARAMETER, event, ALL) for event in _OF_SHOPPING}
    return {
        "to_mend": {kind.value: told for kind, told in mended.items() if any(told)},
        "content_ids": {
            event: (of(CountKind.PARAMETER, event, _NAMES_PRODUCTS), whole)
            for event, whole in looked_at.items()
            if whole
        },
        "browser_id": (with_browser(_BROWSER_ID), with_browser("")),
    }


def _of_notes(notes: Mapping[NoteKey, DayNote], first: int) -> Evidence:
    """Add up what was noted of one pixel; days before the first one tell of sales alone."""
    added: defaultdict[str, list[tuple[str, DayNote]]] = defaultdict(list)
    for (day, _, _, event, what, currency), note in notes.items():
        if day >= first and what not in MOST_OF_DAY:
            added[what].append((currency, note))
            if what == Noting.ENRICHED:
                added[f"{what} {event}"].append((currency, note))
    sales = [DaySales(key[0], key[5], note.n, note.minor) for key, note in notes.items() if key[4] == Noting.SALE]
    return Evidence(
        noted={name: _noted(parts) for name, parts in added.items()},
        sales=sales,
        one_email=_worst(notes, Noting.ONE_EMAIL, Noting.WITH_EMAIL, first),
        one_address=_worst(notes, Noting.ONE_ADDRESS, Noting.WITH_ADDRESS, first),
        checkouts=_worst(notes, Noting.CHECKOUTS, Noting.CHECKOUT_VISITORS, first),
    )


def _noted(parts: Sequence[tuple[str, DayNote]]) -> NoteSum:
    worth: defaultdict[str, int] = defaultdict(int)
    for currency, note in parts:
        if currency and note.minor:
            worth[currency] += note.minor
    samples = sorted((id_ for _, note in parts for id_ in note.samples), reverse=True)[:MOST_SAMPLES]
    return NoteSum(sum(note.n for _, note in parts), worth, samples)


def _worst(notes: Mapping[NoteKey, DayNote], most: str, of: str, first: int) -> Crowd:
    """Return the day on which the most stood under one name, by their share."""
    days = {key[0]: note.n for key, note in notes.items() if key[4] == most and key[0] >= first}
    whole = {key[0]: note.n for key, note in notes.items() if key[4] == of and key[0] >= first}
    crowds = [Crowd(n, whole.get(day, 0)) for day, n in days.items()]
    return max(crowds, key=lambda it: it.most / max(1, it.of), default=Crowd())


def _states(reads: EvidenceReads, week: PixelWeek, known: Evidence, expired: int) -> Iterable[tuple[str, NoteSum]]:
    """Yield what the newest conversions of some states are worth; where as many are in one as before, it is known."""
    for name, states in _STATES.items():
        n = sum(count for outcome, _, count in week.outcomes if outcome in states)
        n = expired if name == State.EXPIRED else n
        before = known.of_state(name)
        if not n:
            continue
        if before.n == n:
            yield name, before
            continue
        stories = reads.in_state(states, limit=LOOKED_AT, pixel=(week.workspace, week.pixel)).stories
        worth: defaultdict[str, int] = defaultdict(int)
        for story in stories:
            if story.value_minor and story.currency:
                worth[story.currency] += story.value_minor
        yield name, NoteSum(n, worth, [story.id for story in stories[:MOST_SAMPLES]])


def _share(days: Iterable[Covered], first: int, end: int) -> tuple[int, int]:
    """Return how many conversions of some days the server saw, and all, of what a server can know of."""
    mine = [it for it in days if first <= it.day < end and it.event not in BROWSER_ONLY]
    server = sum(it.server + it.both for it in mine)
    return server, server + sum(it.browser for it in mine)


def _silent(days: Iterable[Covered], today: int) -> list[tuple[str, int]]:
    """Return events that came every day of a week and not since yesterday, while others did."""
    seen: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for it in days:
        seen[it.event][it.day] += it.browser + it.server + it.both
    usual = range(today - WEEK_DAYS - 1, today - 1)
    since = sum(by_day[day] for by_day in seen.values() for day in (today - 1, today))
    if since < BUSY:
        return []
    found = []
    for event, by_day in sorted(seen.items()):
        counts = [by_day[day] for day in usual]
        if event and min(counts) > 0 and sum(counts) >= OFTEN and not by_day[today - 1] and not by_day[today]:
            found.append((event, sum(counts)))
    return found
