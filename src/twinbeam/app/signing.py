"""Dialects whose senders sign, with the secrets of their sources opened by the key ring."""

import secrets
from base64 import b64decode, b64encode

from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import open_secret, seal_secret
from twinbeam.pipeline.accept.directory import SignedSource
from twinbeam.sources.standard_webhooks import MOST_SECRETS, StandardWebhooks

_NOBODY = ""  #: no source has this name
_SECRET_BYTES = 32


def standard_webhooks(ring: KeyRing) -> StandardWebhooks:
    """Return the dialect of Standard Webhooks."""
    drawn = [secrets.token_bytes(_SECRET_BYTES) for _ in range(MOST_SECRETS)]
    sealed = tuple(b64encode(seal_secret(ring, _NOBODY, secret)).decode() for secret in drawn)

    def opened(source: SignedSource, secret: str) -> bytes:
        return open_secret(ring, source.source, b64decode(secret))

    return StandardWebhooks(opened, SignedSource(_NOBODY, "", sealed))
