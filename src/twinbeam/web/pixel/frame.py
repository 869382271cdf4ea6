"""What all pages of one pixel share: which pixel it is, its tabs, and how such a page is answered."""

from collections.abc import Callable
from functools import partial

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.story import PixelRow
from twinbeam.core.users import Role
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.pixel.contract import Place
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

#: What follows the address of a pixel, what the tab is called, and who has it.
TABS = (
    ("", "Overview", Role.VIEWER),
    ("trends", "Trends", Role.VIEWER),
    ("pipeline", "Pipeline", Role.VIEWER),
    ("overlap", "Overlap", Role.VIEWER),
    ("match-keys", "Match keys", Role.VIEWER),
    ("consent", "Consent", Role.VIEWER),
    ("events", "Events", Role.VIEWER),
    ("settings", "Settings", Role.MEMBER),
    ("changes", "Changes", Role.MEMBER),
)


class Tab(Struct, frozen=True):
    """One tab."""

    address: str
    name: str
    is_open: bool


class Frame(Struct, frozen=True):
    """Which pixel, and which of its pages is open."""

    row: PixelRow
    part: str

    @property
    def place(self) -> Place:
        """Workspace and code."""
        return self.row.workspace, self.row.code

    @property
    def name(self) -> str:
        """What people call it."""
        return self.row.name or self.row.code

    @property
    def own(self) -> str:
        """The address of the open page."""
        return address_of(self.place, self.part)

    def at(self, part: str) -> str:
        """Return the address of another page of it."""
        return address_of(self.place, part)

    def tabs(self, role: Role) -> list[Tab]:
        """Return the tabs that a role has."""
        return tabs_of(self.place, self.part, role)


def address_of(place: Place, part: str = "") -> str:
    """Return the address of a page of a pixel."""
    return f"/pixels/{place[0]}/{place[1]}{'/' if part else ''}{part}"


def tabs_of(place: Place, part: str, role: Role) -> list[Tab]:
    """Return the tabs of a pixel that a role has."""
    return [Tab(address_of(place, at), name, at == part) for at, name, needs in TABS if role.covers(needs)]


def place_of(request: Request) -> Place:
    """Return which pixel a request is about."""
    return request.path_params["workspace"], request.path_params["code"]


def find_frame(read_model: ReadModel, place: Place, part: str) -> Frame:
    """Return the pixel that an address names; raises HTTPException where there is none."""
    for row in read_model.pixels():
        if (row.workspace, row.code) == place:
            return Frame(row, part)
    raise HTTPException(404)


def respond(renderer: PageRenderer, frame: Frame, page: Struct, at_ms: int, status: int = 200) -> Response:
    """Return a page of a pixel."""
    template = f"pixel/{frame.part.replace('-', '_')}/page.html"
    return renderer.respond(template, status, here="/pixels", frame=frame, page=page, at_ms=at_ms)


async def answer(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    part: str,
    read: Callable[[ReadModel, Frame, int], Struct],
) -> Response:
    """Answer with a page of a pixel: `read` reads what it shows, on the reader's thread, as of a moment."""
    now_ms = context.clock.now_ms()

    def found(read_model: ReadModel) -> tuple[Frame, Struct]:
        frame = find_frame(read_model, place_of(request), part)
        return frame, read(read_model, frame, now_ms)

    frame, page = await context.on_reader(partial(found, seen_by(request, context)))
    return respond(renderer, frame, page, now_ms)
