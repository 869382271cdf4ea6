"""GET and POST /pixels/{workspace}/{code}/settings: every rule, a preview of a change, the change, and test mode."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import pixels, testing
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.core.clock import day_of
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.story import Total
from twinbeam.pipeline.record.sums import add_up
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.pixel.frame import Frame, address_of, find_frame, place_of, respond
from twinbeam.web.pixel.settings.effects import effects, last_week
from twinbeam.web.pixel.settings.forms import RuleField, fields, wanted
from twinbeam.web.pixel.settings.sentences import HIDDEN
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

_PART = "settings"
_NO_STORE = {"cache-control": "no-store"}


class RulePreview(Struct, frozen=True):
    """A change that is not made yet."""

    form: Mapping[str, str]
    changes: Sequence[tuple[str, str, str]]
    effects: Sequence[str]


class SettingsPage(Struct, frozen=True):
    """What the page shows."""

    groups: Sequence[tuple[str, Sequence[RuleField]]]
    preview: RulePreview | None = None
    problem: str = ""
    open_rule: str = ""


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the rules, or do what a form asks for."""
    now_ms = context.clock.now_ms()
    form = await read_form(request) if request.method == "POST" else {}
    frame = await context.on_reader(partial(find_frame, seen_by(request, context), place_of(request), _PART))
    page = SettingsPage(fields(frame.row.rules), open_rule=form.get("name", ""))
    if not form:
        return respond(renderer, frame, page, now_ms)
    try:
        if form.get("do") == "preview":
            read = partial(_preview, seen_by(request, context), frame, form, now_ms)
            return respond(
                renderer, frame, SettingsPage(page.groups, await context.on_reader(read), "", page.open_rule), now_ms
            )
        await _do(context, request, frame, form)
    except AdminError as error:
        wrong = SettingsPage(page.groups, problem=str(error), open_rule=page.open_rule)
        return respond(renderer, frame, wrong, now_ms, status=422)
    anchor = form.get("name") or "test"
    return RedirectResponse(f"{address_of(frame.place, _PART)}#{anchor}", 303, _NO_STORE)


async def _do(context: RouteContext, request: Request, frame: Frame, form: Mapping[str, str]) -> None:
    workspace, code = frame.place
    match form.get("do"):
        case "save":
            await act(context, request, partial(pixels.decide, workspace=workspace, code=code, wanted=wanted(form)))
        case "test":
            test_code = form.get("test_code", "").strip()
            await act(context, request, partial(testing.turn_on, workspace=workspace, code=code, test_code=test_code))
        case "end_test":
            await act(context, request, partial(testing.turn_off, workspace=workspace, code=code))
        case _:
            raise Invalid("The form is not one of this page. Reload it and try again.")


def _preview(read_model: ReadModel, frame: Frame, form: Mapping[str, str], now_ms: int) -> RulePreview:
    if form.get("name") in HIDDEN:
        raise Invalid("Addresses are saved without a preview, which would show them.")
    changes = pixels.preview(frame.row, wanted(form))
    days = {"since_day": day_of(now_ms) - WEEK_DAYS + 1, "until_day": day_of(now_ms)}
    counts = read_model.pixel_reads.counts(frame.place, **days)
    sums = add_up(Total(it.workspace, it.pixel, it.event, it.outcome, it.reason, it.n) for it in counts)
    said = read_model.pixel_reads.beside(frame.place, CountKind.CONSENT, **days)
    return RulePreview(form, changes, effects(changes, last_week(sums, counts, said)))
