"""
Consent receipts: what a visitor said, signed, so that a shop can carry it from the page to its server.

    tbc1_<claims>.<signature>       both base64url; the claims are MessagePack, the signature is HMAC-SHA256

A receipt holds answers with their times, the region, the banner's name and hashes of visitor and shop; no
token, no evidence, nothing of a person. It fits the metadata of payment providers (500 characters). Its place in
the chain: the page gets it with an answer, the shop puts it into cart attributes, order meta, payment metadata or
a hidden field, and the shop's server sends it as `consent_receipt`.

Whatever is wrong with a receipt, it says nothing then: it never permits, and never stands in the way.
"""

import binascii
import hmac
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from twinbeam.core import keys
from twinbeam.core.consent import NOTHING_SAID, ConsentRecord
from twinbeam.core.values import Arrival, Notice

PURPOSE = b"consent receipt 1"
"""What the keys of receipts are derived for; another format would be another purpose."""

LASTS_MS = 30 * 86_400_000  #: as long as click keys are kept by default
FIELD = "consent_receipt"

_PREFIX = "tbc1_"


class Refusal(StrEnum):
    """Why a receipt says nothing."""

    UNREADABLE = "receipt_unreadable"
    ALTERED = "receipt_altered"
    EXPIRED = "receipt_expired"
    FOREIGN = "receipt_foreign"

    @property
    def sentence(self) -> str:
        """What is wrong and how to mend it, for the sender."""
        return SENTENCES[self]


SENTENCES: dict[Refusal, str] = {
    Refusal.UNREADABLE: (
        "Is not a consent receipt and was ignored; send the `receipt` of an answer, whole and as it was given."
    ),
    Refusal.ALTERED: (
        "Is not as it was signed here and was ignored; send the `receipt` of an answer, whole and as it was given."
    ),
    Refusal.EXPIRED: (
        "Was signed more than 30 days ago and was ignored; pass on the receipt of the visitor's last visit."
    ),
    Refusal.FOREIGN: (
        "Belongs to another visitor, shop or workspace and was ignored; "
        "pass on the receipt of the very visit that the event belongs to."
    ),
}


class _Claims(Struct, frozen=True, gc=False, array_like=True):
    """What is signed."""

    issued_s: int
    scope: bytes  #: the shop's
    visitor: bytes  #: as the visit's copies are joined by it
    record: ConsentRecord


class ReceiptContent(Struct, frozen=True, gc=False):
    """What the receipt of an event says, and of whom."""

    record: ConsentRecord = NOTHING_SAID
    visitor: bytes = b""  #: hashed as the visit's copies are joined by it; empty when there is no receipt


NO_RECEIPT = ReceiptContent()

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Claims).decode


class Receipts:
    """Signs and checks; the first key signs, any of them verifies."""

    def __init__(self, signing: Sequence[bytes]) -> None:
        self._keys = signing

    def sign(self, record: ConsentRecord, visitor: bytes, scope: str, now_ms: int) -> str:
        """Return the receipt of what a visitor, by its hash, said; URL-safe."""
        claims = _Claims(now_ms // 1_000, _hashed(scope), visitor, replace(record, evidence=""))
        body = _PREFIX + _text(_encode(claims))
        return f"{body}.{_signature(self._keys[0], body)}"

    def verify(self, text: str, scope: str, visitor: bytes | None, now_ms: int) -> ConsentRecord | Refusal:
        """Return what a receipt says, or why it says nothing; `visitor` is whom the event names, if anybody."""
        found = self._open(text, scope, visitor, now_ms)
        return found.record if isinstance(found, _Claims) else found

    def heard(self, arrival: Arrival) -> ReceiptContent | Notice:
        """Return what the receipt of an event says, or what its sender should mend."""
        item, origin = arrival.item, arrival.origin
        if item.consent_receipt is None:
            return NO_RECEIPT
        visitor = None if item.visitor_id is None else keys.visit("visitor", origin.scope, item.visitor_id)
        found = self._open(item.consent_receipt, origin.scope, visitor, origin.received_ms)
        if isinstance(found, _Claims):
            return ReceiptContent(found.record, found.visitor)
        return Notice(arrival.index, FIELD, found, found.sentence)

    def _open(self, text: str, scope: str, visitor: bytes | None, now_ms: int) -> _Claims | Refusal:
        body, _, signature = text.rpartition(".")
        if not body.startswith(_PREFIX) or not text.isascii():
            return Refusal.UNREADABLE
        if not any(hmac.compare_digest(_signature(key, body), signature) for key in self._keys):
            return Refusal.ALTERED
        claims = _claims(body)
        if claims is None:
            return Refusal.UNREADABLE
        if claims.scope != _hashed(scope) or visitor not in (None, claims.visitor):
            return Refusal.FOREIGN
        return Refusal.EXPIRED if now_ms - claims.issued_s * 1_000 > LASTS_MS else claims


def _claims(body: str) -> _Claims | None:
    try:
        return _decode(binascii.a2b_base64(body[len(_PREFIX) :].encode().translate(_FROM_URL) + b"=="))
    except ValueError:  # of base64 and MessagePack alike
        return None


@lru_cache(maxsize=256)
def _hashed(scope: str) -> bytes:
    return keys.lookup("receipt", scope, "")


def _signature(key: bytes, body: str) -> str:
    return _text(hmac.digest(key, body.encode(), "sha256"))


def _text(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_URL).decode()


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
