"""Secrets with which sources sign, sealed by the key ring: they are needed as they are, so a hash would not do."""

from twinbeam.engines.keyring import KeyRing


def seal_secret(ring: KeyRing, source: str, secret: bytes) -> bytes:
    """Encrypt a secret for its source alone."""
    return ring.seal(secret, secret_context(source))


def open_secret(ring: KeyRing, source: str, sealed: bytes) -> bytes:
    """Decrypt a source's secret; raises StorageDamaged when the ring lacks its key, or where it is another source's."""
    return ring.open_sealed(sealed, secret_context(source))


def secret_context(source: str) -> bytes:
    """Bind a secret to its source: a row copied onto another one does not open."""
    return f"secret of source {source}".encode()
