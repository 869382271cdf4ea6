"""
One connection: in which order its requests are answered, how long we wait, how it ends.

We wait for its peer (`registry.waiting`) from its opening, or the end of the last answer, until a request is whole;
a peer that does not read our answer keeps us waiting as well.
"""

import asyncio
from collections import deque
from math import inf
from typing import Any

from twinbeam.http_server.exchange import Exchange
from twinbeam.http_server.reader import Phase, RequestError, RequestReader
from twinbeam.http_server.registry import Registry
from twinbeam.http_server.wording import refusal
from twinbeam.pipeline.accept.asgi import Scope
from twinbeam.pipeline.accept.problems import ProblemCode


class Connection(asyncio.Protocol):
    """What has come in over one connection, and what is owed to its peer."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.held = 0
        self.due = inf
        self._limits = registry.limits
        self._transport: Any = None
        self._reader = RequestReader(self, registry.limits)
        self._closing = False  #: what still comes is thrown away
        self._current: Exchange | None = None  #: the one that is answered
        self._queue: deque[Exchange] = deque()  #: those behind it
        self._last_words = b""
        self._discarded = 0
        self._unread = inf  #: bytes of ours that the peer had not read when it was last in delay
        self._paused = False
        self._ended = False  #: the peer will send nothing more
        self._read_by_peer: asyncio.Future[None] | None = None
        self._peers: tuple[Any, Any] = (None, None)

    # What the transport calls

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a first request."""
        self._transport = transport
        self._peers = (_place(transport, "peername"), _place(transport, "sockname"))
        self.registry.open.add(self)
        self.registry.wait_for(self, self._limits.head_seconds)

    def data_received(self, data: bytes) -> None:
        """Read on; the app hears of a request as soon as its head is whole."""
        if not self._closing:
            self.registry.hold(self, len(data))
        if self._closing:
            self._discard(len(data))
            return
        try:
            self._reader.feed(data)
        except RequestError as error:
            self._end_with(error.code)
        self._settle_reading()

    def eof_received(self) -> bool:
        """Keep our side open while an answer is owed to a request that came whole."""
        self._ended = True
        current = self._current
        return current is not None and current.whole and not current.begun

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell the apps that are at work, and forget everything."""
        self.registry.leave(self)
        self._closing = True
        for exchange in (self._current, *self._queue):
            if exchange is not None:
                exchange.hang_up()
        self._current = None
        self._reader.close()
        self._queue.clear()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Begin to wait for the peer to read."""
        self._read_by_peer = asyncio.get_running_loop().create_future()
        self.registry.wait_for(self, self._limits.write_seconds)

    def resume_writing(self) -> None:
        """Let the app go on."""
        if self._read_by_peer is None:
            return
        self._read_by_peer.set_result(None)
        self._read_by_peer = None
        self._unread = inf
        if self._current is not None and self._current.whole:
            self.registry.arrived(self)
            self.due = inf

    # What the reader calls

    def request_begins(self) -> None:
        """Wait for the rest of a head."""
        if len(self._queue) >= self._limits.pipelined:
            raise RequestError(None)
        self.registry.wait_for(self, self._limits.head_seconds)

    def head_is_whole(self, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> Exchange:
        """Let the app begin, as soon as it is this request's turn."""
        scope["client"], scope["server"] = self._peers
        exchange = Exchange(self, scope, keep_alive=keep_alive, expects_continue=expects_continue)
        if self._current is None:
            self._begin(exchange)
        else:
            self.due = inf  # nothing more of it is read for now
            self._queue.append(exchange)
        return exchange

    def request_is_whole(self) -> None:
        """Wait no longer."""
        self.registry.arrived(self)
        self.due = inf

    # What the exchanges call

    def keeps(self, exchange: Exchange) -> bool:
        """Return whether the connection may stay open behind this answer."""
        is_last = self._closing or self.registry.ending or self._ended
        return exchange.keep_alive and exchange.whole and not (is_last and not self._queue and not self._last_words)

    def write(self, data: bytes) -> None:
        """Write."""
        self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the peer has read most of what was written."""
        if self._read_by_peer is not None:
            await self._read_by_peer

    def wanted(self) -> None:
        """Read on, where reading paused for an app that was slower."""
        self._settle_reading()

    def answered(self, exchange: Exchange) -> None:
        """Begin what waits behind an answer, or wait for the next request, or end."""
        self._current = None
        if not exchange.keep_alive:
            self._last_words = b""
            self._end_softly(drain=not exchange.whole or self._closing)
        elif self._queue:
            self._begin(self._queue.popleft())
            self._settle_reading()
        elif self._closing:
            self._end_softly(drain=True)
        else:
            self._rest()

    def failed(self, exchange: Exchange, error: BaseException | None) -> None:
        """Report what the app did, and answer for it where that is still possible."""
        if not exchange.gone:
            self.registry.report("request.crashed", error=type(error).__name__, at=_place_of(error))
        if exchange is not self._current:
            return
        if exchange.begun:
            self._transport.abort()
            return
        self._current = None
        self._last_words = self._refusal(ProblemCode.INTERNAL, exchange.scope["raw_path"])
        self._queue.clear()
        self._end_softly(drain=True)

    # What the registry calls

    def evict(self) -> None:
        """Close at once, or as soon as an answer has left; whoever sent half a request finds none."""
        self._closing = True
        self.due = self.registry.now + self._limits.linger_seconds
        if self._read_by_peer is None and self._transport.get_write_buffer_size():
            self._transport.close()
        else:
            self._transport.abort()

    def refuse(self, code: ProblemCode) -> None:
        """End with a problem, behind the answers that are owed."""
        self._end_with(code)

    def overdue(self) -> None:
        """End a connection whose peer has taken too long."""
        unread = self._transport.get_write_buffer_size()
        if 0 < unread < self._unread:  # the peer reads, if slowly
            self._unread = unread
            self.due = self.registry.now + self._limits.write_seconds
        elif self._closing or self._read_by_peer is not None:
            self._transport.abort()
        elif self._reader.phase is Phase.IDLE:
            self._end_softly(drain=False)
        else:
            self._end_with(ProblemCode.HEAD_TOO_SLOW if self._reader.phase is Phase.HEAD else ProblemCode.TOO_SLOW)

    def finish(self) -> None:
        """End as soon as nothing is owed and no request is under way."""
        if not self._closing and self._current is None and self._reader.phase is Phase.IDLE:
            self._end_softly(drain=False)

    # What they all come down to

    def _refusal(self, code: ProblemCode, target: bytes) -> bytes:
        return refusal(self.registry.refusing(code, target))

    def _begin(self, exchange: Exchange) -> None:
        self._current = exchange
        if not exchange.whole:
            self.due = self.registry.now + self._limits.body_seconds
        exchange.run()

    def _rest(self) -> None:
        """Wait for the next request, or for the rest of one that has begun."""
        registry = self.registry
        registry.keep(self, self._reader.wire)
        if self._reader.phase is Phase.IDLE:
            if registry.ending or self._ended:
                self._end_softly(drain=False)
                return
            registry.wait_for(self, self._limits.idle_seconds)
        self._settle_reading()

    def _settle_reading(self) -> None:
        """Read while there is nobody before whom it would pile up."""
        newest = self._reader.newest
        crowded = newest is not None and newest.buffered > self._limits.buffered_bytes
        wanted = not (self._queue or crowded) or (self._closing and self._current is None)
        if wanted == self._paused and not self._transport.is_closing():
            self._paused = not wanted
            (self._transport.resume_reading if wanted else self._transport.pause_reading)()

    def _end_with(self, code: ProblemCode | None) -> None:
        """Read no more; the request under way is refused behind the answers that are owed."""
        if self._closing:
            return
        self._closing = True
        self.registry.arrived(self)
        self.due = inf
        self._last_words = self._refusal(code, self._reader.target) if code is not None else b""
        unfinished = self._reader.give_up()
        if unfinished is not None:
            unfinished.hang_up()
            if unfinished is self._current:
                self._current = None
                if unfinished.begun:
                    self._transport.abort()
                    return
            else:
                self._queue.remove(unfinished)
        if self._current is None:
            self._end_softly(drain=True)

    def _end_softly(self, *, drain: bool) -> None:
        """
        Say the last words, and close.

        Closed at once behind an early answer, the kernel would tell the peer to throw that answer away.
        """
        self._closing = True
        self._discarded = 0
        self.registry.keep(self, 0)
        self.registry.wait_for(self, self._limits.linger_seconds)
        if self._transport.is_closing():
            return
        if self._last_words:
            self._transport.write(self._last_words)
            self._last_words = b""
        if drain and not self._ended:
            self._transport.write_eof()
            self._settle_reading()
        else:
            self._transport.close()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self._limits.linger_bytes:
            if self._current is None:
                self._transport.abort()
            elif not self._paused:
                self._paused = True
                self._transport.pause_reading()


def _place(transport: Any, which: str) -> tuple[str, int] | None:
    found = transport.get_extra_info(which)
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) else None


def _place_of(error: BaseException | None) -> str:
    """Name where an exception came from: its text may quote what a visitor typed."""
    trace = error.__traceback__ if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
