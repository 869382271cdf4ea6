"""`GET /i18n/pixel/events.js`: the script that drains a page's queue, with a pixel's settings (tiktok.md 9.1)."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from tiktok_emulator.accounts import Pixel
from tiktok_emulator.answers import Answer
from tiktok_emulator.call import Call
from tiktok_emulator.permission import note
from tiktok_emulator.rules import Rule
from tiktok_emulator.world import World

PLACE = "__SETTINGS__"
PARTS = ("identity.js", "cookies.js", "sha256.js")


def serve_script(world: World, call: Call) -> Answer:
    """Return the script for the pixel named by `sdkid`; an unknown one gets a script that only says so."""
    code = call.query.get("sdkid", "")
    pixel = world.accounts.pixels.get(code)
    if pixel is None:
        note(world, call, Rule.INVALID_PIXEL, "sdkid", code[:40])
        return _script(b'console.warn("[TT] Invalid pixel ID");', code)
    if not pixel.enable_first_party_cookies:
        note(world, call, Rule.COOKIES_OFF, "sdkid", code)
    written = msgspec.json.encode(_settings(world, pixel)).decode()
    return _script(_source().replace(PLACE, written, 1).encode(), code)


def _settings(world: World, pixel: Pixel) -> dict[str, Any]:
    return {
        "code": pixel.code,
        "cookies": pixel.enable_first_party_cookies,
        "consentMode": pixel.cookie_consent_mode,
        "expanded": pixel.enable_expanded_data_sharing,
        "historyPageViews": world.switches.history_page_views,
        "identify": world.switches.identify,
        "hashSent": world.switches.hash_sent,
    }


def _script(source: bytes, code: str) -> Answer:
    return Answer(
        body=source,
        content_type="application/javascript; charset=utf-8",
        headers=(("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store")),
        source_id=code[:40],
    )


@cache
def _source() -> str:
    folder = files("tiktok_emulator.browser")
    parts = "\n".join(folder.joinpath(part).read_text("utf-8") for part in PARTS)
    return folder.joinpath("events.js").read_text("utf-8").replace("// __PARTS__", f"{parts}\n//", 1)
