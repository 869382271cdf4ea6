"""
Requests for erasure, kept beside the key ring as well as in the store.

A store that is put back from a backup does not know of the requests since. The log does: it lies with the key ring,
outside the data folder, and the writer asks for whatever the store does not know once more. It says who is meant by
hashes that only the key ring opens.
"""

import fcntl
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from twinbeam.core.erasure import Erasure, Receipt
from twinbeam.core.errors import ConfigError, StorageBusy, StorageDamaged, StorageError
from twinbeam.engines.journals.sqlite import SqliteJournalReader, slots
from twinbeam.engines.keyring import KeyRing, key_id_of
from twinbeam.settings import Settings

_CONTEXT = b"erasure log"


class ErasureRequests(Protocol):
    """The part of a store that takes them."""

    def ask_erasure(self, request: Erasure) -> None:
        """Note a request for the writer to carry out."""
        ...

    def erasures(self) -> set[str]:
        """Name all requests that are known."""
        ...


class ErasureReceipts(Protocol):
    """The part of a store that tells what became of them."""

    def erasure(self, id_: str) -> Receipt | None:
        """Return the receipt of a request, or None while it is not carried out."""
        ...


class Reporter(Protocol):
    """Told about what needs a log line."""

    def happening(self, event: str, /, **fields: object) -> None:
        """Take note; never an identifier."""
        ...


class WriterErasures:
    """See admin.contract.Erasures for the promises; the writer itself carries them out, so nobody waits here."""

    def __init__(self, settings: Settings, ring: KeyRing, store: ErasureReceipts) -> None:
        self._settings = settings
        self._ring = ring
        self._store = store

    def positions(self) -> Mapping[str, int]:
        """Return how far each journal is written."""
        return positions(self._settings.journal_folder, self._ring)

    def remember(self, request: Erasure) -> None:
        """Write a request down beside the key ring."""
        remember(log_path(self._settings), self._ring, request)

    def carried_out(self, request_id: str) -> Receipt | None:
        """Return the receipt of a request, where it is carried out."""
        return self._store.erasure(request_id)


def log_path(settings: Settings) -> Path:
    """Return where the log lies."""
    return settings.keyring.with_suffix(".erasures")


def remember(path: Path, ring: KeyRing, request: Erasure) -> None:
    """Append a request for erasure to the log, durably, on a line of its own."""
    with _locked(path) as file:
        _begin_line(file)
        file.write(_line(ring, request))
        file.flush()
        os.fsync(file.fileno())


def seal_anew(path: Path, ring: KeyRing, reports: Reporter) -> int:
    """Put every request in the log under the newest key; tells how many were under another one."""
    if not path.exists():
        return 0
    with _locked(path) as file:
        file.seek(0)
        old = sum(not _is_newest(line, ring) for line in file.read().splitlines() if not _is_torn(line))
        if old:
            draft = path.with_name(f"{path.name}.draft")
            draft.touch(mode=0o600)
            with draft.open("wb") as anew:
                anew.writelines(_line(ring, request) for request in remembered(path, ring, reports))
                anew.flush()
                os.fsync(anew.fileno())
            draft.replace(path)
    return old


def _line(ring: KeyRing, request: Erasure) -> bytes:
    sealed = b64encode(ring.seal(msgspec.msgpack.encode(request), _CONTEXT)).decode()
    return json.dumps({"id": request.id, "asked_ms": request.asked_ms, "request": sealed}).encode() + b"\n"


def _is_newest(line: bytes, ring: KeyRing) -> bool:
    return key_id_of(b64decode(json.loads(line)["request"])) == ring.ids[0]


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Open the log for this process alone; one that was replaced while its turn was awaited is opened anew."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # given back with the file; another's line under way is no torn one
            if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                yield file
                return


def merge_log(path: Path, other: Path) -> int:
    """Append to the log what another copy of it holds beyond; tells how many requests there were."""
    with _locked(path) as file:
        _begin_line(file)
        file.seek(0)
        known = set(file.read().splitlines())
        missing = [line for line in other.read_bytes().splitlines() if line not in known and not _is_torn(line)]
        file.write(b"".join(line + b"\n" for line in missing))
        file.flush()
        os.fsync(file.fileno())
    return len(missing)


def _begin_line(file: BinaryIO) -> None:
    """End the last line, or take it away where a crash or a full disk left half of it: nobody was promised that."""
    file.seek(0)
    content = file.read()
    last = content.rpartition(b"\n")[2]
    if _is_torn(last):
        file.truncate(len(content) - len(last))
    elif last:
        file.write(b"\n")


def _is_torn(last: bytes) -> bool:
    """Return whether what follows the last end of a line is a part of a line."""
    try:
        json.loads(last or b"{}")
    except ValueError:
        return True
    return False


def remembered(path: Path, ring: KeyRing, reports: Reporter) -> list[Erasure]:
    """Read the log; reports half a last line, and raises ConfigError for any other that cannot be read."""
    if not path.exists():
        return []
    *lines, last = path.read_bytes().split(b"\n")
    if _is_torn(last):
        reports.happening("erasures.damaged", line=len(lines) + 1)
    else:
        lines.append(last)
    return [_read(path, ring, line) for line in lines if line]


def ask_again(
    store: ErasureRequests, settings: Settings, ring: KeyRing, reports: Reporter, *, folders: Sequence[Path] = ()
) -> int:
    """
    Ask a store for every request that it does not know, as after a restore; tells how many there were.

    What journals hold by now is recorded before: those in use, and those in other folders.
    """
    known = store.erasures()
    missing = [request for request in remembered(log_path(settings), ring, reports) if request.id not in known]
    # Whoever follows the journals reports those that cannot be read.
    upto: dict[str, int] = {}
    for folder in dict.fromkeys((settings.journal_folder, *folders)) if missing else ():
        upto |= positions(folder, ring, strict=False)
    for request in missing:
        store.ask_erasure(msgspec.structs.replace(request, upto=upto))
    return len(missing)


def positions(folder: Path, ring: KeyRing, *, strict: bool = True) -> Mapping[str, int]:
    """Return how far each journal is written by now; raises StorageError, with the file's name, unless not strict."""
    found: dict[str, int] = {}
    for path in slots(folder):
        try:
            found |= _position(path, ring)
        except StorageBusy:
            continue  # nothing was appended to it yet
        except StorageError:
            if strict:
                raise
    return found


def _position(path: Path, ring: KeyRing) -> dict[str, int]:
    reader = SqliteJournalReader(path, ring)
    try:
        return {reader.journal_id: reader.newest()[0]}
    finally:
        reader.close()


def _read(path: Path, ring: KeyRing, line: bytes) -> Erasure:
    try:
        sealed = b64decode(json.loads(line)["request"], validate=True)
        return msgspec.msgpack.decode(ring.open_sealed(sealed, _CONTEXT), type=Erasure)
    except (ValueError, KeyError, TypeError, StorageDamaged, msgspec.MsgspecError) as error:
        told = f"The log of erasures {path} cannot be read with this key ring; put back its backup."
        raise ConfigError(told) from error
