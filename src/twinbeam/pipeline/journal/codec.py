"""
How a commit group is written: one version byte, then the signals as MessagePack, compressed.

The signals of a group say much the same. Compressed they take a quarter, and less time than it took to encrypt, write
and sync the rest of them (docs/decisions/0005-journal.md).

Newer code reads every older version; a reader that meets a newer one stops instead of guessing.
"""

from collections.abc import Sequence

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor, ZstdError, get_frame_parameters

from twinbeam.core.errors import StorageDamaged
from twinbeam.core.values import Signal

PLAIN = b"\x01"  #: MessagePack as it is
VERSION = b"\x02"  #: MessagePack in a zstd frame

#: Levels below zero are quicker: this one takes 1 us an event, level 1 nearly twice that for a quarter less.
_LEVEL = -3

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Signal]).decode
_decode_loosely = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_one = msgspec.msgpack.Decoder(Signal).decode


#: No group is so large; a frame that says so is not ours. Real want of memory is no damage, and is tried again.
_MOST_BYTES = 2**32

#: What is raised on bytes that are not ours: no MessagePack, other types, no UTF-8, nested to break readers, no frame.
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError, ZstdError)


def encode(signals: Sequence[Signal]) -> bytes:
    """Write a group."""
    return VERSION + ZstdCompressor(level=_LEVEL).compress(_encode(signals))  # one for all threads would break


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


def _content(body: bytes) -> memoryview | bytes:
    version, content = body[:1], memoryview(body)[1:]
    if version == VERSION:
        return _unpacked(content)
    if version == PLAIN:
        return content
    raise StorageDamaged(f"a journal group has format {version.hex() or 'nothing'}; this release reads 01 and 02")


def _unpacked(frame: memoryview) -> bytes:
    if get_frame_parameters(frame).content_size > _MOST_BYTES:
        raise ValueError("it says that it holds more than any group does")
    return ZstdDecompressor().decompress(frame)
