"""
What intake knows of keys and pixels: a snapshot that outlives a lost database.

The composition root reads it from `directory.json` and swaps it as a whole when the file changes.
Key texts are never in it, only their hashes: a key is 24 random bytes, so a plain SHA-256 cannot be undone. A secret
that signs is needed as it is, so it lies there sealed by the key ring.
"""

import secrets
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from itertools import chain

import msgspec
from msgspec import Struct

from twinbeam.core.errors import StorageDamaged
from twinbeam.core.rules import (
    DEFAULT_RULES,
    DEFAULT_SOURCE,
    DEFAULT_WORKSPACE,
    PixelRules,
    Route,
    SourceRules,
    WorkspaceRules,
)
from twinbeam.core.values import Channel, EventSource, KeyKind
from twinbeam.pipeline.accept.routing import Routing, routing_of

PREFIXES: Mapping[KeyKind, str] = {
    KeyKind.SERVER: "tbs_",
    KeyKind.BROWSER: "tbb_",
    KeyKind.READ: "tbr_",
    KeyKind.OPERATE: "tbo_",
}
WEBHOOK = "webhook"  #: the dialect of sources that keep the specification of Standard Webhooks
KEY_RANDOM_BYTES = 24  # 32 URL-safe characters


class AccessKey(Struct, frozen=True, gc=False):
    """What the holder of a key may do, and where their events go."""

    id: str
    kind: KeyKind
    workspace: str
    source: str
    routes: tuple[Route, ...] = ()
    shop: str = ""  #: empty for the workspace's first

    @property
    def channel(self) -> Channel:
        """Who reports the events: a browser by a public key, else the shop's server."""
        return Channel.BROWSER if self.kind is KeyKind.BROWSER else Channel.SERVER


class SignedSource(Struct, frozen=True, gc=False):
    """A source that signs what it sends, and where its events go."""

    source: str  #: its name, which no other one has
    workspace: str
    secrets: tuple[str, ...]  #: each sealed by the key ring, in base64; two while one takes the other's place
    routes: tuple[Route, ...] = ()
    shop: str = ""  #: empty for the workspace's first
    dialect: str = WEBHOOK  #: what it speaks: no other path takes it
    rules: SourceRules = DEFAULT_SOURCE

    @property
    def id(self) -> str:
        """Its id among those of keys."""
        return f"source {self.source}"

    @property
    def channel(self) -> Channel:
        """Who reports the events."""
        return Channel.WEBHOOK


Sender = AccessKey | SignedSource
"""Whoever may send events."""


class PixelEntry(Struct, frozen=True, gc=False):
    """One pixel or event set, as far as intake needs to know it."""

    code: str
    workspace: str
    event_source: EventSource = "web"
    rules: PixelRules = DEFAULT_RULES
    name: str = ""
    confirming_until_ms: int = 0  #: until when a server's word on purchases is awaited, as far as is known here
    stopped: bool = False  #: nothing is sent to it, and its tag does nothing


class Directory(Struct, frozen=True, dict=True):
    """Keys by the hash of their text, pixels by `place`, workspaces' rules and signing sources by their names."""

    keys: dict[str, AccessKey] = {}
    pixels: dict[str, PixelEntry] = {}
    workspaces: dict[str, WorkspaceRules] = {}
    sources: dict[str, SignedSource] = {}

    def find(self, key_text: str) -> AccessKey | None:
        """Return the key with this text, or None."""
        return self.keys.get(fingerprint(key_text))

    def routing(self, sender: Sender) -> Routing:
        """Return the pixels a key or source leads to, worked out once per snapshot; never one of another workspace."""
        found = self._routings.get(sender.id)
        if found is None:
            found = self._routings[sender.id] = self._lead(sender)
        return found

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Return all hosts that are named for whatever pixel, worked out once per snapshot."""
        named = [it.rules.hosts + it.rules.staging_hosts for it in self.pixels.values()]
        return frozenset(chain.from_iterable([*named, *(it.hosts for it in self.workspaces.values())]))

    def _lead(self, sender: Sender) -> Routing:
        codes = dict.fromkeys(route.pixel for route in sender.routes)
        known = [self.pixels.get(place(sender.workspace, code)) for code in codes]
        rules = self.workspaces.get(sender.workspace, DEFAULT_WORKSPACE)
        return routing_of([pixel for pixel in known if pixel is not None], sender.routes, rules)

    @cached_property
    def _routings(self) -> dict[str, Routing]:
        return {}

    def encode(self) -> bytes:
        """Return the snapshot as JSON."""
        return msgspec.json.format(_ENCODER.encode(self))

    @classmethod
    def decode(cls, snapshot: bytes) -> "Directory":
        """Read a snapshot; raises StorageDamaged."""
        try:
            return _DECODER.decode(snapshot)
        except (ValueError, RecursionError) as error:
            raise StorageDamaged(f"the directory of keys and pixels cannot be read: {error}") from error


def place(workspace: str, code: str) -> str:
    """Return the name under which a pixel stands in a directory: codes are unique in a workspace only."""
    return f"{workspace}/{code}"


def fingerprint(key_text: str) -> str:
    """Return the hex SHA-256 under which a key is known."""
    return sha256(key_text.encode(errors="surrogateescape")).hexdigest()


def mint(kind: KeyKind) -> str:
    """Draw a new key text; it is shown once and only its fingerprint is kept."""
    return PREFIXES[kind] + secrets.token_urlsafe(KEY_RANDOM_BYTES)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Directory)
