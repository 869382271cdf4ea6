"""The request log: the last 10,000 calls of senders and browsers, with their bodies while these fit."""

from collections import deque
from hashlib import sha256
from itertools import islice

import msgspec

KEPT_REQUESTS = 10_000
KEPT_BODY_BYTES = 256 * 1024 * 1024


class Logged(msgspec.Struct, kw_only=True):
    """One call and how it was answered."""

    seq: int
    at_ms: int
    method: str
    path: str
    source_id: str
    events: int
    event_ids: tuple[str, ...]
    status: int  #: 0 if the connection was reset or left hanging.
    code: int
    request_id: str
    trouble: str  #: The kind of scripted trouble it met, or empty.
    size: int  #: Of the body, in bytes.
    body: bytes
    digest: str = ""

    @property
    def sha256(self) -> str:
        """Hash of the body, in hex."""
        return self.digest or sha256(self.body).hexdigest()


class RequestLog:
    """Calls in the order in which they were answered."""

    def __init__(self) -> None:
        self._kept: deque[Logged] = deque()
        self._with_body: deque[Logged] = deque()
        self._body_bytes = 0
        self._seq = 0

    def next_seq(self) -> int:
        """Return the number of the call that is being answered now."""
        self._seq += 1
        return self._seq

    def restore(self, call: Logged) -> None:
        """Keep a call from an earlier run, and count on from it."""
        self._seq = max(self._seq, call.seq)
        self.add(call)

    def add(self, call: Logged) -> None:
        """Keep a call; beyond the room for bodies the oldest keep only their hash."""
        self._kept.append(call)
        if len(self._kept) > KEPT_REQUESTS:
            self._kept.popleft()
        self._with_body.append(call)
        self._body_bytes += call.size
        while len(self._with_body) > KEPT_REQUESTS or self._body_bytes > KEPT_BODY_BYTES:
            self._drop_body(self._with_body.popleft())

    def _drop_body(self, call: Logged) -> None:
        call.digest, call.body = call.sha256, b""
        self._body_bytes -= call.size

    def after(self, seq: int, limit: int) -> list[Logged]:
        """List calls numbered above `seq`, lowest first; a call still held up by scripted delay is not listed yet."""
        skipped = max(0, seq + 1 - self._kept[0].seq) if self._kept else 0
        return list(islice(self._kept, skipped, skipped + limit))

    @property
    def count(self) -> int:
        """How many calls were answered."""
        return self._seq
