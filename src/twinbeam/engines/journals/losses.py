"""
What was accepted and is gone: a line for each loss in a file of the journals' folder, for whoever runs `doctor`.

A loss is noted once and never removed by a program: a person has to see it, and may have to ask senders again.
"""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

FILE = "losses.jsonl"


class Loss(Struct, frozen=True):
    """Groups of a journal that nobody has any more."""

    journal: str  #: the id
    file: str
    after: int  #: the last group in front of them
    upto: int  #: the last of them
    events: int  #: how many were in them, at most
    at_ms: int  #: when that was noticed


def note_loss(folder: Path, loss: Loss) -> bool:
    """Append a loss, unless it is noted already; False where it is, or where the disk does not take it."""
    if any(
        (known.journal, known.after, known.upto) == (loss.journal, loss.after, loss.upto) for known in losses(folder)
    ):
        return False
    try:
        handle = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(b"\n" + msgspec.json.encode(loss) + b"\n")  # what is before it may be half a line
    except OSError:
        return False
    return True


def losses(folder: Path) -> list[Loss]:
    """List what was noted; half a line, from a disk that was full, is left out."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except OSError:
        return []
    return [loss for line in lines if (loss := _read(line)) is not None]


def _read(line: bytes) -> Loss | None:
    try:
        return msgspec.json.decode(line, type=Loss)
    except msgspec.MsgspecError:
        return None
