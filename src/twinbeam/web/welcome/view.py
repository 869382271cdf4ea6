"""
GET and POST /welcome/{token}: choose a password by a one-time link, or look at a workspace by a client's.

Opening a link changes nothing, because programs that show previews of links open them too.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin import passwords, sessions
from twinbeam.admin.errors import AdminError, NotFound
from twinbeam.admin.links import OVER, opening
from twinbeam.admin.sessions import OpenedSession
from twinbeam.core.users import LinkRow, Purpose
from twinbeam.web.acting import act_as
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sign_in.door import Door, Wait


async def show(renderer: PageRenderer, door: Door, request: Request) -> Response:
    """Answer GET and POST /welcome/{token}."""
    text = str(request.path_params["token"])
    link = await _link(door.context, text)
    if link is None:
        return _over(renderer, door, request)
    page = partial(renderer.respond, "welcome/page.html", here="", link=link, at_ms=door.context.clock.now_ms())
    if request.method != "POST":
        return page(problem="", name=link.name)
    form = await read_form(request)
    name = form.get("name", "").strip()
    try:
        opened = await _open(door, request, link, text, form)
    except Wait as wait:
        answer = page(wait.status, problem=str(wait), name=name)
        answer.headers["retry-after"] = str(wait.seconds)
        return answer
    except NotFound:
        return _over(renderer, door, request)
    except AdminError as error:
        return page(400, problem=str(error), name=name)
    return door.let_in(request, opened, "/")


async def _open(door: Door, request: Request, link: LinkRow, text: str, form: dict[str, str]) -> OpenedSession:
    replaced = door.session_text(request)
    if link.purpose is Purpose.WORKSPACE:
        return await act_as(door.context, link.name, partial(sessions.visit, text=text, replaced=replaced))
    name, password = link.name or form.get("name", "").strip(), form.get("password", "")
    passwords.check(password, name)
    password_hash = await door.hashed(password)
    accept = partial(sessions.accept, text=text, name=name, password_hash=password_hash, replaced=replaced)
    return await act_as(door.context, name, accept)


async def _link(context: RouteContext, text: str) -> LinkRow | None:
    look = partial(opening, context.read_model.users, text, context.clock.now_ms())
    try:
        return await context.on_reader(look)
    except NotFound:
        return None


def _over(renderer: PageRenderer, door: Door, request: Request) -> Response:
    """Return what is shown for a link that lets nobody in; who tries many has to wait."""
    try:
        door.knock(request, "")
    except Wait as wait:
        answer = renderer.respond("welcome/over.html", wait.status, here="", sentence=str(wait))
        answer.headers["retry-after"] = str(wait.seconds)
        return answer
    door.context.sign_in_failed("link")
    return renderer.respond("welcome/over.html", 404, here="", sentence=OVER)
