"""
Standard Webhooks: `POST /in/webhook/{source}`, signed with the source's secret (docs/howto/webhooks.md).

Source: the specification at https://github.com/standard-webhooks/standard-webhooks, 1.0. The signature is
`v1,<base64 of HMAC-SHA256 of "id.timestamp.body">`; the header lists one for each secret that the sender knows.
"""

import hmac
import re
from base64 import b64encode
from functools import partial
from hashlib import sha256
from itertools import islice

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from twinbeam.core.values import Item, Rejected
from twinbeam.pipeline.accept.asgi import Headers, Reply
from twinbeam.pipeline.accept.contract import Acknowledgement, Answer, Greeting, Reading, Request, Signature
from twinbeam.pipeline.accept.directory import Directory, Sender, SignedSource
from twinbeam.pipeline.accept.problems import MOST_IDEMPOTENCY_CHARS, Problem, ProblemCode, problem
from twinbeam.pipeline.accept.replies import json_reply
from twinbeam.sources import events_v1
from twinbeam.sources.envelope import opened
from twinbeam.sources.mapped_orders import read_mapped
from twinbeam.sources.shop_systems import rules_of, type_in
from twinbeam.sources.signed import SourceSignatures
from twinbeam.sources.times import seconds_of

TOLERANCE_MS = 300_000  #: as the specification's libraries have it; older ones are replays
MOST_SIGNATURES = 10  #: that are looked at; a sender has one for each of its secrets

NOT_SIGNED = (
    "The request lacks one of webhook-id, webhook-timestamp and webhook-signature, or one is not as it should be."
)
SIGN = "Send all three with each delivery: an id, whole seconds since 1970-01-01 UTC, and v1,SIGNATURE."
NOT_NOW = "The webhook-timestamp is more than 5 minutes away from this machine's time."
SIGN_ANEW = "Sign each attempt anew with the time it is made at, and check the clocks of both machines."
SHAPE = 'Send {"type": "...", "timestamp": "...", "data": {...}}; `data` is one event, or {"events": [{...}]}.'

_TIMESTAMP = re.compile(rb"[0-9]{1,11}")
_V1 = b"v1,"


class _Claim(Struct, frozen=True, gc=False):
    """What the head of a request claims."""

    id: bytes
    timestamp: bytes  #: digits: seconds since the epoch
    signatures: tuple[bytes, ...]  #: of the first version, in base64


class StandardWebhooks:
    """The dialect."""

    def __init__(self, sources: SourceSignatures) -> None:
        self._sources = sources
        self.route = f"{sources.prefix}{{source}}"

    def matches(self, request: Request) -> bool:
        """Return whether method and path are its own."""
        return self._sources.matches(request)

    def authenticate(self, request: Request, directory: Directory) -> Signature | Problem:
        """Return the signature that the body has to bear, whether or not there is such a source."""
        claim = _claimed(request.headers)
        if claim is None:
            return replace(problem(ProblemCode.INVALID_SIGNATURE, NOT_SIGNED), fix=SIGN)
        source = self._sources.named(request, directory)
        return self._sources.signature(source, partial(self._verify, claim), type_in)

    def read(self, request: Request, body: bytes, received_ms: int) -> Reading | Problem:
        """Return the events of a body; what repeats a delivery has the same `webhook-id`."""
        delivery = request.headers[b"webhook-id"].decode("latin-1")
        if mapping := rules_of(request).mapping:
            return read_mapped(body, mapping, received_ms, delivery)
        envelope = opened(body, ProblemCode.BAD_SHAPE)
        if isinstance(envelope, Problem):
            return _explained(envelope)
        if "data" not in envelope:
            return replace(problem(ProblemCode.BAD_SHAPE, field="data"), fix=SHAPE)
        reading = events_v1.read(_events_in(bytes(envelope["data"])))
        if isinstance(reading, Problem):
            return _explained(reading)
        said_s = seconds_of(_text(envelope.get("timestamp", Raw(b"null"))))
        items = [_timed(item, said_s) for item in reading.items]
        return Reading(items, reading.notices, delivery)

    def reply(self, result: Answer | Acknowledgement | Greeting | Problem) -> Reply:
        """Write JSON."""
        return json_reply(result)

    def _verify(self, claim: _Claim, source: SignedSource, body: bytes, received_ms: int) -> Sender | Problem:
        """Prove the signature first, and judge its time only once it fits."""
        if not self._sources.is_signed(source, claim.signatures, partial(_signature, claim, body)):
            return problem(ProblemCode.INVALID_SIGNATURE)
        if abs(int(claim.timestamp) * 1_000 - received_ms) > TOLERANCE_MS:
            return replace(problem(ProblemCode.INVALID_SIGNATURE, NOT_NOW), fix=SIGN_ANEW)
        return source


def _claimed(headers: Headers) -> _Claim | None:
    """Read what the head claims, or None where it claims nothing that can be checked."""
    id_, timestamp = headers.get(b"webhook-id", b""), headers.get(b"webhook-timestamp", b"")
    listed = headers.get(b"webhook-signature", b"").split(b" ", MOST_SIGNATURES * 2)
    signatures = tuple(islice((it.removeprefix(_V1) for it in listed if it.startswith(_V1)), MOST_SIGNATURES))
    usable = 0 < len(id_) <= MOST_IDEMPOTENCY_CHARS and b"\0" not in id_ and _TIMESTAMP.fullmatch(timestamp)
    return _Claim(id_, timestamp, signatures) if usable and signatures else None


def _signature(claim: _Claim, body: bytes, secret: bytes) -> bytes:
    return b64encode(hmac.digest(secret, b"%s.%s.%s" % (claim.id, claim.timestamp, body), sha256))


def _events_in(data: bytes) -> bytes:
    """Return the body of `POST /v1/events` that says the same."""
    try:
        fields = msgspec.json.decode(data, type=dict[str, Raw])
    except (ValueError, RecursionError):
        fields = {}
    return data if "events" in fields else b'{"events":[%s]}' % data


def _timed(item: Item | Rejected, said_s: int | None) -> Item | Rejected:
    """Take the envelope's time for that of an event which names none."""
    if isinstance(item, Rejected) or said_s is None or item.event_time is not None or item.age_ms is not None:
        return item
    return replace(item, event_time=said_s)


def _text(raw: Raw) -> object:
    try:
        return msgspec.json.decode(raw, type=str | int | float | None)
    except (ValueError, RecursionError):
        return None


def _explained(found: Problem) -> Problem:
    """Return what a body of this dialect looks like, where the events' own dialect would say it of its own."""
    return replace(found, fix=SHAPE) if found.code is ProblemCode.BAD_SHAPE else found
