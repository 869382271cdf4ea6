"""What a list of conversions is asked for by, and what it holds. Pure; `view.py` serves it."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from msgspec import Struct
from starlette.datastructures import QueryParams

from twinbeam.core.lifecycle import SENDING, State
from twinbeam.core.outcomes import Outcome
from twinbeam.core.rules import MAIN
from twinbeam.core.story import Listed, Total
from twinbeam.web.contract import ReadModel
from twinbeam.web.places import Places, places
from twinbeam.web.sums import ENDED, Sums, add_up

PATH = "/conversions"
PAGE = 50
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

    def address(self, *, kind: str | None = None, before_id: int | None = None) -> str:
        """Return the address of this list, or of its like."""
        workspace, code = self.pixel or ("", "")
        said = {"state": self.kind if kind is None else kind, "pixel": code, "workspace": workspace}
        query = {name: text for name, text in said.items() if text} | ({"before": before_id} if before_id else {})
        return f"{PATH}?{urlencode(query)}" if query else PATH


class ListPage(Struct, frozen=True):
    """One page of a list, how many belong to the whole list, and how their pixels are named."""

    listed: Listed
    counted: int
    places: Places


def read_question(query: QueryParams) -> Asked | None:
    """Return what is asked for, or None where no list can be meant."""
    kind, code, before = (query.get(name, "") for name in ("state", "pixel", "before"))
    is_id = before.isascii() and before.isdigit() and len(before) <= _LONGEST_ID
    if kind not in KINDS or (before and not is_id):
        return None
    pixel = (query.get("workspace", MAIN), code) if code else None
    return Asked(kind, pixel, int(before) if before else None)


def read_list(read_model: ReadModel, asked: Asked) -> ListPage:
    """Read one page; for the reader's thread."""
    listed = read_model.in_state(KINDS[asked.kind], limit=PAGE, pixel=asked.pixel, before_id=asked.before_id)
    return ListPage(listed, _counted(read_model.totals(by_event=False), asked), places(read_model.pixels()))


def _counted(totals: Iterable[Total], asked: Asked) -> int:
    """Return how many were ever counted where the list looks: rows that are gone after their time, too."""
    return _of_kind(
        add_up(total for total in totals if asked.pixel in (None, (total.workspace, total.pixel))), asked.kind
    )


def _of_kind(sums: Sums, kind: str) -> int:
    return sums.conversions + sums.of(Outcome.DROPPED) if not kind else sums.of(*KINDS[kind])
