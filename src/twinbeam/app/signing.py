"""Dialects whose senders sign, with the secrets of their sources opened by the key ring."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence

from twinbeam.engines.keyring import KeyRing
from twinbeam.engines.signing import open_secret, seal_secret
from twinbeam.pipeline.accept.contract import Dialect
from twinbeam.pipeline.accept.directory import WEBHOOK, SignedSource
from twinbeam.sources.shopify import SHOPIFY, Shopify
from twinbeam.sources.signed import MOST_SECRETS, SourceSignatures
from twinbeam.sources.standard_webhooks import StandardWebhooks
from twinbeam.sources.stripe import STRIPE, Stripe
from twinbeam.sources.woocommerce import WOOCOMMERCE, WooCommerce

_NOBODY = ""  #: no source has this name
_SECRET_BYTES = 32


def signed_dialects(ring: KeyRing) -> Sequence[Dialect]:
    """Return all dialects whose senders sign."""
    return (
        standard_webhooks(ring),
        Shopify(_sources(ring, SHOPIFY)),
        WooCommerce(_sources(ring, WOOCOMMERCE)),
        Stripe(_sources(ring, STRIPE)),
    )


def standard_webhooks(ring: KeyRing) -> StandardWebhooks:
    """Return the dialect of Standard Webhooks."""
    return StandardWebhooks(_sources(ring, WEBHOOK))


def _sources(ring: KeyRing, dialect: str) -> SourceSignatures:
    drawn = [secrets.token_bytes(_SECRET_BYTES) for _ in range(MOST_SECRETS)]
    sealed = tuple(b64encode(seal_secret(ring, _NOBODY, secret)).decode() for secret in drawn)

    def opened(source: SignedSource, secret: str) -> bytes:
        return open_secret(ring, source.source, b64decode(secret))

    return SourceSignatures(dialect, opened, SignedSource(_NOBODY, "", sealed))
