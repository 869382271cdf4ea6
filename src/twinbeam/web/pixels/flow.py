"""What of a pixel is sent now: the form that pauses, drains and resumes it, and what waited for a limit today."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import flowing
from twinbeam.core.clock import day_of
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.pixels.question import PATH

_ACTS = {"paused": flowing.pause, "draining": flowing.drain, "sending": flowing.resume}
#: The rules that say how many requests TikTok gets for a pixel, and how the page calls them.
LIMITS = {
    "requests_per_second": "In any second",
    "requests_per_minute": "In any minute",
    "requests_per_day": "On a UTC day",
}
_NO_STORE = {"cache-control": "no-store"}


def throttled_today(read_model: ReadModel, place: tuple[str, str], now_ms: int) -> int:
    """Return how many events of a pixel waited for a limit on this UTC day."""
    return read_model.request_counts.throttled(day_of(now_ms)).get(place, 0)


async def turn(context: RouteContext, request: Request) -> Response:
    """Answer POST /pixels/{workspace}/{code}/flow: `to` is paused, draining or sending."""
    form = await read_form(request)
    workspace, code = request.path_params["workspace"], request.path_params["code"]
    if chosen := _ACTS.get(form.get("to", "")):
        await act(context, request, partial(chosen, workspace=workspace, code=code))
    return RedirectResponse(f"{PATH}/{workspace}/{code}#flow", 303, _NO_STORE)
