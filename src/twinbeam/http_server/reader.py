"""Bytes to requests: what the parser finds, held to the limits part by part."""

from enum import Enum, auto
from typing import Any, Protocol

import httptools

from twinbeam.http_server.exchange import Exchange
from twinbeam.http_server.limits import Limits
from twinbeam.http_server.wording import target, without_offer
from twinbeam.pipeline.accept.asgi import Header, Scope
from twinbeam.pipeline.accept.problems import ProblemCode

_ASGI = {"version": "3.0", "spec_version": "2.3"}


class Phase(Enum):
    """Where the reading of requests stands."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class RequestError(Exception):
    """Something is beyond the limits, or no HTTP."""

    def __init__(self, code: ProblemCode | None) -> None:
        super().__init__(code)
        self.code = code  #: None: the connection ends without a word, behind what is owed


class Owner(Protocol):
    """Whoever answers the requests."""

    def request_begins(self) -> None:
        """Hear of the first byte of a request; raises RequestError."""
        ...

    def head_is_whole(self, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> Exchange:
        """Begin the exchange."""
        ...

    def request_is_whole(self) -> None:
        """Hear of the last byte."""
        ...


class RequestReader:
    """Reads the requests of one connection."""

    def __init__(self, owner: Owner, limits: Limits) -> None:
        self.phase = Phase.IDLE
        self.newest: Exchange | None = None  #: whose body comes in
        self.wire = 0  #: bytes since the last whole request
        self._owner = owner
        self._limits = limits
        self._parser: Any = httptools.HttpRequestParser(self)
        self._framing = 0  #: bytes in a row without any of a body
        self._offer = False
        self._begin_head()

    def feed(self, data: bytes) -> None:
        """Read on; raises RequestError."""
        self.wire += len(data)
        self._framing += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserCallbackError as error:
            found = error.__context__
            raise found if isinstance(found, RequestError) else RequestError(ProblemCode.MALFORMED_REQUEST) from error
        except httptools.HttpParserError as error:
            raise RequestError(ProblemCode.MALFORMED_REQUEST) from error
        self._check_unparsed()

    @property
    def target(self) -> bytes:
        """As much of the newest request's target as was read."""
        return self._url

    def give_up(self) -> Exchange | None:
        """Let go of the request whose body comes in, and give it."""
        unfinished, self.newest = self.newest, None
        return unfinished

    def close(self) -> None:
        """Let go of everything; parser and reader hold each other."""
        self.newest = self._parser = None

    # What the parser calls

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._owner.request_begins()
        self.phase = Phase.HEAD
        self._begin_head()

    def on_url(self, part: bytes) -> None:
        """Take a part of the target in."""
        self._url += part
        self._head_bytes += len(part)
        if len(self._url) > self._limits.target_bytes:
            raise RequestError(ProblemCode.URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header line in; one behind the body is counted and thrown away: what it says proves nothing."""
        self._head_bytes += len(name) + len(value) + 4
        self._head_lines += 1
        limits = self._limits
        if self._head_bytes > limits.head_bytes or self._head_lines > limits.head_lines:
            raise RequestError(ProblemCode.HEADERS_TOO_LARGE)
        if self.phase is Phase.HEAD:
            name = name.lower()
            self._headers.append((name, value.rstrip(b" \t")))  # RFC 9110 5.5: blanks around it are not its own
            if name == b"expect":
                self._expects_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Let the exchange begin."""
        parser = self._parser
        version = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            is_none = version == "0.9"  # which the parser makes of a line without any
            raise RequestError(ProblemCode.MALFORMED_REQUEST if is_none else ProblemCode.UNSUPPORTED_HTTP_VERSION)
        if parser.should_upgrade():
            if parser.get_method() == b"CONNECT":
                raise RequestError(ProblemCode.METHOD_NOT_ALLOWED)
            self._offer = True
            return
        self.phase = Phase.BODY
        self._framing = 0
        self.newest = self._owner.head_is_whole(
            self._scope(version),
            keep_alive=version == "1.1" and parser.should_keep_alive(),
            expects_continue=self._expects_continue,
        )

    def on_body(self, part: bytes) -> None:
        """Hand a part of the body on."""
        self._framing = 0
        if self.newest is not None:
            self.newest.expects_continue = False
            self.newest.feed(part)

    def on_message_complete(self) -> None:
        """Complete the request."""
        if self._offer or self.newest is None:
            return
        self.newest.end()
        self.newest = None
        self.phase = Phase.IDLE
        self.wire = self._framing = 0
        self._owner.request_is_whole()

    # What they come down to

    def _begin_head(self) -> None:
        self._url = b""
        self._headers: list[Header] = []
        self._head_bytes = self._head_lines = 0
        self._expects_continue = False

    def _parse(self, data: bytes) -> None:
        while data:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self._declined() + data[offer.args[0] :]
            else:
                return

    def _declined(self) -> bytes:
        """Return the head of a request again without its offer; for the parser what follows an offer is no HTTP."""
        self._offer = False
        method, version = self._parser.get_method(), self._parser.get_http_version()
        self._parser = httptools.HttpRequestParser(self)
        return without_offer(method, self._url, version, self._headers)

    def _check_unparsed(self) -> None:
        """Bound what the parser holds without telling: it gives no part of a line, a frame or a trailer."""
        limits = self._limits
        if self.phase is Phase.BODY:
            if self.wire > limits.body_wire_bytes:
                raise RequestError(ProblemCode.TOO_LARGE)
            if self._framing > limits.framing_bytes:
                raise RequestError(ProblemCode.MALFORMED_REQUEST)
        elif self.wire > limits.head_bytes:
            raise RequestError(ProblemCode.HEADERS_TOO_LARGE)

    def _scope(self, version: str) -> Scope:
        try:
            path, raw_path, query = target(self._url)
        except (ValueError, httptools.HttpParserInvalidURLError) as error:
            raise RequestError(ProblemCode.MALFORMED_REQUEST) from error
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "scheme": "http",
            "root_path": "",
            "method": self._parser.get_method().decode("ascii"),
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self._headers,
        }
