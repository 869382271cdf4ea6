"""
Encryption at rest: a key ring in a file of its own, and random keys per day wrapped by it.

The ring never lies in the data directory, so that a copied or stolen data directory is unreadable. Destroying a
day's key makes everything sealed under it unreadable, in the database, its WAL, free pages and backups alike.
AES-256-GCM throughout; the sealed form names its key, so that newer keys open older data.
"""

import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Self
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from twinbeam.core.errors import ConfigError, StorageDamaged

_NONCE = 12
_KEY_BITS = 256
_DAY_BYTES = 4
_VERSION = b"\x01"


class NotOpenedHere(StorageDamaged):
    """This key ring, or this release, does not open what may well be whole: nothing is lost, so nothing is given up."""


class KeyRing:
    """
    The operator's keys: the first seals, any of them opens.

    One that was read from a file notices another file there, so that a key that was added or taken out counts in every
    process at once, before anything is sealed and where a key is missing. A file that cannot be read changes nothing.
    """

    def __init__(self, keys: list[tuple[str, bytes]], path: Path | None = None, mark: object = None) -> None:
        self._path = path
        self._mark = mark
        self._keys: dict[str, AESGCM] = {}
        self._take(keys)

    def _take(self, keys: list[tuple[str, bytes]]) -> None:
        """Take keys in; one that was taken out of the file still opens what this process sealed in its memory."""
        self._raw = [key for _, key in keys]
        self._ids = [name for name, _ in keys]
        self._keys |= {name: AESGCM(key) for name, key in keys}
        self._newest = keys[0][0]

    def look(self) -> bool:
        """Take in what the file holds by now; tells whether that is another one."""
        if self._path is None or (mark := _mark_of(self._path)) in (None, self._mark):
            return False
        try:
            keys = _read(self._path)
        except ConfigError:
            return False
        self._mark = mark
        self._take(keys)
        return True

    @property
    def ids(self) -> list[str]:
        """The ids of the keys, the one that seals first."""
        return list(self._ids)

    @classmethod
    def open_or_create(cls, path: Path) -> Self:
        """Read the key file, or make one that only its owner may read; raises ConfigError with the fix."""
        if not path.exists():
            _create(path)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the key file; raises ConfigError with the fix."""
        mark = _mark_of(path)
        return cls(_read(path), path, mark)

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """Encrypt; only the same `context` opens it again."""
        self.look()
        nonce = os.urandom(_NONCE)
        name = self._newest.encode()
        return bytes([len(name)]) + name + nonce + self._keys[self._newest].encrypt(nonce, secret, context)

    def open_sealed(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt; raises StorageDamaged when the key is missing or the bytes are not what was sealed."""
        name = key_id_of(sealed)
        key = self._keys.get(name)
        if key is None and self.look():
            key = self._keys.get(name)
        if key is None:
            raise StorageDamaged("the key ring lacks the key that sealed this; put back its backup")
        return _decrypt(key, sealed[1 + sealed[0] :], context)

    def sealed_anew(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return the same under the newest key, None where it is under that already; raises StorageDamaged."""
        self.look()
        return None if key_id_of(sealed) == self._newest else self.seal(self.open_sealed(sealed, context), context)

    def derived(self, purpose: bytes) -> list[bytes]:
        """Return keys for one purpose, in the order of the ring's own; none leads back to the ring or to another."""
        return [HKDF(SHA256(), _KEY_BITS // 8, salt=None, info=purpose).derive(key) for key in self._raw]


class DayKeys:
    """
    The keys of one database: a fresh random one per UTC day, kept there wrapped by the ring.

    A key that was destroyed is told from one that the ring does not open.
    """

    def __init__(
        self, ring: KeyRing, *, load: Callable[[int], bytes | None], save: Callable[[int, bytes], None]
    ) -> None:
        self._ring = ring
        self._load = load
        self._save = save
        self._open: dict[int, AESGCM] = {}

    def seal(self, day: int, secret: bytes, context: bytes) -> bytes:
        """Encrypt under the key of a day, made on first use."""
        return self.seal_all(day, [(secret, context)])[0]

    def seal_all(self, day: int, many: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
        """Encrypt as `seal` does: many (secret, context) in one go, which costs less for each."""
        if not many:
            return []
        encrypt = (self._open.get(day) or self._find(day) or self._make(day)).encrypt
        head, random = _VERSION + day.to_bytes(_DAY_BYTES, "big"), os.urandom(_NONCE * len(many))
        nonces = (random[at : at + _NONCE] for at in range(0, len(random), _NONCE))
        pairs = zip(nonces, many, strict=True)
        return [head + nonce + encrypt(nonce, secret, context) for nonce, (secret, context) in pairs]

    def open_sealed(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt; raises StorageDamaged when the day's key was destroyed or the bytes changed, or NotOpenedHere."""
        if sealed[:1] != _VERSION:
            kind = NotOpenedHere if sealed[:1] > _VERSION else StorageDamaged  # no older format was ever written
            raise kind(f"sealed bytes have format {sealed[:1].hex() or 'nothing'}; this release opens 01")
        day = int.from_bytes(sealed[1 : 1 + _DAY_BYTES], "big")
        key = self._open.get(day) or self._find(day)
        if key is None:
            raise StorageDamaged("the key of that day was destroyed")
        return _decrypt(key, sealed[1 + _DAY_BYTES :], context)

    def has(self, day: int) -> bool:
        """Return whether the key of a day is there; raises NotOpenedHere when the ring does not open it."""
        return day in self._open or self._find(day) is not None

    def forget(self, day: int) -> None:
        """Drop the unwrapped key of a day whose wrapped key was destroyed."""
        self._open.pop(day, None)

    def clear_cache(self) -> None:
        """Drop the unwrapped keys: after a rollback the database may not hold them."""
        self._open.clear()

    def _find(self, day: int) -> AESGCM | None:
        wrapped = self._load(day)
        if wrapped is None:
            return None
        try:
            self._open[day] = AESGCM(self._ring.open_sealed(wrapped, day_context(day)))
        except StorageDamaged as error:
            raise NotOpenedHere(str(error)) from error
        return self._open[day]

    def _make(self, day: int) -> AESGCM:
        key = AESGCM.generate_key(_KEY_BITS)
        self._save(day, self._ring.seal(key, day_context(day)))
        self._open[day] = AESGCM(key)
        return self._open[day]


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key of the ring that sealed something."""
    return sealed[1 : 1 + int.from_bytes(sealed[:1], "big")].decode(errors="replace")


def _mark_of(path: Path) -> object:
    """Return what tells one version of the file from another; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> list[tuple[str, bytes]]:
    """Read the key file; raises ConfigError with the fix."""
    try:
        mode = path.stat().st_mode & 0o777
        entries = json.loads(path.read_text())["keys"]
        keys = [(entry["id"], b64decode(entry["key"], validate=True)) for entry in entries]
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read ({error.strerror}); set TWINBEAM_KEYRING.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"The key file {path} is damaged; put back its backup.") from error
    if mode & 0o077:
        raise ConfigError(f"The key file {path} may be read by others (mode {mode:o}); run: chmod 600 {path}")
    if not keys or any(len(key) * 8 != _KEY_BITS for _, key in keys):
        raise ConfigError(f"The key file {path} must hold at least one key of {_KEY_BITS} bits.")
    _check_names(path, [name for name, _ in keys])
    return keys


def _check_names(path: Path, names: list[object]) -> None:
    """Refuse names that a sealed value could not carry, or that two keys share."""
    if any(not isinstance(name, str) or not 0 < len(name.encode()) < 256 for name in names):
        raise ConfigError(f"The key file {path} must give each key an id of 1 to 255 bytes.")
    if len(set(names)) < len(names):
        raise ConfigError(f"The key file {path} gives two keys the same id ({names}); put back its backup.")


def add_key(path: Path) -> str:
    """Put a new key in front of the others, in one step; returns its id. Raises OSError and ConfigError."""
    entry = _new_entry()
    _replace(path, [entry, *_entries(_read(path))])
    return entry["id"]


def keep_newest(path: Path) -> list[str]:
    """Take all keys out but the one that seals, in one step; returns their ids. Raises OSError and ConfigError."""
    newest, *rest = _read(path)
    if rest:
        _replace(path, _entries([newest]))
    return [name for name, _ in rest]


def _entries(keys: Iterable[tuple[str, bytes]]) -> list[dict[str, str]]:
    return [{"id": name, "key": b64encode(key).decode()} for name, key in keys]


def _new_entry() -> dict[str, str]:
    return {"id": secrets.token_hex(4), "key": b64encode(AESGCM.generate_key(_KEY_BITS)).decode()}


def _replace(path: Path, entries: list[dict[str, str]]) -> None:
    draft = _draft(path, entries)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(path: Path, entries: list[dict[str, str]]) -> Path:
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps({"keys": entries}, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = _draft(path, [_new_entry()])
    try:
        os.link(draft, path)  # the first of several starting processes wins; the others read its file
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def day_context(day: int) -> bytes:
    """Bind a wrapped key to its day."""
    return b"day-key" + day.to_bytes(_DAY_BYTES, "big")


def _decrypt(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], context)
    except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
        raise StorageDamaged("sealed bytes failed their check") from error
