"""A pixel on both sides, as its owner sets it up: TikTok's, with a token, and the gateway's, with rules and keys."""

import secrets
from collections.abc import Mapping, Sequence

import aiohttp
import msgspec
from msgspec import Struct

from twinbeam.core.values import KeyKind
from twinbeam.demo.processes import DemoError, run_once
from twinbeam.demo.visits import ShopSystem
from twinbeam.demo.webhooks import SOURCES

_KINDS = (KeyKind.SERVER, KeyKind.BROWSER, KeyKind.READ)


class PixelCredentials(Struct, frozen=True):
    """What opens a pixel: TikTok's token, and a key of each kind."""

    token: str
    keys: dict[KeyKind, str]


async def add_pixel(
    emulator: str, settings: Mapping[str, str], code: str, name: str, rules: Sequence[str]
) -> PixelCredentials:
    """Create the pixel on both sides with a fresh token and its rules, and one key of each kind."""
    token = secrets.token_hex(20)
    seed = {"pixels": [{"code": code, "name": name}], "tokens": [{"token": token}]}
    url = f"{emulator}/_control/accounts"
    async with aiohttp.ClientSession() as session, session.post(url, json=seed) as answer:
        if answer.status != 200:
            raise DemoError(f"the emulator refused the demo's pixel: {await answer.text()}")
    add = ["pixels", "add", code, "--name", name, "--consent", "require", "--token-stdin", "--untried"]
    await run_once(["-m", "twinbeam", *add], settings, told=token)
    await run_once(["-m", "twinbeam", "pixels", "set", code, *rules], settings)
    return PixelCredentials(token, {kind: await _create_key(kind, code, settings) for kind in _KINDS})


async def add_source(settings: Mapping[str, str], code: str, system: ShopSystem) -> str:
    """Let a shop system report to a pixel, and return the secret by which it signs: as that drew it."""
    secret = f"{system}-{secrets.token_hex(16)}"
    create = ["sources", "create", SOURCES[system], "--kind", system, "--pixel", code, "--secret-stdin"]
    await run_once(["-m", "twinbeam", *create], settings, told=secret)
    return secret


async def _create_key(kind: KeyKind, code: str, settings: Mapping[str, str]) -> str:
    create = ["keys", "create", kind.value, "--source", f"shop-{kind}", "--pixel", code, "--json"]
    printed = await run_once(["-m", "twinbeam", *create], settings)
    return str(msgspec.json.decode(printed)["key"])
