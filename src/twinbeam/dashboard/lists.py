"""The page `/conversions`: the newest conversions in a state, of one pixel or of all, a page at a time."""

from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from msgspec import Struct
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.lifecycle import State
from twinbeam.core.rules import MAIN
from twinbeam.core.story import Listed
from twinbeam.dashboard.contract import Ledger, Parts
from twinbeam.dashboard.overview import Places, places
from twinbeam.dashboard.pages import Pages
from twinbeam.dashboard.sums import ENDED, ON_THEIR_WAY

PATH = "/conversions"
PAGE = 50
_LONGEST_ID = 18  #: digits; no ledger reaches as far

#: What may be asked for, by the name it has on the tiles; "" is everything.
KINDS: Mapping[str, tuple[State, ...]] = {
    "": tuple(State),
    "held": (State.HELD,),
    "waiting": ON_THEIR_WAY,
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
        """Give the address of this list, or of its like."""
        workspace, code = self.pixel or ("", "")
        said = {"state": self.kind if kind is None else kind, "pixel": code, "workspace": workspace}
        query = {name: text for name, text in said.items() if text} | ({"before": before_id} if before_id else {})
        return f"{PATH}?{urlencode(query)}" if query else PATH


class Found(Struct, frozen=True):
    """A list, and how its pixels are named."""

    listed: Listed
    places: Places


async def show(pages: Pages, parts: Parts, request: Request) -> Response:
    """Answer GET /conversions."""
    asked = read_question(request.query_params)
    if asked is None:
        raise HTTPException(404)
    found = await parts.on_reader(partial(read_list, parts.ledger, asked))
    return pages.respond(
        "conversions.html", here=PATH, asked=asked, found=found, kinds=list(KINDS), at_ms=parts.clock.now_ms()
    )


def read_question(query: QueryParams) -> Asked | None:
    """Read what is asked for, or give None where no list can be meant."""
    kind, code, before = (query.get(name, "") for name in ("state", "pixel", "before"))
    is_id = before.isascii() and before.isdigit() and len(before) <= _LONGEST_ID
    if kind not in KINDS or (before and not is_id):
        return None
    pixel = (query.get("workspace", MAIN), code) if code else None
    return Asked(kind, pixel, int(before) if before else None)


def read_list(ledger: Ledger, asked: Asked) -> Found:
    """Read one page; for the reader's thread."""
    listed = ledger.in_state(KINDS[asked.kind], limit=PAGE, pixel=asked.pixel, before_id=asked.before_id)
    return Found(listed, places(ledger.pixels()))
