"""
The intake: the hot path of the gateway, a bare ASGI app in front of whatever serves the other paths.

A request goes key, limits, body, dialect, fan-out, take; each step may end it with a problem. Nothing is stored here:
the answer is written only after `take` says that the arrivals are durable.
"""

import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from msgspec import Struct

from twinbeam.core.clock import Clock
from twinbeam.core.errors import TwinbeamError
from twinbeam.core.values import Channel, KeyKind, Origin
from twinbeam.pipeline.accept.answers import Answer, answer, answer_reply
from twinbeam.pipeline.accept.asgi import App, Headers, Receive, Reply, Scope, Send, write
from twinbeam.pipeline.accept.body import GONE, Gone, read_body
from twinbeam.pipeline.accept.client_address import NO_PROXIES, Proxies, country_code
from twinbeam.pipeline.accept.contract import Full, Note, Reader, Reading, Report, Room, Served, Take
from twinbeam.pipeline.accept.credentials import may_write, presented
from twinbeam.pipeline.accept.cross_origin import opened, preflight
from twinbeam.pipeline.accept.directory import AccessKey, Directory
from twinbeam.pipeline.accept.drop_rules import speaks_elsewhere
from twinbeam.pipeline.accept.fanout import Fanned, fan_out
from twinbeam.pipeline.accept.hosts import host_of
from twinbeam.pipeline.accept.not_found import not_found
from twinbeam.pipeline.accept.problems import (
    MOST_BYTES,
    MOST_IDEMPOTENCY_CHARS,
    Problem,
    ProblemCode,
    problem,
    problem_reply,
)
from twinbeam.pipeline.accept.rate_limits import NO_LIMITS, RateLimits
from twinbeam.pipeline.accept.statements import (
    CONSENT_PATH,
    Acknowledgement,
    acknowledge,
    acknowledgement_reply,
    statements_of,
)

MOST_USER_AGENT_CHARS = 1_000
CLIENT_GONE = 499  # never sent; the number nginx logs for it

_FULL = {Room.JOURNAL: ProblemCode.JOURNAL_FULL, Room.DISK: ProblemCode.DISK_FULL}


class _End(Struct, frozen=True, gc=False):
    """How a request ended, and whose it was."""

    result: Answer | Acknowledgement | Problem | Gone
    key: AccessKey | None = None
    surprise: str = ""


def _unheard(_served: Served) -> None:
    """Report to nobody."""


