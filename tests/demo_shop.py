"""The demo's shop as an app, asked in one event loop."""

import asyncio
from typing import Self
from urllib.parse import urlencode

import aiohttp

from asgi import ask
from twinbeam.core.clock import HandClock
from twinbeam.demo.shop_pages.app import build
from twinbeam.demo.shop_pages.config import NONCE, ShopConfig

NOWHERE = "http://127.0.0.1:9"


def config(intake: str = NOWHERE) -> ShopConfig:
    return ShopConfig(
        port=0,
        intake=intake,
        dashboard=NOWHERE,
        tiktok="http://tiktok.example",
        pixel="PIXEL",
        server_key="tbs_1",
        read_key="tbr_1",
        order_secret="secret",
        head=f'<script nonce="{NONCE}">ttq = []</script>',
    )


class Shop:
    """The shop in one event loop, with a gateway that nobody reaches, or one that remembers."""

    def __init__(self, intake: str = NOWHERE) -> None:
        self._config = config(intake)

    async def __aenter__(self) -> Self:
        self._session = await aiohttp.ClientSession(auto_decompress=False).__aenter__()
        self._app = build(self._config, self._session, HandClock())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, path: str, cookies: str = "", **headers: str):
        return await ask(self._app, path, headers={"cookie": cookies, **headers})

    async def post(self, path: str, form: dict[str, str] | bytes, cookies: str = "", **headers: str):
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        return await ask(self._app, path, method="POST", body=body, headers={"cookie": cookies, **headers})


def in_a_shop(visit):
    """Run a coroutine with an open shop."""

    async def run():
        async with Shop() as shop:
            await visit(shop)

    asyncio.run(run())
