"""A web server that remembers what reached it, behind the proxies that `install/` sets up."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

HOST = "127.0.0.1"


class Reached(NamedTuple):
    """A request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Backend:
    """Answers everything with its name and a cookie."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: list[Reached] = []
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                named = {name.lower(): value for name, value in self.headers.items()}
                backend.requests.append(Reached(self.command, self.path, named, self.rfile.read(length)))
                self.send_response(200)
                self.send_header("content-length", str(len(backend.name)))
                self.send_header("set-cookie", f"from={backend.name}")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(backend.name.encode())

            do_GET = do_POST = do_HEAD = answer  # noqa: N815 -- the names are of the standard library

            def log_message(self, *_words: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.port = self._server.server_address[1]

    @contextlib.contextmanager
    def serving(self) -> Iterator["Backend"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
