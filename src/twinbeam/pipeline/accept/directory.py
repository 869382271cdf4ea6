"""
What intake knows of keys and pixels: a snapshot that outlives a lost database.

The composition root reads it from `directory.json` and swaps it as a whole when the file changes.
Key texts are never in it, only their hashes: a key is 24 random bytes, so a plain SHA-256 cannot be undone.
"""

import secrets
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from msgspec import Struct

from twinbeam.core.errors import StorageDamaged
from twinbeam.core.rules import ConsentRules, PixelRules
from twinbeam.core.values import EventSource, KeyKind

PREFIXES: Mapping[KeyKind, str] = {KeyKind.SERVER: "tbs_", KeyKind.BROWSER: "tbb_", KeyKind.READ: "tbr_"}
_RANDOM_BYTES = 24  # 32 URL-safe characters


class WriteKey(Struct, frozen=True, gc=False):
    """What the holder of a key may do, and where their events go."""

    id: str
    kind: KeyKind
    workspace: str
    source: str
    pixels: tuple[str, ...] = ()


class PixelEntry(Struct, frozen=True, gc=False):
    """One pixel or event set, as far as intake needs to know it."""

    code: str
    workspace: str
    event_source: EventSource = "web"
    consent: str = "require"  #: the name of a consent policy
    name: str = ""

    @property
    def rules(self) -> PixelRules:
        """Give what its owner decided; a policy that is not known asks for permission."""
        return _RULES.get(self.consent, _RULES["require"])


class Directory(Struct, frozen=True):
    """Keys by the hash of their text, pixels by code."""

    keys: dict[str, WriteKey] = {}
    pixels: dict[str, PixelEntry] = {}

    def find(self, key_text: str) -> WriteKey | None:
        """Give the key with this text, or None."""
        return self.keys.get(fingerprint(key_text))

    def pixels_of(self, key: WriteKey) -> list[PixelEntry]:
        """Give the pixels a key leads to; never one of another workspace."""
        known = [self.pixels.get(code) for code in key.pixels]
        return [pixel for pixel in known if pixel is not None and pixel.workspace == key.workspace]

    def encode(self) -> bytes:
        """Give the snapshot as JSON."""
        return msgspec.json.format(_ENCODER.encode(self))

    @classmethod
    def decode(cls, snapshot: bytes) -> "Directory":
        """Read a snapshot; raises StorageDamaged."""
        try:
            return _DECODER.decode(snapshot)
        except (ValueError, RecursionError) as error:
            raise StorageDamaged(f"the directory of keys and pixels cannot be read: {error}") from error


def fingerprint(key_text: str) -> str:
    """Give the hex SHA-256 under which a key is known."""
    return sha256(key_text.encode(errors="surrogateescape")).hexdigest()


def mint(kind: KeyKind) -> str:
    """Draw a new key text; it is shown once and only its fingerprint is kept."""
    return PREFIXES[kind] + secrets.token_urlsafe(_RANDOM_BYTES)


_RULES = {
    "require": PixelRules(consent=ConsentRules(policy="require")),
    "not_required": PixelRules(consent=ConsentRules(policy="not_required")),
}

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Directory)
