"""
The file of `--data`: each change of the world appended as a record, replayed when the emulator starts again.

Records are MessagePack behind their length in four bytes. Everything that depends on time or chance (times of
receipt, tokens, request ids) is in them, so replaying gives the same world. A record torn by a crash is cut off; what
was answered in the last moments before a power cut may be missing, for nothing is synced.
"""

import fcntl
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from tiktok_emulator.accounts import Seed
from tiktok_emulator.change_listener import ChangeListener
from tiktok_emulator.faults import Where
from tiktok_emulator.requests import Logged
from tiktok_emulator.rules import Finding
from tiktok_emulator.switches import Switches
from tiktok_emulator.world import Batch, Item, World

MAGIC = b"TIKTOK-EMULATOR-1\n"
_LENGTH = struct.Struct(">I")


class DataFileError(Exception):
    """The data file cannot be used; the message says why."""


class EventsTaken(msgspec.Struct, frozen=True, tag="take"):
    """Events were taken in."""

    batch: Batch
    bodies: list[bytes]


class FindingsNoted(msgspec.Struct, frozen=True, tag="note"):
    """Something was found wrong in a call."""

    where: Where
    findings: list[Finding]


class CallAnswered(msgspec.Struct, frozen=True, tag="call"):
    """A call was answered."""

    call: Logged


class StateChanged(msgspec.Struct, frozen=True, tag="state"):
    """Accounts, switches, clock and dismissals now are these."""

    accounts: Seed
    switches: Switches
    offset_ms: int
    frozen_ms: int | None
    dismissed: list[tuple[str, str, str, int]]


class WorldReset(msgspec.Struct, frozen=True, tag="reset"):
    """Events, calls, faults and scripts were forgotten."""


Record = EventsTaken | FindingsNoted | CallAnswered | StateChanged | WorldReset

_DECODER = msgspec.msgpack.Decoder(Record)
_ENCODER = msgspec.msgpack.Encoder()


class DataFile(ChangeListener):
    """Appends each change to the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def close(self) -> None:
        """Give up the file."""
        self._file.close()

    def on_events(self, batch: Batch, items: list[Item]) -> None:
        """Write down events."""
        self._write(EventsTaken(batch, [bytes(item.raw) for item in items]))

    def on_findings(self, where: Where, findings: list[Finding]) -> None:
        """Write down findings."""
        self._write(FindingsNoted(where, findings))

    def on_call(self, call: Logged) -> None:
        """Write down a call."""
        self._write(CallAnswered(call))

    def on_state(self, world: World) -> None:
        """Write down accounts, switches, clock and dismissals."""
        offset_ms, frozen_ms = world.clock.state
        dismissed = [(*key, count) for key, count in world.dismissed.items()]
        self._write(StateChanged(world.accounts.seed(), world.switches, offset_ms, frozen_ms, dismissed))

    def on_reset(self) -> None:
        """Write down that everything was forgotten."""
        self._write(WorldReset())

    def _write(self, record: Record) -> None:
        body = _ENCODER.encode(record)
        self._file.write(_LENGTH.pack(len(body)) + body)
        self._file.flush()


def open_data_file(path: Path, world: World) -> DataFile:
    """Replay a file into a fresh world and go on writing to it; raises `DataFileError` or `OSError`."""
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise DataFileError(f"{path} is in use by another emulator.") from None
    file.seek(0)
    if not (start := file.read(len(MAGIC))):
        file.write(MAGIC)
    elif start != MAGIC:
        file.close()
        raise DataFileError(f"{path} is not a data file of this emulator.")
    for record in _records(file):
        replay(world, record)
    world.listener = DataFile(file)
    return world.listener


def _records(file: BinaryIO) -> Iterator[Record]:
    """Read record by record; what follows the last whole one is cut off."""
    while True:
        start = file.tell()
        head = file.read(_LENGTH.size)
        body = file.read(_LENGTH.unpack(head)[0]) if len(head) == _LENGTH.size else b""
        if not body or len(body) < _LENGTH.unpack(head)[0]:
            file.truncate(start)
            return
        yield _DECODER.decode(body)


def replay(world: World, record: Record) -> None:
    """Make one change again."""
    match record:
        case EventsTaken():
            items = [Item(msgspec.Raw(body), msgspec.json.decode(body)) for body in record.bodies]
            world.take(record.batch, items)
        case FindingsNoted():
            world.note(record.where, record.findings)
        case CallAnswered():
            world.log.restore(record.call)
        case StateChanged():
            _restore(world, record)
        case WorldReset():
            world.reset()


def _restore(world: World, state: StateChanged) -> None:
    world.replace_accounts(state.accounts)
    world.switches = state.switches
    world.clock.restore(state.offset_ms, state.frozen_ms)
    world.dismissed = {(rule, source_id, event): count for rule, source_id, event, count in state.dismissed}
