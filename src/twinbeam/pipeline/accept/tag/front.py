"""
The tag's own paths, in front of the intake: its files, its cookie, and events and consent under names of their own.

Lists of blockers know names, so all paths begin with one that the owner chooses. Fetching a file sets no cookie and
is not logged.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from twinbeam.pipeline.accept.asgi import App, Headers, Message, Receive, Reply, Scope, Send, write
from twinbeam.pipeline.accept.body import read_body
from twinbeam.pipeline.accept.credentials import may_write, presented
from twinbeam.pipeline.accept.cross_origin import preflight
from twinbeam.pipeline.accept.directory import AccessKey, Directory
from twinbeam.pipeline.accept.problems import ProblemCode, problem, problem_reply
from twinbeam.pipeline.accept.routing import RoutedPixel
from twinbeam.pipeline.accept.tag import files
from twinbeam.pipeline.accept.tag.cookie import MOST_BYTES, cookie_reply
from twinbeam.pipeline.accept.tag.files import Files, decided, is_stopped
from twinbeam.pipeline.accept.tag.looking import Looking

EVENTS, CONSENT, COOKIE = "/e", "/c", "/k"
"""What follows the name, for events, for answers about consent, and for the cookie."""

GATEWAY_ONLY = {"mode": "gateway"}
"""Of the tag's settings: TikTok's script is called no more, and the gateway hears of all. An answer may change them."""


class TagFront:
    """Serve what begins with the tag's name, and hand everything else to the intake."""

    def __init__(
        self,
        app: App,
        name: str,
        directory: Callable[[], Directory],
        paths: Mapping[str, str],
        looking: Looking | None = None,
    ) -> None:
        self._app = app
        self._name = name
        self._directory = directory
        self._files = Files(files.built())
        self._looking = looking
        self._aliases = {f"{name}{short}": path for short, path in paths.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        if scope["type"] != "http" or not scope["path"].startswith(self._name):
            await self._app(scope, receive, send)
        elif scope["path"] in self._aliases:
            await self._app({**scope, "path": self._aliases[scope["path"]]}, receive, self._told(scope, send))
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
            key, whole = self._key(headers, query), b"&whole=1" in query
            if key is not None and is_stopped(self._pixels(key)):
                return self._files.stopped(headers, whole=whole)
            looks = scope["method"] == "GET" and key is not None and self._looks(key)
            return self._files.main(self._decided(key), headers, whole=whole, looks=looks)
        return self._files.fixed(scope["path"].removeprefix(self._name), headers)

    def _key(self, headers: Headers, query: bytes) -> AccessKey | None:
        key = may_write(presented(headers, query), self._directory())
        return key if isinstance(key, AccessKey) else None

    def _looks(self, key: AccessKey) -> bool:
        return self._looking is not None and self._looking.is_due(key.id)

    def _pixels(self, key: AccessKey) -> Sequence[RoutedPixel]:
        return self._directory().routing(key).pixels

    def _decided(self, key: AccessKey | None) -> dict[str, object]:
        if key is None:
            return {}
        given = decided(self._pixels(key))
        return given | {"shop": key.shop} if key.shop else given

    def _told(self, scope: Scope, send: Send) -> Send:
        """Shorten an answer to what the tag uses, unless somebody looks for a mistake."""
        query = scope["query_string"]
        if b"&a=full" in query:
            return send
        key = self._key(dict(scope["headers"]), query)
        stopped = key is not None and is_stopped(self._pixels(key))
        return _briefly(send, wants_receipt=b"&a=0" not in query, stopped=stopped)

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


def _briefly(send: Send, *, wants_receipt: bool, stopped: bool) -> Send:
    """Answer with the consent receipt, where the page has none yet, and with the mode while its pixels are stopped."""
    begun: list[Message] = []

    async def brief(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 202:
            begun.append(message)
        elif begun:
            start, receipt = begun.pop(), _receipt(message["body"]) if wants_receipt else {}
            body = msgspec.json.encode(receipt | GATEWAY_ONLY if stopped else receipt)
            length = (b"content-length", str(len(body)).encode())
            others = [header for header in start["headers"] if header[0] != b"content-length"]
            await send({**start, "headers": [*others, length]})
            await send({**message, "body": body})
        else:
            await send(message)

    return brief


def _receipt(body: bytes) -> dict[str, object]:
    receipt = msgspec.json.decode(body).get("receipt")
    return {"receipt": receipt} if receipt else {}
