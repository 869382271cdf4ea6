"""GET and POST /sign-in, the way through a provider, and POST /sign-out."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import sessions
from twinbeam.admin.errors import AdminError, NotVouched
from twinbeam.core.users import SessionKind
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act, act_as
from twinbeam.web.browser import current
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sign_in.door import Door, Wait, safe_place

_WRONG = "Name or password is wrong. Check both and try again."


async def show(renderer: PageRenderer, door: Door, request: Request) -> Response:
    """Answer GET and POST /sign-in."""
    if request.method == "POST":
        return await _sign_in(renderer, door, request)
    place = safe_place(request.query_params.get("next", "/"))
    if request.state.signed_in is not None:
        return RedirectResponse(place, 303, {"cache-control": "no-store"})
    users = await door.context.on_reader(door.context.read_model.users.users)
    return _page(renderer, door, place=place, is_new=not users)


async def leave(door: Door, request: Request) -> Response:
    """Answer POST /sign-out."""
    await act(door.context, request, partial(sessions.sign_out, session_id=signed_in(request).session_id))
    return door.let_out(request)


async def begin(renderer: PageRenderer, door: Door, request: Request) -> Response:
    """Answer GET /sign-in/provider: send a browser to the provider."""
    provider = door.context.terms.provider
    if provider is None:
        raise HTTPException(404)
    place = safe_place(request.query_params.get("next", "/"))
    try:
        address = await provider.begin(browser=current().browser, return_to=place)
    except NotVouched as error:
        door.context.sign_in_failed("provider")
        return _page(renderer, door, 502, problem=str(error), place=place)
    return RedirectResponse(address, 303, {"cache-control": "no-store"})


async def come_back(renderer: PageRenderer, door: Door, request: Request) -> Response:
    """Answer GET /sign-in/callback: take in who comes back from the provider."""
    provider = door.context.terms.provider
    if provider is None:
        raise HTTPException(404)
    try:
        who, place = await provider.finish(dict(request.query_params), browser=current().browser)
        sign_in = partial(
            sessions.provided, subject=who.subject, name=who.name, role=who.role, replaced=door.session_text(request)
        )
        opened = await act_as(door.context, who.name, sign_in)
    except AdminError as error:
        door.context.sign_in_failed("provider")
        return _page(renderer, door, 403, problem=str(error))
    return door.let_in(request, opened, safe_place(place))


async def _sign_in(renderer: PageRenderer, door: Door, request: Request) -> Response:
    form = await read_form(request)
    name, place = form.get("name", "").strip(), safe_place(form.get("next", "/"))
    show_again = partial(_page, renderer, door, place=place, name=name)
    try:
        user = await door.user_by_password(request, name, form.get("password", ""))
    except Wait as wait:
        return show_again(wait.status, problem=str(wait), retry_after=wait.seconds)
    if user is None:
        return show_again(400, problem=_WRONG)
    sign_in = partial(sessions.sign_in, user=user, kind=SessionKind.PASSWORD, replaced=door.session_text(request))
    try:
        opened = await act_as(door.context, user.name, sign_in)
    except AdminError as error:
        return show_again(409, problem=str(error))
    return door.let_in(request, opened, place)


def _page(  # noqa: PLR0913 -- what the page shows
    renderer: PageRenderer,
    door: Door,
    status: int = 200,
    *,
    problem: str = "",
    place: str = "/",
    name: str = "",
    is_new: bool = False,
    retry_after: int = 0,
) -> Response:
    answer = renderer.respond(
        "sign_in/page.html",
        status,
        here="",
        problem=problem,
        place=place,
        name=name,
        is_new=is_new,
        has_provider=door.context.terms.provider is not None,
    )
    if retry_after:
        answer.headers["retry-after"] = str(retry_after)
    return answer
