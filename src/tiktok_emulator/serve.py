"""Runs an ASGI application on a socket of its own until it is told to stop."""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

Started = Callable[[asyncio.AbstractEventLoop], None]


class CannotListen(OSError):  # noqa: N818 -- reads as the state it reports
    """An address cannot be listened on; says which, and the fix."""


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 picks a free one. Raises `CannotListen` if the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and each answer waits 40 ms for the peer's ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        fix = "choose another port with --port (0 picks a free one)"
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            fix = "choose another address with --host"
        raise CannotListen(f"cannot listen on {host}:{port} ({error.strerror or error}): {fix}") from error
    return sock


def url_of(sock: socket.socket) -> str:
    """Return the address at which a socket is reached."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, config: uvicorn.Config, started: Started) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell(asyncio.get_running_loop())


def server_for(app: Any, started: Started = lambda _loop: None) -> uvicorn.Server:
    """
    Build the server, which calls `started` with its loop once it answers.

    It logs only what is wrong, and waits at most a second for open connections when it stops.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,
        backlog=4096,
    )
    return _Server(config, started)
