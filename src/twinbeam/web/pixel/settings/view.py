"""GET and POST /pixels/{workspace}/{code}/settings: every rule, a preview of a change, the change, and test mode."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import pixels
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.admin.events_api import events_api
from twinbeam.admin.refusals import refusal_of, refusals
from twinbeam.core.clock import day_of
from twinbeam.core.events_api import EventsApi
from twinbeam.core.fleet import WEEK_DAYS
from twinbeam.core.pixel_counts import CountKind
from twinbeam.core.story import Total
from twinbeam.pipeline.record.sums import add_up
from twinbeam.web.acting import act
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.debugger import sessions
from twinbeam.web.forms import read_form
from twinbeam.web.pixel.frame import Frame, address_of, find_frame, place_of, respond
from twinbeam.web.pixel.settings.effects import effects, last_week
from twinbeam.web.pixel.settings.forms import RuleField, fields, wanted
from twinbeam.web.pixel.settings.sentences import HIDDEN
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.setup.install import PATHS, InstallPath, Part, chosen_path
from twinbeam.web.setup.pieces import install_parts
from twinbeam.web.sight import seen_by
from twinbeam.web.token_saving import save_token

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
    api: EventsApi
    path: InstallPath
    parts: Sequence[Part]  #: what to put where
    preview: RulePreview | None = None
    problem: str = ""
    open_rule: str = ""

    @property
    def paths(self) -> Mapping[InstallPath, str]:
        """The kinds of shops that there are lines for."""
        return PATHS

    @property
    def lengths(self) -> Sequence[int]:
        """For how many minutes test mode may be turned on."""
        return sessions.LENGTHS


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer with the rules, or do what a form asks for."""
    now_ms = context.clock.now_ms()
    form = await read_form(request) if request.method == "POST" else {}
    read = partial(_framed, seen_by(request, context), request, context)
    frame, api = await context.on_reader(read)
    preview, problem = None, ""
    try:
        if form.get("do") == "preview":
            preview = await context.on_reader(partial(_preview, seen_by(request, context), frame, form, now_ms))
        elif form:
            anchor = await _do(context, request, frame, form)
            return RedirectResponse(f"{address_of(frame.place, _PART)}#{anchor}", 303, _NO_STORE)
    except AdminError as error:
        problem = str(error)
        frame, api = await context.on_reader(read)
    path = chosen_path(request.query_params.get("path", ""))
    parts = install_parts(context, frame.row, path)
    page = SettingsPage(fields(frame.row.rules), api, path, parts, preview, problem, form.get("name", ""))
    return respond(renderer, frame, page, now_ms, status=422 if problem else 200)


def _framed(read_model: ReadModel, request: Request, context: RouteContext) -> tuple[Frame, EventsApi]:
    """Return a pixel, and what is known of its token."""
    frame = find_frame(read_model, place_of(request), _PART)
    refusal = refusal_of(frame.row, refusals(read_model.last_answers(), context.access_codes))
    return frame, events_api(frame.row, read_model.token_checks.find(*frame.place), refusal)


async def _do(context: RouteContext, request: Request, frame: Frame, form: Mapping[str, str]) -> str:
    """Do what a form asks for; returns the part of the page that tells of it. Raises AdminError."""
    workspace, code = frame.place
    match form.get("do"):
        case "save":
            await act(context, request, partial(pixels.decide, workspace=workspace, code=code, wanted=wanted(form)))
            return form.get("name", "")
        case "begin" | "end":
            await sessions.change(context, request, {**form, "pixel": f"{workspace}/{code}"})
            return "test"
        case "token":
            force, test_code = form.get("force", "") == "yes", form.get("test_code", "").strip()
            token = form.get("token", "").strip()
            await save_token(context, request, frame.place, token, force=force, test_code=test_code)
            return "token"
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
