"""Connected accounts for tests: TikTok's side as a script, and hands to connect, choose and import."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from twinbeam.admin import accounts
from twinbeam.admin.accounts import Returned
from twinbeam.admin.contract import Actor, Admin
from twinbeam.app.importing import ACTOR, Desk
from twinbeam.core.accounts import (
    AccountProblem,
    AccountTrouble,
    AdvertiserSeen,
    ConnectedAccount,
    DeveloperApp,
    Granted,
    PixelPage,
    PixelSeen,
    StatSeen,
)
from twinbeam.core.rules import MAIN
from twinbeam.jobs.pixel_import import PixelImport

APP = DeveloperApp("7000000000000000201", "emulator-secret")
SESSION = "session-of-ada"
REVOKED = AccountTrouble(AccountProblem.TOKEN_REVOKED, "40105 Access token is incorrect or has been revoked.")
FORBIDDEN = AccountTrouble(AccountProblem.APP_FORBIDDEN, "40113 The app is forbidden.")
NO_PERMISSION = AccountTrouble(AccountProblem.NO_PERMISSION, "40001 No permission to operate advertiser 2.")
MALFORMED = AccountTrouble(AccountProblem.MALFORMED, "code 0 without the data that belongs to it")
BUSY = AccountTrouble(AccountProblem.RATE_LIMITED, "40100 Too many requests.")


def a_pixel(number: int, **fields: Any) -> PixelSeen:
    """Give a pixel as TikTok lists it."""
    code = f"C0IMPORTEDPIXEL{number:05}"
    return PixelSeen(**{"code": code, "pixel_id": str(7_000 + number), "name": f"Pixel {number}"} | fields)


class Accounts:
    """TikTok's side, in memory: what it lists, what it counts, what it refuses, and what it was asked."""

    def __init__(self, pixels: dict[str, list[PixelSeen]], page_size: int = 20) -> None:
        self.pixels, self.page_size = pixels, page_size
        self.stats: dict[tuple[str, int], list[StatSeen]] = {}
        self.refuses: Callable[[tuple[Any, ...]], AccountTrouble | None] = lambda _asked: None
        self.asked: list[tuple[Any, ...]] = []
        self.revoked: list[str] = []
        self.token = "account-token-1"

    def consent_url(self, app_id: str, state: str, redirect_uri: str) -> str:
        return f"https://tiktok.example/{app_id}/{state}/{redirect_uri}"

    async def exchange(self, app: DeveloperApp, auth_code: str) -> Granted | AccountTrouble:
        return self._answer(("exchange", auth_code), Granted(self.token, tuple(self.pixels), ("4",)))

    async def advertisers(self, app: DeveloperApp, token: str) -> tuple[AdvertiserSeen, ...] | AccountTrouble:
        return self._answer(("advertisers",), tuple(AdvertiserSeen(id_, f"Client {id_}") for id_ in self.pixels))

    async def pixel_page(self, token: str, advertiser_id: str, page: int) -> PixelPage | AccountTrouble:
        await asyncio.sleep(0)
        listed, size = self.pixels[advertiser_id], self.page_size
        shown = tuple(listed[(page - 1) * size : page * size])
        return self._answer(("pixels", advertiser_id, page), PixelPage(shown, total_pages=-(-len(listed) // size)))

    async def event_stats(
        self, token: str, advertiser_id: str, pixel_ids: Iterable[str], day: int
    ) -> tuple[StatSeen, ...] | AccountTrouble:
        await asyncio.sleep(0)
        found = tuple(stat for id_ in pixel_ids for stat in self.stats.get((id_, day), ()))
        return self._answer(("stats", advertiser_id, tuple(pixel_ids), day), found)

    async def revoke(self, app: DeveloperApp, token: str) -> AccountTrouble | None:
        self.revoked.append(token)
        return self._answer(("revoke",), None)

    async def subscribe_to_status(self, app: DeveloperApp, token: str, address: str) -> str | AccountTrouble:
        return self._answer(("subscribe", address), "subscription-1")

    def _answer(self, asked: tuple[Any, ...], answer: Any) -> Any:
        self.asked.append(asked)
        return self.refuses(asked) or answer

    def asked_for(self, what: str) -> list[tuple[Any, ...]]:
        """List what was asked of one kind."""
        return [each for each in self.asked if each[0] == what]


def doing(admin: Admin) -> Any:
    """Give what runs functions in the name of whoever asks."""

    async def do(fn: Callable[[Admin], Any]) -> Any:
        return fn(admin)

    return do


def connected(
    admin: Admin, api: Any, *, workspace: str = MAIN, choose: bool = True, reconnects: str = ""
) -> ConnectedAccount:
    """Connect an account, and choose all of its ad accounts."""
    state = accounts.begin(admin, workspace, SESSION, reconnects=reconnects)
    made = asyncio.run(accounts.finish(doing(admin), api, Returned(state, "code-1"), SESSION, APP))
    assert isinstance(made, ConnectedAccount), made
    if choose:
        accounts.choose(admin, made.id, [each.id for each in accounts.account(admin, made.id).advertisers])
    return made


def importing(admin: Admin, api: Any) -> PixelImport:
    """Give the job over a store, in the name of the import."""

    async def on_store(fn: Callable[..., Any], *args: Any, **named: Any) -> Any:
        await asyncio.sleep(0)
        return partial(fn, *args, **named)()

    return PixelImport(desk=Desk(Admin(admin.store, ACTOR, admin.clock)), api=api, on_store=on_store, clock=admin.clock)


def import_all(admin: Admin, api: Any) -> None:
    """Run the job once."""
    asyncio.run(importing(admin, api)())


def as_actor(admin: Admin, name: str) -> Admin:
    """Give the same store to somebody else."""
    return Admin(admin.store, Actor(name), admin.clock)