def _always() -> bool:
    """Believe the clock."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class IntakeApp:
    """Serve the paths of the dialects, and hand everything else to `fallback`."""

    directory: Callable[[], Directory]
    dialects: Mapping[str, Reader]
    take: Take
    note: Note
    clock: Clock
    proxies: Proxies = NO_PROXIES
    limits: RateLimits = NO_LIMITS
    country_header: bytes = b""  #: lower-cased; in it a listed proxy names the client's country
    report: Report = _unheard
    is_clock_right: Callable[[], bool] = _always  #: what a wrong clock takes for future must not be refused for good
    fallback: App = not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        reader = self.dialects.get(scope["path"]) if scope["type"] == "http" else None
        if reader is None:
            await self.fallback(scope, receive, send)
        elif scope["method"] == "POST":
            await self._serve(scope, receive, send, reader)
        else:
            await write(send, self._not_posted(scope), head=scope["method"] == "HEAD")

    async def _serve(self, scope: Scope, receive: Receive, send: Send, reader: Reader) -> None:
        started = self.clock.monotonic()
        headers: Headers = dict(scope["headers"])
        end = await self._guarded(scope, headers, receive, reader)
        if not isinstance(end.result, Gone):
            await write(send, opened(_reply(end.result), headers, end.key, self._hosts_of(end.key)))
        self.report(_served(scope["path"], end, self.clock.monotonic() - started))

    def _not_posted(self, scope: Scope) -> Reply:
        if scope["method"] == "OPTIONS":
            return preflight(dict(scope["headers"]), scope["query_string"], self._known())
        return problem_reply(problem(ProblemCode.METHOD_NOT_ALLOWED))

    def _hosts_of(self, key: AccessKey | None) -> Collection[str]:
        return () if key is None else self._known().routing(key).hosts

    def _known(self) -> Directory:
        """Give what is known of keys and pixels, which is nothing before it was read."""
        try:
            return self.directory()
        except TwinbeamError:
            return Directory()

    async def _guarded(self, scope: Scope, headers: Headers, receive: Receive, reader: Reader) -> _End:
        """Turn what nobody expected into a problem, so that no sender sees a traceback and no log a visitor."""
        try:
            return await self._admit(scope, headers, receive, reader)
        except TwinbeamError as error:
            return _End(problem(ProblemCode.UNAVAILABLE), surprise=_place(error))
        except Exception as error:  # noqa: BLE001 -- reported with type and line, and answered honestly
            return _End(problem(ProblemCode.INTERNAL), surprise=_place(error))

    async def _admit(self, scope: Scope, headers: Headers, receive: Receive, reader: Reader) -> _End:
        if not self.is_clock_right():
            return _End(problem(ProblemCode.CLOCK_WRONG))

        directory = self.directory()
        key = may_write(presented(headers, scope["query_string"]), directory)
        if isinstance(key, Problem):
            return _End(key)

        client_ip = self._client_ip(scope) if key.kind is KeyKind.BROWSER else None
        reading = await self._read(receive, headers, reader, key, client_ip)
        if not isinstance(reading, Reading):
            return _End(reading, key)

        origin = self._origin(scope, headers, key, client_ip)
        if isinstance(origin, Problem):
            return _End(origin, key)
        routing = directory.routing(key)
        sent_from = _page_host(headers) if routing.guarded and key.kind is KeyKind.BROWSER else ""
        if scope["path"] == CONSENT_PATH:
            statements = statements_of(reading, origin, elsewhere=speaks_elsewhere(routing, origin, sent_from))
            return _End(await self._note(reading, statements), key)

        return _End(await self._take(reading, fan_out(reading, routing, origin, sent_from)), key)

    async def _read(
        self, receive: Receive, headers: Headers, reader: Reader, key: AccessKey, client_ip: str | None
    ) -> Reading | Problem | Gone:
        """Read what a key and an address may still send; others may have used it up while the body came."""
        refused = self.limits.refused(key, client_ip, self.clock.monotonic())
        if refused is not None:
            return refused
        body = await read_body(receive, headers)
        refused = self.limits.refused(key, client_ip, self.clock.monotonic())
        if refused is not None:
            return refused
        reading = reader(body) if isinstance(body, bytes) else body
        events = len(reading.items) if isinstance(reading, Reading) else 0
        size = len(body) if isinstance(body, bytes) else MOST_BYTES if body is not GONE else 0
        self.limits.spend(key, client_ip, self.clock.monotonic(), events=events, size_bytes=size)
        return reading

    async def _take(self, reading: Reading, fanned: Fanned) -> Answer | Problem:
        if not fanned.arrivals:
            return problem(ProblemCode.EVERY_EVENT_REJECTED, rejected=fanned.rejected)

        taken = await self.take(fanned.arrivals)
        if isinstance(taken, Full):
            return problem(_FULL[taken.room])
        return answer(len(reading.items), fanned, taken)

    async def _note(self, reading: Reading, fanned: Fanned) -> Acknowledgement | Problem:
        if not fanned.arrivals:
            return problem(ProblemCode.EVERY_STATEMENT_REJECTED, rejected=fanned.rejected)

        noted = await self.note(fanned.arrivals)
        if isinstance(noted, Full):
            return problem(_FULL[noted.room])
        return acknowledge(len(reading.items), fanned, noted)

    def _origin(self, scope: Scope, headers: Headers, key: AccessKey, client_ip: str | None) -> Origin | Problem:
        idempotency = headers.get(b"idempotency-key", b"").decode("latin-1") or None
        if idempotency is not None and (len(idempotency) > MOST_IDEMPOTENCY_CHARS or "\0" in idempotency):
            return problem(ProblemCode.BAD_IDEMPOTENCY_KEY)

        now_ms = self.clock.now_ms()
        if key.kind is not KeyKind.BROWSER:
            return Origin(key.workspace, key.source, Channel.SERVER, now_ms, idempotency=idempotency, shop=key.shop)

        return Origin(
            key.workspace,
            key.source,
            Channel.BROWSER,
            now_ms,
            client_ip=client_ip,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:MOST_USER_AGENT_CHARS] or None,
            idempotency=idempotency,
            edge_country=self._edge_country(_peer(scope), headers) if self.country_header else None,
            privacy_control=b"sec-gpc" in headers and _opted_out(scope),
            shop=key.shop,
        )

    def _client_ip(self, scope: Scope) -> str | None:
        """Ask the proxies; a header that was sent in several lines counts as one list, in their order."""
        lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return self.proxies.client_ip(_peer(scope), b",".join(lines).decode("latin-1"))

    def _edge_country(self, peer: str, headers: Headers) -> str | None:
        """Give the country that a listed proxy saw; from anybody else the header is worth nothing."""
        written = headers.get(self.country_header)
        return country_code(written) if written is not None and self.proxies.believed(peer) else None


def _opted_out(scope: Scope) -> bool:
    """Tell whether a browser says Global Privacy Control in any line of its header, or in any place of one."""
    lines = [value for name, value in scope["headers"] if name == b"sec-gpc"]
    return any(part.strip() == b"1" for line in lines for part in line.split(b","))


def _peer(scope: Scope) -> str:
    """Give the address at the other end of the connection."""
    peer: str = (scope.get("client") or ("",))[0]
    return peer


def _page_host(headers: Headers) -> str:
    """Give the host of the page that a browser sends from; a sandboxed frame says "null", which names none."""
    return host_of(headers.get(b"origin", b"").decode("latin-1"))


def _reply(result: Answer | Acknowledgement | Problem) -> Reply:
    match result:
        case Answer():
            return answer_reply(result)
        case Acknowledgement():
            return acknowledgement_reply(result)
        case _:
            return problem_reply(result)


def _served(path: str, end: _End, seconds: float) -> Served:
    source = "" if end.key is None else end.key.source
    match end.result:
        case Answer(accepted=accepted, dropped=dropped, rejected=rejected, held=held):
            return Served(path, 202, seconds, "", source, accepted, len(dropped), len(rejected), len(held))
        case Acknowledgement(accepted=accepted, rejected=rejected):
            return Served(path, 202, seconds, "", source, accepted, rejected=len(rejected))
        case Problem(status=status, code=code, rejected=rejected):
            return Served(path, status, seconds, code, source, rejected=len(rejected), surprise=end.surprise)
        case _:
            return Served(path, CLIENT_GONE, seconds, "client_gone", source)


def _place(error: BaseException) -> str:
    """Name an exception by type and line only: its text may quote what a visitor typed."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"
