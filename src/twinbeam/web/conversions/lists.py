"""What a list of conversions is asked for by, and what it holds. Pure; `view.py` serves it."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from msgspec import Struct
from starlette.datastructures import QueryParams

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Finding, Outcome, Reason
from twinbeam.core.rules import MAIN
from twinbeam.core.story import WIDE, Listed, Narrowed
from twinbeam.core.values import MATCH
from twinbeam.pipeline.record.sums import ENDED, Sums, sums_of
from twinbeam.web.contract import ReadModel
from twinbeam.web.places import Places, places
from twinbeam.web.weeks import Weeks, weeks_now

PATH = "/conversions"
PAGE = 50
SEEN = ("", "browser", "server", "both")  #: by whom conversions may have to be seen
_EPOCH = date(1970, 1, 1)
_REASONS = frozenset({"", *Reason})
_FINDINGS = frozenset({"", *Finding})
_KEYS = frozenset({"", *MATCH})
_LONGEST_NAME = 100  #: of an event
_LONGEST_ID = 18  #: digits; no store reaches as far

#: What may be asked for, by the name it has on the tiles; "" is everything.
KINDS: Mapping[str, tuple[State, ...]] = {
    "": tuple(State),
    "held": (State.HELD,),
    "waiting": SENDING,
    "delivered": (State.DELIVERED,),
    "refused": (State.REFUSED,),
    **{state.value: (state,) for state in (*ENDED, State.DROPPED)},
}


class Asked(Struct, frozen=True):
    """What a list is to hold."""

    kind: str = ""
    pixel: tuple[str, str] | None = None  #: workspace and code
    before_id: int | None = None
    narrowed: Narrowed = WIDE

    def address(
        self, *, kind: str | None = None, before_id: int | None = None, narrowed: Narrowed | None = None
    ) -> str:
        """Return the address of this list, or of its like."""
        workspace, code = self.pixel or ("", "")
        said = {"state": self.kind if kind is None else kind, "pixel": code, "workspace": workspace}
        said |= _said(self.narrowed if narrowed is None else narrowed)
        return _address(tuple(said.items()), before_id)


def as_date(day: int) -> date:
    """Return a UTC day as a date."""
    return _EPOCH + timedelta(days=day)


@lru_cache(maxsize=8_192)
def _address(said: tuple[tuple[str, str], ...], before_id: int | None) -> str:
    """Write an address; the page of all pixels has thousands of them, the same each time."""
    query = {name: text for name, text in said if text} | ({"before": str(before_id)} if before_id else {})
    return f"{PATH}?{urlencode(query)}" if query else PATH


class ListPage(Struct, frozen=True):
    """One page of a list, how many of its like the last week brought, and how their pixels are named."""

    listed: Listed
    counted: int | None  #: None of a narrowed list: nobody counts those
    places: Places


def read_question(query: QueryParams) -> Asked | None:
    """Return what is asked for, or None where no list can be meant."""
    kind, code, before = (query.get(name, "") for name in ("state", "pixel", "before"))
    is_id = before.isascii() and before.isdigit() and len(before) <= _LONGEST_ID
    narrowed = _read_narrowed(query)
    if kind not in KINDS or (before and not is_id) or narrowed is None:
        return None
    pixel = (query.get("workspace", MAIN), code) if code else None
    return Asked(kind, pixel, int(before) if before else None, narrowed)


def _read_narrowed(query: QueryParams) -> Narrowed | None:
    event, seen = query.get("event", ""), query.get("seen", "")
    reason, found, carries = (query.get(name, "") for name in ("reason", "found", "carries"))
    if seen not in SEEN or len(event) > _LONGEST_NAME or carries not in _KEYS:
        return None
    if not _REASONS.issuperset(reason.split(",")) or found not in _FINDINGS:
        return None
    try:
        since, until = (_day(query.get(name, "")) for name in ("since", "until"))
    except ValueError:
        return None
    return Narrowed(event, seen, since, until, reason, found, several=bool(query.get("copies")), carries=carries)


def _day(text: str) -> int | None:
    """Read a UTC day, such as 2026-11-29; raises ValueError."""
    return (date.fromisoformat(text) - _EPOCH).days if text else None


def _said(narrowed: Narrowed) -> dict[str, str]:
    days = {"since": narrowed.since_day, "until": narrowed.until_day}
    written = {name: str(as_date(day)) for name, day in days.items() if day is not None}
    what = {"event": narrowed.event, "seen": narrowed.seen, "reason": narrowed.reason, "found": narrowed.found}
    what |= {"copies": "several" if narrowed.several else "", "carries": narrowed.carries}
    return what | written


def read_list(read_model: ReadModel, asked: Asked, now_ms: int) -> ListPage:
    """Read one page; for the reader's thread."""
    listed = read_model.in_state(
        KINDS[asked.kind], limit=PAGE, pixel=asked.pixel, before_id=asked.before_id, narrowed=asked.narrowed
    )
    pixels = read_model.pixels()
    counted = _counted(weeks_now(read_model, now_ms), asked) if asked.narrowed.is_wide else None
    return ListPage(listed, counted, places(pixels))


def _counted(weeks: Weeks, asked: Asked) -> int:
    """Return how many were counted in the last week where the list looks."""
    meant = [week for week in weeks.pixels if asked.pixel in (None, (week.workspace, week.pixel))]
    return sum(_of_kind(sums_of(week.outcomes), asked.kind) for week in meant)


def _of_kind(sums: Sums, kind: str) -> int:
    return sums.conversions + sums.of(Outcome.DROPPED) if not kind else sums.of(*KINDS[kind])
