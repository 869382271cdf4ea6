"""
What the intake is compared with, as a process: `python plain.py (plain|bare) LISTENER-FD LIFELINE-FD`.

plain   an ASGI app that reads the body and answers 204, on the very server settings of the ingest process
bare    no HTTP server at all: one canned answer to whatever arrives; shows how far the load generator itself goes
"""

import asyncio
import socket
import sys
from typing import Any

from twinbeam.app.process import end_with_parent, run
from twinbeam.http_server.server import Server

_CANNED = b"HTTP/1.1 204 No Content\r\n\r\n"


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body and answer 204."""
    while scope["type"] == "http" and (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Bare(asyncio.Protocol):
    """Answers every chunk as if it were a request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, _data: bytes) -> None:
        """Answer at once."""
        self._transport.write(_CANNED)  # type: ignore[attr-defined]


async def _bare(listener: socket.socket, stop: asyncio.Event) -> None:
    server = await asyncio.get_running_loop().create_server(Bare, sock=listener)
    async with server:
        await stop.wait()


async def main(kind: str, listener: socket.socket, lifeline: int) -> None:
    """Serve until told to stop or until the parent is gone."""
    stop = asyncio.Event()
    end_with_parent(lifeline, stop)
    await (_bare(listener, stop) if kind == "bare" else Server(plain).serve(listener, stop))


if __name__ == "__main__":
    run(main(sys.argv[1], socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3])))
