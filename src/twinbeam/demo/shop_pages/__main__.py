"""`python -m twinbeam.demo.shop_pages CONFIG`: the shop as a process, until SIGTERM."""

import asyncio
import signal
import socket
import sys
from pathlib import Path

import aiohttp

from twinbeam.core.clock import SystemClock
from twinbeam.demo.processes import HOST
from twinbeam.demo.shop_pages.app import build
from twinbeam.demo.shop_pages.config import ShopConfig, read_config
from twinbeam.http_server.server import Server


def main() -> int:
    """Serve the shop that the file describes."""
    asyncio.run(_serve(read_config(Path(sys.argv[1]))))
    return 0


async def _serve(config: ShopConfig) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=30)) as session:
        with socket.create_server((HOST, config.port)) as listener:
            await Server(build(config, session, SystemClock())).serve(listener, stop)


if __name__ == "__main__":
    raise SystemExit(main())
