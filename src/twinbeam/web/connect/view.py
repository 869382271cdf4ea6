"""
GET and POST /connect/tiktok, and the way to TikTok and back.

What TikTok brings back is bound to the browser that began, by a cookie of its own, and to who is signed in there.
"""

import secrets
from functools import partial

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import accounts, developer_app
from twinbeam.admin.accounts import STATE_MINUTES, Account, Returned
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError
from twinbeam.admin.workspaces import listed as workspaces
from twinbeam.core.accounts import AccountTrouble
from twinbeam.core.rules import MAIN
from twinbeam.web.access import signed_in
from twinbeam.web.acting import act
from twinbeam.web.contract import Connecting, RouteContext
from twinbeam.web.cookies import is_secure
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer

PATH = "/connect/tiktok"
START = f"{PATH}/start"
CALLBACK = f"{PATH}/callback"
COOKIE = "twinbeam-connect"
_UNSTORED = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


class ConnectPage(Struct, frozen=True):
    """What the page shows."""

    app_id: str
    app_is_set: bool  #: by the environment, so that it cannot be changed here
    workspaces: list[str]
    accounts: list[Account]


async def show(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /connect/tiktok; a POST saves the app."""
    if request.method == "POST":
        form = await read_form(request)
        app_id, secret = form.get("app_id", "").strip(), form.get("secret", "").strip()
        save = partial(developer_app.save, app_id=app_id, secret=secret, configured=context.connecting.app)
        try:
            await act(context, request, save)
        except AdminError as error:
            return await _page(renderer, context, request, problem=str(error), status=400)
        return RedirectResponse(PATH, 303, _UNSTORED)
    return await _page(renderer, context, request)


async def start(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /connect/tiktok/start: begin, and lead to TikTok's page."""
    query, browser = request.query_params, request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    begin = partial(
        _begin,
        connecting=context.connecting,
        workspace=query.get("workspace", MAIN),
        holder=_holder(request, browser),
        reconnects=query.get("account", ""),
    )
    try:
        app_id, state = await act(context, request, begin)
    except AdminError as error:
        return await _page(renderer, context, request, problem=str(error), status=400)
    assert context.connecting.api is not None
    url = context.connecting.api.consent_url(app_id, state, _redirect_uri(request, context.terms.public_url))
    response = RedirectResponse(url, 303, _UNSTORED)
    response.set_cookie(
        COOKIE,
        browser,
        max_age=STATE_MINUTES * 60,
        path=PATH,
        secure=is_secure(request, context.terms.public_url),
        httponly=True,
        samesite="lax",  # TikTok's page leads back here
    )
    return response


async def finish(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /connect/tiktok/callback: take up what TikTok brings back."""
    query, connecting = request.query_params, context.connecting
    returned = Returned(query.get("state", ""), query.get("auth_code", ""), query.get("error", ""))
    holder = _holder(request, request.cookies.get(COOKIE, ""))
    if connecting.api is None:
        return await _page(renderer, context, request, problem="This gateway connects no accounts.", status=400)
    try:
        made = await accounts.finish(partial(act, context, request), connecting.api, returned, holder, connecting.app)
    except AdminError as error:
        return await _page(renderer, context, request, problem=str(error), status=400)
    if isinstance(made, AccountTrouble):
        return await _page(renderer, context, request, problem=f"The account is not connected. {made}", status=400)
    return RedirectResponse(f"/accounts/{made.id}/choose", 303, _UNSTORED)


async def _page(
    renderer: PageRenderer, context: RouteContext, request: Request, *, problem: str = "", status: int = 200
) -> Response:
    page = await act(context, request, partial(_read, connecting=context.connecting))
    return renderer.respond("connect/page.html", status, here="/accounts", page=page, problem=problem, start=START)


def _read(admin: Admin, connecting: Connecting) -> ConnectPage:
    return ConnectPage(
        developer_app.known_id(admin, connecting.app),
        connecting.app is not None,
        list(workspaces(admin)),
        accounts.listed(admin),
    )


def _begin(admin: Admin, connecting: Connecting, workspace: str, holder: str, reconnects: str) -> tuple[str, str]:
    app = developer_app.known_app(admin, connecting.app)
    return app.id, accounts.begin(admin, workspace, holder, reconnects=reconnects)


def _holder(request: Request, browser: str) -> str:
    """Name the session: who is signed in, and the browser by its cookie; without one nothing was begun here."""
    return f"{signed_in(request).name}\n{browser or secrets.token_urlsafe(24)}"


def _redirect_uri(request: Request, public_url: str) -> str:
    """Return where TikTok leads back to: these pages, by the name under which they were reached."""
    if public_url.startswith("https://"):
        return f"{public_url}{CALLBACK}"
    scheme = "https" if is_secure(request, public_url) else "http"
    return f"{scheme}://{request.headers.get('host', '')}{CALLBACK}"
