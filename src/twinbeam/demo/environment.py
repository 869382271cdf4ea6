"""
The demo's environment: an emulator and a gateway on free ports, a pixel, three keys, and one directory for it all.

    DIRECTORY/state     the gateway's data        DIRECTORY/keyring   its key file
    DIRECTORY/logs      what each part printed    DIRECTORY/truth.json, shop.json
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from msgspec import Struct

from twinbeam.core.values import Channel, KeyKind
from twinbeam.demo import account
from twinbeam.demo.pixels import add_pixel, add_source
from twinbeam.demo.processes import HOST, DemoError, free_port, running
from twinbeam.demo.traffic import Endpoints
from twinbeam.demo.visits import ShopSystem
from twinbeam.demo.webhooks import SOURCES

PIXEL = "CTWINBEAMDEMOSHOP001"
_NAME = "Seeded shoppers"
#: An order counts once it is paid: parcels paid on delivery are refused, however late, and never were a purchase.
_RULES = ("hosts=shop.example", "confirm_purchases=on", "purchase_means=paid")
_COMING_UP_SECONDS = 30
_POLL_SECONDS = 0.1


class PreferredPorts(Struct, frozen=True):
    """The ports the parts would like; whichever is taken is replaced by a free one, and 0 is any."""

    intake: int = 0
    dashboard: int = 0
    emulator: int = 0
    shop: int = 0


class DemoEnvironment(Struct, frozen=True):
    """A running demo: where everything is, and the keys that open it."""

    directory: Path
    emulator: str
    intake: str
    dashboard: str
    pixel: str
    keys: dict[KeyKind, str]
    gateway: asyncio.subprocess.Process
    settings: dict[str, str]  #: of the gateway, for its command line
    secrets: dict[ShopSystem, str]  #: by which each shop system signs

    @property
    def endpoints(self) -> Endpoints:
        """Where the shop's sides report."""
        keys = {Channel.BROWSER: self.keys[KeyKind.BROWSER], Channel.SERVER: self.keys[KeyKind.SERVER]}
        return Endpoints(self.intake, keys, self.emulator, self.secrets)

    async def while_up(self, work: Coroutine[None, None, None], **others: asyncio.subprocess.Process) -> None:
        """Do the work to its end; raises DemoError at once if the gateway, or another part that is named, ends."""
        parts = {"gateway": self.gateway, **others}
        working = asyncio.create_task(work)
        serving = {asyncio.create_task(process.wait(), name=name) for name, process in parts.items()}
        try:
            done, _ = await asyncio.wait({working, *serving}, return_when=asyncio.FIRST_COMPLETED)
            if working not in done:
                raise DemoError(f"the {done.pop().get_name()} ended; see {self.directory / 'logs'}")
            working.result()
        finally:
            for task in (working, *serving):
                task.cancel()


@asynccontextmanager
async def running_environment(
    directory: Path, ports: PreferredPorts, overrides: Mapping[str, str], rules: Sequence[str]
) -> AsyncIterator[DemoEnvironment]:
    """
    Bring everything up, and take it down when the block ends.

    `overrides` are settings of the gateway that go before the demo's own, `rules` are of its pixel. Raises DemoError
    if a part does not come up.
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
        "TWINBEAM_TRUSTED_PROXIES": HOST,  # shops say the visitor's address: no browser here has a public one
        "TWINBEAM_ALERT_NETWORKS": "127.0.0.0/8",  # alerts may be tried with a receiver on this machine
        **account.SETTINGS,
        **overrides,
    }
    logs = directory / "logs"
    async with running(_emulator_on(emulator), logs / "emulator", {}) as emulating:
        await wait_for(f"http://{emulator}/_control", emulating, "the emulator", logs)
        await account.add_account(f"http://{emulator}")
        keys = (await add_pixel(f"http://{emulator}", settings, PIXEL, _NAME, (*_RULES, *rules))).keys
        secrets = {system: await add_source(settings, PIXEL, system) for system in SOURCES}
        async with running(["-m", "twinbeam", "serve"], logs / "gateway", settings) as serving:
            await wait_for(f"http://{dashboard}/readyz", serving, "the gateway", logs)
            yield DemoEnvironment(
                directory=directory,
                emulator=f"http://{emulator}",
                intake=f"http://{intake}",
                dashboard=f"http://{dashboard}",
                pixel=PIXEL,
                keys=keys,
                gateway=serving,
                settings=settings,
                secrets=secrets,
            )


def _emulator_on(address: str) -> list[str]:
    host, port = address.split(":")
    return ["-m", "tiktok_emulator", "--host", host, "--port", port]


def _addresses(ports: PreferredPorts) -> tuple[str, str, str]:
    emulator, intake, dashboard = (
        f"{HOST}:{free_port(preferred)}" for preferred in (ports.emulator, ports.intake, ports.dashboard)
    )
    return emulator, intake, dashboard


async def wait_for(url: str, process: asyncio.subprocess.Process, what: str, logs: Path) -> None:
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
