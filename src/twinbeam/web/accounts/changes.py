"""What the pages of accounts change: which ad accounts are imported, when, by which token, and the end of it all."""

from functools import partial
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twinbeam.admin import accounts
from twinbeam.admin.contract import Admin
from twinbeam.admin.errors import AdminError
from twinbeam.web import profile_saving, token_saving
from twinbeam.web.accounts.view import account_of, moments, read_pixel, show_one, show_pixel
from twinbeam.web.acting import act
from twinbeam.web.contract import RouteContext
from twinbeam.web.forms import read_form
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

ON_A_PAGE = 100  #: ad accounts to choose from, fewer than a form may have fields
_UNSTORED = {"cache-control": "no-store"}


async def choose(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET and POST /accounts/{id}/choose: those shown are chosen as their boxes say, others stay."""
    account = await context.on_reader(partial(account_of, seen_by(request, context), request))
    page = _page_number(request)
    shown = list(islice(account.advertisers, (page - 1) * ON_A_PAGE, page * ON_A_PAGE))
    if request.method == "POST":
        form = await read_form(request)
        change = partial(_choose, connection=account.connection.id, shown={each.id for each in shown}, form=form)
        try:
            await act(context, request, change)
        except AdminError as error:
            return await show_one(renderer, context, request, problem=str(error), status=409)
        return RedirectResponse(f"/accounts/{account.connection.id}", 303, _UNSTORED)
    pages = -(-len(account.advertisers) // ON_A_PAGE)
    return renderer.respond(
        "accounts/choose.html",
        here="/accounts",
        account=account,
        shown=shown,
        page=page,
        pages=pages,
        first_time=not account.chosen,
        **moments(context),
    )


async def import_now(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /accounts/{id}/import."""
    account = await context.on_reader(partial(account_of, seen_by(request, context), request))
    try:
        await act(context, request, partial(accounts.import_now, connection=account.connection.id))
    except AdminError as error:
        return await show_one(renderer, context, request, problem=str(error), status=409)
    return RedirectResponse(f"/accounts/{account.connection.id}", 303, _UNSTORED)


async def end(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /accounts/{id}/disconnect."""
    account = await context.on_reader(partial(account_of, seen_by(request, context), request))
    api = context.connecting.api
    if api is None:
        raise HTTPException(404)
    trouble = await accounts.disconnect(partial(act, context, request), api, account.connection.id)
    if trouble is not None:
        told = (
            f"The token is forgotten here, but TikTok could not be told: {trouble} Remove the app's access there too."
        )
        return await show_one(renderer, context, request, problem=told)
    return RedirectResponse(f"/accounts/{account.connection.id}", 303, _UNSTORED)


async def save_token(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /accounts/{id}/pixels/{code}/token."""
    token = (await read_form(request)).get("token", "").strip()
    page = await context.on_reader(partial(read_pixel, seen_by(request, context), request, context.clock.now_ms()))
    connection, code = page.account.connection, page.line.pixel.seen.code
    try:
        await token_saving.save_token(context, request, (connection.workspace, code), token)
    except AdminError as error:
        return await show_pixel(renderer, context, request, problem=str(error), status=400)
    return RedirectResponse(f"/accounts/{connection.id}/pixels/{code}", 303, _UNSTORED)


async def save_profile(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer POST /accounts/{id}/pixels/{code}/profile."""
    form = await read_form(request)
    page = await context.on_reader(partial(read_pixel, seen_by(request, context), request, context.clock.now_ms()))
    connection, code = page.account.connection, page.line.pixel.seen.code
    try:
        await act(
            context, request, partial(profile_saving.save_profile, workspace=connection.workspace, code=code, form=form)
        )
    except AdminError as error:
        return await show_pixel(renderer, context, request, problem=str(error), status=400)
    return RedirectResponse(f"/accounts/{connection.id}/pixels/{code}", 303, _UNSTORED)


def _choose(admin: Admin, *, connection: str, shown: set[str], form: dict[str, str]) -> None:
    """Choose all, none, or what the boxes of those shown say."""
    advertisers = accounts.account(admin, connection).advertisers
    others = {each.id for each in advertisers if each.chosen and each.id not in shown}
    ticked = {id_ for id_ in shown if f"advertiser-{id_}" in form}
    ids = {"all": {each.id for each in advertisers}, "none": set[str]()}.get(form.get("do", ""), others | ticked)
    accounts.choose(admin, connection, ids)


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
