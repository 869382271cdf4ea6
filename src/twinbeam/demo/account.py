"""An agency at the emulator, ready to be connected: an app, two ad accounts, and a pixel that nobody has added yet."""

import aiohttp

from twinbeam.demo.processes import DemoError

APP_ID, APP_SECRET = "7000000000000000301", "secret-of-the-demo"  # it opens nothing but this demo's emulator
FRESH_PIXEL = "CTWINBEAMFRESHPIXEL1"
_OWN, _CLIENT = "7000000000000000001", "7000000000000000302"

SETTINGS = {"TWINBEAM_TIKTOK_APP_ID": APP_ID, "TWINBEAM_TIKTOK_APP_SECRET": APP_SECRET}
"""What the gateway has to know of the app."""

_SEED = {
    "advertisers": [{"id": _CLIENT, "name": "Lamp Street Outlet"}],
    "apps": [{"id": APP_ID, "secret": APP_SECRET, "name": "Twinbeam demo", "advertiser_ids": [_OWN, _CLIENT]}],
    "pixels": [
        {
            "code": FRESH_PIXEL,
            "name": "lamp-street_outlet.example_DE_production",
            "advertiser_id": _CLIENT,
            "owner_bc_id": "7000000000000000401",
        }
    ],
    "test_codes": [{"code": "TEST30001", "source_id": FRESH_PIXEL}],
}


async def add_account(emulator: str) -> None:
    """Put the agency into the emulator; raises DemoError if that refuses it."""
    url = f"{emulator}/_control/accounts"
    async with aiohttp.ClientSession() as session, session.post(url, json=_SEED) as answer:
        if answer.status != 200:
            raise DemoError(f"the emulator refused the demo's account: {await answer.text()}")
