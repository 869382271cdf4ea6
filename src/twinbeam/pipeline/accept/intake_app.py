"""
The intake: the hot path of the gateway, a bare ASGI app in front of whatever serves the other paths.

A request goes dialect, sender, limits, body, reading, fan-out, take; each step may end it with a problem. Nothing is
stored here: the answer is written only after `take` says that the arrivals are durable.
"""

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core.clock import Clock
from twinbeam.core.deliveries import Delivery
from twinbeam.core.errors import TwinbeamError
from twinbeam.core.rejections import RejectedEvent
from twinbeam.core.values import Arrival, Channel, Origin, Rejected
from twinbeam.pipeline.accept.answers import answer
from twinbeam.pipeline.accept.asgi import App, Receive, Reply, Scope, Send, write
from twinbeam.pipeline.accept.body import GONE, Gone, decoded, read_wire
from twinbeam.pipeline.accept.client_address import NO_PROXIES, Proxies
from twinbeam.pipeline.accept.connection import client_ip, edge_country, has_privacy_control, page_host, user_agent
from twinbeam.pipeline.accept.contract import (
    Acknowledgement,
    Answer,
    CountRejected,
    Dialect,
    Full,
    Greeting,
    Hear,
    Note,
    NoteRejected,
    Reading,
    Report,
    Request,
    Room,
    Served,
    Signature,
    Statements,
    Take,
)
from twinbeam.pipeline.accept.cross_origin import opened, preflight
from twinbeam.pipeline.accept.deliveries import delivery_of, lag_of
from twinbeam.pipeline.accept.directory import Directory, Sender
from twinbeam.pipeline.accept.drop_rules import speaks_elsewhere
from twinbeam.pipeline.accept.fanout import Fanned, fan_out
from twinbeam.pipeline.accept.not_found import not_found
from twinbeam.pipeline.accept.order_answers import left_alone, of_orders
from twinbeam.pipeline.accept.order_notes import notes_of
from twinbeam.pipeline.accept.problems import (
    MOST_BYTES,
    MOST_SIGNED_BYTES,
    Problem,
    ProblemCode,
    problem,
    problem_reply,
)
from twinbeam.pipeline.accept.rate_limits import NO_LIMITS, RateLimits
from twinbeam.pipeline.accept.rejections import is_rejecting, rejected_events
from twinbeam.pipeline.accept.statements import acknowledge, statements_of

CLIENT_GONE = 499  # never sent; the number nginx logs for it

_FULL = {Room.JOURNAL: ProblemCode.JOURNAL_FULL, Room.DISK: ProblemCode.DISK_FULL}


class _Call(Struct, frozen=True, gc=False):
    """A request, the dialect it is written in, and what is known of senders just now."""

    scope: Scope
    request: Request
    dialect: Dialect
    directory: Directory


class _End(Struct, frozen=True, gc=False):
    """How a request ended, and whose it was."""

    result: Answer | Acknowledgement | Greeting | Problem | Gone
    sender: Sender | None = None
    surprise: str = ""
    lag_ms: int | None = None  #: of what is stated of orders
    claimed: Signature | None = None  #: of a source that there is
    topic: str = ""  #: of what it has signed


def _unheard(_served: Served) -> None:
    """Report to nobody."""


def _unnoted(_source: str, _delivery: Delivery) -> None:
    """Note nothing."""


def _unlisted(_events: Iterable[RejectedEvent]) -> None:
    """Keep no sample."""


def _untold(_sender: Sender, _rejected: Sequence[Rejected]) -> None:
    """Count nothing."""


