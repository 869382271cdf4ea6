"""GET and POST /dead-letters: what TikTok refused, and sending it again after a look at what that would do."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import dead_letters
from twinbeam.admin.dead_letters import LetterJudge, Page, ResendTerms
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.core.dead_letters import Resend, ResendPreview, stays_because
from twinbeam.core.error_reference import advice_on
from twinbeam.core.money import shown
from twinbeam.core.rules import MAIN
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.dead_letters.asked import PATH, LetterQuestion, read_before, read_question
from twinbeam.web.forms import read_form
from twinbeam.web.places import Places, places
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

RESENDS = 5  #: the newest ones are shown
_NO_STORE = {"cache-control": "no-store"}


class LettersPage(Struct, frozen=True):
    """What the page shows."""

    page: Page
    preview: ResendPreview | None  #: of what a form asks to send again
    resends: Sequence[Resend]
    workspaces: Sequence[str]
    places: Places


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /dead-letters."""
    if request.method != "POST":
        return await _page(renderer, context, request, dict(request.query_params))
    form = await read_form(request)
    if not form.get("sure"):
        return await _page(renderer, context, request, form, previews=True)
    try:
        asked = read_question(form).asked()
        await act(context, request, partial(dead_letters.resend, asked=asked, terms=context.resend_terms))
    except AdminError as error:
        return await _page(renderer, context, request, form, problem=str(error))
    return RedirectResponse(f"{PATH}#resends", 303, _NO_STORE)


async def _page(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    said: dict[str, str],
    *,
    previews: bool = False,
    problem: str = "",
) -> Response:
    now_ms, seen = context.clock.now_ms(), seen_by(request, context)
    question, before = LetterQuestion(), None
    try:
        question, before = read_question(said), read_before(said.get("before", ""))
        question.asked()
    except Invalid as error:
        question, before, problem, previews = LetterQuestion(), None, str(error), False
    read = partial(read_page, seen, question, before, context.resend_terms, now_ms, previews=previews)
    return renderer.respond(
        "dead_letters/page.html",
        400 if problem else 200,
        here=PATH,
        asked=question,
        main=MAIN,
        found=await context.on_reader(read),
        before=before,
        problem=problem,
        advice_on=advice_on,
        stays_because=stays_because,
        in_words=shown,
        at_ms=now_ms,
    )


def read_page(
    seen: ReadModel,
    question: LetterQuestion,
    before: int | None,
    terms: ResendTerms,
    now_ms: int,
    *,
    previews: bool,
) -> LettersPage:
    """Read what is asked for; for the reader's thread."""
    pixels = seen.pixels()
    reads, asked = LetterJudge(seen.dead_letters, pixels, terms, now_ms), question.asked()
    workspaces = sorted({row.workspace for row in pixels} | {question.workspace})
    return LettersPage(
        page=dead_letters.listed(reads, asked, before=before),
        preview=dead_letters.preview(reads, asked) if previews else None,
        resends=seen.resends.newest(workspaces, limit=RESENDS),
        workspaces=workspaces,
        places=places(pixels),
    )
