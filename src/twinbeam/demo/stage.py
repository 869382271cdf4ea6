"""
The stage of the demo: an emulator and a gateway on free ports, a pixel, three keys, and one directory for all of it.

    DIRECTORY/state     the gateway's data        DIRECTORY/keyring   its key file
    DIRECTORY/logs      what each part printed    DIRECTORY/truth.json
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
from msgspec import Struct

from twinbeam.core.values import Channel, KeyKind
from twinbeam.demo.processes import HOST, DemoError, free_port, run_once, running
from twinbeam.demo.traffic import Door

PIXEL = "CTWINBEAMDEMOSHOP001"
_RULES = ("hosts=shop.example", "confirm_purchases=on")
_COMING_UP_SECONDS = 30
_POLL_SECONDS = 0.1


class Ports(Struct, frozen=True):
    """The ports the parts would like; whichever is taken is replaced by a free one, and 0 is any."""

    intake: int = 0
    dashboard: int = 0
    emulator: int = 0


class Stage(Struct, frozen=True):
    """A running demo: where everything is, and the keys that open it."""

    directory: Path
    emulator: str
    intake: str
    dashboard: str
    pixel: str
    keys: dict[KeyKind, str]
    gateway: asyncio.subprocess.Process

    @property
    def door(self) -> Door:
        """Where the shop's sides report."""
        keys = {Channel.BROWSER: self.keys[KeyKind.BROWSER], Channel.SERVER: self.keys[KeyKind.SERVER]}
        return Door(self.intake, keys, self.emulator)

    async def while_up(self, work: Coroutine[None, None, None]) -> None:
        """Do the work to its end; raises DemoError at once if the gateway ends meanwhile."""
        working, serving = asyncio.create_task(work), asyncio.create_task(self.gateway.wait())
        try:
            await asyncio.wait({working, serving}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise DemoError(f"the gateway ended; see {self.directory / 'logs'}")
            working.result()
        finally:
            working.cancel()
            serving.cancel()


@asynccontextmanager
async def staged(
    directory: Path, ports: Ports, wishes: Mapping[str, str], rules: Sequence[str]
) -> AsyncIterator[Stage]:
    """
    Bring everything up, and take it down when the block ends.

    `wishes` are settings of the gateway that go before the demo's own, `rules` are of its pixel. Raises DemoError if
    a part does not come up.
    """
    for name in ("state", "logs"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    emulator, intake, dashboard = _addresses(ports)
    settings = {
        "TWINBEAM_DATA": str(directory / "state"),
        "TWINBEAM_KEYRING": str(directory / "keyring"),
        "TWINBEAM_LISTEN": intake,
        "TWINBEAM_DASHBOARD": dashboard,
        "TWINBEAM_TIKTOK_URL": f"http://{emulator}",
        "TWINBEAM_TRUSTED_PROXIES": HOST,  # the shop's sides tell whose browser they play
        **wishes,
    }
    logs = directory / "logs"
    async with running(_emulator_on(emulator), logs / "emulator", {}) as emulating:
        await _wait_for(f"http://{emulator}/_control", emulating, "the emulator", logs)
        keys = await _furnish(f"http://{emulator}", settings, rules)
        async with running(["-m", "twinbeam", "serve"], logs / "gateway", settings) as serving:
            await _wait_for(f"http://{dashboard}/readyz", serving, "the gateway", logs)
            yield Stage(
                directory=directory,
                emulator=f"http://{emulator}",
                intake=f"http://{intake}",
                dashboard=f"http://{dashboard}",
                pixel=PIXEL,
                keys=keys,
                gateway=serving,
            )


def _emulator_on(address: str) -> list[str]:
    host, port = address.split(":")
    return ["-m", "tiktok_emulator", "--host", host, "--port", port]


def _addresses(ports: Ports) -> tuple[str, str, str]:
    emulator, intake, dashboard = (
        f"{HOST}:{free_port(wish)}" for wish in (ports.emulator, ports.intake, ports.dashboard)
    )
    return emulator, intake, dashboard


async def _furnish(emulator: str, settings: Mapping[str, str], rules: Sequence[str]) -> dict[KeyKind, str]:
    """Create the pixel on both sides with a fresh token and its rules, and one key of each kind."""
    token = secrets.token_hex(20)
    seed = {"pixels": [{"code": PIXEL, "name": "Demo shop"}], "tokens": [{"token": token}]}
    url = f"{emulator}/_control/accounts"
    async with aiohttp.ClientSession() as session, session.post(url, json=seed) as answer:
        if answer.status != 200:
            raise DemoError(f"the emulator refused the demo's pixel: {await answer.text()}")
    add = ["pixels", "add", PIXEL, "--name", "Demo shop", "--consent", "require", "--token-stdin"]
    await run_once(["-m", "twinbeam", *add], settings, told=token)
    await run_once(["-m", "twinbeam", "pixels", "set", PIXEL, *_RULES, *rules], settings)
    return {kind: await _create_key(kind, settings) for kind in KeyKind}


async def _create_key(kind: KeyKind, settings: Mapping[str, str]) -> str:
    create = ["keys", "create", kind.value, "--source", f"shop-{kind}", "--pixel", PIXEL, "--json"]
    printed = await run_once(["-m", "twinbeam", *create], settings)
    return str(msgspec.json.decode(printed)["key"])


async def _wait_for(url: str, process: asyncio.subprocess.Process, what: str, logs: Path) -> None:
    """Ask until the answer is 200; raises DemoError with the place of the logs after 30 s, or when it has ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_COMING_UP_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                if await _answers(session, url):
                    return
                await asyncio.sleep(_POLL_SECONDS)
    raise DemoError(f"{what} did not come up; see {logs}")


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
