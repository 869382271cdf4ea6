"""What is in a backup: versions, times, counts, and the SHA-256 of each file."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from twinbeam import __version__
from twinbeam.core.errors import ConfigError

FORMAT = 1
FILE = "manifest.json"
SUM = "manifest.sha256"  #: of the manifest itself
JOURNALS = "journals"
KEYRING = "keyring.json"
ERASURES = "keyring.erasures"

_PIECE_BYTES = 1024**2
_TAKE_ANOTHER = "Take another backup; this one was damaged or changed."


class BackupFile(Struct, frozen=True):
    """One file of a backup."""

    name: str
    bytes: int
    sha256: str


class JournalPart(Struct, frozen=True):
    """A journal as it lies in a backup."""

    file: str
    id: str
    newest: int  #: the number of its newest group
    events: int  #: appended to it up to there


class BackupManifest(Struct, frozen=True, kw_only=True):
    """See docs/howto/operate.md for what it means to a reader."""

    format: int = FORMAT
    twinbeam: str = __version__
    schema: int  #: of the hot tables
    tables: str  #: of the others
    taken_ms: int  #: of what moment the store is
    finished_ms: int
    recorded: int  #: events in the store
    conversions: dict[str, int]  #: by state
    journals: list[JournalPart]
    cursors: dict[str, int]  #: how far the store has recorded each journal
    keys: list[str]  #: the ids of the keys of the ring
    has_key_ring: bool
    files: list[BackupFile]


def described(folder: Path, name: str) -> BackupFile:
    """Return what a manifest says of a file."""
    path = folder / name
    return BackupFile(name, path.stat().st_size, digest_of(path))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def write(folder: Path, manifest: BackupManifest) -> None:
    """Write a manifest and its own checksum."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    write_durably(folder / FILE, text)
    write_durably(folder / SUM, f"{hashlib.sha256(text).hexdigest()}  {FILE}\n".encode())


def read(folder: Path) -> BackupManifest:
    """Read the manifest of a backup; raises ConfigError, with the file and the mend."""
    path = folder / FILE
    try:
        text, noted = path.read_bytes(), (folder / SUM).read_text().split()
    except OSError as error:
        told = f"{folder} is no whole backup: {error.filename} cannot be read ({error.strerror})."
        raise ConfigError(f"{told} Name a folder that twinbeam backup made.") from error
    if noted[:1] != [hashlib.sha256(text).hexdigest()]:
        raise ConfigError(f"{path} is not as it was written. {_TAKE_ANOTHER}")
    try:
        form = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("format", msgspec.Raw(b"0"))
        if int(bytes(form)) > FORMAT:
            raise ConfigError(
                f"{path} was written by a newer release of Twinbeam. Install that one and restore with it."
            )
        return msgspec.json.decode(text, type=BackupManifest)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read. {_TAKE_ANOTHER}") from error


def check_files(folder: Path, files: Iterable[BackupFile]) -> None:
    """Hold the files of a backup against its manifest; raises ConfigError, with the file and the mend."""
    for file in files:
        path = folder / file.name
        try:
            size = path.stat().st_size
            if size != file.bytes:
                raise ConfigError(f"{path} has {size} bytes and had {file.bytes}. {_TAKE_ANOTHER}")
            if digest_of(path) != file.sha256:
                raise ConfigError(f"{path} is not as it was written: its SHA-256 differs. {_TAKE_ANOTHER}")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read ({error.strerror}). {_TAKE_ANOTHER}") from error


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, down to the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, down to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
