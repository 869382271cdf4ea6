"""The shop that a person clicks through, beside the gateway: a pixel of its own, its head's lines, and its process."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from msgspec import Struct

from twinbeam.core.values import KeyKind
from twinbeam.demo.environment import DemoEnvironment, wait_for
from twinbeam.demo.pixels import add_pixel
from twinbeam.demo.processes import HOST, DemoError, free_port, run_once, running
from twinbeam.demo.shop_pages.config import NONCE, ShopConfig, write_config

PIXEL = "CTWINBEAMDEMOSHOP002"  #: apart from the seeded shoppers' pixel: what a person does is counted alone
_NAME = "Lamp Street"
_RULES = (f"hosts={HOST},localhost", "confirm_purchases=on")
_TIKTOK = "https://analytics.tiktok.com"  #: whose script the base code loads (tiktok.md 9.1)
_ADVERTISER = "7000000000000000001"  #: the emulator's own


class ShopFront(Struct, frozen=True):
    """The open shop."""

    url: str
    process: asyncio.subprocess.Process


@asynccontextmanager
async def shop_open(environment: DemoEnvironment, port: int, rules: Sequence[str]) -> AsyncIterator[ShopFront]:
    """Open the shop, and close it when the block ends; raises DemoError if it does not come up."""
    made = await add_pixel(environment.emulator, environment.settings, PIXEL, _NAME, (*_RULES, *rules))
    snippet = ["tag", "snippet", PIXEL, "--key", made.keys[KeyKind.BROWSER], "--nonce", NONCE]
    head = await run_once(["-m", "twinbeam", *snippet], environment.settings) + await _base_code(
        environment.emulator, made.token
    )
    config = ShopConfig(
        port=free_port(port),
        intake=environment.intake,
        dashboard=environment.dashboard,
        tiktok=environment.emulator,
        pixel=PIXEL,
        server_key=made.keys[KeyKind.SERVER],
        read_key=made.keys[KeyKind.READ],
        order_secret=secrets.token_hex(32),
        head=head,
    )
    place, url = environment.directory / "shop.json", f"http://{HOST}:{config.port}"
    write_config(place, config)
    log = environment.directory / "logs" / "shop"
    async with running(["-m", "twinbeam.demo.shop_pages", str(place)], log, {}) as selling:
        await wait_for(url, selling, "the shop", log.parent)
        yield ShopFront(url, selling)


async def _base_code(emulator: str, token: str) -> str:
    """Return TikTok's base code as Events Manager hands it out, for this machine's TikTok and a page's policy."""
    url = f"{emulator}/open_api/v1.3/pixel/list/?advertiser_id={_ADVERTISER}&code={PIXEL}"
    headers = {"Access-Token": token}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        told = await answer.json()
    if told["code"] != 0:
        raise DemoError(f"the emulator did not give the base code: {told['message']}")
    code = str(told["data"]["pixels"][0]["pixel_script"])
    return code.replace(_TIKTOK, emulator).replace("<script>", f'<script nonce="{NONCE}">')
