"""
The tag's own paths, in front of the intake: its files, its cookie, and events and consent under names of their own.

Lists of blockers know names, so all paths begin with one that the owner chooses. Fetching a file sets no cookie and
is not logged.
"""

from collections.abc import Callable, Mapping

import msgspec

from twinbeam.pipeline.accept.asgi import App, Headers, Message, Receive, Reply, Scope, Send, write
from twinbeam.pipeline.accept.body import read_body
from twinbeam.pipeline.accept.credentials import may_write, presented
from twinbeam.pipeline.accept.cross_origin import preflight
from twinbeam.pipeline.accept.directory import AccessKey, Directory
from twinbeam.pipeline.accept.problems import ProblemCode, problem, problem_reply
from twinbeam.pipeline.accept.tag import files
from twinbeam.pipeline.accept.tag.cookie import MOST_BYTES, cookie_reply
from twinbeam.pipeline.accept.tag.files import Files, decided

EVENTS, CONSENT, COOKIE = "/e", "/c", "/k"
"""What follows the name, for events, for answers about consent, and for the cookie."""


class TagFront:
    """Serve what begins with the tag's name, and hand everything else to the intake."""

    def __init__(self, app: App, name: str, directory: Callable[[], Directory], paths: Mapping[str, str]) -> None:
        self._app = app
        self._name = name
        self._directory = directory
        self._files = Files(files.built())
        self._aliases = {f"{name}{short}": path for short, path in paths.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        if scope["type"] != "http" or not scope["path"].startswith(self._name):
            await self._app(scope, receive, send)
        elif scope["path"] in self._aliases:
            query = scope["query_string"]
            told = send if b"&a=full" in query else _briefly(send, wants_receipt=b"&a=0" not in query)
            await self._app({**scope, "path": self._aliases[scope["path"]]}, receive, told)
        else:
            await self._own(scope, receive, send)

    async def _own(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = dict(scope["headers"])
        if scope["path"] == f"{self._name}{COOKIE}":
            await write(send, await self._cookie(scope, headers, receive))
            return
        reply = self._file(scope, headers)
        if reply is None:
            await self._app(scope, receive, send)
        elif scope["method"] in {"GET", "HEAD"}:
            await write(send, reply, head=scope["method"] == "HEAD")
        else:
            await write(send, problem_reply(problem(ProblemCode.METHOD_NOT_ALLOWED)))

    def _file(self, scope: Scope, headers: Headers) -> Reply | None:
        if scope["path"] == f"{self._name}.js":
            query = scope["query_string"]
            return self._files.main(self._decided(headers, query), headers, whole=b"&whole=1" in query)
        return self._files.fixed(scope["path"].removeprefix(self._name), headers)

    def _decided(self, headers: Headers, query: bytes) -> dict[str, str]:
        directory = self._directory()
        key = may_write(presented(headers, query), directory)
        if not isinstance(key, AccessKey):
            return {}
        given = decided(pixel.rules for pixel in directory.routing(key).pixels)
        return given | {"shop": key.shop} if key.shop else given

    async def _cookie(self, scope: Scope, headers: Headers, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            if scope["method"] == "OPTIONS":
                return preflight(headers, scope["query_string"], self._directory())
            return problem_reply(problem(ProblemCode.METHOD_NOT_ALLOWED))
        key = may_write(presented(headers, scope["query_string"]), self._directory())
        if not isinstance(key, AccessKey):
            return problem_reply(key)
        body = await read_body(receive, headers)
        return cookie_reply(headers, body if isinstance(body, bytes) and len(body) <= MOST_BYTES else b"")


def _briefly(send: Send, *, wants_receipt: bool) -> Send:
    """Leave of an answer to a page what its tag makes use of: the consent receipt, where it has none yet."""
    begun: list[Message] = []

    async def brief(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 202:
            begun.append(message)
        elif begun:
            start, body = begun.pop(), _receipt(message["body"]) if wants_receipt else b"{}"
            length = (b"content-length", str(len(body)).encode())
            others = [header for header in start["headers"] if header[0] != b"content-length"]
            await send({**start, "headers": [*others, length]})
            await send({**message, "body": body})
        else:
            await send(message)

    return brief


def _receipt(body: bytes) -> bytes:
    answer = msgspec.json.decode(body)
    receipt = answer.get("receipt")
    return msgspec.json.encode({"receipt": receipt}) if receipt else b"{}"
