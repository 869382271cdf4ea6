"""What an owner can do with sources that sign: make one, change its secret over, take it away."""

import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Protocol

from twinbeam.core.errors import ConfigError
from twinbeam.core.rules import Route
from twinbeam.core.story import SourceRow

PREFIX = "whsec_"  #: as the specification of Standard Webhooks writes secrets
LEAST_BYTES, MOST_BYTES = 24, 64  #: of a secret, by that specification
_DRAWN_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SECRET_RULE = f"A secret is {PREFIX} and {LEAST_BYTES} to {MOST_BYTES} bytes in base64, as its sender shows it."


class Sources(Protocol):
    """The part of a store that keeps sources."""

    def signed_sources(self) -> list[SourceRow]:
        """List them by their names."""
        ...

    def add_source(self, source: SourceRow, secret: bytes, *, who: str = "") -> None:
        """Keep a new one; raises ConfigError where one has this name."""
        ...

    def rotate_source(self, name: str, secret: bytes, *, now_ms: int, who: str = "") -> None:
        """Let a new secret count beside the one before; raises ConfigError where that cannot be."""
        ...


def create_source(  # noqa: PLR0913 -- one for each thing that is decided
    store: Sources,
    name: str,
    *,
    workspace: str,
    shop: str,
    routes: Sequence[Route],
    secret: str | None,
    now_ms: int,
    who: str,
) -> str:
    """Make a source and return its secret, which is kept sealed: the given one, or a new one. Raises ConfigError."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name} is no name for a source: use small letters, digits, '-' and '_', such as till.")
    if not routes:
        raise ConfigError("A source needs a pixel: add --pixel CODE (twinbeam pixels list shows the codes).")
    raw = _secret_bytes(secret)
    store.add_source(SourceRow(name, workspace, shop, list(routes), (), now_ms), raw, who=who)
    return _written(raw)


def rotate_source(store: Sources, name: str, *, secret: str | None, now_ms: int, who: str) -> str:
    """Let another secret count beside the present one and return it: the given or a new one. Raises ConfigError."""
    raw = _secret_bytes(secret)
    store.rotate_source(name, raw, now_ms=now_ms, who=who)
    return _written(raw)


def sources_of(store: Sources, workspace: str) -> list[SourceRow]:
    """Return the sources of a workspace."""
    return [row for row in store.signed_sources() if row.workspace == workspace]


def _secret_bytes(written: str | None) -> bytes:
    """Read a secret as people write it, or draw one; raises ConfigError, which does not quote it."""
    if written is None:
        return secrets.token_bytes(_DRAWN_BYTES)
    encoded = written.strip().removeprefix(PREFIX).rstrip("=")
    try:
        raw = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        raise ConfigError(SECRET_RULE) from None
    if not LEAST_BYTES <= len(raw) <= MOST_BYTES:
        raise ConfigError(SECRET_RULE)
    return raw


def _written(raw: bytes) -> str:
    return PREFIX + b64encode(raw).decode()
