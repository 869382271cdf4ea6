"""GET /issues: what is wrong with all pixels, the most urgent first; POST /issues/mute mutes or unmutes one."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import issues
from twinbeam.admin.errors import AdminError
from twinbeam.admin.pixel_facts import Place
from twinbeam.checks.listing import CHECKS
from twinbeam.core.money import shown as in_words
from twinbeam.core.story import PixelRow, Story
from twinbeam.web.acting import act
from twinbeam.web.alarms import shown
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.issues.question import PATH, IssuesAsked, IssuesFound, answer, read_question
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by
from twinbeam.web.weeks import weeks_now

_NO_STORE = {"cache-control": "no-store"}


class IssuesPage(Struct, frozen=True):
    """What the page shows."""

    found: IssuesFound
    names: Mapping[Place, str]
    workspaces: Sequence[str]
    stories: Mapping[int, Story] = {}  #: of the conversions that are told as examples


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /issues."""
    return await _page(renderer, context, request, dict(request.query_params))


async def mute(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /issues/mute: mute an issue of a pixel with a reason, or tell of it again."""
    form = await read_form(request)
    workspace, pixel, check = (form.get(name, "") for name in ("workspace", "pixel", "check"))
    try:
        if form.get("unmute"):
            await act(context, request, partial(issues.unmute, workspace=workspace, pixel=pixel, check=check))
        else:
            why = form.get("why", "")
            await act(context, request, partial(issues.mute, workspace=workspace, pixel=pixel, check=check, why=why))
    except AdminError as error:
        return await _page(renderer, context, request, {}, problem=str(error), typed=form)
    return RedirectResponse(PATH, 303, _NO_STORE)


async def _page(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    said: Mapping[str, str],
    *,
    problem: str = "",
    typed: Mapping[str, str] = {},
) -> Response:
    now_ms, asked = context.clock.now_ms(), read_question(said)
    read = partial(read_page, seen_by(request, context), asked, now_ms, access_codes=context.access_codes)
    return renderer.respond(
        "issues/page.html",
        422 if problem else 200,
        here=PATH,
        page=await context.on_reader(read),
        asked=asked,
        checks=sorted(CHECKS, key=lambda check: check.title),
        shown=shown,
        in_words=in_words,
        problem=problem,
        typed=typed,
        at_ms=now_ms,
    )


def read_page(seen: ReadModel, asked: IssuesAsked, now_ms: int, access_codes: Collection[int] = ()) -> IssuesPage:
    """Read what is asked for; for the reader's thread."""
    rows: Sequence[PixelRow] = seen.pixels()
    names = {(row.workspace, row.code): row.name for row in rows}
    found = issues.listed(seen, weeks_now(seen, now_ms).pixels, now_ms, access_codes)
    told = answer(asked, found, names)
    samples = sorted({id_ for it in (*told.issues, *told.muted) for id_ in it.issue.samples})
    workspaces = sorted({row.workspace for row in rows})
    return IssuesPage(told, names, workspaces, seen.sightings.conversions(samples) if samples else {})
