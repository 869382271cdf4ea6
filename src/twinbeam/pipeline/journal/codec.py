"""
How a commit group is written: one version byte, then the signals as MessagePack.

Newer code reads every older version; a reader that meets a newer one stops instead of guessing.
"""

from collections.abc import Sequence

import msgspec

from twinbeam.core.errors import StorageDamaged
from twinbeam.core.values import Signal

VERSION = b"\x01"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Signal]).decode
_decode_loosely = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_one = msgspec.msgpack.Decoder(Signal).decode


#: What msgspec raises on bytes that are not ours: no MessagePack, other types, no UTF-8, or nested to break readers.
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def encode(signals: Sequence[Signal]) -> bytes:
    """Write a group."""
    return VERSION + _encode(signals)


def decode(body: bytes) -> list[Signal]:
    """Read a group; raises StorageDamaged if it cannot be understood as a whole."""
    try:
        return _decode(_content(body))
    except _UNREADABLE as error:
        raise StorageDamaged(f"a journal group cannot be read: {error}") from error


def decode_each(body: bytes) -> list[Signal | bytes]:
    """Read a group item by item; an item that cannot be understood is given as its raw bytes."""
    try:
        return [_one(raw) for raw in _decode_loosely(_content(body))]
    except _UNREADABLE:
        return [body]


def _one(raw: msgspec.Raw) -> Signal | bytes:
    try:
        return _decode_one(raw)
    except _UNREADABLE:
        return bytes(raw)


def _content(body: bytes) -> memoryview:
    if body[:1] != VERSION:
        raise StorageDamaged(f"a journal group has format {body[:1].hex() or 'nothing'}; this release reads 01")
    return memoryview(body)[1:]
