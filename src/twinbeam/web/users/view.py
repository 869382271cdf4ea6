"""GET and POST /users: who may sign in. For owners."""

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import links, users, workspaces
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError, Invalid
from twinbeam.admin.links import MadeLink
from twinbeam.core.users import LinkRow, Role, UserRow
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer

PATH = "/users"


class UserList(Struct, frozen=True):
    """What the page shows."""

    users: list[UserRow]
    links: list[LinkRow]
    workspaces: list[str]
    seen_ms: dict[int, int]  #: when each user was last here


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /users."""
    if request.method != "POST":
        return await _page(renderer, context, request)
    form = await read_form(request)
    try:
        made = await act(context, request, partial(_do, form=form))
    except AdminError as error:
        return await _page(renderer, context, request, 400, problem=str(error))
    if made is None:
        return RedirectResponse(PATH, 303, {"cache-control": "no-store"})
    return await _page(renderer, context, request, made=made)


def read_list(admin: Admin) -> UserList:
    """Read what the page shows; for the store's thread."""
    seen: dict[int, int] = {}
    for session in admin.store.users.sessions():
        if session.user_id is not None:
            seen[session.user_id] = max(session.seen_ms, seen.get(session.user_id, 0))
    return UserList(users.listed(admin), links.valid(admin), sorted(workspaces.listed(admin)), seen)


def _do(admin: Admin, form: Mapping[str, str]) -> MadeLink | None:
    """Do what the form asks for; a link that was made is shown once."""
    asked = _WAYS.get(form.get("do", ""))
    if asked is None:
        raise Invalid("The form is not one of this page. Reload it and try again.")
    return asked(admin, form)


def _invite(admin: Admin, form: Mapping[str, str]) -> MadeLink:
    role = _role(form)
    return links.invite(admin, form.get("name", "").strip(), role, _workspace(form, role))


def _show_workspace(admin: Admin, form: Mapping[str, str]) -> MadeLink:
    days = form.get("days", "")
    if not days.isascii() or not days.isdigit() or len(days) > 4:
        raise Invalid("Write the number of days as a whole number, such as 30.")
    return links.show_workspace(admin, form.get("name", "").strip(), form.get("workspace", ""), days=int(days))


def _decide(admin: Admin, form: Mapping[str, str]) -> None:
    role = _role(form)
    users.decide(admin, form.get("name", ""), role, _workspace(form, role))


def _disable(admin: Admin, form: Mapping[str, str]) -> None:
    users.disable(admin, form.get("name", ""))


def _enable(admin: Admin, form: Mapping[str, str]) -> None:
    users.enable(admin, form.get("name", ""))


def _new_password(admin: Admin, form: Mapping[str, str]) -> MadeLink:
    return links.for_password(admin, form.get("name", ""))


def _revoke(admin: Admin, form: Mapping[str, str]) -> None:
    link = form.get("link", "")
    links.revoke(admin, int(link) if link.isascii() and link.isdigit() and len(link) < 10 else 0)


_WAYS: Mapping[str, Callable[[Admin, Mapping[str, str]], MadeLink | None]] = {
    "invite": _invite,
    "show": _show_workspace,
    "decide": _decide,
    "disable": _disable,
    "enable": _enable,
    "password": _new_password,
    "revoke": _revoke,
}


def _role(form: Mapping[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError as error:
        raise Invalid("Choose a role: owner, member or viewer.") from error


def _workspace(form: Mapping[str, str], role: Role) -> str:
    """Return the workspace that a viewer is kept to; the others see all."""
    return form.get("workspace", "") if role is Role.VIEWER else ""


async def _page(
    renderer: PageRenderer,
    context: RouteContext,
    request: Request,
    status: int = 200,
    *,
    problem: str = "",
    made: MadeLink | None = None,
) -> Response:
    return renderer.respond(
        "users/page.html",
        status,
        here=PATH,
        found=await act(context, request, read_list),
        roles=list(Role),
        me=signed_in(request),
        problem=problem,
        made=made,
        address=f"{context.terms.public_url}{made.path}" if made else "",
        at_ms=context.clock.now_ms(),
    )
