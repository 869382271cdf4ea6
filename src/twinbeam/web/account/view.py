"""GET and POST /account: one's own password, and where one is signed in."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import passwords, sessions
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.core.users import SignedIn
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sign_in.door import Door, Wait

PATH = "/account"
_WRONG = "The present password is wrong. Nothing was changed."


async def show(renderer: PageRenderer, door: Door, request: Request) -> Response:
    """Answer GET and POST /account."""
    me = signed_in(request)
    if me.user_id is None:  # came by the link of a workspace
        raise HTTPException(404)
    if request.method != "POST":
        return await _page(renderer, door, request, done=request.query_params.get("done", ""))
    form = await read_form(request)
    if form.get("do") == "everywhere":
        await act(door.context, request, partial(sessions.sign_out_everywhere, user_id=me.user_id))
        return door.let_out(request)
    try:
        await _change_password(door, request, me, form)
    except Wait as wait:
        answer = await _page(renderer, door, request, wait.status, problem=str(wait))
        answer.headers["retry-after"] = str(wait.seconds)
        return answer
    except AdminError as error:
        return await _page(renderer, door, request, 400, problem=str(error))
    return RedirectResponse(f"{PATH}?done=password", 303, {"cache-control": "no-store"})


async def _change_password(door: Door, request: Request, me: SignedIn, form: dict[str, str]) -> None:
    """Change one's own password; whoever only took over a session does not know the present one."""
    user = await door.user_by_password(request, me.name, form.get("present", ""))
    if user is None:
        raise Invalid(_WRONG)
    passwords.check(form.get("password", ""), me.name)
    password_hash = await door.hashed(form.get("password", ""))
    change = partial(
        sessions.change_password,
        user_id=user.id,
        before_hash=user.password_hash,
        password_hash=password_hash,
        keep=me.session_id,
    )
    await act(door.context, request, change)


async def _page(
    renderer: PageRenderer, door: Door, request: Request, status: int = 200, *, problem: str = "", done: str = ""
) -> Response:
    me = signed_in(request)
    user = await door.context.on_reader(partial(door.context.read_model.users.user_named, me.name))
    return renderer.respond(
        "account/page.html",
        status,
        here=PATH,
        me=me,
        sessions=await act(door.context, request, partial(sessions.of_user, user_id=me.user_id or 0)),
        has_password=user is not None and bool(user.password_hash),
        problem=problem,
        done=done == "password",
        at_ms=door.context.clock.now_ms(),
    )
