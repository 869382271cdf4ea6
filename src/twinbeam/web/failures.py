"""What is shown when something fails: a friendly page for people, a problem for programs (`/v1/...`)."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.core.errors import TwinbeamError
from twinbeam.pipeline.accept.asgi import Reply
from twinbeam.pipeline.accept.problems import ProblemCode, problem, problem_reply
from twinbeam.web.api.problems import ReadProblem, refusal
from twinbeam.web.gate import NotAdmitted
from twinbeam.web.rendering import PageRenderer

Failing = Callable[[Request, Exception], Awaitable[Response]]

_PROBLEMS: Mapping[int, ReadProblem] = {
    404: ReadProblem.NOT_FOUND,
    405: ReadProblem.METHOD_NOT_ALLOWED,
    503: ReadProblem.UNREADABLE,
}

_WORDS: Mapping[int, tuple[str, str]] = {
    401: ("Please sign in", "You are not signed in."),
    403: ("Not allowed", "You may not do this. Ask an owner."),
    404: ("Page not found", "The address may be mistyped, or the conversion is no longer stored."),
    405: ("This page only reads", "The request asked it to change something."),
    408: ("That took too long", "The request did not arrive whole. Reload the page."),
    413: ("That is too much", "What was sent is larger than any form of ours. Send less at a time."),
    414: ("The address is too long", "Nothing was looked up. Use a shorter filter, or go back and type less."),
    431: ("The browser sent too much", "Delete this site's cookies, then open the page again."),
    503: ("The store cannot be read right now", "Nothing is lost: events are still taken in. Reload in a moment."),
}
_SURPRISE = ("Something unexpected happened", "Nothing was changed by it. Reload, or look at the log at this time.")


def handlers(renderer: PageRenderer) -> dict[type[Exception], Failing]:
    """Return what Starlette calls for each kind of failure."""

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return _answer(renderer, request, 500)
        detail = error.detail if isinstance(error, NotAdmitted) else ""
        return _answer(renderer, request, error.status_code, detail, error.headers)

    async def unreadable(request: Request, _error: Exception) -> Response:
        return _answer(renderer, request, 503)

    async def surprised(request: Request, _error: Exception) -> Response:
        return _answer(renderer, request, 500)

    return {HTTPException: refused, TwinbeamError: unreadable, Exception: surprised}


def unread(renderer: PageRenderer) -> Callable[[ProblemCode, bytes], Reply]:
    """Return what answers a request that is refused before it is read whole: a page, or a problem for programs."""

    def answer(code: ProblemCode, target: bytes) -> Reply:
        reply = problem_reply(problem(code))
        if target.startswith(b"/v1/") or reply.status not in _WORDS:
            return reply
        page = _page(renderer, reply.status)
        kept = [(name, value) for name, value in page.raw_headers if name != b"content-length"]
        return Reply(reply.status, tuple(kept), bytes(page.body))

    return answer


def _answer(
    renderer: PageRenderer, request: Request, status: int, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    if request.url.path.startswith("/v1/"):
        answer = refusal(_PROBLEMS.get(status, ReadProblem.INTERNAL))
        answer.headers.update(headers or {})
        return answer
    return _page(renderer, status, detail)


def _page(renderer: PageRenderer, status: int, detail: str = "") -> Response:
    title, sentence = _WORDS.get(status, _SURPRISE)
    name = f"{status} {HTTPStatus(status).phrase}"
    return renderer.respond(
        "components/error.html", status, here="", name=name, title=title, sentence=detail or sentence
    )
