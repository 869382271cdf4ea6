"""
/v1/dead-letters and /v1/resends: what TikTok refused, and sending it again, for programs that hold a key.

The same functions stand behind the page and `twinbeam dead-letters`. A key sees its own workspace only.
"""

from functools import partial

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin import dead_letters
from twinbeam.admin.contract import Actor, Admin
from twinbeam.admin.dead_letters import JudgedLetter, LetterJudge
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.core.dead_letters import LetterFilter, Resend, ResendPreview, stays_because
from twinbeam.core.error_reference import advice_on
from twinbeam.pipeline.accept.directory import AccessKey
from twinbeam.web.api.problems import ReadProblem, refusal
from twinbeam.web.contract import RouteContext
from twinbeam.web.dead_letters.asked import LetterQuestion, read_before, read_question
from twinbeam.web.forms import read_body

NEWEST = 50  #: resends that are told


class ToldLetter(Struct, frozen=True):
    """One dead letter as the API tells it; times in ms since the epoch, `event_time` in seconds as it was sent."""

    id: int
    pixel: str
    event_source: str
    event: str
    event_id: str
    order_id: str
    event_time: int
    value_minor: int | None
    currency: str
    refused_ms: int
    attempts: int
    code: int | None
    message: str
    request_id: str
    cause: str
    fix: str
    stays: str  #: the reason why it cannot be sent again, "" where it can
    stays_sentence: str


class Letters(Struct, frozen=True):
    """The answer to GET /v1/dead-letters, the newest first."""

    dead_letters: list[ToldLetter]
    next_before: int | None  #: ask with before=... for the older ones


class ToldPreview(Struct, frozen=True):
    """The answer to GET /v1/dead-letters/preview."""

    count: int
    sendable: int
    left: dict[str, int]  #: what stays, by its reason
    value: dict[str, int]  #: minor units of what would be sent, by its currency
    anew: int  #: of what would be sent, what is shaped by its pixel's rules of today


class ToldResend(Struct, frozen=True):
    """How far one resend is."""

    id: int
    who: str
    at_ms: int
    count: int
    done: int
    sent: int
    left: dict[str, int]
    finished_ms: int | None


class ToldResends(Struct, frozen=True):
    """The answer to GET /v1/resends, the newest first."""

    resends: list[ToldResend]


class ResendBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /v1/dead-letters/resend: what is meant, as in the query of a list, or all of it."""

    pixel: str = ""
    event: str = ""
    code: int | None = None
    since: str = ""  #: UTC, such as 2026-11-29T08:00
    until: str = ""
    ids: tuple[int, ...] = ()
    all: bool = False


async def show(context: RouteContext, request: Request) -> Response:
    """Answer GET /v1/dead-letters."""
    try:
        asked, before = _asked(request), read_before(request.query_params.get("before", ""))
    except Invalid as error:
        return _misread(error)
    judge = partial(_judged, context)
    page = await context.on_reader(lambda: dead_letters.listed(judge(), asked, before=before))
    return _json(Letters([_told(it) for it in page.letters], page.next_id))


async def preview(context: RouteContext, request: Request) -> Response:
    """Answer GET /v1/dead-letters/preview."""
    try:
        asked = _asked(request)
    except Invalid as error:
        return _misread(error)
    seen: ResendPreview = await context.on_reader(lambda: dead_letters.preview(_judged(context), asked))
    return _json(ToldPreview(seen.count, seen.sendable, seen.left, seen.value, seen.anew))


async def resend(context: RouteContext, request: Request) -> Response:
    """Answer POST /v1/dead-letters/resend."""
    key: AccessKey = request.state.key
    try:
        asked = read_resend(key.workspace, await read_body(request))
    except Invalid as error:
        return _misread(error)
    admin = Admin(context.administration, Actor(f"key {key.id}"), context.clock)
    try:
        run = await context.on_store(partial(dead_letters.resend, admin, asked, context.resend_terms))
    except AdminError:
        return refusal(ReadProblem.NOTHING_TO_RESEND)
    return _json(_told_resend(run), 202)


async def resends(context: RouteContext, request: Request) -> Response:
    """Answer GET /v1/resends."""
    key: AccessKey = request.state.key
    newest = partial(context.read_model.resends.newest, [key.workspace], limit=NEWEST)
    return _json(ToldResends([_told_resend(run) for run in await context.on_reader(newest)]))


def read_resend(workspace: str, body: bytes) -> LetterFilter:
    """Return what a body means; raises Invalid with the field and the fix."""
    try:
        said = msgspec.json.decode(body, type=ResendBody)
    except (ValueError, RecursionError) as error:
        raise Invalid('body: send JSON such as {"code": 40002, "since": "2026-11-29T08:00"}.') from error
    code = "" if said.code is None else str(said.code)
    words = {"pixel": said.pixel, "event": said.event, "code": code, "since": said.since, "until": said.until}
    question = read_question(words)
    if question.is_wide and not said.ids and not said.all:
        raise Invalid('all: say which are meant, or send "all": true.')
    asked = msgspec.structs.replace(question, workspace=workspace).asked()
    return msgspec.structs.replace(asked, ids=said.ids)


def _asked(request: Request) -> LetterFilter:
    key: AccessKey = request.state.key
    unknown = set(request.query_params) - {*LetterQuestion.__struct_fields__, "before", "key"}
    if unknown or "workspace" in request.query_params:
        raise Invalid("query: ask with pixel, event, code, since, until, id and before.")
    question = read_question({**request.query_params})
    return msgspec.structs.replace(question, workspace=key.workspace).asked()


def _judged(context: RouteContext) -> LetterJudge:
    """Return what judging reads; for the reader's thread."""
    model = context.read_model
    return LetterJudge(model.dead_letters, model.pixels(), context.resend_terms, context.clock.now_ms())


def _told(judged: JudgedLetter) -> ToldLetter:
    letter, advice = judged.letter, advice_on(judged.letter.code)
    shared = {name: getattr(letter, name) for name in ToldLetter.__struct_fields__ if name in letter.__struct_fields__}
    stays, sentence = (judged.stays, stays_because(judged.stays)) if judged.stays is not None else ("", "")
    return ToldLetter(**shared, cause=advice.cause, fix=advice.fix, stays=stays, stays_sentence=sentence)


def _told_resend(run: Resend) -> ToldResend:
    return ToldResend(run.id, run.who, run.at_ms, run.count, run.done, run.sent, run.left, run.finished_ms)


def _misread(error: Invalid) -> Response:
    field, _, message = str(error).partition(": ")
    return refusal(ReadProblem.BAD_QUERY, message[:1].upper() + message[1:], field=field)


def _json(answer: Struct, status: int = 200) -> Response:
    body = msgspec.json.encode(answer)
    return Response(body, status, headers={"cache-control": "no-store"}, media_type="application/json")
