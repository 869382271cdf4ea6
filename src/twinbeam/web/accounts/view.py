"""GET /accounts, /accounts/{id} and /accounts/{id}/pixels/{code}: what is connected, and what was imported."""

from functools import partial
from typing import Any

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from twinbeam.admin import naming
from twinbeam.admin.accounts import Account, account_in, listed_in
from twinbeam.admin.errors import NotFound
from twinbeam.core.accounts import Advertiser, EventStat, ImportedPixel, PixelProfile, words_for
from twinbeam.core.clock import day_of
from twinbeam.core.story import PixelRow
from twinbeam.web.contract import ReadModel, RouteContext
from twinbeam.web.rendering import PageRenderer
from twinbeam.web.sight import seen_by

DAYS = 7  #: whose counts of TikTok's are shown


class Counts(Struct, frozen=True):
    """TikTok's own counts, before deduplication."""

    browser: int = 0
    server: int = 0
    total: int = 0


class PixelLine(Struct, frozen=True):
    """A pixel of an ad account with what this gateway has of it."""

    pixel: ImportedPixel
    advertiser: Advertiser
    row: PixelRow | None  #: None: it is not a pixel of the workspace
    counts: Counts

    @property
    def events_api(self) -> str:
        """Whose token sends its events, in words."""
        kind = self.row.token_from if self.row else ""
        return {"own": "own token", "account": "token of the account"}.get(kind, "not configured")

    @property
    def belongs(self) -> str:
        """Whose the pixel is, in words."""
        return belongs(self.pixel)


class AccountPage(Struct, frozen=True):
    """What the page of an account shows."""

    account: Account
    lines: list[PixelLine]
    permissions: list[tuple[str, str]]


class ImportedPixelPage(Struct, frozen=True):
    """What the page of a pixel shows."""

    account: Account
    line: PixelLine
    stats: list[EventStat]
    profile: PixelProfile
    offered: str
    objection: str


async def show_all(renderer: PageRenderer, context: RouteContext, request: Request) -> Response:
    """Answer GET /accounts."""
    found = await context.on_reader(partial(listed_in, seen_by(request, context).accounts))
    return renderer.respond("accounts/list.html", here="/accounts", accounts=found, **moments(context))


async def show_one(
    renderer: PageRenderer, context: RouteContext, request: Request, *, problem: str = "", status: int = 200
) -> Response:
    """Answer GET /accounts/{id}."""
    page = await context.on_reader(partial(read_page, seen_by(request, context), request, context.clock.now_ms()))
    return renderer.respond(
        "accounts/page.html", status, here="/accounts", page=page, problem=problem, **moments(context)
    )


async def show_pixel(
    renderer: PageRenderer, context: RouteContext, request: Request, *, problem: str = "", status: int = 200
) -> Response:
    """Answer GET /accounts/{id}/pixels/{code}."""
    page = await context.on_reader(partial(read_pixel, seen_by(request, context), request, context.clock.now_ms()))
    return renderer.respond(
        "accounts/pixel.html", status, here="/accounts", page=page, problem=problem, **moments(context)
    )


def moments(context: RouteContext) -> dict[str, Any]:
    """Return what all of these pages are told beside their content."""
    return {"at_ms": context.clock.now_ms(), "next_ms": context.connecting.next_import_ms(), "words_for": words_for}


def account_of(read_model: ReadModel, request: Request) -> Account:
    """Return the account that a path names; raises HTTPException 404 where it is not there for who asks."""
    try:
        return account_in(read_model.accounts, request.path_params["id"])
    except NotFound as error:
        raise HTTPException(404) from error


def read_page(read_model: ReadModel, request: Request, now_ms: int) -> AccountPage:
    """Read the page of an account; for the reader's thread."""
    account = account_of(read_model, request)
    lines = _lines(read_model, account, now_ms)
    return AccountPage(account, lines, permissions(account, lines))


def read_pixel(read_model: ReadModel, request: Request, now_ms: int) -> ImportedPixelPage:
    """Read the page of a pixel; for the reader's thread."""
    account, code = account_of(read_model, request), request.path_params["code"]
    line = next((line for line in _lines(read_model, account, now_ms) if line.pixel.seen.code == code), None)
    if line is None:
        raise HTTPException(404)
    profile = read_model.accounts.profiles(account.connection.workspace).get(code, PixelProfile())
    environment = line.row.rules.environment if line.row else "production"
    name = line.row.name if line.row else line.pixel.seen.name
    since_day = day_of(now_ms) - DAYS + 1
    stats = read_model.accounts.stats(account.connection.id, since_day=since_day)
    return ImportedPixelPage(
        account,
        line,
        [stat for stat in stats if stat.pixel_id == line.pixel.seen.pixel_id],
        profile,
        naming.offered(profile, environment),
        naming.why_not(name, profile, environment),
    )


def permissions(account: Account, lines: list[PixelLine]) -> list[tuple[str, str]]:
    """
    Return what the token may do, in words, as far as it was seen to work.

    TikTok gives permissions as numbers and publishes no list of them, so what happened is told.
    """
    read = any(each.imported_ms for each in account.advertisers)
    denied = any(each.problem == "no_permission" for each in account.chosen)
    pixels = (
        "yes" if read and not denied else "not for all ad accounts" if read else "no" if denied else "not tried yet"
    )
    counts = "yes" if any(each.stats_day for each in account.advertisers) else "not tried yet"
    used = sum(1 for line in lines if line.row and line.row.account and not line.row.has_token)
    return [
        ("List ad accounts", "yes" if account.advertisers else "not tried yet"),
        ("Read pixels", pixels),
        ("Read event statistics", counts),
        (
            "Report conversion events",
            f"used by {used} {'pixel' if used == 1 else 'pixels'}; the page Pixels shows what TikTok answers"
            if used
            else "not used",
        ),
    ]


def belongs(pixel: ImportedPixel) -> str:
    """Return whose a pixel is, in words."""
    seen = pixel.seen
    owner = f" by Business Center {seen.owner_bc_id}" if seen.owner_bc_id else ""
    match seen.relation:
        case "SHARED":
            return f"shared{owner}"
        case "TRANSFERRED":
            return f"transferred{owner}"
        case "UNBOUND":
            return f"unbound{owner}"
        case _:
            return f"owned{owner}" if seen.owned is not False else f"not owned{owner}"


def _lines(read_model: ReadModel, account: Account, now_ms: int) -> list[PixelLine]:
    connection = account.connection
    named = {each.id: each for each in account.advertisers}
    rows = {row.code: row for row in read_model.pixels() if row.workspace == connection.workspace}
    counts = _counted(read_model.accounts.stats(connection.id, since_day=day_of(now_ms) - DAYS + 1))
    return [
        PixelLine(pixel, named[pixel.advertiser], rows.get(pixel.seen.code), counts.get(pixel.seen.pixel_id, Counts()))
        for pixel in read_model.accounts.imported_pixels(connection.id)
    ]


def _counted(stats: list[EventStat]) -> dict[str, Counts]:
    sums: dict[str, Counts] = {}
    for stat in stats:
        before = sums.get(stat.pixel_id, Counts())
        sums[stat.pixel_id] = Counts(
            before.browser + stat.browser, before.server + stat.server, before.total + stat.total
        )
    return sums
