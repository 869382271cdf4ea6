"""What is found out of each pixel for the checks beside its week: added up from small tables, for a job's thread."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.admin.dead_letter_contract import DeadLetterReads
from twinbeam.admin.delivered_counts import ALL
from twinbeam.admin.pixel_facts import Place
from twinbeam.checks.expired import unsent_reasons
from twinbeam.checks.facts import NOTHING_NOTED, Crowd, DaySales, Evidence, NoteSum
from twinbeam.checks.match_keys_missing import EVENTS as IDENTIFYING
from twinbeam.checks.noting import MOST_OF_DAY, MOST_SAMPLES, DayNote, NoteKey, Noting
from twinbeam.core.clock import day_of
from twinbeam.core.dead_letters import LetterFilter
from twinbeam.core.fleet import WEEK_DAYS, PixelWeek
from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.pixel_counts import CountedEvent, CountKind, PixelCount, ToMend, joined
from twinbeam.core.products import DayMatch
from twinbeam.core.regular import days_by_event, is_regular, week_before
from twinbeam.core.rules import BROWSER_ONLY
from twinbeam.core.story import WIDE, Covered, Listed, Narrowed, Total
from twinbeam.core.values import Side

T = TypeVar("T")

RejectedByPlace = Mapping[str, Mapping[str, int]]
"""By place (directory.place), how many events of `<UTC day>/<code>` were rejected on arrival."""

LOOKED_AT = 50  #: of the newest conversions of a state, whose worth is added up
MOST_CODES = 3  #: of TikTok's, with which it refused the newest
BUSY = 20  #: other events since yesterday: the pixel is not silent as a whole
#: Events of which it is told whether they name products, and carry the browser id.
_OF_SHOPPING = ("ViewContent", "AddToCart", "Purchase")
_NAMES_PRODUCTS = "content_ids"
_BROWSER_ID = "ttp"
_WITH_BROWSER = (Side.BROWSER.value, "both")
_SEEN_BY = (*(side.value for side in Side), "both")
#: Events, and all of them, of which it is told how many went without identifiers because consent let no more go.
_MAY_BE_BARE = ("", *dict.fromkeys((*_OF_SHOPPING, *IDENTIFYING)))
#: What is asked for of what is counted beside states and sides.
_ASKED: Sequence[CountedEvent] = (
    (CountKind.NOTICE, ""),
    *((kind, event) for kind in (CountKind.PARAMETER, CountKind.CARRIED) for event in _OF_SHOPPING),
    *((CountKind.BARE, event) for event in _MAY_BE_BARE),
)
_NAMES = (
    *(joined(side, kind) for side in Side for kind in ToMend),
    *(joined(side, key) for side in _WITH_BROWSER for key in ("", _BROWSER_ID)),
    ALL,
    _NAMES_PRODUCTS,
    *_SEEN_BY,
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
    def dead_letters(self) -> DeadLetterReads:
        """What TikTok refused."""
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

    def in_state(
        self, states: Collection[str], *, limit: int, pixel: Place | None = None, narrowed: Narrowed = WIDE
    ) -> Listed:
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
        states = dict(_states(reads, week, known, _Expired(ended, first - WEEK_DAYS)))
        days = covered.get(place, ())
        found.append(
            replace(
                evidence,
                workspace=week.workspace,
                pixel=week.pixel,
                at_ms=now_ms,
                states=states,
                refused=_refused(reads, known, states, place),
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

    def keyless(event: str, *sides: str) -> int:
        return max(0, of(CountKind.BARE, event, *sides))  # what earlier releases delivered is counted out of it alone

    mended = {kind: tuple(of(CountKind.NOTICE, "", joined(side, kind)) for side in Side) for kind in ToMend}
    looked_at = {event: of(CountKind.PARAMETER, event, ALL) for event in _OF_SHOPPING}
    return {
        "to_mend": {kind.value: told for kind, told in mended.items() if any(told)},
        "content_ids": {
            event: (of(CountKind.PARAMETER, event, _NAMES_PRODUCTS), whole)
            for event, whole in looked_at.items()
            if whole
        },
        "browser_id": (
            with_browser(_BROWSER_ID),
            with_browser("") - sum(keyless(event, *_WITH_BROWSER) for event in _OF_SHOPPING),
        ),
        "keyless": {event: gone for event in _MAY_BE_BARE if (gone := keyless(event, *_SEEN_BY))},
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


class _Expired(Struct, frozen=True):
    """How many conversions expired for each reason, of those that came from a day on."""

    by_reason: Mapping[str, int]
    since_day: int


class _InState(Struct, frozen=True):
    """Which conversions are looked at under a name."""

    n: int
    narrowed: Narrowed = WIDE


def _in_state(week: PixelWeek, name: str, expired: _Expired) -> _InState:
    """Return what is in a state; of what expired, what the check of it counts."""
    if name != State.EXPIRED:
        return _InState(sum(n for of, _, n in week.outcomes if of in _STATES[name]))
    reasons = unsent_reasons(reason for reason, n in expired.by_reason.items() if reason and n)
    n = sum(expired.by_reason[reason] for reason in reasons)
    return _InState(n, Narrowed(reason=",".join(reasons), since_day=expired.since_day))


def _states(reads: EvidenceReads, week: PixelWeek, known: Evidence, expired: _Expired) -> Iterator[tuple[str, NoteSum]]:
    """Yield what the newest conversions of some states are worth; where as many are in one as before, it is known."""
    for name, states in _STATES.items():
        asked, before = _in_state(week, name, expired), known.of_state(name)
        if not asked.n:
            continue
        if before.n == asked.n:
            yield name, before
            continue
        place = week.workspace, week.pixel
        stories = reads.in_state(states, limit=LOOKED_AT, pixel=place, narrowed=asked.narrowed).stories
        worth: defaultdict[str, int] = defaultdict(int)
        for story in stories:
            if story.value_minor and story.currency:
                worth[story.currency] += story.value_minor
        yield name, NoteSum(asked.n, worth, [story.id for story in stories[:MOST_SAMPLES]])


def _refused(
    reads: EvidenceReads, known: Evidence, states: Mapping[str, NoteSum], place: Place
) -> Sequence[tuple[int, int]]:
    """Return with which codes TikTok refused the newest, the most frequent first; known where there are as many."""
    refused = states.get(State.REFUSED, NOTHING_NOTED)
    if refused.n == known.of_state(State.REFUSED).n:
        return known.refused
    ids = reads.dead_letters.newest(LetterFilter(*place), before=None, limit=LOOKED_AT)
    codes = Counter(it.code for it in reads.dead_letters.letters(ids, ()) if it.code is not None)
    return codes.most_common(MOST_CODES)


def _share(days: Iterable[Covered], first: int, end: int) -> tuple[int, int]:
    """Return how many conversions of some days the server saw, and all, of what a server can know of."""
    mine = [it for it in days if first <= it.day < end and it.event not in BROWSER_ONLY]
    server = sum(it.server + it.both for it in mine)
    return server, server + sum(it.browser for it in mine)


def _silent(days: Sequence[Covered], today: int) -> list[tuple[str, int]]:
    """
    Return events that came regularly, and each day, and neither yesterday nor today, while others did.

    With each is told how many came in the week before it was last seen.
    """
    by_event = {event: days for (_, _, event), days in days_by_event(days).items()}
    since = sum(n for days in by_event.values() for day, n in days.items() if day >= today - 1)
    if since < BUSY:
        return []
    found = []
    for event, counts in sorted(by_event.items()):
        last = max((day for day, n in counts.items() if n), default=0)
        week = [counts.get(day, 0) for day in week_before(last)]
        is_silent = today - WEEK_DAYS <= last < today - 1
        if event and is_silent and is_regular(counts, last) and min(week) > 0:
            found.append((event, sum(week)))
    return found