def _always() -> bool:
    """Believe the clock."""
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class IntakeApp:
    """Serve what is written in one of the dialects, and hand everything else to `fallback`."""

    directory: Callable[[], Directory]
    dialects: Sequence[Dialect]
    take: Take
    note: Note
    clock: Clock
    proxies: Proxies = NO_PROXIES
    limits: RateLimits = NO_LIMITS
    country_header: bytes = b""  #: lower-cased; in it a listed proxy names the client's country
    report: Report = _unheard
    hear: Hear = _unnoted
    note_rejected: NoteRejected = _unlisted
    count_rejected: CountRejected = _untold
    is_clock_right: Callable[[], bool] = _always  #: what a wrong clock takes for future must not be refused for good
    fallback: App = not_found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be an ASGI app."""
        if scope["type"] != "http":
            await self.fallback(scope, receive, send)
            return
        request = Request(scope["method"], scope["path"], scope["query_string"], dict(scope["headers"]))
        dialect = self._dialect_of(request)
        if dialect is not None:
            await self._serve(scope, request, dialect, receive, send)
        elif request.method != "POST" and self._dialect_of(_as_post(request)):
            await write(send, self._not_posted(request), head=request.method == "HEAD")
        else:
            await self.fallback(scope, receive, send)

    def _dialect_of(self, request: Request) -> Dialect | None:
        for dialect in self.dialects:
            if dialect.matches(request):
                return dialect
        return None

    async def _serve(self, scope: Scope, request: Request, dialect: Dialect, receive: Receive, send: Send) -> None:
        started = self.clock.monotonic()
        end = await self._guarded(scope, request, dialect, receive)
        status = CLIENT_GONE
        if not isinstance(end.result, Gone):
            reply = dialect.reply(end.result)
            status = reply.status
            asked_by_script = b"origin" in request.headers
            await write(send, self._opened(reply, request, end.sender) if asked_by_script else reply)
        self.report(_served(dialect.route, status, end, self.clock.monotonic() - started))
        if end.sender is not None and isinstance(end.result, (Answer, Problem)) and end.result.rejected:
            self.count_rejected(end.sender, end.result.rejected)
        if end.claimed is not None and not isinstance(end.result, Gone):
            signed = end.sender is not None
            heard = delivery_of(end.result, end.topic, self.clock.now_ms(), end.lag_ms, signed=signed)
            self.hear(end.claimed.source, heard)
        if end.sender is not None and is_rejecting(end.result):
            routing = self._known().routing(end.sender)
            self.note_rejected(rejected_events(end.result, end.sender, routing, self.clock.now_ms()))

    def _not_posted(self, request: Request) -> Reply:
        if request.method == "OPTIONS":
            return preflight(request.headers, request.query, self._known())
        return problem_reply(problem(ProblemCode.METHOD_NOT_ALLOWED))

    def _opened(self, reply: Reply, request: Request, sender: Sender | None) -> Reply:
        hosts = () if sender is None else self._known().routing(sender).hosts
        return opened(reply, request.headers, sender, hosts)

    def _known(self) -> Directory:
        """Return what is known of senders and pixels, which is nothing before it was read."""
        try:
            return self.directory()
        except TwinbeamError:
            return Directory()

    async def _guarded(self, scope: Scope, request: Request, dialect: Dialect, receive: Receive) -> _End:
        """Turn what nobody expected into a problem, so that no sender sees a traceback and no log a visitor."""
        try:
            if not self.is_clock_right():
                return _End(problem(ProblemCode.CLOCK_WRONG))
            return await self._admit(_Call(scope, request, dialect, self.directory()), receive)
        except TwinbeamError as error:
            return _End(problem(ProblemCode.UNAVAILABLE), surprise=_place(error))
        except Exception as error:  # noqa: BLE001 -- reported with type and line, and answered honestly
            return _End(problem(ProblemCode.INTERNAL), surprise=_place(error))

    async def _admit(self, call: _Call, receive: Receive) -> _End:
        """Find out whose request it is; a body is read only if its sender is known, or is to be told by it."""
        found = call.dialect.authenticate(call.request, call.directory)
        if isinstance(found, Problem):
            return _End(found)
        if isinstance(found, Signature):
            wire = await read_wire(receive, most_bytes=MOST_SIGNED_BYTES)  # for every name: it tells of no source
            end = await self._verify(call, found, wire)
            if not found.source:
                return end
            topic = found.topic(wire) if end.sender is not None and isinstance(wire, bytes) else ""
            return replace(end, claimed=found, topic=topic)

        address = client_ip(call.scope, self.proxies) if found.channel is Channel.BROWSER else None
        refused = self.limits.refused(found, address, self.clock.monotonic())
        if refused is not None:
            return _End(refused, found)
        return await self._carry(call, found, address, await read_wire(receive))

    async def _verify(self, call: _Call, signature: Signature, wire: bytes | Problem | Gone) -> _End:
        """Carry on what somebody known has signed; what nobody has counts against nobody."""
        if not isinstance(wire, bytes):
            return _End(wire)
        sender = signature.verify(wire, self.clock.now_ms())
        if isinstance(sender, (Problem, Greeting)):
            return _End(sender)
        call = replace(call, request=replace(call.request, sender=sender))
        return await self._carry(call, sender, None, wire)

    async def _carry(self, call: _Call, sender: Sender, address: str | None, wire: bytes | Problem | Gone) -> _End:
        """Read what a known sender sent, and carry it on; `address` is that of a page's visitor."""
        received_ms = self.clock.now_ms()
        reading = self._read(call, sender, address, wire, received_ms)
        if not isinstance(reading, (Reading, Statements)):
            return _End(reading, sender)

        origin = self._origin(call, sender, address, received_ms, reading.idempotency)
        routing = call.directory.routing(sender)
        from_page = routing.guarded and origin.channel is Channel.BROWSER
        sent_from = page_host(call.request.headers) if from_page else ""
        if isinstance(reading, Statements):
            statements = statements_of(reading, origin, lambda it: speaks_elsewhere(it, routing, origin, sent_from))
            return _End(await self._note(reading, statements), sender)
        notes = notes_of(reading, origin) if reading.orders or reading.requests else []
        taken = await self._take(reading, fan_out(reading, routing, origin, sent_from), notes)
        return _End(taken, sender, lag_ms=lag_of(reading, received_ms) if notes else None)

    def _read(
        self, call: _Call, sender: Sender, address: str | None, wire: bytes | Problem | Gone, received_ms: int
    ) -> Reading | Statements | Problem | Gone:
        """Read what sender and address may still send; others may have used it up while the body came."""
        refused = self.limits.refused(sender, address, self.clock.monotonic())
        if refused is not None:
            return refused
        most_bytes = MOST_BYTES if call.request.sender is None else MOST_SIGNED_BYTES
        body = decoded(wire, call.request.headers, most_bytes) if isinstance(wire, bytes) else wire
        reading = call.dialect.read(call.request, body, received_ms) if isinstance(body, bytes) else body
        events = len(reading.items) if isinstance(reading, (Reading, Statements)) else 0
        size = len(body) if isinstance(body, bytes) else MOST_BYTES if body is not GONE else 0
        self.limits.spend(sender, address, self.clock.monotonic(), events=events, size_bytes=size)
        return reading

    async def _take(self, reading: Reading, fanned: Fanned, notes: Sequence[Arrival]) -> Answer | Problem:
        if reading.is_empty:
            return Answer(0, [], [], [], fanned.notices, [])
        if not fanned.arrivals and not notes:
            return problem(ProblemCode.EVERY_EVENT_REJECTED, rejected=fanned.rejected)

        if reading.count:
            fanned = left_alone(fanned, reading)
        taken = await self.take([*fanned.arrivals, *notes] if notes else fanned.arrivals)
        if isinstance(taken, Full):
            return problem(_FULL[taken.room])
        made = answer(len(reading.items), fanned, taken)
        return of_orders(made, reading) if reading.count else made

    async def _note(self, reading: Statements, fanned: Fanned) -> Acknowledgement | Problem:
        if not fanned.arrivals:
            return problem(ProblemCode.EVERY_STATEMENT_REJECTED, rejected=fanned.rejected)

        noted = await self.note(fanned.arrivals)
        if isinstance(noted, Full):
            return problem(_FULL[noted.room])
        return acknowledge(len(reading.items), fanned, noted)

    def _origin(
        self, call: _Call, sender: Sender, address: str | None, received_ms: int, idempotency: str | None
    ) -> Origin:
        workspace, source, channel, shop = sender.workspace, sender.source, sender.channel, sender.shop
        if channel is not Channel.BROWSER:  # a server's own connection says nothing about the visitor
            return Origin(workspace, source, channel, received_ms, idempotency=idempotency, shop=shop)
        headers = call.request.headers
        return Origin(
            workspace,
            source,
            channel,
            received_ms,
            client_ip=address,
            user_agent=user_agent(headers),
            idempotency=idempotency,
            edge_country=edge_country(call.scope, headers, self.proxies, self.country_header),
            privacy_control=has_privacy_control(call.scope, headers),
            shop=shop,
        )


def _as_post(request: Request) -> Request:
    return Request("POST", request.path, request.query, request.headers)


def _served(route: str, status: int, end: _End, seconds: float) -> Served:
    source = "" if end.sender is None else end.sender.source
    match end.result:
        case Answer(accepted=accepted, dropped=dropped, rejected=rejected, held=held):
            return Served(route, status, seconds, "", source, accepted, len(dropped), len(rejected), len(held))
        case Acknowledgement(accepted=accepted, rejected=rejected):
            return Served(route, status, seconds, "", source, accepted, rejected=len(rejected))
        case Greeting():
            return Served(route, status, seconds, "", source)
        case Problem(code=code, rejected=rejected):
            return Served(route, status, seconds, code, source, rejected=len(rejected), surprise=end.surprise)
        case _:
            return Served(route, status, seconds, "client_gone", source)


def _place(error: BaseException) -> str:
    """Name an exception by type and line only: its text may quote what a visitor typed."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"
