"""GET /pixels/{workspace}/{code}/changes: the lines of the audit about one pixel, newest first."""

from collections.abc import Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.story import Change
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.pixel.frame import Frame, answer
from twinbeam.web.rendering import PageRenderer

MOST = 200


class ChangesPage(Struct, frozen=True):
    """What the page shows."""

    changes: Sequence[tuple[str, Change]]  #: each with what of the pixel was changed
    is_cut: bool


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the changes of a pixel."""
    return await answer(renderer, context, request, "changes", _read)


def _read(read_model: ReadModel, frame: Frame, _now_ms: int) -> ChangesPage:
    found = read_model.pixel_reads.changes(frame.place, limit=MOST)
    about = f"pixel {frame.row.workspace}/{frame.row.code}"
    told = [(change.what.removeprefix(about).strip() or "pixel", change) for change in found]
    return ChangesPage(told, len(found) == MOST)
